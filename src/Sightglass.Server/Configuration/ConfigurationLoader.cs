using Sightglass.Alerting;
using Sightglass.Alerting.Escalation;
using Sightglass.Alerting.Receivers;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Sla;
using Sightglass.Alerting.Slo;
using Sightglass.Core.Model;
using YamlDotNet.RepresentationModel;

namespace Sightglass.Server.Configuration;

/// <summary>
/// Reads the configuration file: strict, every error with file and line. Keys of Prometheus' and of our own file that are not built yet are refused and
/// not ignored.
/// </summary>
internal static class ConfigurationLoader
{
    /// <summary>Keys of the design that no code stands behind yet.</summary>
    private static readonly string[] NotBuilt =
        ["probes", "auth"];

    /// <summary>Exemplars that one store may be told to keep: they are held in memory.</summary>
    private const int MaxExemplars = 10_000_000;

    /// <summary>Reads a file.</summary>
    /// <exception cref="AlertingConfigurationException">Something in it is not as it has to be.</exception>
    public static ServerConfiguration Load(string path)
    {
        try
        {
            return Load(path, File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AlertingConfigurationException(path, 1, e.Message);
        }
    }

    /// <summary>Reads a text; paths in it are relative to the file's folder.</summary>
    /// <exception cref="AlertingConfigurationException">Something in it is not as it has to be.</exception>
    public static ServerConfiguration Load(string path, string text)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var root = new YamlFile(path).Read(text, "the configuration");
        foreach (var key in NotBuilt)
        {
            if (root.Node(key) is { } node && node is not (YamlMappingNode { Children.Count: 0 } or YamlSequenceNode { Children.Count: 0 }))
            {
                throw root.Error(key, $"{key} is not built yet; remove it, or leave it empty");
            }
        }

        var configuration = new ServerConfiguration { Source = new ConfigurationSource(path, text) };
        configuration = Server(root.Section("server"), configuration);
        configuration = Storage(root.Section("storage"), configuration, folder);
        var (scrapeDefaults, withGlobal) = Global(root.Section("global"), configuration, folder);
        var promql = PromQLReader.Read(root.Section("promql"));
        var alerting = AlertingReader.Read(root.Section("alerting"), scrapeDefaults.LegacyNames, folder);
        var alertmanager = Alertmanager(root, path, folder, alerting.Outgoing);
        configuration = withGlobal with
        {
            Scrape = ScrapeReader.Read(root, scrapeDefaults, folder),
            RemoteWrite = RemoteWriteReader.Read(root, withGlobal.ExternalLabels, folder),
            Otlp = OtlpReader.Read(root.Section("otlp")),
            PromQL = promql with { Limits = LogQLReader.Read(root.Section("logql"), promql.Limits) },
            Rules = Rules(root, folder),
            Slos = SlosReader.Read(root, path, folder, withGlobal.ScrapeInterval),
            SloDefaults = SloReader.Defaults(root.Section("slo_defaults")),
            Slas = SlaReader.Read(root, path),
            Alertmanager = alertmanager,
            Escalation = EscalationReader.Read(root, alertmanager),
            Notices = [.. withGlobal.Notices, .. AcceptedKeys.Runtime(root.Section("runtime")), .. AcceptedKeys.Tracing(root.Section("tracing"), folder)],
            RemoteRead = RemoteReadReader.Read(root, withGlobal.ExternalLabels, folder),
            SeriesLimits = LimitsReader.Read(root.Section("limits")),
            Alerting = alerting,
            Pipelines = PipelineReader.Read(root.Section("pipelines")) with { MaxActiveStreams = LimitsReader.Streams(root.Section("limits")) },
            MetricPipeline = MetricPipelineReader.Read(root.Section("pipelines")?.Section("metrics")),
            Receivers = ReceiversReader.Read(root.Section("receivers"), root.Sections("logs"), folder),
            Logs = [.. root.Sections("logs").Where(section => !ReceiversReader.Reads(section)).Select(section => LogsReader.Read(section, folder))],
        };
        root.RejectUnknown();
        return configuration;
    }

    /// <summary>Expands a path with a <c>*</c> in its last segment, relative to <paramref name="folder"/>; sorted.</summary>
    internal static IReadOnlyList<string> Expand(string pattern, string folder)
    {
        var full = Path.GetFullPath(pattern, folder);
        if (full.IndexOfAny(['*', '?']) < 0)
        {
            return [full];
        }

        var parent = Path.GetDirectoryName(full)!;
        return Directory.Exists(parent) ? [.. Directory.EnumerateFiles(parent, Path.GetFileName(full)).Order(StringComparer.Ordinal)] : [];
    }

    private static ServerConfiguration Server(YamlSection? section, ServerConfiguration configuration)
    {
        if (section is null)
        {
            return configuration;
        }

        configuration = configuration with
        {
            Listen = Address(section, "listen", configuration.Listen),
            ExternalUrl = ExternalUrl(section),
            OtlpGrpc = Address(section, "otlp_grpc", configuration.OtlpGrpc),
            OtlpHttp = Address(section, "otlp_http", configuration.OtlpHttp),
            EnableLifecycle = section.Bool("enable_lifecycle") ?? configuration.EnableLifecycle,
            EnableAdminApi = section.Bool("enable_admin_api") ?? configuration.EnableAdminApi,
        };
        section.RejectUnknown();
        return configuration;
    }

