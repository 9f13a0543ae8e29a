using Sightglass.Alerting;
using Sightglass.Alerting.Receivers;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;
using Sightglass.Ingest.Scrape.Discovery;
using Sightglass.Ingest.Scrape.Http;

namespace Sightglass.Server.Configuration;

/// <summary><c>alerting</c>: Alertmanagers outside of this process that alerts are sent to.</summary>
internal sealed record AlertingConfiguration
{
    /// <summary>No Alertmanagers outside.</summary>
    public static AlertingConfiguration None { get; } = new();

    /// <summary><c>alert_relabel_configs</c>: applied to every alert on its way out.</summary>
    public IReadOnlyList<RelabelRule> Relabel { get; init; } = [];

    /// <summary><c>allowed_hosts</c> and <c>refuse_private_addresses</c>: where messages of receivers may go.</summary>
    public OutgoingPolicy Outgoing { get; init; } = OutgoingPolicy.Open;

    /// <summary><c>watchdog</c>.</summary>
    public WatchdogMode Watchdog { get; init; } = WatchdogMode.Routed;

    /// <summary><c>watchdog_labels</c>.</summary>
    public LabelSet WatchdogLabels { get; init; } = LabelSet.Empty;

    /// <summary><c>alertmanagers</c>.</summary>
    public IReadOnlyList<OutsideAlertmanagerConfiguration> Alertmanagers { get; init; } = [];
}

/// <summary>Who is told of the alert that always fires.</summary>
internal enum WatchdogMode
{
    /// <summary>Where a route asks for it by name.</summary>
    Routed,

    /// <summary>Everywhere, as any other alert.</summary>
    Always,

    /// <summary>Nobody: it does not fire.</summary>
    Off,
}

/// <summary>An entry of <c>alerting.alertmanagers</c>.</summary>
internal sealed record OutsideAlertmanagerConfiguration
{
    /// <summary><c>scheme</c>.</summary>
    public string Scheme { get; init; } = "http";

    /// <summary><c>path_prefix</c>.</summary>
    public string PathPrefix { get; init; } = "/";

    /// <summary><c>timeout</c> of a request.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary><c>static_configs</c>.</summary>
    public IReadOnlyList<TargetGroup> StaticTargets { get; init; } = [];

    /// <summary>The <c>…_sd_configs</c>.</summary>
    public IReadOnlyList<DiscoveryConfiguration> Discoveries { get; init; } = [];

    /// <summary><c>relabel_configs</c> of the Alertmanagers.</summary>
    public IReadOnlyList<RelabelRule> Relabel { get; init; } = [];

    /// <summary><c>alert_relabel_configs</c> of alerts for these Alertmanagers, after those of all.</summary>
    public IReadOnlyList<RelabelRule> AlertRelabel { get; init; } = [];

    /// <summary>How they are asked.</summary>
    public HttpClientSettings Http { get; init; } = HttpClientSettings.Default;
}

/// <summary>Reads <c>alerting</c> with Prometheus' keys.</summary>
internal static class AlertingReader
{
    /// <exception cref="AlertingConfigurationException">Something in it is not as it has to be.</exception>
    public static AlertingConfiguration Read(YamlSection? section, bool legacyNames, string folder)
    {
        if (section is null)
        {
            return AlertingConfiguration.None;
        }

        var configuration = new AlertingConfiguration
        {
            Relabel = RelabelReader.Read(section, "alert_relabel_configs", legacyNames),
            Alertmanagers = [.. section.Sections("alertmanagers").Select(s => Alertmanager(s, legacyNames, folder))],
        };
        configuration = configuration with
        {
            Outgoing = new OutgoingPolicy
            {
                AllowedHosts = [.. section.Texts("allowed_hosts").Select(h => Host(section, h))],
                RefusePrivate = section.Bool("refuse_private_addresses") ?? false,
            },
            Watchdog = section.Text("watchdog", "routed") switch
            {
                "routed" => WatchdogMode.Routed,
                "always" or "true" => WatchdogMode.Always,
                "off" or "false" => WatchdogMode.Off,
                var other => throw section.Error("watchdog", $"watchdog: got \"{other}\", want routed, always or off"),
            },
            WatchdogLabels = LabelSet.From([.. section.Map("watchdog_labels").Select(static l => new Label(l.Key, l.Value))]),
        };
        section.RejectUnknown();
        return configuration;
    }

    private static string Host(YamlSection section, string text) =>
        text.Length > 0 && !text.AsSpan(text.StartsWith("*.", StringComparison.Ordinal) ? 2 : 0).ContainsAny("/*@ ") && (!text.Contains(':', StringComparison.Ordinal) || System.Net.IPAddress.TryParse(text, out _))
            ? text.ToLowerInvariant()
            : throw section.Error("allowed_hosts", $"allowed_hosts: got \"{text}\", want a host such as hooks.slack.com, *.example.com or 10.1.2.3, without port");

    private static OutsideAlertmanagerConfiguration Alertmanager(YamlSection section, bool legacyNames, string folder)
    {
        if (section.Has("sigv4"))
        {
            throw section.Error("sigv4", "sigv4 is not built yet");
        }

        var scheme = section.Text("scheme", "http");
        if (scheme is not ("http" or "https"))
        {
            throw section.Error("scheme", $"scheme: got \"{scheme}\", want http or https");
        }

        if (section.Text("api_version", "v2") is not "v2" and var version)
        {
            throw section.Error("api_version", $"expected Alertmanager api version to be one of [v2] but got {version}");
        }

        var timeout = section.Duration("timeout") ?? TimeSpan.FromSeconds(10);
        if (timeout <= TimeSpan.Zero)
        {
            throw section.Error("timeout", "timeout has to be more than 0");
        }

        var configuration = new OutsideAlertmanagerConfiguration
        {
            Scheme = scheme,
            PathPrefix = section.Text("path_prefix", "/"),
            Timeout = timeout,
            StaticTargets = [.. section.Sections("static_configs").Select((s, i) => ScrapeReader.Static(s, i, "of alerting.alertmanagers", section.Items("relabel_configs").Count > 0))],
            Discoveries = DiscoveryReader.Read(section, folder),
            Relabel = RelabelReader.Read(section, "relabel_configs", legacyNames),
            AlertRelabel = RelabelReader.Read(section, "alert_relabel_configs", legacyNames),
            Http = HttpClientReader.Read(section, folder),
        };
        section.RejectUnknown();
        return configuration;
    }
}
