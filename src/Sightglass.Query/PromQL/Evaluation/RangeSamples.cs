using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>
/// A series' samples for range functions: floats and histograms apart, stale markers left out. What has neither is looked at where
/// it lies, in the buffer that it was read into.
/// </summary>
internal readonly ref struct RangeSamples
{
    public ReadOnlySpan<long> Times { get; private init; }

    public ReadOnlySpan<double> Values { get; private init; }

    /// <summary>Start timestamps of the floats, 0 for none; empty where none is used.</summary>
    public ReadOnlySpan<long> Starts { get; private init; }

    /// <summary>Weights of the floats; empty where all are ordinary samples.</summary>
    public ReadOnlySpan<SampleWeight> Weights { get; private init; }

    public ReadOnlySpan<long> HistogramTimes { get; private init; }

    public Span<NativeHistogram> Histograms { get; private init; }

    public ReadOnlySpan<long> HistogramStarts { get; private init; }

    public static RangeSamples From(SampleBuffer buffer, bool withStarts)
    {
        var times = buffer.TimestampsMs;
        var values = buffer.Values;
        var histograms = buffer.Histograms;
        var starts = withStarts ? buffer.StartTimestampsMs : default;
        if (histograms.IsEmpty && !HasStale(values))
        {
            return new RangeSamples { Times = times, Values = values, Starts = starts, Weights = buffer.Weights };
        }

        var builder = new Builder(!starts.IsEmpty);
        var weights = buffer.Weights;
        for (var i = 0; i < times.Length; i++)
        {
            var start = starts.IsEmpty ? 0 : starts[i];
            if (!histograms.IsEmpty && histograms[i] is { } histogram)
            {
                if (!SpecialValues.IsStale(histogram.Sum))
                {
                    builder.Add(times[i], histogram, start);
                }
            }
            else if (!SpecialValues.IsStale(values[i]))
            {
                builder.Add(times[i], values[i], start);
                if (!weights.IsEmpty)
                {
                    builder.Weigh(weights[i]);
                }
            }
        }

        return builder.Build();
    }

    /// <summary>The floats of a buffer that has no histograms, stale markers among them.</summary>
    public static RangeSamples Raw(SampleBuffer buffer) => new() { Times = buffer.TimestampsMs, Values = buffer.Values };

    /// <summary>The histogram with a hint found by comparing, where it has none.</summary>
    public static NativeHistogram WithHint(NativeHistogram before, NativeHistogram histogram) => histogram.ResetHint != CounterResetHint.Unknown
        ? histogram
        : histogram with { ResetHint = HistogramReset.Detect(before, histogram) ? CounterResetHint.CounterReset : CounterResetHint.NotCounterReset };

    /// <summary>The samples later than <paramref name="after"/> and not later than <paramref name="upTo"/>.</summary>
    public RangeSamples Within(long after, long upTo)
    {
        var (from, to) = Evaluator.Within(Times, after, upTo);
        var (histogramFrom, histogramTo) = Evaluator.Within(HistogramTimes, after, upTo);
        return new RangeSamples { Times = Times[from..to], Values = Values[from..to], HistogramTimes = HistogramTimes[histogramFrom..histogramTo], Histograms = Histograms[histogramFrom..histogramTo] };
    }

    /// <summary>Finds the hints of all histograms that have none.</summary>
    public void DetectResets()
    {
        for (var i = Histograms.Length - 1; i > 0; i--)
        {
            Histograms[i] = WithHint(Histograms[i - 1], Histograms[i]);
        }
    }

    public static RangeSamples From(Column column, StepGrid grid)
    {
        var builder = new Builder(withStarts: false);
        for (var i = 0; i < grid.Count; i++)
        {
            if (column.Histogram(i) is { } histogram)
            {
                // What a hint says of the sample before is not true of the step before.
                builder.Add(grid.Time(i), histogram.ResetHint is CounterResetHint.Gauge or CounterResetHint.Unknown ? histogram : histogram with { ResetHint = CounterResetHint.Unknown }, 0);
            }
            else if (column.Has(i))
            {
                builder.Add(grid.Time(i), column.Values[i], 0);
            }
        }

        return builder.Build();
    }

    private static bool HasStale(ReadOnlySpan<double> values) =>
        System.Runtime.InteropServices.MemoryMarshal.Cast<double, ulong>(values).Contains(SpecialValues.StaleNaNBits);

    private sealed class Builder(bool withStarts)
    {
        private readonly List<long> _times = [];
        private readonly List<double> _values = [];
        private readonly List<long> _starts = [];
        private readonly List<SampleWeight> _weights = [];
        private readonly List<long> _histogramTimes = [];
        private readonly List<NativeHistogram> _histograms = [];
        private readonly List<long> _histogramStarts = [];

        public void Add(long time, double value, long start)
        {
            _times.Add(time);
            _values.Add(value);
            if (withStarts)
            {
                _starts.Add(start);
            }
        }

        public void Weigh(SampleWeight weight) => _weights.Add(weight);

        public void Add(long time, NativeHistogram histogram, long start)
        {
            _histogramTimes.Add(time);
            _histograms.Add(histogram);
            if (withStarts)
            {
                _histogramStarts.Add(start);
            }
        }

        public RangeSamples Build() => new()
        {
            Times = _times.ToArray(),
            Values = _values.ToArray(),
            Starts = _starts.ToArray(),
            Weights = _weights.ToArray(),
            HistogramTimes = _histogramTimes.ToArray(),
            Histograms = _histograms.ToArray(),
            HistogramStarts = _histogramStarts.ToArray(),
        };
    }
}