    private static Uri? ExternalUrl(YamlSection section) => section.Text("external_url") is not { } text ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Query.Length == 0 && url.UserInfo.Length == 0 ? url
        : throw section.Error("external_url", "external_url: want an http or https URL such as https://sightglass.example.com");

    private static string Address(YamlSection section, string key, string otherwise)
    {
        var text = section.Text(key, otherwise);
        return ListenAddress.TryParse(text, out _) ? text : throw section.Error(key, $"{key}: got \"{text}\", want HOST:PORT");
    }

    private static ServerConfiguration Storage(YamlSection? section, ServerConfiguration configuration, string folder)
    {
        if (section is null)
        {
            return configuration;
        }

        if (section.Text("path") is { } path)
        {
            configuration = configuration with { DataPath = Path.GetFullPath(path, folder) };
        }

        if (section.Section("exemplars") is { } exemplars)
        {
            var most = exemplars.Integer("max_exemplars") ?? configuration.MaxExemplars;
            configuration = most is >= 0 and <= MaxExemplars
                ? configuration with { MaxExemplars = (int)most }
                : throw exemplars.Error("max_exemplars", $"max_exemplars: got {most}, want 0 to {MaxExemplars}");
            exemplars.RejectUnknown();
        }

        configuration = configuration with { Downsampling = DownsamplingReader.Read(section) };
        var (kept, notices) = AcceptedKeys.Tsdb(section.Section("tsdb"));
        configuration = configuration with { MetricRetention = kept ?? configuration.MetricRetention, Notices = notices };
        if (section.Section("retention") is { } retention)
        {
            configuration = configuration with
            {
                MetricRetention = retention.Duration("metrics") ?? configuration.MetricRetention,
                LogRetention = retention.Duration("logs") ?? configuration.LogRetention,
                TraceRetention = retention.Duration("traces") ?? configuration.TraceRetention,
                MaxDisk = RetentionReader.MaxDisk(retention),
                RetentionRules = RetentionReader.Rules(retention),
            };
            foreach (var (key, value) in new[] { ("metrics", configuration.MetricRetention), ("logs", configuration.LogRetention), ("traces", configuration.TraceRetention) })
            {
                if (value < TimeSpan.FromHours(1))
                {
                    throw retention.Error(key, $"{key}: got {PromDuration.Format(value)}, want at least 1h");
                }
            }

            retention.RejectUnknown();
        }

        section.RejectUnknown();
        return configuration;
    }

    private static (ScrapeDefaults Scrape, ServerConfiguration Configuration) Global(YamlSection? section, ServerConfiguration configuration, string folder)
    {
        if (section is null)
        {
            return (new ScrapeDefaults { Interval = configuration.ScrapeInterval }, configuration);
        }

        var interval = section.Duration("scrape_interval") ?? configuration.ScrapeInterval;
        var labels = LabelSet.From(section.Map("external_labels").Select(p => new Label(p.Key, p.Value)));
        var defaults = ScrapeDefaults.Read(section, interval, folder);
        configuration = configuration with
        {
            ScrapeInterval = interval,
            EvaluationInterval = section.Duration("evaluation_interval") ?? configuration.EvaluationInterval,
            RuleQueryOffset = section.Duration("rule_query_offset") ?? configuration.RuleQueryOffset,
            ExternalLabels = labels,
            QueryLogFile = section.Text("query_log_file") is { Length: > 0 } log ? Path.GetFullPath(log, folder) : null,
        };
        section.RejectUnknown();
        return (defaults, configuration);
    }

    private static List<RuleFile> Rules(YamlSection root, string folder)
    {
        var loader = new RuleFileLoader();
        var files = new List<RuleFile>();
        foreach (var pattern in root.Texts("rule_files"))
        {
            foreach (var path in Expand(pattern, folder))
            {
                if (!File.Exists(path))
                {
                    throw root.Error("rule_files", $"{path}: no such file");
                }

                files.Add(loader.Load(path, File.ReadAllText(path)));
            }
        }

        return files;
    }

    private static AlertmanagerConfiguration? Alertmanager(YamlSection root, string path, string folder, OutgoingPolicy outgoing)
    {
        switch (root.Node("alertmanager"))
        {
            case null:
                return null;
            case YamlScalarNode { Value: { } file }:
                var full = Path.GetFullPath(file, folder);
                if (!File.Exists(full))
                {
                    throw root.Error("alertmanager", $"{full}: no such file");
                }

                return Supported(AlertmanagerConfigurationLoader.Load(full, File.ReadAllText(full), Path.GetDirectoryName(full)!, outgoing), full);
            case var inline:
                var stream = new YamlStream(new YamlDocument(inline));
                using (var writer = new StringWriter())
                {
                    stream.Save(writer, assignAnchors: false);
                    return Supported(AlertmanagerConfigurationLoader.Load($"{path} (alertmanager)", writer.ToString(), folder, outgoing), path);
                }
        }
    }

    private static AlertmanagerConfiguration Supported(AlertmanagerConfiguration configuration, string path) => configuration.Unsupported.Count == 0
        ? configuration
        : throw new AlertingConfigurationException(path, 1, $"{string.Join("; ", configuration.Unsupported.Select(u => $"line {u.Line}: {u.Message}"))}");
}
