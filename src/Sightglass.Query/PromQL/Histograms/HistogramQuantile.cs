using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>Quantiles, fractions and deviations estimated from native histograms.</summary>
internal static class HistogramQuantile
{
    /// <summary>The quantile; <paramref name="onNaN"/> is told whether NaN observations made the result NaN (true) or skewed it (false).</summary>
    public static double Quantile(double q, NativeHistogram h, Action<bool> onNaN)
    {
        if (q < 0)
        {
            return double.NegativeInfinity;
        }

        if (q > 1)
        {
            return double.PositiveInfinity;
        }

        if (h.Count == 0 || double.IsNaN(q))
        {
            return SpecialNumbers.NaN;
        }

        var buckets = HistogramBuckets.Of(h);
        // From the nearer end, for precision; with NaN observations, which no bucket has, always from below.
        var forward = double.IsNaN(h.Sum) || q < 0.5;
        var rank = forward ? q * h.Count : (1 - q) * h.Count;
        var count = 0d;
        HistogramBucket bucket = default;
        for (var i = 0; i < buckets.Count; i++)
        {
            // The last one that is looked at counts when all of them are not enough, be it empty.
            bucket = buckets[forward ? i : buckets.Count - 1 - i];
            if (bucket.Count == 0)
            {
                continue;
            }

            count += bucket.Count;
            if (count >= rank)
            {
                break;
            }
        }

        var custom = HistogramLayout.IsCustom(h);
        if (custom)
        {
            if (double.IsNegativeInfinity(bucket.Lower))
            {
                if (bucket.Upper <= 0)
                {
                    return bucket.Upper;
                }
            }
            else if (double.IsPositiveInfinity(bucket.Upper))
            {
                return bucket.Lower;
            }
        }

        bucket = HistogramBuckets.Narrowed(h, bucket);
        count = Math.Min(count, h.Count);
        if (count < rank)
        {
            if (double.IsNaN(h.Sum))
            {
                onNaN(true);
                return SpecialNumbers.NaN;
            }

            return bucket.Upper;
        }

        if (HasNaN(h))
        {
            onNaN(false);
        }

        rank = forward ? rank - (count - bucket.Count) : count - rank;
        var fraction = rank / bucket.Count;
        if (custom || (bucket.Lower <= 0 && bucket.Upper >= 0))
        {
            return bucket.Lower + ((bucket.Upper - bucket.Lower) * fraction);
        }

        var logLower = Math.Log2(Math.Abs(bucket.Lower));
        var logUpper = Math.Log2(Math.Abs(bucket.Upper));
        return bucket.Lower > 0
            ? Math.Pow(2, logLower + ((logUpper - logLower) * fraction))
            : -Math.Pow(2, logUpper + ((logLower - logUpper) * (1 - fraction)));
    }

    /// <summary>Whether there are observations that no bucket has.</summary>
    private static bool HasNaN(NativeHistogram h) => double.IsNaN(h.Sum) && HistogramBuckets.Of(h).Sum(b => b.Count) < h.Count;

    /// <summary>The share of observations between two values; <paramref name="onNaN"/> is told of NaN observations, which are left out.</summary>
    public static double Fraction(double lower, double upper, NativeHistogram h, Action onNaN)
    {
        if (h.Count == 0 || double.IsNaN(lower) || double.IsNaN(upper))
        {
            return SpecialNumbers.NaN;
        }

        if (lower >= upper)
        {
            return 0;
        }

        if (HasNaN(h))
        {
            onNaN();
        }

        var rank = 0d;
        double? lowerRank = null;
        double? upperRank = null;
        foreach (var original in HistogramBuckets.Of(h))
        {
            var bucket = HistogramBuckets.Narrowed(h, original);
            lowerRank ??= RankIn(h, bucket, rank, lower);
            upperRank ??= RankIn(h, bucket, rank, upper);
            if (lowerRank is not null && upperRank is not null)
            {
                break;
            }

            rank += bucket.Count;
        }

        // NaN observations are in no bucket: what is above all buckets ends with their sum then.
        var all = double.IsNaN(h.Sum) ? rank : h.Count;
        var from = Math.Min(lowerRank ?? all, h.Count);
        var to = Math.Min(upperRank ?? all, h.Count);
        return (to - from) / h.Count;
    }

    public static double Variance(NativeHistogram h)
    {
        var mean = h.Sum / h.Count;
        double variance = 0, compensation = 0;
        foreach (var bucket in HistogramBuckets.Of(h))
        {
            if (bucket.Count == 0)
            {
                continue;
            }

            double middle;
            if (HistogramLayout.IsCustom(h))
            {
                middle = (bucket.Upper + bucket.Lower) / 2;
            }
            else if (bucket.IsZero || (bucket.Lower <= 0 && bucket.Upper >= 0))
            {
                middle = 0;
            }
            else
            {
                middle = Math.Sqrt(bucket.Upper * bucket.Lower) * (bucket.Upper < 0 ? -1 : 1);
            }

            var delta = middle - mean;
            KahanSum.Add(bucket.Count * delta * delta, ref variance, ref compensation);
        }

        return (variance + compensation) / h.Count;
    }

    /// <summary>How many observations are below a value, when it lies at or below the bucket's upper bound.</summary>
    private static double? RankIn(NativeHistogram h, HistogramBucket bucket, double rank, double value)
    {
        if (bucket.Lower >= value)
        {
            return rank;
        }

        return bucket.Upper > value ? rank + (bucket.Count * ShareBelow(h, bucket, value)) : null;
    }

    /// <summary>The share of a bucket's observations below a value inside of it.</summary>
    public static double ShareBelow(NativeHistogram h, HistogramBucket bucket, double value)
    {
        if (HistogramLayout.IsCustom(h) || bucket.IsZero)
        {
            return double.IsNegativeInfinity(bucket.Lower) ? (double.IsPositiveInfinity(bucket.Upper) ? 0 : 1)
                : double.IsPositiveInfinity(bucket.Upper) ? 0
                : (value - bucket.Lower) / (bucket.Upper - bucket.Lower);
        }

        var logLower = Math.Log2(Math.Abs(bucket.Lower));
        var logUpper = Math.Log2(Math.Abs(bucket.Upper));
        var logValue = Math.Log2(Math.Abs(value));
        return value > 0
            ? (logValue - logLower) / (logUpper - logLower)
            : 1 - ((logValue - logUpper) / (logLower - logUpper));
    }
}
