using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sightglass.Alerting;
using Sightglass.Core.Model;
using Sightglass.Ingest.Fluent;
using Sightglass.Ingest.Gelf;
using Sightglass.Ingest.Journald;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Syslog;
using YamlDotNet.RepresentationModel;

namespace Sightglass.Server.Configuration;

/// <summary>Reads the block <c>receivers</c>, and the entries of <c>logs</c> that are no files. Each receiver is a mapping, or a list of them where it listens in several places.</summary>
internal static class ReceiversReader
{
    private static readonly System.Buffers.SearchValues<char> NameCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    /// <summary>Whether an entry of <c>logs</c> is read here: one with <c>journald</c> or <c>syslog</c> in place of files.</summary>
    public static bool Reads(YamlSection entry) => entry.Has("journald") || entry.Has("syslog") || (entry.Keys.Contains("journald") && !entry.Has("files"));

    /// <exception cref="AlertingConfigurationException">Something in it is not as it has to be.</exception>
    public static ReceiversConfiguration Read(YamlSection? section, List<YamlSection> logs, string folder)
    {
        var rate = section is null ? SourceRateLimit.None : Rate(section, SourceRateLimit.None);
        var http = new List<HttpLogPort>();
        var configuration = new ReceiversConfiguration
        {
            Rate = rate,
            Syslog = section is null ? [] : [.. Each(section, "syslog").Select(s => Syslog(s, rate, folder))],
            Fluent = section is null ? [] : [.. Each(section, "fluentd").Select(s => Fluent(s, rate, folder, http)).OfType<FluentConfiguration>()],
            Gelf = section is null ? [] : [.. Each(section, "gelf").Select(s => Gelf(s, rate, http)).OfType<GelfConfiguration>()],
        };
        var seqKeys = new List<string>();
        foreach (var receiver in (string[])["elasticsearch", "seq", "journald"])
        {
            foreach (var entry in section is null ? [] : Each(section, receiver))
            {
                var keys = receiver == "seq" ? SeqKeys(entry, folder) : [];
                seqKeys.AddRange(keys);
                if (Address(entry, "listen") is { } address)
                {
                    http.Add(new HttpLogPort(receiver, address));
                }
                else if (keys.Count == 0)
                {
                    throw entry.Error($"{receiver} needs listen, HOST:PORT; without a port of its own it is below /{(receiver == "seq" ? "api/events/raw" : receiver)} on the main one");
                }

                entry.RejectUnknown();
            }
        }

        section?.RejectUnknown();
        var own = logs.Where(Reads).ToList();
        var journals = own.Where(e => !e.Has("syslog")).Select(e => Journal(e, rate, folder)).ToList();
        if (journals.GroupBy(j => j.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw own[0].Error($"two journals named \"{twice.Key}\": a name keeps the place that a journal was read to");
        }

        return configuration with
        {
            Syslog = [.. configuration.Syslog, .. own.Where(e => e.Has("syslog")).Select(e => SyslogEntry(e, rate, folder))],
            Journals = journals,
            SeqKeys = seqKeys,
            Http = http,
        };
    }

    private static FluentConfiguration? Fluent(YamlSection section, SourceRateLimit rate, string folder, List<HttpLogPort> http)
    {
        var somewhere = section.Has("listen") || section.Has("tls") || section.Has("http");
        if (Address(section, "http") is { } port)
        {
            http.Add(new HttpLogPort("fluentd", port));
        }

        var configuration = new FluentConfiguration
        {
            Name = section.Text("name", "fluentd"),
            Listen = Address(section, "listen") ?? (somewhere ? null : new IPEndPoint(IPAddress.Loopback, FluentConfiguration.DefaultPort)),
            Tls = Tls(section.Section("tls"), folder),
            SharedKey = Secret(section, "shared_key", folder),
            Users = Users(section, folder),
            Labels = Labels(section),
            Rate = Rate(section, rate),
        };
        section.RejectUnknown();
        return configuration.Listen is null && configuration.Tls is null ? null : configuration;
    }

    // NAME, or what is in the file that NAME_file names.
    private static string? Secret(YamlSection section, string name, string folder)
    {
        if (section.Has(name) && section.Has(name + "_file"))
        {
            throw section.Error(name + "_file", $"at most one of {name} & {name}_file must be configured");
        }

        var secret = Existing(section, name + "_file", folder) is { } file ? File.ReadAllText(file).Trim() : section.Text(name);
        return secret is { Length: 0 } ? throw section.Error(section.Has(name) ? name : name + "_file", $"{name} is empty") : secret;
    }

    private static Dictionary<string, string> Users(YamlSection section, string folder)
    {
        var users = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var user in section.Sections("users"))
        {
            var name = user.Text("username") is { Length: > 0 } known ? known : throw user.Error("a user of fluentd needs username");
            var password = Secret(user, "password", folder) ?? throw user.Error($"user {name} needs password or password_file");
            user.RejectUnknown();
            if (!users.TryAdd(name, password))
            {
                throw user.Error("username", $"username: there are two users called \"{name}\"");
            }
        }

        return users.Count == 0 || section.Has("shared_key") || section.Has("shared_key_file")
            ? users
            : throw section.Error("users", "users: fluentd asks for users after the shared key, want shared_key or shared_key_file");
    }

