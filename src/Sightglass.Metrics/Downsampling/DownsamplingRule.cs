namespace Sightglass.Metrics.Downsampling;

/// <summary>From which age on samples are kept in buckets only.</summary>
/// <param name="After">Age of a whole partition (a day) at which it is downsampled; at least a day.</param>
/// <param name="Resolution">Length of a bucket: divides a day, at least a minute.</param>
public sealed record DownsamplingRule(TimeSpan After, TimeSpan Resolution)
{
    /// <summary>Shortest bucket.</summary>
    public static readonly TimeSpan MinResolution = TimeSpan.FromMinutes(1);

    /// <summary>Least age.</summary>
    public static readonly TimeSpan MinAfter = TimeSpan.FromDays(1);

    /// <summary>What is wrong with the rules, or null: each later one needs a greater age and longer buckets, of which the shorter fill the longer.</summary>
    public static string? Check(IReadOnlyList<DownsamplingRule> rules)
    {
        for (var i = 0; i < rules.Count; i++)
        {
            var (after, resolution) = rules[i];
            if (after < MinAfter)
            {
                return $"after: got {after}, want at least {MinAfter}";
            }

            if (resolution < MinResolution || TimeSpan.TicksPerDay % resolution.Ticks != 0)
            {
                return $"resolution: got {resolution}, want at least {MinResolution} and a divisor of a day";
            }

            if (i > 0 && (after <= rules[i - 1].After || resolution <= rules[i - 1].Resolution || resolution.Ticks % rules[i - 1].Resolution.Ticks != 0))
            {
                return $"rule {i + 1}: want a greater age and a multiple of the resolution of the rule before";
            }
        }

        return null;
    }

    /// <summary>Resolution that the rules ask of a partition that ends at a time, milliseconds; 0 for none.</summary>
    public static long ResolutionMs(IReadOnlyList<DownsamplingRule> rules, long partitionEndMs, long nowMs)
    {
        long resolution = 0;
        foreach (var rule in rules)
        {
            if (nowMs - partitionEndMs >= (long)rule.After.TotalMilliseconds)
            {
                resolution = (long)rule.Resolution.TotalMilliseconds;
            }
        }

        return resolution;
    }
}
