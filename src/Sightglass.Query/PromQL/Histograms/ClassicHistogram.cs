namespace Sightglass.Query.PromQL;

/// <summary>Buckets whose counts were raised to that of a lower bucket.</summary>
/// <param name="LowestBound">The lowest one's upper bound.</param>
/// <param name="HighestBound">The highest one's.</param>
/// <param name="LargestDifference">Most that a count was raised by.</param>
internal readonly record struct ForcedMonotonicity(double LowestBound, double HighestBound, double LargestDifference)
{
    /// <summary>These and others.</summary>
    public ForcedMonotonicity And(ForcedMonotonicity other) =>
        new(Math.Min(LowestBound, other.LowestBound), Math.Max(HighestBound, other.HighestBound), Math.Max(LargestDifference, other.LargestDifference));
}

/// <summary>Quantiles and fractions of histograms as cumulative bucket series.</summary>
internal static class ClassicHistogram
{
    /// <summary>Relative differences below this are taken for rounding.</summary>
    private const double SmallDelta = 1e-12;

    /// <summary>Sorts by bound and adds up buckets of the same bound.</summary>
    public static List<(double Bound, double Count)> Prepare(List<(double Bound, double Count)> buckets)
    {
        buckets.Sort((a, b) => a.Bound.CompareTo(b.Bound));
        var merged = new List<(double Bound, double Count)>(buckets.Count);
        foreach (var bucket in buckets)
        {
            if (merged.Count > 0 && merged[^1].Bound == bucket.Bound)
            {
                merged[^1] = (bucket.Bound, merged[^1].Count + bucket.Count);
            }
            else
            {
                merged.Add(bucket);
            }
        }

        return merged;
    }

    public static double Quantile(double q, List<(double Bound, double Count)> input, out ForcedMonotonicity? forced)
    {
        forced = null;
        if (double.IsNaN(q) || input.Count == 0)
        {
            return SpecialNumbers.NaN;
        }

        if (q < 0)
        {
            return double.NegativeInfinity;
        }

        if (q > 1)
        {
            return double.PositiveInfinity;
        }

        var buckets = Prepare(input);
        if (!double.IsPositiveInfinity(buckets[^1].Bound))
        {
            return SpecialNumbers.NaN;
        }

        var raised = MakeMonotonic(buckets);
        if (buckets.Count < 2 || buckets[^1].Count == 0)
        {
            return SpecialNumbers.NaN;
        }

        forced = raised;

        // Halved as Go's sort.Search does, which shows where counts are no numbers.
        var rank = q * buckets[^1].Count;
        var (at, end) = (0, buckets.Count - 1);
        while (at < end)
        {
            var middle = (at + end) >> 1;
            (at, end) = buckets[middle].Count >= rank ? (at, middle) : (middle + 1, end);
        }

        if (at == buckets.Count - 1)
        {
            return buckets[^2].Bound;
        }

        if (at == 0 && buckets[0].Bound <= 0)
        {
            return buckets[0].Bound;
        }

        var start = 0d;
        var bound = buckets[at].Bound;
        var count = buckets[at].Count;
        if (at > 0)
        {
            start = buckets[at - 1].Bound;
            count -= buckets[at - 1].Count;
            rank -= buckets[at - 1].Count;
        }

        return start + ((bound - start) * (rank / count));
    }

    public static double Fraction(double lower, double upper, List<(double Bound, double Count)> input)
    {
        if (input.Count == 0)
        {
            return SpecialNumbers.NaN;
        }

        var buckets = Prepare(input);
        if (!double.IsPositiveInfinity(buckets[^1].Bound))
        {
            return SpecialNumbers.NaN;
        }

        var count = buckets[^1].Count;
        if (count == 0 || double.IsNaN(lower) || double.IsNaN(upper))
        {
            return SpecialNumbers.NaN;
        }

        // Counts that are not monotonic stay as they are, only no rank is above all of them.
        return lower >= upper ? 0 : (Math.Min(Rank(buckets, upper), count) - Math.Min(Rank(buckets, lower), count)) / count;
    }

    /// <summary>How many observations are estimated below a value.</summary>
    private static double Rank(List<(double Bound, double Count)> buckets, double value)
    {
        var below = 0d;
        for (var i = 0; i < buckets.Count; i++)
        {
            var lower = i > 0 ? buckets[i - 1].Bound : buckets[0].Bound > 0 ? 0 : double.NegativeInfinity;
            var (upper, count) = buckets[i];
            if (lower >= value)
            {
                return below;
            }

            if (upper > value)
            {
                return double.IsInfinity(upper) ? below
                    : double.IsInfinity(lower) ? count
                    : below + ((count - below) * (value - lower) / (upper - lower));
            }

            below = count;
        }

        return buckets[^1].Count;
    }

    private static ForcedMonotonicity? MakeMonotonic(List<(double Bound, double Count)> buckets)
    {
        ForcedMonotonicity? forced = null;
        var previous = buckets[0].Count;
        for (var i = 1; i < buckets.Count; i++)
        {
            var current = buckets[i].Count;
            if (current == previous)
            {
                continue;
            }

            if (AlmostEqual(previous, current))
            {
                buckets[i] = (buckets[i].Bound, previous);
            }
            else if (current < previous)
            {
                buckets[i] = (buckets[i].Bound, previous);
                forced = new ForcedMonotonicity(forced?.LowestBound ?? buckets[i].Bound, buckets[i].Bound, Math.Max(forced?.LargestDifference ?? 0, previous - current));
            }
            else
            {
                previous = current;
            }
        }

        return forced;
    }

    private static bool AlmostEqual(double a, double b)
    {
        const double MinNormal = 2.2250738585072014e-308;
        if (double.IsNaN(a) && double.IsNaN(b))
        {
            return true;
        }

        var sum = Math.Abs(a) + Math.Abs(b);
        var difference = Math.Abs(a - b);
        return a == 0 || b == 0 || sum < MinNormal ? difference < SmallDelta * MinNormal : difference / Math.Min(sum, double.MaxValue) < SmallDelta;
    }
}