    // A list, or a file with a key in each line.
    private static List<string> SeqKeys(YamlSection section, string folder)
    {
        var keys = section.Texts("api_keys");
        if (Existing(section, "api_keys_file", folder) is { } file)
        {
            keys = [.. keys, .. File.ReadAllLines(file).Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#')];
            if (keys.Count == 0)
            {
                throw section.Error("api_keys_file", "api_keys_file: there is no key in it");
            }
        }

        return keys.TrueForAll(k => k.Length > 0) ? keys : throw section.Error("api_keys", "api_keys: a key is empty");
    }

    private static GelfConfiguration? Gelf(YamlSection section, SourceRateLimit rate, List<HttpLogPort> http)
    {
        var somewhere = section.Has("udp") || section.Has("tcp") || section.Has("http");
        if (Address(section, "http") is { } port)
        {
            http.Add(new HttpLogPort("gelf", port));
        }

        var standard = new IPEndPoint(IPAddress.Loopback, GelfConfiguration.DefaultPort);
        var configuration = new GelfConfiguration
        {
            Name = section.Text("name", "gelf"),
            Udp = Address(section, "udp") ?? (somewhere ? null : standard),
            Tcp = Address(section, "tcp") ?? (somewhere ? null : standard),
            Labels = Labels(section),
            Rate = Rate(section, rate),
        };
        section.RejectUnknown();
        return configuration.Udp is null && configuration.Tcp is null ? null : configuration;
    }

    // logs: [{ name: …, labels: …, journald: { … } }]
    private static JournalConfiguration Journal(YamlSection entry, SourceRateLimit rate, string folder)
    {
        var name = entry.Text("name", "journald");
        if (name.AsSpan().ContainsAnyExcept(NameCharacters))
        {
            throw entry.Error("name", $"name: got \"{name}\", want letters, digits, dots, dashes and underscores: a journal's name is part of a file's");
        }

        var configuration = new JournalConfiguration { Name = name, Labels = Labels(entry), Rate = Rate(entry, rate), FromEnd = entry.Bool("from_end") ?? false };
        if (entry.Section("journald") is { } section)
        {
            configuration = configuration with
            {
                Program = section.Text("journalctl", configuration.Program),
                Folder = section.Text("directory") is { } directory ? Path.GetFullPath(directory, folder) : null,
                Units = section.Texts("units"),
                Matches = section.Texts("matches"),
            };
            if (configuration.Matches.FirstOrDefault(m => m != "+" && (m.StartsWith('-') || !m.Contains('='))) is { } match)
            {
                throw section.Error("matches", $"matches: got \"{match}\", want FIELD=value");
            }

            section.RejectUnknown();
        }

        entry.RejectUnknown();
        return configuration;
    }

    // logs: [{ name: …, labels: …, syslog: { udp: … } }]
    private static SyslogConfiguration SyslogEntry(YamlSection entry, SourceRateLimit rate, string folder)
    {
        var configuration = Syslog(entry.Section("syslog")!, Rate(entry, rate), folder);
        configuration = configuration with
        {
            Name = entry.Text("name") ?? configuration.Name,
            Labels = entry.Has("labels") ? Labels(entry) : configuration.Labels,
        };
        entry.RejectUnknown();
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
