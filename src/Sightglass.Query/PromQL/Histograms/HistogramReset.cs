using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>Finds counter resets between two histograms of a series.</summary>
public static class HistogramReset
{
    /// <summary>Whether a reset lies between the two: the hint says so, or something became less.</summary>
    public static bool Detect(NativeHistogram previous, NativeHistogram current)
    {
        ArgumentNullException.ThrowIfNull(previous);
        ArgumentNullException.ThrowIfNull(current);
        if (current.ResetHint is CounterResetHint.CounterReset or CounterResetHint.NotCounterReset)
        {
            return current.ResetHint == CounterResetHint.CounterReset;
        }

        return current.Count < previous.Count || BucketsShrank(previous, current);
    }

    private static bool BucketsShrank(NativeHistogram previous, NativeHistogram current)
    {
        var custom = HistogramLayout.IsCustom(current);
        if (custom != HistogramLayout.IsCustom(previous))
        {
            return true;
        }

        if (custom)
        {
            var bounds = HistogramLayout.CommonBounds(current.CustomBounds, previous.CustomBounds);
            return Less(HistogramLayout.Positive(HistogramLayout.ToBounds(current, bounds)), HistogramLayout.Positive(HistogramLayout.ToBounds(previous, bounds)));
        }

        if (current.Schema > previous.Schema || current.ZeroThreshold < previous.ZeroThreshold)
        {
            return true;
        }

        var (zeroCount, threshold) = HistogramLayout.WidenedZero(previous, current.ZeroThreshold);
        if (threshold != current.ZeroThreshold || current.ZeroCount < zeroCount)
        {
            return true;
        }

        var aligned = HistogramLayout.ToSchema(HistogramLayout.WithZero(previous, current.ZeroThreshold), current.Schema);
        return Less(HistogramLayout.Positive(current), HistogramLayout.Positive(aligned))
            || Less(HistogramLayout.Negative(current), HistogramLayout.Negative(aligned));
    }

    private static bool Less(BucketList current, BucketList previous)
    {
        for (var i = 0; i < previous.Indexes.Length; i++)
        {
            // A bucket that is gone was not empty, even if it counted less than nothing.
            var at = previous.Indexes[i];
            if (current.At(at) < previous.Counts[i] || (previous.Counts[i] < 0 && Array.BinarySearch(current.Indexes, at) < 0))
            {
                return true;
            }
        }

        return false;
    }
}
