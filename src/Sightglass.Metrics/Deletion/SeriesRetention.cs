namespace Sightglass.Metrics.Deletion;

/// <summary>How long samples are kept: a time for all, and others for series that satisfy a rule, the first that they satisfy. Immutable.</summary>
internal sealed class SeriesRetention(TimeSpan keep, IReadOnlyList<MetricRetentionRule> rules, TimeProvider time)
{
    /// <summary>The rules in order, and last the one for all others.</summary>
    public IReadOnlyList<MetricRetentionRule> Classes { get; } = [.. rules, new MetricRetentionRule([], keep)];

    public bool HasRules => rules.Count > 0;

    /// <summary>Samples before it are of no series that keeps them, milliseconds since the Unix epoch.</summary>
    public long CutoffMs()
    {
        var oldest = long.MaxValue;
        foreach (var one in Classes)
        {
            oldest = Math.Min(oldest, CutoffMs(one.Keep));
        }

        return oldest;
    }

    /// <summary>Samples from then on are kept, whatever series they are of.</summary>
    public long FirstCutoffMs()
    {
        var newest = long.MinValue;
        foreach (var one in Classes)
        {
            newest = Math.Max(newest, CutoffMs(one.Keep));
        }

        return newest;
    }

    /// <summary>The oldest time that a length of time keeps; zero or less keeps everything.</summary>
    public long CutoffMs(TimeSpan keep) => new Storage.RetentionPolicy(keep).CutoffMs(time);
}
