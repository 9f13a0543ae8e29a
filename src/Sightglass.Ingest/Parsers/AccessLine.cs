using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Parsers;

/// <summary>Lines of nginx' and Apache's access logs, common and combined; the level comes from the status.</summary>
internal static partial class AccessLine
{
    private static readonly string[] NginxFields =
        ["remote_addr", "remote_user", "time_local", "method", "request_uri", "protocol", "status", "body_bytes_sent", "http_referer", "http_user_agent"];

    private static readonly string[] ApacheFields =
        ["remote_addr", "remote_logname", "remote_user", "time_local", "method", "request_uri", "protocol", "status", "body_bytes_sent", "http_referer", "http_user_agent"];

    /// <summary>False when the line is none of nginx' access log.</summary>
    public static bool Nginx(ReadOnlySpan<byte> line, LogBatch batch, ref LogRow row) => Read(line, NginxLine(), NginxFields, batch, ref row);

    /// <summary>False when the line is none of Apache's access log.</summary>
    public static bool Apache(ReadOnlySpan<byte> line, LogBatch batch, ref LogRow row) => Read(line, ApacheLine(), ApacheFields, batch, ref row);

    private static bool Read(ReadOnlySpan<byte> line, Regex expression, string[] fields, LogBatch batch, ref LogRow row)
    {
        var match = expression.Match(Encoding.UTF8.GetString(line));
        if (!match.Success || !DateTimeOffset.TryParseExact(match.Groups["time_local"].Value, "dd/MMM/yyyy:HH:mm:ss zzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            || !LineParser.TryNanoseconds(time, out var nanoseconds))
        {
            return false;
        }

        row.TimeUnixNano = nanoseconds;
        foreach (var field in fields)
        {
            var group = match.Groups[field];
            if (!group.Success || group.Value == "-")
            {
                continue;
            }

            if (field is "status" or "body_bytes_sent" && long.TryParse(group.ValueSpan, CultureInfo.InvariantCulture, out var number))
            {
                batch.AddAttribute(Encoding.UTF8.GetBytes(field), AttributeType.Int, number);
            }
            else
            {
                batch.AddAttribute(Encoding.UTF8.GetBytes(field), AttributeType.String, Encoding.UTF8.GetBytes(group.Value));
            }
        }

        (row.SeverityNumber, row.SeverityText) = match.Groups["status"].ValueSpan[0] switch
        {
            '5' => ((byte)17, batch.AddText("error"u8)),
            '4' => ((byte)13, batch.AddText("warn"u8)),
            _ => ((byte)9, batch.AddText("info"u8)),
        };
        return true;
    }

    // A request that is no request line (a scan, a broken client) has no method: the rest of the line still counts.
    [GeneratedRegex("""^(?<remote_addr>\S+) - (?<remote_user>\S+) \[(?<time_local>[^\]]+)\] "(?:(?<method>[A-Z]+) (?<request_uri>\S+)(?: (?<protocol>[^"]+))?|[^"]*)" (?<status>\d{3}) (?<body_bytes_sent>\d+|-)(?: "(?<http_referer>(?:[^"\\]|\\.)*)" "(?<http_user_agent>(?:[^"\\]|\\.)*)")?""", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex NginxLine();

    [GeneratedRegex("""^(?<remote_addr>\S+) (?<remote_logname>\S+) (?<remote_user>\S+) \[(?<time_local>[^\]]+)\] "(?:(?<method>[A-Z]+) (?<request_uri>\S+)(?: (?<protocol>[^"]+))?|(?:[^"\\]|\\.)*)" (?<status>\d{3}) (?<body_bytes_sent>\d+|-)(?: "(?<http_referer>(?:[^"\\]|\\.)*)" "(?<http_user_agent>(?:[^"\\]|\\.)*)")?""", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex ApacheLine();
}
