namespace Sightglass.Storage;

/// <summary>Which neighbouring parts to merge: like sizes together, so that each byte is rewritten a logarithmic number of times.</summary>
public static class SizeTiers
{
    /// <summary>Parts of one merge, at most: bounds memory and open files.</summary>
    public const int MaxMergedParts = 16;

    /// <summary>Parts of one merge, at least: pairs of equals would be rewritten too often.</summary>
    public const int LeastMergedParts = 3;

    /// <summary>A merge pays when its result is at least this many times its largest input.</summary>
    public const double MinGrowth = 1.7;

    /// <summary>The part count of one partition above which the best run is merged though it hardly pays.</summary>
    private const int TooManyParts = 24;

    /// <summary>Chooses a run of neighbours, or null.</summary>
    /// <param name="sizes">Bytes of the parts of one partition, oldest first.</param>
    /// <param name="maxResult">Most bytes of a result.</param>
    /// <param name="memory">Bytes of memory that merging each part takes; empty when that does not matter.</param>
    /// <param name="maxMemory">Most bytes of memory for a merge of more than <see cref="LeastMergedParts"/>.</param>
    /// <param name="minGrowth">How many times its largest input a result has to be at least, while there are not too many parts.</param>
    public static Range? Choose(ReadOnlySpan<long> sizes, long maxResult = long.MaxValue, ReadOnlySpan<long> memory = default, long maxMemory = long.MaxValue, double minGrowth = MinGrowth)
    {
        Range? best = null;
        var bestGrowth = sizes.Length > TooManyParts ? 1.0 : minGrowth;
        for (var from = 0; from < sizes.Length - 1; from++)
        {
            long total = sizes[from];
            var largest = Math.Max(total, 1);
            var held = memory.IsEmpty ? 0 : memory[from];
            for (var to = from + 1; to < sizes.Length && to - from < MaxMergedParts; to++)
            {
                total += sizes[to];
                largest = Math.Max(largest, sizes[to]);
                held += memory.IsEmpty ? 0 : memory[to];
                var parts = to - from + 1;
                if (total > maxResult || (parts > LeastMergedParts && held > maxMemory))
                {
                    break;
                }

                var growth = (double)total / largest;
                if (parts >= LeastMergedParts && growth > bestGrowth)
                {
                    bestGrowth = growth;
                    best = new Range(from, to + 1);
                }
            }
        }

        return best;
    }
}
