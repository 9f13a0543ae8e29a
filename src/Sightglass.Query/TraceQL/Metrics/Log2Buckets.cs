namespace Sightglass.Query.TraceQL.Metrics;

/// <summary>Buckets that end at powers of two, and quantiles that are read from them as Tempo reads them.</summary>
internal static class Log2Buckets
{
    /// <summary>The exponent of the bucket of a value above 0: the bucket ends at that power of two.</summary>
    public static int ExponentOf(double value)
    {
        var exponent = Math.ILogB(value);
        return Math.ScaleB(1, exponent) < value ? exponent + 1 : exponent;
    }

    /// <summary>The value below which a share of the counted values lies, between the bounds of a bucket in equal ratios; 0 where nothing was counted.</summary>
    /// <param name="share">0 to 1.</param>
    /// <param name="buckets">Ends and counts, ascending; each with a count.</param>
    public static double Quantile(double share, ReadOnlySpan<(double Max, double Count)> buckets)
    {
        double total = 0;
        foreach (var (_, count) in buckets)
        {
            total += count;
        }

        if (total == 0 || share is not (>= 0 and <= 1))
        {
            return 0;
        }

        // Rounded up, which serves few values better; one value at least is read.
        var wanted = Math.Max(1, Math.Ceiling(share * total));
        double read = 0;
        for (var i = 0; i < buckets.Length; i++)
        {
            var (max, count) = buckets[i];
            if (read + count < wanted)
            {
                read += count;
                continue;
            }

            if (read + count == wanted)
            {
                return max;
            }

            var top = Math.Log2(max);
            var bottom = i > 0 ? Math.Log2(buckets[i - 1].Max) : top - 1;
            return Math.Pow(2, bottom + ((top - bottom) * ((wanted - read) / count)));
        }

        return buckets[^1].Max;
    }
}
