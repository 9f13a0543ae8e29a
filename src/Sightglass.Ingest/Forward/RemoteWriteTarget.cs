using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;
using Sightglass.Ingest.Scrape.Http;

namespace Sightglass.Ingest.Forward;

/// <summary>An entry of <c>remote_write</c> or <c>otlp_exporters</c>: where samples are sent on to, and how.</summary>
public sealed record RemoteWriteTarget
{
    /// <summary><c>name</c>; also the name of the queue's folder.</summary>
    public required string Name { get; init; }

    /// <summary><c>url</c>.</summary>
    public required Uri Url { get; init; }

    /// <summary><c>remote_timeout</c>.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary><c>headers</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary><c>write_relabel_configs</c>.</summary>
    public IReadOnlyList<RelabelRule> Relabel { get; init; } = [];

    /// <summary><c>protobuf_message: io.prometheus.write.v2.Request</c>.</summary>
    public bool Version2 { get; init; }

    /// <summary>An entry of <c>otlp_exporters</c>: OTLP over HTTP instead of remote write.</summary>
    public bool Otlp { get; init; }

    /// <summary><c>send_exemplars</c>.</summary>
    public bool SendExemplars { get; init; }

    /// <summary><c>send_native_histograms</c>.</summary>
    public bool SendNativeHistograms { get; init; }

    /// <summary><c>metadata_config.send</c>.</summary>
    public bool SendMetadata { get; init; } = true;

    /// <summary><c>queue_config.max_samples_per_send</c>.</summary>
    public int MaxSamplesPerSend { get; init; } = 2000;

    /// <summary><c>queue_config.batch_send_deadline</c>: how long a request waits to become full.</summary>
    public TimeSpan BatchSendDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary><c>queue_config.min_backoff</c>.</summary>
    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromMilliseconds(30);

    /// <summary><c>queue_config.max_backoff</c>.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary><c>queue_config.sample_age_limit</c>: what is older when its turn comes is dropped; zero has no limit.</summary>
    public TimeSpan SampleAgeLimit { get; init; }

    /// <summary><c>queue_config.max_disk_bytes</c>: bytes that wait on disk at most; beyond, the oldest are dropped.</summary>
    public long MaxDiskBytes { get; init; } = 1L << 30;

    /// <summary><c>global.external_labels</c>, added where a series has no such label.</summary>
    public LabelSet ExternalLabels { get; init; } = LabelSet.Empty;

    /// <summary>Credentials, TLS, proxy.</summary>
    public HttpClientSettings Http { get; init; } = HttpClientSettings.Default;
}
