using Sightglass.Alerting;
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

    /// <summary><c>alertmanagers</c>.</summary>
    public IReadOnlyList<OutsideAlertmanagerConfiguration> Alertmanagers { get; init; } = [];
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
        section.RejectUnknown();
        return configuration;
    }

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
            StaticTargets = [.. section.Sections("static_configs").Select((s, i) => ScrapeReader.Static(s, i, "of alerting.alertmanagers"))],
            Discoveries = DiscoveryReader.Read(section, folder),
            Relabel = RelabelReader.Read(section, "relabel_configs", legacyNames),
            AlertRelabel = RelabelReader.Read(section, "alert_relabel_configs", legacyNames),
            Http = HttpClientReader.Read(section, folder),
        };
        section.RejectUnknown();
        return configuration;
    }
}
