using Sightglass.Storage;

namespace Sightglass.Events.Parts;

/// <summary>Chooses parts to merge: neighbours in the order of their flushes, of the same signal and day.</summary>
internal static class MergeChoice
{
    /// <summary>No part becomes larger than this, in bytes: a merge holds up its thread, and a broken part loses no more.</summary>
    private const long LargestPart = 2L << 30;

    /// <summary>Parts of a past day become one, unless all but the largest are so small a share of it: late rows must not have a day rewritten again and again.</summary>
    private const double LeastGainOfPastDays = 1.1;

    /// <summary>The next parts to merge, oldest flush first; empty when there is nothing to do.</summary>
    public static IReadOnlyList<EventPart> Next(IEnumerable<EventPart> parts, int today)
    {
        foreach (var group in parts.GroupBy(p => (p.Directory.Signal, p.Directory.Day)))
        {
            var ordered = group.OrderBy(p => p.Directory.FirstFlush).ToArray();

            // A part with broken blocks stays as it is: merging would lose what might still be rescued from it.
            if (ordered.Length < 2 || Array.Exists(ordered, p => p.BadBlocks > 0))
            {
                continue;
            }

            var sizes = Array.ConvertAll(ordered, p => p.Bytes);
            if (SizeTiers.Choose(sizes, LargestPart) is { } run)
            {
                return ordered[run];
            }

            if (group.Key.Day < today && ordered.Length <= SizeTiers.MaxMergedParts && sizes.Sum() <= LargestPart && sizes.Sum() > sizes.Max() * LeastGainOfPastDays)
            {
                return ordered;
            }
        }

        return [];
    }
}
