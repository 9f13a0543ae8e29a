using System.Globalization;
using System.Text;
using Sightglass.Alerting;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;
using YamlDotNet.RepresentationModel;

namespace Sightglass.Server.Configuration;

/// <summary>What <c>global</c> says for every scrape.</summary>
internal sealed record ScrapeDefaults(TimeSpan Interval, TimeSpan Timeout, int SampleLimit, int LabelLimit, long BodySizeLimit);

/// <summary>Reads <c>scrape_configs</c> with Prometheus' keys.</summary>
internal static class ScrapeReader
{
    private static readonly string[] NotBuilt =
    [
        "oauth2", "tls_config", "proxy_url", "proxy_from_environment", "http_sd_configs", "dns_sd_configs", "kubernetes_sd_configs", "consul_sd_configs",
        "docker_sd_configs", "dockerswarm_sd_configs", "ec2_sd_configs", "azure_sd_configs", "gce_sd_configs", "scrape_protocols", "always_scrape_classic_histograms",
        "scrape_classic_histograms", "scrape_native_histograms", "native_histogram_bucket_limit", "target_limit", "label_name_length_limit", "label_value_length_limit", "keep_dropped_targets",
        "track_timestamps_staleness", "enable_http2", "follow_redirects", "enable_compression", "metric_name_validation_scheme", "metric_name_escaping_scheme", "fallback_scrape_protocol",
    ];

