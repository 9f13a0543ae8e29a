namespace Sightglass.Query.PromQL;

/// <summary>What start timestamps say of counter resets.</summary>
internal static class StartTimes
{
    /// <summary>
    /// Whether a counter began anew between two samples. A start at the sample's own time, or after it, says nothing; a start at the
    /// time of the sample before is a delta's when that one has a start that is true, and else a start that nobody knew.
    /// </summary>
    public static bool IsReset(long previousStart, long previous, long start, long current)
    {
        if (start == 0 || start >= current || start < previous)
        {
            return false;
        }

        return start > previous || (previousStart != 0 && previousStart < previous);
    }

    /// <summary>Whether a sample's start lies before the sample before, whose start was another.</summary>
    public static bool Overlaps(long previousStart, long previous, long start) => start != 0 && start < previous && start != previousStart;

    /// <summary>Whether the first sample's start stands for a sample of value zero within the window.</summary>
    public static bool BeginsWithin(ReadOnlySpan<long> starts, long rangeStart, long first) => starts.Length > 0 && starts[0] != 0 && starts[0] > rangeStart && starts[0] < first;

    /// <summary>Warns when any start of the window overlaps.</summary>
    public static void Check(ReadOnlySpan<long> starts, ReadOnlySpan<long> times, string metric, RangeCall call)
    {
        for (var i = 1; i < starts.Length; i++)
        {
            if (Overlaps(starts[i - 1], times[i - 1], starts[i]))
            {
                call.Annotations.Warn($"sample has start time that overlaps with previous sample timestamp for metric {Syntax.QuotedText.Quote(metric)}", call.Source);
                return;
            }
        }
    }
}
