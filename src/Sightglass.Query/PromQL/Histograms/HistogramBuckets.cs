using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>A bucket by its bounds.</summary>
internal readonly record struct HistogramBucket(double Lower, double Upper, double Count, bool IsZero);

/// <summary>All buckets of a histogram from the lowest to the highest, the zero bucket between.</summary>
internal static class HistogramBuckets
{
    /// <summary>The buckets, those beside the zero bucket without what it covers; or with it, as they were counted.</summary>
    public static List<HistogramBucket> Of(NativeHistogram h, bool whole = false)
    {
        var edge = whole ? 0 : h.ZeroThreshold;
        var negative = HistogramLayout.Negative(h);
        var positive = HistogramLayout.Positive(h);
        var buckets = new List<HistogramBucket>(negative.Counts.Length + positive.Counts.Length + 1);
        if (HistogramLayout.IsCustom(h))
        {
            for (var i = 0; i < positive.Counts.Length; i++)
            {
                var index = positive.Indexes[i];
                buckets.Add(new HistogramBucket(HistogramLayout.CustomBound(index - 1, h.CustomBounds), HistogramLayout.CustomBound(index, h.CustomBounds), positive.Counts[i], false));
            }

            return buckets;
        }

        for (var i = negative.Counts.Length - 1; i >= 0; i--)
        {
            var upper = -HistogramLayout.Lower(h, negative.Indexes[i]);
            buckets.Add(new HistogramBucket(-HistogramLayout.Upper(h, negative.Indexes[i]), Math.Min(upper, -edge), negative.Counts[i], false));
        }

        if (h.ZeroCount > 0)
        {
            buckets.Add(new HistogramBucket(-h.ZeroThreshold, h.ZeroThreshold, h.ZeroCount, true));
        }

        for (var i = 0; i < positive.Counts.Length; i++)
        {
            var lower = HistogramLayout.Lower(h, positive.Indexes[i]);
            buckets.Add(new HistogramBucket(Math.Max(lower, edge), HistogramLayout.Upper(h, positive.Indexes[i]), positive.Counts[i], false));
        }

        return buckets;
    }

    /// <summary>The zero bucket of a histogram whose other buckets lie on one side ends at zero; a custom histogram's first bucket starts there when its bound is positive.</summary>
    public static HistogramBucket Narrowed(NativeHistogram h, HistogramBucket bucket)
    {
        if (HistogramLayout.IsCustom(h))
        {
            return double.IsNegativeInfinity(bucket.Lower) && bucket.Upper > 0 ? bucket with { Lower = 0 } : bucket;
        }

        if (!bucket.IsZero)
        {
            return bucket;
        }

        var hasNegative = h.NegativeBuckets.Length > 0;
        var hasPositive = h.PositiveBuckets.Length > 0;
        return hasPositive && !hasNegative ? bucket with { Lower = 0 } : hasNegative && !hasPositive ? bucket with { Upper = 0 } : bucket;
    }
}
