using Sightglass.Core.Model;

namespace Sightglass.Ingest.Scrape;

/// <summary>Whether the last scrape of a target went well.</summary>
public enum TargetHealth
{
    /// <summary>Not scraped yet.</summary>
    Unknown,

    /// <summary>The last scrape went well.</summary>
    Up,

    /// <summary>The last scrape failed.</summary>
    Down,
}

/// <summary>What is known of a target at one moment.</summary>
/// <param name="Job">The scrape configuration's name.</param>
/// <param name="DiscoveredLabels">Labels before relabelling.</param>
/// <param name="Labels">Labels after it.</param>
/// <param name="Url">What is asked.</param>
/// <param name="Health">How the last scrape went.</param>
/// <param name="LastScrape">When it began, or null.</param>
/// <param name="LastDuration">How long it took.</param>
/// <param name="LastError">Why it failed; empty when it did not.</param>
/// <param name="Interval">The interval in force.</param>
/// <param name="Timeout">The timeout in force.</param>
/// <param name="Samples">Samples of the last good scrape.</param>
public sealed record TargetStatus(string Job, LabelSet DiscoveredLabels, LabelSet Labels, Uri Url, TargetHealth Health, DateTimeOffset? LastScrape,
    TimeSpan LastDuration, string LastError, TimeSpan Interval, TimeSpan Timeout, int Samples)
{
    /// <summary>What makes it the same target as before: two of one identity are one.</summary>
    internal string Identity => $"{Job}\n{Url.OriginalString}\n{Labels}";
}
