using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sightglass.Alerting.OnCall;

/// <summary>Shifts as a calendar that other programs subscribe to (RFC 5545): times in UTC, lines folded at 75 bytes, an id that stays while the shift does.</summary>
public static class ShiftCalendar
{
    private const int MaxLineBytes = 75;
    private const string UtcTime = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>Writes it. <paramref name="shifts"/> are those of the rotations that they are named with.</summary>
    public static string Write(string name, IEnumerable<(string Rotation, Shift Shift)> shifts, DateTimeOffset now)
    {
        var text = new StringBuilder();
        foreach (var line in (ReadOnlySpan<string>)["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Sightglass//On-call//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"])
        {
            Line(text, line);
        }

        Line(text, "X-WR-CALNAME:" + Escape(name));
        Line(text, "REFRESH-INTERVAL;VALUE=DURATION:PT1H");
        Line(text, "X-PUBLISHED-TTL:PT1H");
        foreach (var (rotation, shift) in shifts)
        {
            Line(text, "BEGIN:VEVENT");
            Line(text, $"UID:{Id(rotation, shift)}@sightglass");
            Line(text, "DTSTAMP:" + Time(now));
            Line(text, "DTSTART:" + Time(shift.From));
            Line(text, "DTEND:" + Time(shift.To));
            Line(text, "SUMMARY:" + Escape($"{shift.Person} on call: {rotation}"));
            Line(text, "DESCRIPTION:" + Escape(shift.Override.Length > 0 ? $"Stands in. Override {shift.Override}" : shift.Layer));
            Line(text, "TRANSP:TRANSPARENT");
            Line(text, "END:VEVENT");
        }

        Line(text, "END:VCALENDAR");
        return text.ToString();
    }

    /// <summary>Text without what would end a line or a value; other control characters are not allowed in a calendar.</summary>
    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text.ReplaceLineEndings("\n"))
        {
            _ = c switch
            {
                '\\' or ';' or ',' => escaped.Append('\\').Append(c),
                '\n' => escaped.Append("\\n"),
                _ when char.IsControl(c) => escaped,
                _ => escaped.Append(c),
            };
        }

        return escaped.ToString();
    }

    private static string Id(string rotation, Shift shift)
    {
        var key = $"{rotation}\n{shift.Person}\n{shift.From.UtcTicks}\n{shift.Override}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 16));
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString(UtcTime, CultureInfo.InvariantCulture);

    /// <summary>Ends a line; a longer one goes on after a line break and a space, never inside a character.</summary>
    private static void Line(StringBuilder text, string line)
    {
        var bytes = 0;
        foreach (var rune in line.EnumerateRunes())
        {
            if (bytes + rune.Utf8SequenceLength > MaxLineBytes)
            {
                text.Append("\r\n ");
                bytes = 1;
            }

            text.Append(rune.ToString());
            bytes += rune.Utf8SequenceLength;
        }

        text.Append("\r\n");
    }
}
