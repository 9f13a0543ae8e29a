using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Sightglass.Core.Model;
using Sightglass.Ingest.Tail;

namespace Sightglass.Ingest.Parsers;

/// <summary>
/// Reads lines of log files into rows: the body stays the line as it is, fields become attributes, time, level and trace context are taken where the
/// format has them. A line that does not parse is kept as it is and counted. Not thread-safe.
/// </summary>
/// <param name="format">What the lines are.</param>
/// <param name="zone">The zone of times that do not name theirs: those of error logs.</param>
/// <param name="retention">How far back a line's own time may lie. An older one would be deleted at once: such a line is kept at the time when it was read.</param>
internal sealed partial class LineParser(LineFormat format, TimeZoneInfo zone, TimeSpan retention)
{
    // Less than what the store allows, so that a line is not refused for the moment between here and there.
    private static readonly TimeSpan Future = TimeSpan.FromHours(23);
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    private static readonly string[] NginxFields =
        ["remote_addr", "remote_user", "time_local", "method", "request_uri", "protocol", "status", "body_bytes_sent", "http_referer", "http_user_agent"];

    private static readonly string[] ApacheFields =
        ["remote_addr", "remote_logname", "remote_user", "time_local", "method", "request_uri", "protocol", "status", "body_bytes_sent", "http_referer", "http_user_agent"];

    /// <summary>Lines that did not parse.</summary>
    public long Unparsed { get; private set; }

    /// <summary>Adds a line to the batch as a row of <paramref name="resource"/>; <paramref name="now"/> is used where the line has no time.</summary>
    public void Add(LogBatch batch, int resource, ReadOnlySpan<byte> line, DateTimeOffset now)
    {
        var row = new LogRow
        {
            TimeUnixNano = Nanoseconds(now),
            ObservedTimeUnixNano = Nanoseconds(now),
            Resource = resource,
            Scope = -1,
            BodyType = AttributeType.String,
            BodyBits = batch.AddText(line).Packed,
        };
        var unread = row;
        var parsed = format switch
        {
            LineFormat.Json => JsonLine.Read(line, batch, ref row),
            LineFormat.Nginx => AccessLine(line, Nginx(), NginxFields, batch, ref row) || ErrorLine.Nginx(line, zone, batch, ref row),
            LineFormat.Apache => AccessLine(line, Apache(), ApacheFields, batch, ref row) || ErrorLine.Apache(line, zone, batch, ref row),
            _ => true,
        };
        if (!parsed)
        {
            Unparsed++;
            row = unread;
            batch.DropOpenAttributes();
        }

        var age = (Int128)Nanoseconds(now) - row.TimeUnixNano;
        if (age > (Int128)(retention - Margin).Ticks * 100 || -age > (Int128)Future.Ticks * 100)
        {
            row.TimeUnixNano = unread.TimeUnixNano;
        }

        batch.AddRow(row);
    }

    /// <summary>Nanoseconds since the Unix epoch.</summary>
    internal static long Nanoseconds(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100;

    /// <summary>False where the time is before 1970 or does not fit into 64 bits of nanoseconds.</summary>
    internal static bool TryNanoseconds(DateTimeOffset time, out long nanoseconds)
    {
        nanoseconds = unchecked((time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100);
        return time >= DateTimeOffset.UnixEpoch && time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks <= long.MaxValue / 100;
    }

    private static bool AccessLine(ReadOnlySpan<byte> line, Regex expression, string[] fields, LogBatch batch, ref LogRow row)
    {
        var match = expression.Match(Encoding.UTF8.GetString(line));
        if (!match.Success || !DateTimeOffset.TryParseExact(match.Groups["time_local"].Value, "dd/MMM/yyyy:HH:mm:ss zzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            || !TryNanoseconds(time, out var nanoseconds))
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
    private static partial Regex Nginx();

    [GeneratedRegex("""^(?<remote_addr>\S+) (?<remote_logname>\S+) (?<remote_user>\S+) \[(?<time_local>[^\]]+)\] "(?:(?<method>[A-Z]+) (?<request_uri>\S+)(?: (?<protocol>[^"]+))?|(?:[^"\\]|\\.)*)" (?<status>\d{3}) (?<body_bytes_sent>\d+|-)(?: "(?<http_referer>(?:[^"\\]|\\.)*)" "(?<http_user_agent>(?:[^"\\]|\\.)*)")?""", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Apache();
}
