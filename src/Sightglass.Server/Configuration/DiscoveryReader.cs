using System.Text.RegularExpressions;
using Sightglass.Alerting;
using Sightglass.Ingest.Scrape.Discovery;

namespace Sightglass.Server.Configuration;

/// <summary>Reads the <c>…_sd_configs</c> of a job.</summary>
internal static partial class DiscoveryReader
{
    // Prometheus' kinds of discovery that are not built here.
    private static readonly string[] NotBuilt =
    [
        "aws_sd_configs", "azure_sd_configs", "consul_sd_configs", "digitalocean_sd_configs", "docker_sd_configs", "dockerswarm_sd_configs", "ec2_sd_configs", "ecs_sd_configs",
        "eureka_sd_configs", "gce_sd_configs", "hetzner_sd_configs", "ionos_sd_configs", "kubernetes_sd_configs", "kuma_sd_configs", "lightsail_sd_configs", "linode_sd_configs",
        "marathon_sd_configs", "nerve_sd_configs", "nomad_sd_configs", "openstack_sd_configs", "outscale_sd_configs", "ovhcloud_sd_configs", "puppetdb_sd_configs", "scaleway_sd_configs",
        "serverset_sd_configs", "stackit_sd_configs", "triton_sd_configs", "uyuni_sd_configs", "vultr_sd_configs",
    ];

    /// <exception cref="AlertingConfigurationException">One of them is not as it has to be, or not built.</exception>
    public static IReadOnlyList<DiscoveryConfiguration> Read(YamlSection section, string folder)
    {
        foreach (var key in NotBuilt)
        {
            if (section.Has(key))
            {
                throw section.Error(key, $"{key} is not built yet; file_sd_configs, http_sd_configs and dns_sd_configs are");
            }
        }

        return
        [
            .. section.Sections("file_sd_configs").Select(s => Files(s, folder)),
            .. section.Sections("http_sd_configs").Select(s => Http(s, folder)),
            .. section.Sections("dns_sd_configs").Select(Dns),
        ];
    }

    private static FileDiscovery Files(YamlSection section, string folder)
    {
        var discovery = new FileDiscovery([.. section.Texts("files").Select(f => Path.GetFullPath(f, folder))], Interval(section, TimeSpan.FromMinutes(5)));
        if (discovery.Patterns.Count == 0)
        {
            throw section.Error("file service discovery config must contain at least one path name");
        }

        foreach (var pattern in discovery.Patterns)
        {
            if (!TargetFile().IsMatch(pattern))
            {
                throw section.Error("files", $"path name \"{pattern}\" is not valid for file discovery: it has to end in .json, .yml or .yaml, and only its last part may have a *");
            }
        }

        section.RejectUnknown();
        return discovery;
    }

    private static HttpDiscovery Http(YamlSection section, string folder)
    {
        var text = section.Text("url") is { Length: > 0 } given ? given : throw section.Error("URL is missing");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            throw section.Error("url", "URL scheme must be 'http' or 'https'");
        }

        if (url.Host.Length == 0)
        {
            throw section.Error("url", "host is missing in URL");
        }

        var discovery = new HttpDiscovery(url, HttpClientReader.Read(section, folder), Interval(section, TimeSpan.FromMinutes(1)));
        section.RejectUnknown();
        return discovery;
    }

    private static DnsDiscovery Dns(YamlSection section)
    {
        var names = section.Texts("names");
        if (names.Count == 0)
        {
            throw section.Error("DNS-SD config must contain at least one SRV record name");
        }

        var name = section.Text("type", "SRV");
        var type = name.ToUpperInvariant() switch
        {
            "SRV" => DnsRecordType.SRV,
            "A" => DnsRecordType.A,
            "AAAA" => DnsRecordType.AAAA,
            "MX" => DnsRecordType.MX,
            "NS" => DnsRecordType.NS,
            _ => throw section.Error("type", $"invalid DNS-SD records type {name}"),
        };
        var port = section.Integer("port") ?? 0;
        if (type != DnsRecordType.SRV && port == 0)
        {
            throw section.Error("a port is required in DNS-SD configs for all record types except SRV");
        }

        if (port is < 0 or > ushort.MaxValue)
        {
            throw section.Error("port", $"port: got {port}, want 1 to {ushort.MaxValue}");
        }

        var discovery = new DnsDiscovery(names, type, (int)port, Interval(section, TimeSpan.FromSeconds(30)));
        section.RejectUnknown();
        return discovery;
    }

    private static TimeSpan Interval(YamlSection section, TimeSpan otherwise)
    {
        var interval = section.Duration("refresh_interval") ?? otherwise;
        return interval > TimeSpan.Zero ? interval : throw section.Error("refresh_interval", "refresh_interval has to be more than 0");
    }

    [GeneratedRegex(@"\A[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)\z")]
    private static partial Regex TargetFile();
}