    public static IReadOnlyList<ScrapeConfiguration> Read(IReadOnlyList<YamlSection> sections, ScrapeDefaults defaults, string folder)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        return [.. sections.Select(section =>
        {
            var configuration = Read(section, defaults, folder);
            return names.Add(configuration.JobName) ? configuration : throw section.Error("job_name", $"found multiple scrape configs with job name \"{configuration.JobName}\"");
        })];
    }

    /// <summary>A size such as <c>10MB</c>; 0 when the key is not there.</summary>
    public static long Size(YamlSection section, string key)
    {
        if (section.Text(key) is not { } text)
        {
            return 0;
        }

        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        var unit = digits < 0 ? string.Empty : text[digits..];
        var factor = unit switch { "" or "B" => 1L, "KB" or "KiB" => 1L << 10, "MB" or "MiB" => 1L << 20, "GB" or "GiB" => 1L << 30, _ => 0 };
        return factor > 0 && long.TryParse(digits < 0 ? text : text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= long.MaxValue / factor
            ? value * factor
            : throw section.Error(key, $"{key}: got \"{text}\", want a size such as 10MB");
    }

    private static ScrapeConfiguration Read(YamlSection section, ScrapeDefaults defaults, string folder)
    {
        foreach (var key in NotBuilt)
        {
            if (section.Has(key))
            {
                throw section.Error(key, $"{key} is not built yet");
            }
        }

        var name = section.Text("job_name") ?? throw section.Error("job_name is missing");
        if (name.Length == 0)
        {
            throw section.Error("job_name", "job_name is empty");
        }

        var interval = section.Duration("scrape_interval") ?? defaults.Interval;
        var timeout = section.Duration("scrape_timeout") ?? TimeSpan.FromTicks(Math.Min(interval.Ticks, defaults.Timeout.Ticks));
        if (interval <= TimeSpan.Zero)
        {
            throw section.Error("scrape_interval", "scrape_interval has to be more than 0");
        }

        if (timeout > interval)
        {
            throw section.Error(section.Has("scrape_timeout") ? "scrape_timeout" : "scrape_interval", $"scrape timeout greater than scrape interval for scrape config with job name \"{name}\"");
        }

        var scheme = section.Text("scheme", "http");
        if (scheme is not ("http" or "https"))
        {
            throw section.Error("scheme", $"scheme: got \"{scheme}\", want http or https");
        }

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
            StaticTargets = [.. section.Sections("static_configs").Select((s, i) => Static(s, i))],
            Files = [.. section.Sections("file_sd_configs").Select(s => Files(s, folder))],
            Relabel = Relabel(section, "relabel_configs"),
            MetricRelabel = Relabel(section, "metric_relabel_configs"),
            SampleLimit = (int)(section.Integer("sample_limit") ?? defaults.SampleLimit),
            LabelLimit = (int)(section.Integer("label_limit") ?? defaults.LabelLimit),
            BodySizeLimit = section.Has("body_size_limit") ? Size(section, "body_size_limit") : defaults.BodySizeLimit,
            Authorization = Authorization(section, folder),
        };
        section.RejectUnknown();
        return configuration;
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

    private static TargetGroup Static(YamlSection section, int index)
    {
        var group = new TargetGroup(index.ToString(CultureInfo.InvariantCulture), section.Texts("targets"), LabelSet.From(section.Map("labels").Select(p => new Label(p.Key, p.Value))));
        section.RejectUnknown();
        return group;
    }

    private static FileDiscovery Files(YamlSection section, string folder)
    {
        var discovery = new FileDiscovery([.. section.Texts("files").Select(f => Path.GetFullPath(f, folder))], section.Duration("refresh_interval") ?? TimeSpan.FromMinutes(5));
        if (discovery.Patterns.Count == 0)
        {
            throw section.Error("file service discovery config must contain at least one path name");
        }

        foreach (var pattern in discovery.Patterns)
        {
            if (Path.GetExtension(pattern) is not (".json" or ".yml" or ".yaml"))
            {
                throw section.Error("files", $"path name \"{pattern}\" is not valid for file discovery: it has to end in .json, .yml or .yaml");
            }
        }

        section.RejectUnknown();
        return discovery;
    }

    private static IReadOnlyList<RelabelRule> Relabel(YamlSection parent, string key) => [.. parent.Sections(key).Select(section =>
    {
        var name = section.Text("action", "replace");
        var action = name switch
        {
            "replace" => RelabelAction.Replace,
            "keep" => RelabelAction.Keep,
            "drop" => RelabelAction.Drop,
            "keepequal" => RelabelAction.KeepEqual,
            "dropequal" => RelabelAction.DropEqual,
            "hashmod" => RelabelAction.HashMod,
            "labelmap" => RelabelAction.LabelMap,
            "labeldrop" => RelabelAction.LabelDrop,
            "labelkeep" => RelabelAction.LabelKeep,
            "lowercase" => RelabelAction.Lowercase,
            "uppercase" => RelabelAction.Uppercase,
            _ => throw section.Error("action", $"unknown relabel action \"{name}\""),
        };
        var target = section.Text("target_label", string.Empty);
        if (target.Length == 0 && action is RelabelAction.Replace or RelabelAction.HashMod or RelabelAction.Lowercase or RelabelAction.Uppercase or RelabelAction.KeepEqual or RelabelAction.DropEqual)
        {
            throw section.Error($"relabel configuration for {name} action requires 'target_label' value");
        }

        var modulus = section.Integer("modulus") ?? 0;
        if (action == RelabelAction.HashMod && modulus <= 0)
        {
            throw section.Error("relabel configuration for hashmod requires non-zero modulus");
        }

        try
        {
            var rule = new RelabelRule(action, section.Texts("source_labels"), section.Text("separator", ";"), section.Text("regex", "(.*)"), target, section.Text("replacement", "$1"), (ulong)modulus);
            section.RejectUnknown();
            return rule;
        }
        catch (QueryException e)
        {
            throw section.Error("regex", e.Message);
        }
    })];

    private static Func<string>? Authorization(YamlSection section, string folder)
    {
        if (section.Section("basic_auth") is { } basic)
        {
            var user = basic.Text("username", string.Empty);
            var password = basic.Secret("password");
            var file = basic.Text("password_file") is { } path ? Path.GetFullPath(path, folder) : null;
            basic.RejectUnknown();
            return () => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{(file is null ? password?.Reveal() : File.ReadAllText(file).Trim())}"));
        }

        if (section.Section("authorization") is { } authorization)
        {
            var type = authorization.Text("type", "Bearer");
            var credentials = authorization.Secret("credentials");
            var file = authorization.Text("credentials_file") is { } path ? Path.GetFullPath(path, folder) : null;
            authorization.RejectUnknown();
            return () => $"{type} {(file is null ? credentials?.Reveal() : File.ReadAllText(file).Trim())}";
        }

        if (section.Secret("bearer_token") is { } token)
        {
            return () => $"Bearer {token.Reveal()}";
        }

        return null;
    }
}
