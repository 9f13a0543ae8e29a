using Sightglass.Core.Model;

namespace Sightglass.Ingest.Scrape;

/// <summary>Lowers the resolution of exponential histograms: each step joins two neighbouring buckets into one.</summary>
internal static class HistogramResolution
{
    private const int LowestSchema = -4;
    private const int HighestSchema = 8;

    /// <summary>The highest schema whose buckets grow by at least <paramref name="minBucketFactor"/>.</summary>
    public static int MaxSchema(double minBucketFactor)
    {
        if (minBucketFactor <= 1)
        {
            return HighestSchema;
        }

        return (int)Math.Clamp(Math.Floor(-Math.Log2(Math.Log2(minBucketFactor))), LowestSchema, HighestSchema);
    }

    /// <summary>The histogram with at most <paramref name="most"/> buckets, or null when no resolution is low enough.</summary>
    public static NativeHistogram? Limit(NativeHistogram histogram, long most)
    {
        while (histogram.PositiveBuckets.Length + histogram.NegativeBuckets.Length > most)
        {
            if (histogram.Schema is NativeHistogram.CustomBucketsSchema or <= LowestSchema)
            {
                return null;
            }

            histogram = Reduce(histogram, histogram.Schema - 1);
        }

        return histogram;
    }

    /// <summary>The histogram at a lower schema.</summary>
    public static NativeHistogram Reduce(NativeHistogram histogram, int schema)
    {
        var by = histogram.Schema - schema;
        var (positiveSpans, positive) = Join(histogram.PositiveSpans, histogram.PositiveBuckets, by);
        var (negativeSpans, negative) = Join(histogram.NegativeSpans, histogram.NegativeBuckets, by);
        return histogram with
        {
            Schema = schema,
            PositiveSpans = positiveSpans,
            PositiveBuckets = positive,
            NegativeSpans = negativeSpans,
            NegativeBuckets = negative,
        };
    }

    private static (BucketSpan[] Spans, double[] Buckets) Join(BucketSpan[] spans, double[] buckets, int by)
    {
        var joined = new List<BucketSpan>(spans.Length);
        var counts = new List<double>(buckets.Length);
        var (index, at, last) = (0, 0, int.MinValue);
        foreach (var span in spans)
        {
            index += span.Offset;
            for (var i = 0; i < span.Length; i++, index++, at++)
            {
                // Bucket i ends at base^i: it lies in the bucket of the wider base that ends at or above it.
                var wide = ((index - 1) >> by) + 1;
                if (wide == last)
                {
                    counts[^1] += buckets[at];
                    continue;
                }

                if (joined.Count > 0 && wide == last + 1)
                {
                    joined[^1] = joined[^1] with { Length = joined[^1].Length + 1 };
                }
                else
                {
                    joined.Add(new BucketSpan(joined.Count == 0 ? wide : wide - last - 1, 1));
                }

                counts.Add(buckets[at]);
                last = wide;
            }
        }

        return ([.. joined], [.. counts]);
    }
}
