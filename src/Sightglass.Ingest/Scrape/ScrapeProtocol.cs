using System.Globalization;
using System.Text;

namespace Sightglass.Ingest.Scrape;

/// <summary>A format that targets may answer in, by Prometheus' names.</summary>
public enum ScrapeProtocol
{
    /// <summary><c>PrometheusProto</c></summary>
    PrometheusProto,

    /// <summary><c>PrometheusText0.0.4</c></summary>
    PrometheusText004,

    /// <summary><c>PrometheusText1.0.0</c></summary>
    PrometheusText100,

    /// <summary><c>OpenMetricsText0.0.1</c></summary>
    OpenMetricsText001,

    /// <summary><c>OpenMetricsText1.0.0</c></summary>
    OpenMetricsText100,
}

/// <summary>How an answer is read.</summary>
internal enum AnswerFormat
{
    /// <summary>Prometheus' text.</summary>
    Text,

    /// <summary>OpenMetrics' text.</summary>
    OpenMetrics,

    /// <summary>Delimited <c>io.prometheus.client.MetricFamily</c>.</summary>
    Protobuf,
}

/// <summary>Names, Accept header and Content-Type of the formats, as Prometheus has them.</summary>
public static class ScrapeProtocols
{
    private static readonly (ScrapeProtocol Protocol, string Name, string MediaType)[] All =
    [
        (ScrapeProtocol.PrometheusProto, "PrometheusProto", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"),
        (ScrapeProtocol.PrometheusText004, "PrometheusText0.0.4", "text/plain;version=0.0.4"),
        (ScrapeProtocol.PrometheusText100, "PrometheusText1.0.0", "text/plain;version=1.0.0"),
        (ScrapeProtocol.OpenMetricsText001, "OpenMetricsText0.0.1", "application/openmetrics-text;version=0.0.1"),
        (ScrapeProtocol.OpenMetricsText100, "OpenMetricsText1.0.0", "application/openmetrics-text;version=1.0.0"),
    ];

    /// <summary>What is asked for when the configuration says nothing.</summary>
    public static IReadOnlyList<ScrapeProtocol> Default { get; } =
        [ScrapeProtocol.OpenMetricsText100, ScrapeProtocol.OpenMetricsText001, ScrapeProtocol.PrometheusText100, ScrapeProtocol.PrometheusText004];

    /// <summary>What is asked for when native histograms are wanted: only protobuf carries them.</summary>
    public static IReadOnlyList<ScrapeProtocol> ProtobufFirst { get; } = [ScrapeProtocol.PrometheusProto, .. Default];

    /// <summary>The names, for errors.</summary>
    public static string Names { get; } = string.Join(", ", All.Select(p => p.Name));

    /// <summary>A protocol by its name, or null.</summary>
    public static ScrapeProtocol? Parse(string name) => Array.Find(All, p => p.Name == name) is { Name: not null } found ? found.Protocol : null;

    /// <summary>The Accept header: each format a little less wanted than the one before, at last anything.</summary>
    internal static string Accept(IReadOnlyList<ScrapeProtocol> protocols, string escaping)
    {
        var text = new StringBuilder();
        var weight = All.Length + 1;
        foreach (var protocol in protocols)
        {
            text.Append(Array.Find(All, p => p.Protocol == protocol).MediaType);
            if (protocol is ScrapeProtocol.PrometheusText100 or ScrapeProtocol.OpenMetricsText100)
            {
                // The older formats know of no escaping.
                text.Append(";escaping=").Append(escaping);
            }

            text.Append(CultureInfo.InvariantCulture, $";q=0.{weight--},");
        }

        return text.Append(CultureInfo.InvariantCulture, $"*/*;q=0.{weight}").ToString();
    }

    /// <exception cref="ScrapeFailedException">The type is not one of ours and the job has no fallback.</exception>
    internal static AnswerFormat FormatOf(string? contentType, ScrapeProtocol? fallback)
    {
        var type = contentType ?? string.Empty;
        var semicolon = type.IndexOf(';', StringComparison.Ordinal);
        switch ((semicolon < 0 ? type : type[..semicolon]).Trim().ToLowerInvariant())
        {
            case "text/plain":
                return AnswerFormat.Text;
            case "application/openmetrics-text":
                return AnswerFormat.OpenMetrics;
            case "application/vnd.google.protobuf":
                return AnswerFormat.Protobuf;
        }

        return fallback switch
        {
            ScrapeProtocol.PrometheusProto => AnswerFormat.Protobuf,
            ScrapeProtocol.PrometheusText004 or ScrapeProtocol.PrometheusText100 => AnswerFormat.Text,
            ScrapeProtocol.OpenMetricsText001 or ScrapeProtocol.OpenMetricsText100 => AnswerFormat.OpenMetrics,
            _ => throw new ScrapeFailedException(type.Length == 0
                ? "non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target"
                : $"received unsupported Content-Type \"{type}\" and no fallback_scrape_protocol specified for target"),
        };
    }
}
