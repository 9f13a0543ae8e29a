using Sightglass.Alerting;
using Sightglass.Core.Model;
using Sightglass.Ingest.Forward;

namespace Sightglass.Server.Configuration;

/// <summary>Reads <c>remote_write</c> and <c>otlp_exporters</c> with Prometheus' keys, and <c>queue_config.max_disk_bytes</c> of our own.</summary>
internal static class RemoteWriteReader
{
    private const string Version1 = "prometheus.WriteRequest";
    private const string Version2 = "io.prometheus.write.v2.Request";

    /// <summary>Keys of Prometheus that no code stands behind.</summary>
    private static readonly string[] NotBuilt = ["sigv4", "azuread", "google_iam", "round_robin_dns"];

    private static readonly string[] RemoteWriteOnly = ["protobuf_message"];

    /// <summary>Headers that every request has from us.</summary>
    private static readonly string[] ReservedHeaders =
        ["authorization", "host", "content-encoding", "content-length", "content-type", "user-agent", "connection", "x-prometheus-remote-write-version"];

    /// <exception cref="AlertingConfigurationException">Something in it is not as it has to be.</exception>
    public static IReadOnlyList<RemoteWriteTarget> Read(YamlSection root, LabelSet externalLabels, string folder)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var targets = new List<RemoteWriteTarget>();
        foreach (var (key, otlp) in new[] { ("remote_write", false), ("otlp_exporters", true) })
        {
            foreach (var section in root.Sections(key))
            {
                var target = Read(section, targets.Count, otlp, externalLabels, folder);
                if (!names.Add(target.Name))
                {
                    throw section.Error("name", $"found multiple remote write configs with job name \"{target.Name}\"");
                }

                targets.Add(target);
            }
        }

        return targets;
    }

    private static RemoteWriteTarget Read(YamlSection section, int index, bool otlp, LabelSet externalLabels, string folder)
    {
        foreach (var key in NotBuilt)
        {
            if (section.Has(key))
            {
                throw section.Error(key, $"{key} is not built yet");
            }
        }

        foreach (var key in otlp ? RemoteWriteOnly : [])
        {
            if (section.Has(key))
            {
                throw section.Error(key, $"{key} is a key of remote_write");
            }
        }

        var text = section.Text("url") ?? throw section.Error("url for remote_write is empty");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            throw section.Error("url", $"url: got \"{text}\", want an http or https address");
        }

        var name = section.Text("name") ?? $"{index}-{url.Host}-{url.Port}".Replace(':', '-').Trim('[', ']');
        if (name.Length is 0 or > 100 || name.Any(static c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')) || name[0] == '.')
        {
            throw section.Error("name", $"name: got \"{name}\", want letters, digits, '-', '_' and '.': it names the queue's folder");
        }

        var message = section.Text("protobuf_message", Version1);
        if (message is not (Version1 or Version2))
        {
            throw section.Error("protobuf_message", $"unknown remote write protobuf message \"{message}\", supported: {Version1}, {Version2}");
        }

        var headers = section.Section("headers") is null ? [] : section.Map("headers");
        foreach (var (header, _) in headers)
        {
            if (ReservedHeaders.Contains(header.ToLowerInvariant()))
            {
                throw section.Error("headers", $"{header} is a reserved header. It must not be changed");
            }
        }

        var target = new RemoteWriteTarget
        {
            Name = name,
            Url = url,
            Timeout = section.Duration("remote_timeout") ?? TimeSpan.FromSeconds(30),
            Headers = headers,
            Relabel = RelabelReader.Read(section, "write_relabel_configs", legacyNames: false),
            Version2 = message == Version2,
            Otlp = otlp,
            SendExemplars = section.Bool("send_exemplars") ?? false,
            SendNativeHistograms = section.Bool("send_native_histograms") ?? false,
            SendMetadata = Metadata(section.Section("metadata_config")),
            ExternalLabels = externalLabels,
            Http = HttpClientReader.Read(section, folder),
        };
        target = Queue(section.Section("queue_config"), target);
        section.RejectUnknown();
        return target;
    }

    private static bool Metadata(YamlSection? section)
    {
        if (section is null)
        {
            return true;
        }

        // Metadata go along with the samples as they come in, so that there is no interval and no size to set.
        section.Accept("send_interval", "max_samples_per_send");
        var send = section.Bool("send") ?? true;
        section.RejectUnknown();
        return send;
    }

    private static RemoteWriteTarget Queue(YamlSection? section, RemoteWriteTarget target)
    {
        if (section is null)
        {
            return target;
        }

        // One request at a time, in order, from a queue on disk: there are no shards, and 429 is always tried again.
        section.Accept("capacity", "min_shards", "max_shards", "retry_on_http_429");
        var disk = section.Integer("max_disk_bytes") ?? target.MaxDiskBytes;
        var samples = section.Integer("max_samples_per_send") ?? target.MaxSamplesPerSend;
        if (disk < 1 << 20)
        {
            throw section.Error("max_disk_bytes", $"max_disk_bytes: got {disk}, want at least {1 << 20}");
        }

        if (samples is < 1 or > 100_000)
        {
            throw section.Error("max_samples_per_send", $"max_samples_per_send: got {samples}, want 1 to 100000");
        }

        target = target with
        {
            MaxDiskBytes = disk,
            MaxSamplesPerSend = (int)samples,
            SampleAgeLimit = section.Duration("sample_age_limit") ?? TimeSpan.Zero,
            BatchSendDeadline = section.Duration("batch_send_deadline") ?? target.BatchSendDeadline,
            MinBackoff = section.Duration("min_backoff") ?? target.MinBackoff,
            MaxBackoff = section.Duration("max_backoff") ?? target.MaxBackoff,
        };
        if (target.MinBackoff <= TimeSpan.Zero || target.MaxBackoff < target.MinBackoff)
        {
            throw section.Error("min_backoff", "min_backoff has to be more than 0 and at most max_backoff");
        }

        section.RejectUnknown();
        return target;
    }
}
