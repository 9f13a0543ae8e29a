using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL.Scripts;

/// <summary>Loads series descriptions into a store, as <c>load</c> in scripts and <c>input_series</c> in unit tests of rules do.</summary>
public sealed class SeriesLoader
{
    private readonly Dictionary<LabelSet, SortedDictionary<long, ClassicPoint>> _classic = [];
    private readonly IMetricStore _store;
    private readonly long _startMs;
    private readonly long _stepMs;
    private readonly bool _withCustomBuckets;
    private readonly int _maxValues;
    private List<long?>? _defaultStarts;

    private SeriesLoader(IMetricStore store, long startMs, long stepMs, bool withCustomBuckets, int maxValues)
    {
        _store = store;
        _startMs = startMs;
        _stepMs = stepMs;
        _withCustomBuckets = withCustomBuckets;
        _maxValues = maxValues;
    }

    /// <summary>Loads the lines of a <c>load</c> or, with <paramref name="withCustomBuckets"/>, of a <c>load_with_nhcb</c>.</summary>
    /// <exception cref="QueryException">A line is no series description.</exception>
    /// <exception cref="LimitExceededException">A line stands for too many values, or the store is full.</exception>
    public static void Load(IMetricStore store, long stepMs, IEnumerable<string> lines, bool withCustomBuckets = false, long startMs = 0, int maxValuesPerSeries = 1_000_000)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(lines);
        var loader = new SeriesLoader(store, startMs, stepMs, withCustomBuckets, maxValuesPerSeries);
        (string Metric, List<long?> OffsetsMs)? pending = null;
        foreach (var line in lines)
        {
            if (StartTimeNotation.TryParse(line, maxValuesPerSeries, out var metric, out var offsets))
            {
                if (pending is not null)
                {
                    throw new QueryException(QueryErrorKind.BadData, "@st line has no following sample line");
                }

                if (metric.Length == 0)
                {
                    loader._defaultStarts = offsets;
                }
                else
                {
                    pending = (metric, offsets);
                }

                continue;
            }

            var (labels, values) = SeriesNotation.Parse(line, maxValuesPerSeries);
            if (pending is { } starts)
            {
                CheckStarts(starts.Metric, starts.OffsetsMs, labels, values);
            }

            loader.Series(labels, values, pending?.OffsetsMs);
            pending = null;
        }

        if (pending is not null)
        {
            throw new QueryException(QueryErrorKind.BadData, "@st line has no following sample line");
        }

        loader.CustomBuckets();
    }

    /// <summary>Loads the values of one series, the first at <paramref name="startMs"/> and one at every step.</summary>
    /// <exception cref="LimitExceededException">The store is full.</exception>
    public static void Load(IMetricStore store, LabelSet labels, IReadOnlyList<SeriesValue> values, long stepMs, long startMs = 0)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(values);
        new SeriesLoader(store, startMs, stepMs, withCustomBuckets: false, int.MaxValue).Series(labels, values, null);
    }

    private static void CheckStarts(string metric, List<long?> offsets, LabelSet labels, List<SeriesValue> values)
    {
        if (!SeriesNotation.ParseLabels(metric).Equals(labels))
        {
            throw new QueryException(QueryErrorKind.BadData, "@st metric does not match the following sample line metric");
        }

        if (offsets.Count != values.Count)
        {
            throw new QueryException(QueryErrorKind.BadData, $"@st line has {offsets.Count} values but sample line has {values.Count}");
        }
    }

    private void Series(LabelSet labels, IReadOnlyList<SeriesValue> values, List<long?>? starts)
    {
        using var batch = MetricBatch.Rent();
        var series = batch.AddSeries(labels);
        NativeHistogram? previous = null;
        for (var i = 0; i < values.Count; i++)
        {
            var value = values[i];
            if (value.Omitted)
            {
                continue;
            }

            var time = _startMs + (i * _stepMs);
            if (value.Histogram is not null)
            {
                previous = Stored(value.Histogram, previous);
                batch.Histograms.Add((series, time, previous));
            }
            else
            {
                batch.AddSample(series, time, value.Value);
                if (_withCustomBuckets)
                {
                    Collect(labels, time, value.Value);
                }
            }

            var start = starts is not null ? starts[i] : _defaultStarts is { Count: > 0 } ? _defaultStarts[i % _defaultStarts.Count] : null;
            if (start is not { } offset)
            {
                continue;
            }

            if (value.Histogram is not null)
            {
                batch.SetHistogramStart(time + offset);
            }
            else
            {
                batch.SetSampleStart(time + offset);
            }
        }

        _store.Append(batch);
    }

    private void CustomBuckets()
    {
        foreach (var (labels, points) in _classic)
        {
            using var batch = MetricBatch.Rent();
            var series = batch.AddSeries(labels);
            NativeHistogram? previous = null;
            foreach (var (time, point) in points)
            {
                if (point.Convert() is { } histogram)
                {
                    previous = Stored(histogram, previous);
                    batch.Histograms.Add((series, time, previous));
                }
            }

            _store.Append(batch);
        }
    }

    /// <summary>The hint that Prometheus' storage gives back: known only between samples of one chunk.</summary>
    private static NativeHistogram Stored(NativeHistogram histogram, NativeHistogram? previous)
    {
        if (histogram.ResetHint == CounterResetHint.Gauge)
        {
            return histogram;
        }

        var known = previous is not null && previous.ResetHint != CounterResetHint.Gauge
            && histogram.ResetHint != CounterResetHint.CounterReset && SameLayoutAndNotLess(previous, histogram);
        return histogram with { ResetHint = known ? CounterResetHint.NotCounterReset : CounterResetHint.Unknown };
    }

    private static bool SameLayoutAndNotLess(NativeHistogram previous, NativeHistogram current)
    {
        static bool NotLess(SortedDictionary<int, double> before, SortedDictionary<int, double> after) =>
            before.All(b => after.GetValueOrDefault(b.Key) >= b.Value);
        return previous.Schema == current.Schema && previous.ZeroThreshold == current.ZeroThreshold
            && previous.CustomBounds.AsSpan().SequenceEqual(current.CustomBounds)
            && current.Count >= previous.Count && current.ZeroCount >= previous.ZeroCount
            && NotLess(HistogramNotation.Populated(previous.PositiveSpans, previous.PositiveBuckets), HistogramNotation.Populated(current.PositiveSpans, current.PositiveBuckets))
            && NotLess(HistogramNotation.Populated(previous.NegativeSpans, previous.NegativeBuckets), HistogramNotation.Populated(current.NegativeSpans, current.NegativeBuckets));
    }

    private void Collect(LabelSet labels, long time, double value)
    {
        foreach (var suffix in (string[])["_bucket", "_count", "_sum"])
        {
            if (!labels.Name.EndsWith(suffix, StringComparison.Ordinal) || (suffix == "_bucket" && !labels.Contains("le")))
            {
                continue;
            }

            var key = labels.Without("le").With(LabelSet.MetricName, labels.Name[..^suffix.Length]);
            if (!_classic.TryGetValue(key, out var points))
            {
                _classic.Add(key, points = []);
            }

            if (!points.TryGetValue(time, out var point))
            {
                points.Add(time, point = new ClassicPoint());
            }

            switch (suffix)
            {
                case "_bucket":
                    if (NumberText.TryParseFloat(labels["le"], out var bound) && !double.IsNaN(bound))
                    {
                        point.Buckets[bound] = value;
                    }

                    break;
                case "_count":
                    point.Count = value;
                    break;
                default:
                    point.Sum = value;
                    break;
            }
        }
    }
}
