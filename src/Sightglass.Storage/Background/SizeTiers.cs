namespace Sightglass.Storage;

/// <summary>Which neighbouring parts to merge: like sizes together, so that each byte is rewritten a logarithmic number of times.</summary>
public static class SizeTiers
{
    /// <summary>Parts of one merge, at most: bounds memory and open files.</summary>
    public const int MaxMergedParts = 16;

    /// <summary>A merge pays when its result is at least this many times its largest input.</summary>
    private const double MinGrowth = 1.7;

    /// <summary>The part count of one partition above which the best run is merged though it hardly pays.</summary>
    private const int TooManyParts = 24;

    /// <summary>Chooses a run of neighbours in <paramref name="sizes"/> (one partition, oldest first), or null.</summary>
    public static Range? Choose(ReadOnlySpan<long> sizes, long maxResult = long.MaxValue)
    {
        Range? best = null;
        var bestGrowth = sizes.Length > TooManyParts ? 1.0 : MinGrowth;
        for (var from = 0; from < sizes.Length - 1; from++)
        {
            long total = sizes[from];
            var largest = Math.Max(total, 1);
            for (var to = from + 1; to < sizes.Length && to - from < MaxMergedParts; to++)
            {
                total += sizes[to];
                largest = Math.Max(largest, sizes[to]);
                if (total > maxResult)
                {
                    break;
                }

                // Pairs of equals would rewrite too often: a run is three or more, or many small ones.
                var growth = (double)total / largest;
                if (to - from >= 2 && growth > bestGrowth)
                {
                    bestGrowth = growth;
                    best = new Range(from, to + 1);
                }
            }
        }

        return best;
    }
}
