using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>The operators <c>&lt;/</c> and <c>&gt;/</c>: a histogram without the observations above or below a value, as far as its buckets tell.</summary>
internal static class HistogramTrim
{
    public static NativeHistogram Trim(NativeHistogram h, double value, bool upper)
    {
        var negative = HistogramLayout.Negative(h);
        var positive = HistogramLayout.Positive(h);
        var removedAny = false;
        double count = 0;
        double sum = 0;
        var keptPositive = (double[])positive.Counts.Clone();
        var keptNegative = (double[])negative.Counts.Clone();
        var keptZero = h.ZeroCount;
        for (var i = 0; i < positive.Counts.Length; i++)
        {
            var index = positive.Indexes[i];
            keptPositive[i] = Keep(h, new HistogramBucket(HistogramLayout.Lower(h, index), HistogramLayout.Upper(h, index), positive.Counts[i], false), value, upper, ref removedAny, ref sum);
            count += keptPositive[i];
        }

        for (var i = 0; i < negative.Counts.Length; i++)
        {
            var index = negative.Indexes[i];
            keptNegative[i] = Keep(h, new HistogramBucket(-HistogramLayout.Upper(h, index), -HistogramLayout.Lower(h, index), negative.Counts[i], false), value, upper, ref removedAny, ref sum);
            count += keptNegative[i];
        }

        if (h.ZeroCount != 0)
        {
            var zero = HistogramBuckets.Narrowed(h, new HistogramBucket(-h.ZeroThreshold, h.ZeroThreshold, h.ZeroCount, true));
            keptZero = Keep(h, zero, value, upper, ref removedAny, ref sum);
            count += keptZero;
        }

        if (!removedAny)
        {
            return h;
        }

        return HistogramLayout.With(h with { Count = count, Sum = sum, ZeroCount = keptZero }, positive with { Counts = keptPositive }, negative with { Counts = keptNegative });
    }

    /// <summary>The observations of a bucket that stay; their estimated sum is added to <paramref name="sum"/>.</summary>
    private static double Keep(NativeHistogram h, HistogramBucket bucket, double value, bool upper, ref bool removedAny, ref double sum)
    {
        var custom = HistogramLayout.IsCustom(h);
        var inner = HistogramBuckets.Narrowed(h, bucket);
        double kept;
        double low = inner.Lower;
        double high = inner.Upper;
        if (double.IsNegativeInfinity(bucket.Lower) && !upper && (value < 0 || double.IsPositiveInfinity(bucket.Upper)) && !double.IsNegativeInfinity(value) && value < bucket.Upper)
        {
            // How far down the bucket goes is not known: what may lie below the value is left out.
            kept = 0;
        }
        else if (upper ? value >= bucket.Upper : value <= inner.Lower)
        {
            kept = bucket.Count;
        }
        else if (upper ? value <= inner.Lower : value >= bucket.Upper)
        {
            kept = 0;
        }
        else
        {
            var below = HistogramQuantile.ShareBelow(h, inner, value);
            kept = bucket.Count * (upper ? below : 1 - below);
            (low, high) = upper ? (low, value) : (value, high);
        }

        removedAny |= kept != bucket.Count;
        if (kept != 0)
        {
            sum += kept * Middle(low, high, custom || bucket.IsZero);
        }

        return kept;
    }

    private static double Middle(double low, double high, bool linear)
    {
        if (double.IsNegativeInfinity(low))
        {
            return high;
        }

        if (double.IsPositiveInfinity(high))
        {
            return low;
        }

        return linear ? (low + high) / 2 : Math.Sqrt(low * high) * (high <= 0 ? -1 : 1);
    }
}
