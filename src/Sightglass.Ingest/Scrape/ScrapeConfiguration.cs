using Sightglass.Core.Model;

namespace Sightglass.Ingest.Scrape;

/// <summary>One entry of <c>scrape_configs</c>, with Prometheus' meaning of each key.</summary>
public sealed record ScrapeConfiguration
{
    /// <summary><c>job_name</c>; unique.</summary>
    public required string JobName { get; init; }

    /// <summary><c>scrape_interval</c>; more than zero.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary><c>scrape_timeout</c>; at most the interval.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary><c>metrics_path</c>.</summary>
    public string MetricsPath { get; init; } = "/metrics";

    /// <summary><c>scheme</c>: http or https.</summary>
    public string Scheme { get; init; } = "http";

    /// <summary><c>params</c>: query parameters, a name may have several values.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Parameters { get; init; } = [];

    /// <summary><c>honor_labels</c>: labels in the answer win over the target's.</summary>
    public bool HonorLabels { get; init; }

    /// <summary><c>honor_timestamps</c>: timestamps in the answer are used.</summary>
    public bool HonorTimestamps { get; init; } = true;

    /// <summary><c>static_configs</c>.</summary>
    public IReadOnlyList<TargetGroup> StaticTargets { get; init; } = [];

    /// <summary><c>file_sd_configs</c>.</summary>
    public IReadOnlyList<FileDiscovery> Files { get; init; } = [];

    /// <summary><c>relabel_configs</c>, applied to a target's labels.</summary>
    public IReadOnlyList<RelabelRule> Relabel { get; init; } = [];

    /// <summary><c>metric_relabel_configs</c>, applied to each series of an answer.</summary>
    public IReadOnlyList<RelabelRule> MetricRelabel { get; init; } = [];

    /// <summary><c>sample_limit</c>; 0 means none. An answer with more samples after relabelling fails as a whole.</summary>
    public int SampleLimit { get; init; }

    /// <summary><c>label_limit</c>; 0 means none.</summary>
    public int LabelLimit { get; init; }

    /// <summary><c>body_size_limit</c> in bytes; 0 means the server's own limit.</summary>
    public long BodySizeLimit { get; init; }

    /// <summary><c>basic_auth</c> or <c>authorization</c> as the value of the header; null for none. Secret.</summary>
    public Func<string>? Authorization { get; init; }
}

/// <summary>Targets that share labels, from the configuration or from discovery.</summary>
/// <param name="Source">Where the group comes from, for <c>__meta_filepath</c> and errors.</param>
/// <param name="Targets">Addresses: host:port.</param>
/// <param name="Labels">Labels of each of them.</param>
public sealed record TargetGroup(string Source, IReadOnlyList<string> Targets, LabelSet Labels);

/// <summary>One <c>file_sd_configs</c> entry.</summary>
/// <param name="Patterns">Paths; the last segment may have a <c>*</c>.</param>
/// <param name="RefreshInterval">How often files are read again.</param>
public sealed record FileDiscovery(IReadOnlyList<string> Patterns, TimeSpan RefreshInterval);
