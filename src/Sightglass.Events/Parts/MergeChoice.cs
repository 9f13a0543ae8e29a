namespace Sightglass.Events.Parts;

/// <summary>Chooses parts to merge: neighbours in the order of their flushes, of the same signal and day, of like size.</summary>
internal static class MergeChoice
{
    /// <summary>Most parts merged at once; each holds some decoded blocks while it runs.</summary>
    private const int MostParts = 16;

    /// <summary>Fewest parts merged at once on the current day.</summary>
    private const int FewestParts = 4;

    /// <summary>The sum is at least so many times the largest, so that every row is rewritten a few times only on its way to a large part.</summary>
    private const double LeastGain = 2.5;

    /// <summary>No part becomes larger than this, in bytes: a merge holds up its thread, and a broken part loses no more.</summary>
    private const long LargestPart = 2L << 30;

    /// <summary>The next parts to merge, oldest flush first; empty when there is nothing to do.</summary>
    public static IReadOnlyList<EventPart> Next(IEnumerable<EventPart> parts, int today)
    {
        foreach (var group in parts.GroupBy(p => (p.Directory.Signal, p.Directory.Day)))
        {
            var ordered = group.OrderBy(p => p.Directory.FirstFlush).ToArray();
            var (start, count) = Choose(ordered, isPast: group.Key.Day < today);
            if (count > 1)
            {
                return ordered[start..(start + count)];
            }
        }

        return [];
    }

    private static (int Start, int Count) Choose(EventPart[] parts, bool isPast)
    {
        (int Start, int Count) best = default;
        var bestGain = isPast ? 1 : LeastGain;
        for (var start = 0; start < parts.Length; start++)
        {
            long sum = 0;
            long largest = 1;
            for (var end = start; end < Math.Min(parts.Length, start + MostParts); end++)
            {
                // A part with broken blocks stays as it is: merging would lose what might still be rescued from it.
                sum += parts[end].FileBytes;
                largest = Math.Max(largest, parts[end].FileBytes);
                if (parts[end].BadBlocks > 0 || sum > LargestPart)
                {
                    break;
                }

                var gain = (double)sum / largest;
                if (end > start && gain > bestGain && (isPast || end - start + 1 >= FewestParts))
                {
                    (best, bestGain) = ((start, end - start + 1), gain);
                }
            }
        }

        return best;
    }
}
