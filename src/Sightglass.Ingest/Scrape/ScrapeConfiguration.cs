using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape.Discovery;
using Sightglass.Ingest.Scrape.Http;

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

    /// <summary><c>track_timestamps_staleness</c>: series with timestamps of their own get stale markers too.</summary>
    public bool TrackTimestampsStaleness { get; init; }

    /// <summary><c>static_configs</c>.</summary>
    public IReadOnlyList<TargetGroup> StaticTargets { get; init; } = [];

    /// <summary><c>file_sd_configs</c>, <c>http_sd_configs</c> and <c>dns_sd_configs</c>.</summary>
    public IReadOnlyList<DiscoveryConfiguration> Discoveries { get; init; } = [];

    /// <summary><c>relabel_configs</c>, applied to a target's labels.</summary>
    public IReadOnlyList<RelabelRule> Relabel { get; init; } = [];

    /// <summary><c>metric_relabel_configs</c>, applied to each series of an answer.</summary>
    public IReadOnlyList<RelabelRule> MetricRelabel { get; init; } = [];

    /// <summary>The limits of the job.</summary>
    public ScrapeLimits Limits { get; init; } = ScrapeLimits.None;

    /// <summary><c>scrape_protocols</c>, the preferred one first.</summary>
    public IReadOnlyList<ScrapeProtocol> Protocols { get; init; } = ScrapeProtocols.Default;

    /// <summary><c>fallback_scrape_protocol</c>: how an answer without a usable Content-Type is read; null refuses it.</summary>
    public ScrapeProtocol? FallbackProtocol { get; init; }

    /// <summary><c>enable_compression</c>: gzip is asked for.</summary>
    public bool EnableCompression { get; init; } = true;

    /// <summary><c>scrape_native_histograms</c>: native histograms of protobuf answers are taken.</summary>
    public bool NativeHistograms { get; init; }

    /// <summary><c>always_scrape_classic_histograms</c>: classic series are kept beside the native histogram.</summary>
    public bool AlwaysClassicHistograms { get; init; }

    /// <summary><c>convert_classic_histograms_to_nhcb</c>: classic histograms become native ones with custom buckets.</summary>
    public bool ConvertClassicHistograms { get; init; }

    /// <summary>
    /// <c>created_timestamp_zero_ingestion</c>: a series that says when it began gets a zero at that time; <c>_created</c> lines of OpenMetrics are no series.
    /// </summary>
    public bool CreatedTimestampZero { get; init; }

    /// <summary><c>extra_scrape_metrics</c>: three more report series for each target.</summary>
    public bool ExtraMetrics { get; init; }

    /// <summary><c>metric_name_validation_scheme</c> is <c>legacy</c>: names outside of the old character set fail the scrape.</summary>
    public bool LegacyNames { get; init; }

    /// <summary><c>metric_name_escaping_scheme</c>, as the Accept header has it.</summary>
    public string NameEscaping { get; init; } = "allow-utf-8";

    /// <summary><c>scrape_failure_log_file</c>, or null.</summary>
    public string? FailureLogFile { get; init; }

    /// <summary>How targets are asked: credentials, TLS, proxies, redirects.</summary>
    public HttpClientSettings Http { get; init; } = HttpClientSettings.Default;

    /// <summary>
    /// Equal for configurations that are equal in every key, whoever made them; empty where that is not known. Lets
    /// <see cref="Scraper.Apply"/> leave jobs alone that did not change.
    /// </summary>
    public string Fingerprint { get; init; } = string.Empty;
}

/// <summary>Targets that share labels, from the configuration or from discovery.</summary>
/// <param name="Source">Where the group comes from, for errors.</param>
/// <param name="Targets">Addresses: host:port.</param>
/// <param name="Labels">Labels of each of them.</param>
public sealed record TargetGroup(string Source, IReadOnlyList<string> Targets, LabelSet Labels);
