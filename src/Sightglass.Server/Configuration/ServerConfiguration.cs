using Sightglass.Alerting.Escalation;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Sla;
using Sightglass.Alerting.Slo;
using Sightglass.Core.Model;
using Sightglass.Ingest.Forward;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.Aggregation;
using Sightglass.Ingest.Pipeline;
using Sightglass.Ingest.Scrape;
using Sightglass.Ingest.Tail;
using Sightglass.Metrics.Downsampling;
using Sightglass.Metrics.Limits;

namespace Sightglass.Server.Configuration;

/// <summary>Everything that the configuration file and the command line say, with defaults filled in and checked.</summary>
internal sealed record ServerConfiguration
{
    /// <summary>The file that this was read from; null where there is none.</summary>
    public ConfigurationSource? Source { get; init; }

    /// <summary><c>server.enable_lifecycle</c>: whether <c>/-/reload</c> and <c>/-/quit</c> answer.</summary>
    public bool EnableLifecycle { get; init; }

    /// <summary><c>server.enable_admin_api</c>: whether <c>/api/v1/admin/tsdb/…</c> answers.</summary>
    public bool EnableAdminApi { get; init; }

    /// <summary><c>server.listen</c>: web UI and HTTP APIs; port 0 picks a free one.</summary>
    public string Listen { get; init; } = "127.0.0.1:4300";

    /// <summary><c>server.external_url</c>: where people reach this server; null is where it listens.</summary>
    public Uri? ExternalUrl { get; init; }

    /// <summary><c>server.otlp_grpc</c>.</summary>
    public string OtlpGrpc { get; init; } = "127.0.0.1:4317";

    /// <summary><c>server.otlp_http</c>.</summary>
    public string OtlpHttp { get; init; } = "127.0.0.1:4318";

    /// <summary><c>storage.path</c>.</summary>
    public string DataPath { get; init; } = "./sightglass-data";

    /// <summary><c>storage.retention.metrics</c>.</summary>
    public TimeSpan MetricRetention { get; init; } = TimeSpan.FromDays(90);

    /// <summary><c>storage.downsampling</c>.</summary>
    public IReadOnlyList<DownsamplingRule> Downsampling { get; init; } = [];

    /// <summary><c>storage.retention.logs</c>.</summary>
    public TimeSpan LogRetention { get; init; } = TimeSpan.FromDays(30);

    /// <summary><c>storage.retention.traces</c>.</summary>
    public TimeSpan TraceRetention { get; init; } = TimeSpan.FromDays(14);

    /// <summary><c>storage.retention.max_disk</c>; null is no bound.</summary>
    public DiskLimit? MaxDisk { get; init; }

    /// <summary><c>storage.retention.rules</c>.</summary>
    public RetentionRules RetentionRules { get; init; } = RetentionRules.None;

    /// <summary><c>storage.exemplars.max_exemplars</c>: exemplars kept.</summary>
    public int MaxExemplars { get; init; } = 100_000;

    /// <summary><c>global.evaluation_interval</c>.</summary>
    public TimeSpan EvaluationInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary><c>global.rule_query_offset</c>.</summary>
    public TimeSpan RuleQueryOffset { get; init; }

    /// <summary><c>global.scrape_interval</c>.</summary>
    public TimeSpan ScrapeInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary><c>global.external_labels</c>.</summary>
    public LabelSet ExternalLabels { get; init; } = LabelSet.Empty;

    /// <summary><c>scrape_configs</c>.</summary>
    public IReadOnlyList<ScrapeConfiguration> Scrape { get; init; } = [];

    /// <summary><c>promql</c>.</summary>
    public PromQLConfiguration PromQL { get; init; } = PromQLConfiguration.Default;

    /// <summary><c>remote_write</c>.</summary>
    public IReadOnlyList<RemoteWriteTarget> RemoteWrite { get; init; } = [];

    /// <summary><c>otlp</c>.</summary>
    public OtlpMetricOptions Otlp { get; init; } = OtlpMetricOptions.Default;

    /// <summary>The files that <c>rule_files</c> names, loaded.</summary>
    public IReadOnlyList<RuleFile> Rules { get; init; } = [];

    /// <summary><c>slos</c> and the files that <c>slo_files</c> names.</summary>
    public IReadOnlyList<SloDefinition> Slos { get; init; } = [];

    /// <summary><c>slo_defaults</c>.</summary>
    public SloDefaults SloDefaults { get; init; } = new();

    /// <summary><c>slas</c>.</summary>
    public IReadOnlyList<SlaDefinition> Slas { get; init; } = [];

    /// <summary>Every rule to evaluate: those of the rule files, and those made of the objectives.</summary>
    public IReadOnlyList<RuleFile> AllRules => [.. Rules, .. Slos.Select(SloRules.File)];

    /// <summary><c>alertmanager</c>, loaded; null when there is none.</summary>
    public AlertmanagerConfiguration? Alertmanager { get; init; }

    /// <summary><c>people</c>, <c>oncall</c>, <c>escalation</c> and <c>acknowledge</c>.</summary>
    public EscalationConfiguration Escalation { get; init; } = EscalationConfiguration.None;

    /// <summary><c>remote_read</c>.</summary>
    public IReadOnlyList<RemoteReadTarget> RemoteRead { get; init; } = [];

    /// <summary><c>limits.metrics</c>.</summary>
    public SeriesLimits SeriesLimits { get; init; } = SeriesLimits.Default;

    /// <summary>What of the file was read and has nothing to act on here, a sentence each.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary><c>global.query_log_file</c>, or null.</summary>
    public string? QueryLogFile { get; init; }

    /// <summary><c>alerting</c>: Alertmanagers outside.</summary>
    public AlertingConfiguration Alerting { get; init; } = AlertingConfiguration.None;

    /// <summary><c>pipelines.metrics</c>.</summary>
    public MetricPipelineConfiguration MetricPipeline { get; init; } = MetricPipelineConfiguration.Default;

    /// <summary>The rest of <c>pipelines</c>.</summary>
    public PipelineConfiguration Pipelines { get; init; } = PipelineConfiguration.Default;

    /// <summary><c>logs</c>.</summary>
    public IReadOnlyList<TailConfiguration> Logs { get; init; } = [];

    /// <summary><c>receivers</c>.</summary>
    public ReceiversConfiguration Receivers { get; init; } = ReceiversConfiguration.None;
}

/// <summary>A configuration file as it was read.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Text">Its text, secrets included.</param>
internal sealed record ConfigurationSource(string Path, string Text);
