using System.Globalization;
using Sightglass.Alerting;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape.Http;

namespace Sightglass.Server.Configuration;

/// <summary>An entry of <c>remote_read</c>.</summary>
internal sealed record RemoteReadTarget
{
    /// <summary><c>name</c>, or the address.</summary>
    public required string Name { get; init; }

    /// <summary><c>url</c>.</summary>
    public required Uri Url { get; init; }

    /// <summary><c>remote_timeout</c>.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Bytes of a frame of a streamed answer, when nothing else is said: Prometheus' own default.</summary>
    public const long DefaultFrameBytes = 50_000_000;

    /// <summary>Bytes of a frame at most, whatever is said: as much as is kept of a whole answer.</summary>
    public const long LargestFrameBytes = 256 << 20;

    /// <summary><c>chunked_read_limit</c>: an answer with a larger frame is none.</summary>
    public long MaxFrameBytes { get; init; } = DefaultFrameBytes;

    /// <summary><c>headers</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary><c>required_matchers</c>: only selectors with all of these ask there.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Required { get; init; } = [];

    /// <summary><c>read_recent</c>: whether it is asked for times that this server has itself.</summary>
    public bool ReadRecent { get; init; }

    /// <summary>The labels that say which server's series are wanted; empty with <c>filter_external_labels: false</c>.</summary>
    public LabelSet ExternalLabels { get; init; } = LabelSet.Empty;

    /// <summary>How it is asked.</summary>
    public HttpClientSettings Http { get; init; } = HttpClientSettings.Default;
}

/// <summary>Reads <c>remote_read</c> with Prometheus' keys.</summary>
internal static class RemoteReadReader
{
    /// <exception cref="AlertingConfigurationException">Something in it is not as it has to be.</exception>
    public static IReadOnlyList<RemoteReadTarget> Read(YamlSection root, LabelSet externalLabels, string folder)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var targets = new List<RemoteReadTarget>();
        foreach (var section in root.Sections("remote_read"))
        {
            var target = Target(section, externalLabels, folder);
            if (!names.Add(target.Name))
            {
                throw section.Error("name", $"found multiple remote read configs with job name \"{target.Name}\"");
            }

            targets.Add(target);
        }

        return targets;
    }

    private static long FrameBytes(YamlSection section)
    {
        if (section.Text("chunked_read_limit") is not { } text)
        {
            return RemoteReadTarget.DefaultFrameBytes;
        }

        // Prometheus' own files write it as 5e+07.
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= 0 && value <= long.MaxValue && Math.Floor(value) == value
            ? (long)Math.Min(value, RemoteReadTarget.LargestFrameBytes)
            : throw section.Error("chunked_read_limit", $"chunked_read_limit: got \"{text}\", want a number of bytes");
    }

    private static RemoteReadTarget Target(YamlSection section, LabelSet externalLabels, string folder)
    {
        var text = section.Text("url") ?? throw section.Error("url for remote_read is empty");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            throw section.Error("url", $"url: got \"{text}\", want an http or https address");
        }

        var target = new RemoteReadTarget
        {
            Name = section.Text("name") ?? text,
            Url = url,
            Timeout = section.Duration("remote_timeout") is { } timeout && timeout > TimeSpan.Zero ? timeout : TimeSpan.FromMinutes(1),
            Headers = section.Section("headers") is null ? [] : section.Map("headers"),
            Required = section.Section("required_matchers") is null ? [] : section.Map("required_matchers"),
            MaxFrameBytes = FrameBytes(section),
            ReadRecent = section.Bool("read_recent") ?? false,
            ExternalLabels = section.Bool("filter_external_labels") ?? true ? externalLabels : LabelSet.Empty,
            Http = HttpClientReader.Read(section, folder),
        };
        section.RejectUnknown();
        return target;
    }
}
