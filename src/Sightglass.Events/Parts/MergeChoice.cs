using Sightglass.Core.Contracts;
using Sightglass.Storage;

namespace Sightglass.Events.Parts;

/// <summary>Chooses parts to merge: neighbours in the order of their flushes, of the same signal and day.</summary>
internal static class MergeChoice
{
    /// <summary>No part becomes larger than this, in bytes: a merge takes its time and its room on the disk, and a broken part loses no more.</summary>
    private const long LargestPart = 2L << 30;

    /// <summary>Memory of one merge, in bytes, of which a block of each of its parts takes its share; three parts may be merged however large their blocks are.</summary>
    private const long MergeMemory = 128L << 20;

    /// <summary>Parts of a past day become one, unless all but the largest are so small a share of it: late rows must not have a day rewritten again and again.</summary>
    private const double LeastGainOfPastDays = 1.1;

    /// <summary>The next parts to merge, oldest flush first; empty when there is nothing to do. Days with most parts come first, and whole days last.</summary>
    /// <param name="parts">All parts.</param>
    /// <param name="settled">Whether a day of a signal is past and no more rows are coming in, so that its parts may become one.</param>
    public static EventPart[] Next(IEnumerable<EventPart> parts, Func<EventSignal, int, bool> settled)
    {
        // A part with broken blocks stays as it is: merging would lose what might still be rescued from it.
        EventPart[][] days =
        [
            .. parts.GroupBy(p => (p.Directory.Signal, p.Directory.Day))
                .Select(g => g.OrderBy(p => p.Directory.FirstFlush).ToArray())
                .Where(day => day.Length > 1 && !Array.Exists(day, p => p.BadBlocks > 0))
                .OrderByDescending(day => day.Length)
        ];
        foreach (var day in days)
        {
            if (SizeTiers.Choose(Array.ConvertAll(day, p => p.Bytes), LargestPart, Array.ConvertAll(day, p => p.LargestBlock), MergeMemory) is { } run)
            {
                return day[run];
            }
        }

        return Array.Find(days, day => settled(day[0].Directory.Signal, day[0].Directory.Day) && IsWorthOnePart(day)) ?? [];
    }

    private static bool IsWorthOnePart(EventPart[] day)
    {
        var bytes = day.Sum(p => p.Bytes);
        return day.Length <= SizeTiers.MaxMergedParts
            && bytes <= LargestPart
            && bytes > day.Max(p => p.Bytes) * LeastGainOfPastDays
            && (day.Length <= SizeTiers.LeastMergedParts || day.Sum(p => p.LargestBlock) <= MergeMemory);
    }
}
