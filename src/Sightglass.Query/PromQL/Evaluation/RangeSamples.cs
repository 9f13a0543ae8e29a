using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>A series' samples for range functions: floats and histograms apart, stale markers left out.</summary>
internal sealed class RangeSamples
{
    public long[] Times { get; private init; } = [];

    public double[] Values { get; private init; } = [];

    public long[] HistogramTimes { get; private init; } = [];

    public NativeHistogram[] Histograms { get; private init; } = [];

    public static RangeSamples From(SampleBuffer buffer)
    {
        var times = buffer.TimestampsMs;
        var values = buffer.Values;
        var histograms = buffer.Histograms;
        if (histograms.IsEmpty)
        {
            var kept = 0;
            var outTimes = new long[times.Length];
            var outValues = new double[times.Length];
            for (var i = 0; i < times.Length; i++)
            {
                outTimes[kept] = times[i];
                outValues[kept] = values[i];
                kept += SpecialValues.IsStale(values[i]) ? 0 : 1;
            }

            return kept == times.Length
                ? new RangeSamples { Times = outTimes, Values = outValues }
                : new RangeSamples { Times = outTimes[..kept], Values = outValues[..kept] };
        }

        var builder = new Builder();
        for (var i = 0; i < times.Length; i++)
        {
            if (histograms[i] is { } histogram)
            {
                if (!SpecialValues.IsStale(histogram.Sum))
                {
                    builder.Add(times[i], histogram);
                }
            }
            else if (!SpecialValues.IsStale(values[i]))
            {
                builder.Add(times[i], values[i]);
            }
        }

        return builder.Build();
    }

    /// <summary>The histogram with a hint found by comparing, where it has none.</summary>
    public static NativeHistogram WithHint(NativeHistogram before, NativeHistogram histogram) => histogram.ResetHint != CounterResetHint.Unknown
        ? histogram
        : histogram with { ResetHint = HistogramReset.Detect(before, histogram) ? CounterResetHint.CounterReset : CounterResetHint.NotCounterReset };

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
        var builder = new Builder();
        for (var i = 0; i < grid.Count; i++)
        {
            if (column.Histogram(i) is { } histogram)
            {
                // What a hint says of the sample before is not true of the step before.
                builder.Add(grid.Time(i), histogram.ResetHint is CounterResetHint.Gauge or CounterResetHint.Unknown ? histogram : histogram with { ResetHint = CounterResetHint.Unknown });
            }
            else if (column.Has(i))
            {
                builder.Add(grid.Time(i), column.Values[i]);
            }
        }

        return builder.Build();
    }

    private sealed class Builder
    {
        private readonly List<long> _times = [];
        private readonly List<double> _values = [];
        private readonly List<long> _histogramTimes = [];
        private readonly List<NativeHistogram> _histograms = [];

        public void Add(long time, double value)
        {
            _times.Add(time);
            _values.Add(value);
        }

        public void Add(long time, NativeHistogram histogram)
        {
            _histogramTimes.Add(time);
            _histograms.Add(histogram);
        }

        public RangeSamples Build() => new()
        {
            Times = [.. _times],
            Values = [.. _values],
            HistogramTimes = [.. _histogramTimes],
            Histograms = [.. _histograms],
        };
    }
}
