using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Sightglass.Alerting;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;
using YamlDotNet.RepresentationModel;

namespace Sightglass.Server.Configuration;

/// <summary>Reads <c>scrape_configs</c> with Prometheus' keys.</summary>
internal static class ScrapeReader
{
    /// <summary>Reads the jobs of the configuration and of the files that <c>scrape_config_files</c> names.</summary>
    /// <exception cref="AlertingConfigurationException">Something in them is not as it has to be.</exception>
    public static IReadOnlyList<ScrapeConfiguration> Read(YamlSection root, ScrapeDefaults defaults, string folder)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var configurations = new List<ScrapeConfiguration>();
        Add(root, defaults, folder, names, configurations);
        foreach (var pattern in root.Texts("scrape_config_files"))
        {
            foreach (var path in ConfigurationLoader.Expand(pattern, folder))
            {
                string text;
                try
                {
                    text = File.ReadAllText(path);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    throw root.Error("scrape_config_files", $"{path}: {e.Message}");
                }

                // Paths in such a file are relative to it.
                var file = new YamlFile(path).Read(text, "a scrape configuration file");
                Add(file, defaults, Path.GetDirectoryName(path)!, names, configurations);
                file.RejectUnknown();
            }
        }

        return configurations;
    }

    private static void Add(YamlSection root, ScrapeDefaults defaults, string folder, HashSet<string> names, List<ScrapeConfiguration> configurations)
    {
        var nodes = root.Items("scrape_configs");
        var sections = root.Sections("scrape_configs");
        for (var i = 0; i < sections.Count; i++)
        {
            var configuration = Job(sections[i], defaults, folder) with { Fingerprint = Fingerprint(nodes[i], defaults, folder) };
            if (!names.Add(configuration.JobName))
            {
                throw sections[i].Error("job_name", $"found multiple scrape configs with job name \"{configuration.JobName}\"");
            }

            configurations.Add(configuration);
        }
    }

    // Two jobs of the same text, under the same defaults, are the same job.
    private static string Fingerprint(YamlNode node, ScrapeDefaults defaults, string folder) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{folder}\n{defaults.Fingerprint()}\n{node}")));

    private static ScrapeConfiguration Job(YamlSection section, ScrapeDefaults defaults, string folder)
    {
        var name = section.Text("job_name") ?? throw section.Error("job_name is missing");
        if (name.Length == 0)
        {
            throw section.Error("job_name", "job_name is empty");
        }

        var (interval, timeout) = Times(section, defaults, name);
        var scheme = section.Text("scheme", "http");
        if (scheme is not ("http" or "https"))
        {
            throw section.Error("scheme", $"scheme: got \"{scheme}\", want http or https");
        }

        var native = section.Bool("scrape_native_histograms") ?? defaults.NativeHistograms;
        var created = section.Bool("created_timestamp_zero_ingestion") ?? defaults.CreatedTimestampZero;
        var convert = section.Bool("convert_classic_histograms_to_nhcb") ?? defaults.ConvertClassicHistograms;
        if (created && convert)
        {
            throw section.Error("job_name", "cannot convert classic histograms to native histograms with custom buckets and ingest created timestamp zero samples at the same time");
        }

        var legacy = ScrapeDefaults.Legacy(section) ?? defaults.LegacyNames;
        var configuration = new ScrapeConfiguration
        {
            JobName = name,
            Interval = interval,
            Timeout = timeout,
            MetricsPath = section.Text("metrics_path", "/metrics"),
            Scheme = scheme,
            Parameters = Parameters(section.Section("params")),
            HonorLabels = section.Bool("honor_labels") ?? false,
            HonorTimestamps = section.Bool("honor_timestamps") ?? true,
            TrackTimestampsStaleness = section.Bool("track_timestamps_staleness") ?? false,
            StaticTargets = [.. section.Sections("static_configs").Select((s, i) => Static(s, i, name, section.Items("relabel_configs").Count > 0))],
            Discoveries = DiscoveryReader.Read(section, folder),
            Relabel = RelabelReader.Read(section, "relabel_configs", legacy),
            MetricRelabel = RelabelReader.Read(section, "metric_relabel_configs", legacy),
            Limits = defaults.Limits(section),
            Protocols = ScrapeDefaults.ReadProtocols(section) ?? defaults.Protocols ?? (native || created ? ScrapeProtocols.ProtobufFirst : ScrapeProtocols.Default),
            FallbackProtocol = section.Text("fallback_scrape_protocol") is { } fallback ? ScrapeDefaults.Protocol(section, "fallback_scrape_protocol", fallback) : null,
            EnableCompression = section.Bool("enable_compression") ?? true,
            NativeHistograms = native,
            AlwaysClassicHistograms = section.Bool("always_scrape_classic_histograms") ?? section.Bool("scrape_classic_histograms") ?? defaults.AlwaysClassicHistograms,
            ConvertClassicHistograms = convert,
            CreatedTimestampZero = created,
            ExtraMetrics = section.Bool("extra_scrape_metrics") ?? defaults.ExtraMetrics,
            LegacyNames = legacy,
            NameEscaping = ScrapeDefaults.ReadEscaping(section, legacy) ?? (legacy && defaults.NameEscaping is null or "allow-utf-8" ? "underscores" : defaults.NameEscaping ?? "allow-utf-8"),
            FailureLogFile = section.Text("scrape_failure_log_file") is { Length: > 0 } log ? Path.GetFullPath(log, folder) : defaults.FailureLogFile,
            Http = HttpClientReader.Read(section, folder),
        };
        section.RejectUnknown();
        return configuration;
    }

    private static (TimeSpan Interval, TimeSpan Timeout) Times(YamlSection section, ScrapeDefaults defaults, string name)
    {
        // 0 is the same as nothing, as in Prometheus.
        var interval = section.Duration("scrape_interval") is { } given && given > TimeSpan.Zero ? given : defaults.Interval;
        var own = section.Duration("scrape_timeout") is { } limit && limit > TimeSpan.Zero ? limit : (TimeSpan?)null;
        var timeout = own ?? TimeSpan.FromTicks(Math.Min(interval.Ticks, defaults.Timeout.Ticks));
        return timeout <= interval ? (interval, timeout)
            : throw section.Error(own is null ? "scrape_interval" : "scrape_timeout", $"scrape timeout greater than scrape interval for scrape config with job name \"{name}\"");
    }

    private static List<KeyValuePair<string, string>> Parameters(YamlSection? section)
    {
        var parameters = new List<KeyValuePair<string, string>>();
        foreach (var key in section?.Keys ?? [])
        {
            parameters.AddRange(section!.Node(key) is YamlScalarNode
                ? [KeyValuePair.Create(key, section.Text(key)!)]
                : section.Texts(key).Select(value => KeyValuePair.Create(key, value)));
        }

        return parameters;
    }

    /// <summary>An entry of <c>static_configs</c>; one that is relabelled may be a URL, which a probe is asked for.</summary>
    internal static TargetGroup Static(YamlSection section, int index, string job, bool relabelled)
    {
        var targets = section.Texts("targets");
        foreach (var target in targets)
        {
            if (!relabelled && target.Contains('/', StringComparison.Ordinal))
            {
                throw section.Error("targets", $"\"{target}\" is not a valid hostname");
            }
        }

        var group = new TargetGroup(index.ToString(CultureInfo.InvariantCulture), targets, LabelSet.From(section.Map("labels").Select(p => new Label(p.Key, p.Value))));
        section.RejectUnknown();
        return targets.Exists(t => t.Length == 0) ? throw section.Error("targets", $"an empty target in scrape config with job name \"{job}\"") : group;
    }
}
