using Sightglass.Core.Contracts;
using Sightglass.Core.Model;

namespace Sightglass.TestKit.Scripts;

/// <summary>Loads series descriptions into a store.</summary>
internal static class ScriptLoader
{
    public static void Load(IMetricStore store, long stepMs, IEnumerable<string> lines, bool withCustomBuckets)
    {
        using var batch = MetricBatch.Rent();
        var classic = new Dictionary<LabelSet, SortedDictionary<long, ClassicPoint>>();
        foreach (var line in lines)
        {
            var (labels, values) = ScriptSeriesText.Parse(line, out _);
            var series = batch.AddSeries(labels);
            NativeHistogram? previous = null;
            for (var i = 0; i < values.Count; i++)
            {
                var value = values[i];
                if (value.Omitted)
                {
                    continue;
                }

                if (value.Histogram is not null)
                {
                    var histogram = Stored(value.Histogram, previous);
                    batch.Histograms.Add((series, i * stepMs, histogram));
                    previous = histogram;
                }
                else
                {
                    batch.AddSample(series, i * stepMs, value.Value);
                    if (withCustomBuckets)
                    {
                        Collect(classic, labels, i * stepMs, value.Value);
                    }
                }
            }
        }

        foreach (var (labels, points) in classic)
        {
            var series = batch.AddSeries(labels);
            NativeHistogram? previous = null;
            foreach (var (time, point) in points)
            {
                if (point.Convert() is { } histogram)
                {
                    histogram = Stored(histogram, previous);
                    batch.Histograms.Add((series, time, histogram));
                    previous = histogram;
                }
            }
        }

        store.Append(batch);
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
            && NotLess(ScriptHistogramText.Populated(previous.PositiveSpans, previous.PositiveBuckets), ScriptHistogramText.Populated(current.PositiveSpans, current.PositiveBuckets))
            && NotLess(ScriptHistogramText.Populated(previous.NegativeSpans, previous.NegativeBuckets), ScriptHistogramText.Populated(current.NegativeSpans, current.NegativeBuckets));
    }

    private static void Collect(Dictionary<LabelSet, SortedDictionary<long, ClassicPoint>> classic, LabelSet labels, long time, double value)
    {
        foreach (var suffix in (string[])["_bucket", "_count", "_sum"])
        {
            if (!labels.Name.EndsWith(suffix, StringComparison.Ordinal) || (suffix == "_bucket" && !labels.Contains("le")))
            {
                continue;
            }

            var key = labels.Without("le").With(LabelSet.MetricName, labels.Name[..^suffix.Length]);
            if (!classic.TryGetValue(key, out var points))
            {
                classic.Add(key, points = []);
            }

            if (!points.TryGetValue(time, out var point))
            {
                points.Add(time, point = new ClassicPoint());
            }

            switch (suffix)
            {
                case "_bucket":
                    point.Buckets[ScriptHistogramText.ParseNumber(labels["le"])] = value;
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

    private sealed class ClassicPoint
    {
        public SortedDictionary<double, double> Buckets { get; } = [];

        public double? Count { get; set; }

        public double Sum { get; set; }

        /// <summary>A histogram with custom buckets; null when the buckets are not cumulative.</summary>
        public NativeHistogram? Convert()
        {
            if (Buckets.Count == 0 && Count is null)
            {
                return null;
            }

            var count = Count ?? Buckets.Last().Value;
            var bounds = Buckets.Keys.Where(double.IsFinite).ToArray();
            var counts = new List<double>();
            var previous = 0d;
            foreach (var bound in bounds)
            {
                counts.Add(Buckets[bound] - previous);
                previous = Buckets[bound];
            }

            counts.Add(count - previous);
            if (counts.Exists(c => c < 0))
            {
                return null;
            }

            return new NativeHistogram
            {
                Schema = NativeHistogram.CustomBucketsSchema,
                CustomBounds = bounds,
                Count = count,
                Sum = Sum,
                PositiveSpans = [new BucketSpan(0, counts.Count)],
                PositiveBuckets = [.. counts],
            };
        }
    }
}
