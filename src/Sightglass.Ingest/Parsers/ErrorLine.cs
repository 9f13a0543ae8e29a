using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Parsers;

/// <summary>
/// Lines of nginx' and Apache's error logs (Apache 2.2 and 2.4): time, level, process and client. Their times name no zone; they are in the one
/// of the machine that wrote them.
/// </summary>
internal static partial class ErrorLine
{
    private static readonly string[] NginxFields =
        ["time_local", "pid", "tid", "connection", "message", "client", "server", "method", "request_uri", "protocol", "upstream", "host", "referrer"];

    private static readonly string[] ApacheFields = ["time_local", "module", "pid", "tid", "client", "message"];
    private static readonly string[] NginxTimes = ["yyyy/MM/dd HH:mm:ss"];
    private static readonly string[] ApacheTimes = ["ddd MMM dd HH:mm:ss yyyy", "ddd MMM dd HH:mm:ss.FFFFFF yyyy"];

    /// <summary>False when the line is none of nginx' error log.</summary>
    public static bool Nginx(ReadOnlySpan<byte> line, TimeZoneInfo zone, LogBatch batch, ref LogRow row) =>
        Read(NginxError().Match(Encoding.UTF8.GetString(line)), NginxTimes, NginxFields, zone, batch, ref row);

    /// <summary>False when the line is none of Apache's error log.</summary>
    public static bool Apache(ReadOnlySpan<byte> line, TimeZoneInfo zone, LogBatch batch, ref LogRow row) =>
        Read(ApacheError().Match(Encoding.UTF8.GetString(line)), ApacheTimes, ApacheFields, zone, batch, ref row);

    private static bool Read(Match match, string[] times, string[] fields, TimeZoneInfo zone, LogBatch batch, ref LogRow row)
    {
        if (!match.Success
            || !DateTime.TryParseExact(match.Groups["time_local"].ValueSpan, times, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            || !LineParser.TryNanoseconds(new DateTimeOffset(time, zone.GetUtcOffset(time)), out var nanoseconds))
        {
            return false;
        }

        row.TimeUnixNano = nanoseconds;
        foreach (var field in fields)
        {
            var group = match.Groups[field];
            if (!group.Success || group.Length == 0)
            {
                continue;
            }

            if (field is "pid" or "tid" or "connection" && long.TryParse(group.ValueSpan, CultureInfo.InvariantCulture, out var number))
            {
                batch.AddAttribute(Encoding.UTF8.GetBytes(field), AttributeType.Int, number);
            }
            else
            {
                batch.AddAttribute(Encoding.UTF8.GetBytes(field), AttributeType.String, Encoding.UTF8.GetBytes(group.Value));
            }
        }

        var level = match.Groups["level"].Value;
        row.SeverityText = batch.AddText(level);
        row.SeverityNumber = level.StartsWith("trace", StringComparison.Ordinal) ? (byte)1 : Records.Severity.FromWord(Encoding.UTF8.GetBytes(level));
        return true;
    }

    // The details after the message are optional, in this order, and the message itself may hold commas and quotes.
    [GeneratedRegex("""^(?<time_local>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(?<level>[a-z]+)\] (?<pid>\d+)#(?<tid>\d+): (?:\*(?<connection>\d+) )?(?<message>.*?)(?:, client: (?<client>[^,]+))?(?:, server: (?<server>[^,]*))?(?:, request: "(?:(?<method>[A-Z]+) (?<request_uri>\S+)(?: (?<protocol>[^"]+))?|[^"]*)")?(?:, (?:sub)?upstream: "(?<upstream>[^"]*)")?(?:, host: "(?<host>[^"]*)")?(?:, referrer: "(?<referrer>[^"]*)")?$""", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex NginxError();

    [GeneratedRegex("""^\[(?<time_local>[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d(?:\.\d+)? \d{4})\] \[(?:(?<module>[A-Za-z0-9_]*):)?(?<level>[a-z]+\d?)\](?: \[pid (?<pid>\d+)(?::tid (?<tid>\d+))?\])?(?: \[client (?<client>[^\]]+)\])? ?(?<message>.*)$""", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex ApacheError();
}
