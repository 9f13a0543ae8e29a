using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Syslog;

/// <summary>
/// The header of RFC 3164 as it is met: <c>Oct 11 22:14:15 host app[12]: text</c>, with a year, a fraction or a time of RFC 3339 instead, without a host, or
/// without a process id.
/// </summary>
internal static class Rfc3164
{
    /// <summary>A tag is a program's name; a longer word is the beginning of a text.</summary>
    private const int MaxTagBytes = 128;

    private static readonly byte[][] Months =
    [
        "Jan"u8.ToArray(), "Feb"u8.ToArray(), "Mar"u8.ToArray(), "Apr"u8.ToArray(), "May"u8.ToArray(), "Jun"u8.ToArray(),
        "Jul"u8.ToArray(), "Aug"u8.ToArray(), "Sep"u8.ToArray(), "Oct"u8.ToArray(), "Nov"u8.ToArray(), "Dec"u8.ToArray(),
    ];

    /// <summary>Reads header and content; false where there is no time, and nothing is written then.</summary>
    public static bool Read(ReadOnlySpan<byte> rest, TimeZoneInfo zone, long now, RecordWriter writer)
    {
        if (!Time(ref rest, zone, now, out var time))
        {
            return false;
        }

        writer.Row.TimeUnixNano = time;
        rest = rest.TrimStart((byte)' ');
        var space = rest.IndexOf((byte)' ');
        var first = space < 0 ? rest : rest[..space];

        // A first word that is a tag stands where no host was written.
        if (space > 0 && first[^1] != ':' && !first.Contains((byte)'['))
        {
            writer.Host(first);
            rest = rest[(space + 1)..].TrimStart((byte)' ');
        }

        Tag(ref rest, writer);
        writer.Body(rest);
        return true;
    }

    private static void Tag(ref ReadOnlySpan<byte> rest, RecordWriter writer)
    {
        var end = rest.IndexOfAny((byte)':', (byte)'[', (byte)' ');
        if (end is < 1 or > MaxTagBytes || rest[end] == ' ')
        {
            return;
        }

        var tag = rest[..end];
        var after = rest[end..];
        var process = ReadOnlySpan<byte>.Empty;
        if (after[0] == '[')
        {
            var close = after.IndexOf((byte)']');
            if (close < 0 || close > MaxTagBytes)
            {
                return;
            }

            process = after[1..close];
            after = after[(close + 1)..];
        }

        if (after.Length > 0 && after[0] == ':')
        {
            after = after[1..];
        }
        else if (process.Length == 0)
        {
            return;
        }

        writer.Service(tag);
        writer.Attribute("appname"u8, tag);
        writer.Attribute("procid"u8, process);
        rest = after.Length > 0 && after[0] == ' ' ? after[1..] : after;
    }

    private static bool Time(ref ReadOnlySpan<byte> rest, TimeZoneInfo zone, long now, out long unixNano)
    {
        unixNano = 0;
        if (rest.Length > 0 && rest[0] is >= (byte)'0' and <= (byte)'9')
        {
            var space = rest.IndexOf((byte)' ');
            if (space < 0 || !RecordTime.TryRead(rest[..space], out unixNano))
            {
                return false;
            }

            rest = rest[space..];
            return true;
        }

        // Cisco marks a clock that is not synchronised.
        var text = rest.Length > 0 && rest[0] is (byte)'*' or (byte)'.' ? rest[1..] : rest;
        if (text.Length < 15 || Month(text) is not (> 0 and var month) || text[3] != ' ')
        {
            return false;
        }

        text = text[4..].TrimStart((byte)' ');
        if (!Number(ref text, 2, (byte)' ', out var day))
        {
            return false;
        }

        var year = 0;
        if (text.Length > 5 && text[4] == ' ' && RecordTime.Digits(text[..4], out var written))
        {
            year = written;
            text = text[5..];
        }

        if (text.Length < 8 || !Number(ref text, 2, (byte)':', out var hour) || !Number(ref text, 2, (byte)':', out var minute)
            || text.Length < 2 || !RecordTime.Digits(text[..2], out var second) || hour > 23 || minute > 59 || second > 60)
        {
            return false;
        }

        text = text[2..];
        var ticks = Fraction(ref text);
        if (text.Length > 0 && text[0] == ':')
        {
            text = text[1..];
        }

        var clock = new TimeSpan(hour, minute, Math.Min(second, 59)) + TimeSpan.FromTicks(ticks);
        if (!Date(year, month, day, clock, zone, now, out unixNano))
        {
            return false;
        }

        rest = text;
        return true;
    }

    // The year is not written: it is the last one in which the time is not in the future, but for a day that clocks and zones may be wrong by.
    private static bool Date(int year, int month, int day, TimeSpan clock, TimeZoneInfo zone, long now, out long unixNano)
    {
        unixNano = 0;
        var today = DateTimeOffset.UnixEpoch.AddTicks(now / 100);
        var (first, last) = year > 0 ? (year, year) : (today.Year + 1, today.Year - 8);
        for (var candidate = first; candidate >= Math.Min(first, last); candidate--)
        {
            if (candidate is < 1970 or > 2261 || day < 1 || day > DateTime.DaysInMonth(candidate, month))
            {
                continue;
            }

            var local = new DateTime(candidate, month, day, 0, 0, 0, DateTimeKind.Unspecified) + clock;
            var time = new DateTimeOffset(local, zone.GetUtcOffset(local));
            if (year == 0 && time > today.AddDays(1))
            {
                continue;
            }

            var ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
            return ticks >= 0 && RecordTime.TryCombine(ticks / TimeSpan.TicksPerSecond, ticks % TimeSpan.TicksPerSecond * 100, out unixNano);
        }

        return false;
    }

    private static int Month(ReadOnlySpan<byte> text)
    {
        for (var i = 0; i < Months.Length; i++)
        {
            if (text.StartsWith(Months[i]))
            {
                return i + 1;
            }
        }

        return 0;
    }

    private static bool Number(ref ReadOnlySpan<byte> text, int most, byte end, out int value)
    {
        value = 0;
        var at = text.IndexOf(end);
        if (at < 1 || at > most || !RecordTime.Digits(text[..at], out value))
        {
            return false;
        }

        text = text[(at + 1)..];
        return true;
    }

    private static long Fraction(ref ReadOnlySpan<byte> text)
    {
        if (text.Length < 2 || text[0] != '.')
        {
            return 0;
        }

        long ticks = 0;
        var scale = TimeSpan.TicksPerSecond;
        var at = 1;
        while (at < text.Length && text[at] is >= (byte)'0' and <= (byte)'9')
        {
            scale /= 10;
            ticks += scale * (text[at++] - '0');
        }

        text = text[at..];
        return ticks;
    }
}
