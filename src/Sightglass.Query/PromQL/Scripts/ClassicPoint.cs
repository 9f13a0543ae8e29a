using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL.Scripts;

/// <summary>What the series of a classic histogram say at one time.</summary>
internal sealed class ClassicPoint
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
