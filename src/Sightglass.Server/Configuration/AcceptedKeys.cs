using System.Globalization;
using Sightglass.Alerting;

namespace Sightglass.Server.Configuration;

/// <summary>
/// Keys of Prometheus' configuration that are read and checked but have nothing to act on here. Each says so: a file moves over as it is,
/// and nobody believes that something happens which does not.
/// </summary>
internal static class AcceptedKeys
{
    private static readonly string[] LogLevels = ["debug", "info", "warn", "error"];

    /// <summary><c>runtime</c>: settings of Go's runtime.</summary>
    public static IEnumerable<string> Runtime(YamlSection? section)
    {
        if (section is null)
        {
            return [];
        }

        _ = section.Integer("gogc");
        if (section.Text("log_level") is { } level && !LogLevels.Contains(level.ToLowerInvariant()))
        {
            throw section.Error("log_level", $"log_level: got \"{level}\", want one of {string.Join(", ", LogLevels)}");
        }

        var given = section.Keys.ToArray();
        section.RejectUnknown();
        return given.Select(key => $"runtime.{key} has no effect: it is a setting of Prometheus' runtime");
    }

    /// <summary><c>tracing</c>: traces that Prometheus sends of itself.</summary>
    public static IEnumerable<string> Tracing(YamlSection? section, string folder)
    {
        if (section is null)
        {
            return [];
        }

        if (section.Text("client_type", "grpc") is not ("grpc" or "http") and var type)
        {
            throw section.Error("client_type", $"expected tracing client type to be 'http' or 'grpc', but got {type}");
        }

        var endpoint = section.Text("endpoint") is { Length: > 0 } given ? given : throw section.Error("tracing endpoint must be set");
        if (section.Text("sampling_fraction") is { } fraction && !double.TryParse(fraction, NumberStyles.Float, CultureInfo.InvariantCulture, out _))
        {
            throw section.Error("sampling_fraction", $"sampling_fraction: got \"{fraction}\", want a number");
        }

        if (section.Text("compression") is not (null or "" or "gzip") and var compression)
        {
            throw section.Error("compression", $"invalid compression type {compression} provided, valid options: gzip");
        }

        _ = section.Bool("insecure");
        _ = section.Duration("timeout");
        _ = section.Section("headers") is null ? [] : section.Map("headers");
        _ = HttpClientReader.Tls(section.Section("tls_config"), folder);
        section.RejectUnknown();
        return [$"tracing has no effect: this server does not trace itself, {endpoint} gets nothing"];
    }

    /// <summary><c>storage.tsdb</c>: what the command line says of age goes before it.</summary>
    public static (TimeSpan? Retention, IReadOnlyList<string> Notices) Tsdb(YamlSection? section)
    {
        if (section is null)
        {
            return (null, []);
        }

        // Samples out of order are taken in as far back as the retention goes, which is at least what any window asks for.
        _ = section.Duration("out_of_order_time_window");
        var notices = new List<string>();
        if (section.Text("stale_series_compaction_threshold") is { } threshold)
        {
            _ = double.TryParse(threshold, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is >= 0 and <= 1
                ? value
                : throw section.Error("stale_series_compaction_threshold", $"stale_series_compaction_threshold: got \"{threshold}\", want a number from 0 to 1");
            notices.Add("storage.tsdb.stale_series_compaction_threshold has no effect: series that stopped leave memory when it is written out");
        }

        TimeSpan? kept = null;
        if (section.Section("retention") is { } retention)
        {
            kept = retention.Duration("time") is { } time && time > TimeSpan.Zero ? time : null;
            if (kept < TimeSpan.FromHours(1))
            {
                throw retention.Error("time", $"time: got {PromDuration.Format(kept.Value)}, want at least 1h");
            }

            foreach (var key in new[] { "size", "percentage" })
            {
                if (retention.Text(key) is { } bound and not ("0" or "0B"))
                {
                    notices.Add($"storage.tsdb.retention.{key}: {bound} has no effect: what bounds the disk here is storage.retention.max_disk, for all signals");
                }
            }

            retention.RejectUnknown();
        }

        section.RejectUnknown();
        return (kept, notices);
    }
}
