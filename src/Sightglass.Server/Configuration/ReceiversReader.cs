using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sightglass.Alerting;
using Sightglass.Core.Model;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Syslog;
using YamlDotNet.RepresentationModel;

namespace Sightglass.Server.Configuration;

/// <summary>Reads the block <c>receivers</c>. Each receiver is a mapping, or a list of them where it listens in several places.</summary>
internal static class ReceiversReader
{
    /// <exception cref="AlertingConfigurationException">Something in it is not as it has to be.</exception>
    public static ReceiversConfiguration Read(YamlSection? section, string folder)
    {
        if (section is null)
        {
            return ReceiversConfiguration.None;
        }

        var rate = Rate(section, SourceRateLimit.None);
        var configuration = new ReceiversConfiguration
        {
            Rate = rate,
            Syslog = [.. Each(section, "syslog").Select(s => Syslog(s, rate, folder))],
        };
        section.RejectUnknown();
        return configuration;
    }

    private static SyslogConfiguration Syslog(YamlSection section, SourceRateLimit rate, string folder)
    {
        var somewhere = section.Has("udp") || section.Has("tcp") || section.Has("tls");
        var standard = new IPEndPoint(IPAddress.Loopback, SyslogConfiguration.DefaultPort);
        var configuration = new SyslogConfiguration
        {
            Name = section.Text("name", "syslog"),
            Udp = Address(section, "udp") ?? (somewhere ? null : standard),
            Tcp = Address(section, "tcp") ?? (somewhere ? null : standard),
            Tls = Tls(section.Section("tls"), folder),
            Zone = section.Text("time_zone") is { } zone
                ? TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? found : throw section.Error("time_zone", $"time_zone: got \"{zone}\", want a name such as Europe/Berlin or UTC")
                : null,
            Labels = Labels(section),
            Rate = Rate(section, rate),
        };
        section.RejectUnknown();
        return configuration;
    }

    private static List<YamlSection> Each(YamlSection section, string key) => section.Node(key) switch
    {
        null => [],
        YamlSequenceNode => section.Sections(key),
        _ => [section.Section(key)!],
    };

    private static IPEndPoint? Address(YamlSection section, string key) => section.Text(key) is not { } text ? null
        : ListenAddress.TryParse(text, out var address) ? address
        : throw section.Error(key, $"{key}: got \"{text}\", want HOST:PORT");

    private static LabelSet Labels(YamlSection section) => LabelSet.From(section.Map("labels").Select(p => new Label(p.Key, p.Value)));

    private static SourceRateLimit Rate(YamlSection section, SourceRateLimit otherwise)
    {
        if (section.Section("rate_limit") is not { } rate)
        {
            return otherwise;
        }

        var limit = new SourceRateLimit(PerSecond("lines_per_second") ?? otherwise.MaxLinesPerSecond, PerSecond("bytes_per_second") ?? otherwise.MaxBytesPerSecond);
        rate.RejectUnknown();
        return limit;

        long? PerSecond(string key) => rate.Integer(key) is not { } value ? null
            : value >= 0 ? value
            : throw rate.Error(key, $"{key}: got {value}, want 0 (without bound) or more");
    }

    private static TlsEndPoint? Tls(YamlSection? section, string folder)
    {
        if (section is null)
        {
            return null;
        }

        var address = Address(section, "listen") ?? throw section.Error("tls needs listen, HOST:PORT");
        var certificate = Existing(section, "cert_file", folder) ?? throw section.Error("tls needs cert_file, a certificate in PEM form");
        var key = Existing(section, "key_file", folder) ?? throw section.Error("tls needs key_file, its key in PEM form");
        var authorities = Existing(section, "client_ca_file", folder);
        section.RejectUnknown();
        try
        {
            X509Certificate2Collection? clients = null;
            if (authorities is not null)
            {
                clients = [];
                clients.ImportFromPemFile(authorities);
            }

            return new TlsEndPoint(address, X509Certificate2.CreateFromPemFile(certificate, key), clients);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            // The message of the exception may hold a piece of the key.
            throw section.Error("cert_file", "tls: a certificate or its key cannot be read, or the two do not belong together");
        }
    }

    private static string? Existing(YamlSection section, string key, string folder)
    {
        if (section.Text(key) is not { } path)
        {
            return null;
        }

        var full = Path.GetFullPath(path, folder);
        return File.Exists(full) ? full : throw section.Error(key, $"{full}: no such file");
    }
}
