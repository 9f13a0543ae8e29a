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

    /// <summary>While much comes in, a merge has to make more of its parts: each row is rewritten less often, and the processor is wanted elsewhere.</summary>
    private const double GrowthWhileBusy = 4;

    /// <summary>The next parts to merge, oldest flush first; empty when there is nothing to do. Days with most parts come first.</summary>
    /// <param name="parts">All parts.</param>
    /// <param name="today">The day that is not over; parts of earlier ones become one when they are quiet.</param>
    /// <param name="quiet">Whether nothing was flushed to a day of a signal for a while.</param>
    public static EventPart[] Next(IEnumerable<EventPart> parts, int today, Func<EventSignal, int, bool> quiet)
    {
        // A part with broken blocks stays as it is: merging would lose what might still be rescued from it.
        var days = parts.GroupBy(p => (p.Directory.Signal, p.Directory.Day))
            .Select(g => (g.Key, Parts: g.OrderBy(p => p.Directory.FirstFlush).ToArray()))
            .Where(day => day.Parts.Length > 1 && !Array.Exists(day.Parts, p => p.BadBlocks > 0))
            .OrderByDescending(day => day.Parts.Length);
        foreach (var (key, day) in days)
        {
            var isQuiet = quiet(key.Signal, key.Day);
            if (isQuiet && key.Day < today && IsWorthOnePart(day))
            {
                return day;
            }

            if (SizeTiers.Choose(Array.ConvertAll(day, p => p.Bytes), LargestPart, Array.ConvertAll(day, p => p.LargestBlock), MergeMemory, isQuiet ? SizeTiers.MinGrowth : GrowthWhileBusy) is { } run)
            {
                return day[run];
            }
        }

        return [];
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
