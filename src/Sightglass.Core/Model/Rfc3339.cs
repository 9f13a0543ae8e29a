namespace Sightglass.Core.Model;

/// <summary>Times in RFC 3339 as Go's <c>time.Parse</c> reads them, and with it the servers whose APIs are spoken here: to the nanosecond, with a zone, and nothing else.</summary>
public static class Rfc3339
{
    /// <summary>Reads a time of the years 0000 to 9999.</summary>
    /// <param name="text">Such as <c>2026-01-02T03:04:05.678Z</c> or <c>2026-01-02T03:04:05+01:00</c>; of a fraction digits after the ninth are passed over.</param>
    /// <param name="seconds">Seconds since the Unix epoch, rounded down.</param>
    /// <param name="nanoseconds">The rest, 0 to 999,999,999.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out long seconds, out int nanoseconds)
    {
        seconds = 0;
        nanoseconds = 0;
        if (!Number(ref text, 4, out var year) || !Take(ref text, '-') || !Number(ref text, 2, out var month) || !Take(ref text, '-') || !Number(ref text, 2, out var day) || !Take(ref text, 'T'))
        {
            return false;
        }

        // Go takes an hour of one digit, too.
        var hourDigits = text.Length > 1 && char.IsAsciiDigit(text[1]) ? 2 : 1;
        if (!Number(ref text, hourDigits, out var hour) || !Take(ref text, ':') || !Number(ref text, 2, out var minute) || !Take(ref text, ':') || !Number(ref text, 2, out var second)
            || month is < 1 or > 12 || day < 1 || day > DaysOf(year, month) || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        if (text.Length > 1 && text[0] is '.' or ',' && char.IsAsciiDigit(text[1]))
        {
            var scale = 100_000_000;
            var at = 1;
            for (; at < text.Length && char.IsAsciiDigit(text[at]); at++)
            {
                nanoseconds += (text[at] - '0') * scale;
                scale /= 10;
            }

            text = text[at..];
        }

        if (!Zone(text, out var offset))
        {
            return false;
        }

        seconds = (DaysSinceEpoch(year, month, day) * 86_400) + (hour * 3600) + (minute * 60) + second - offset;
        return true;
    }

    /// <summary>The same in milliseconds since the Unix epoch, rounded down.</summary>
    public static bool TryParseMilliseconds(ReadOnlySpan<char> text, out long milliseconds)
    {
        var parsed = TryParse(text, out var seconds, out var nanoseconds);
        milliseconds = (seconds * 1000) + (nanoseconds / 1_000_000);
        return parsed;
    }

    /// <summary>The same in nanoseconds since the Unix epoch; times outside of the years 1677 to 2262 are the first and last that there are.</summary>
    public static bool TryParseNanoseconds(ReadOnlySpan<char> text, out long nanoseconds)
    {
        var parsed = TryParse(text, out var seconds, out var rest);
        nanoseconds = (long)Int128.Clamp(((Int128)seconds * 1_000_000_000) + rest, long.MinValue, long.MaxValue);
        return parsed;
    }

    private static bool Zone(ReadOnlySpan<char> text, out int offset)
    {
        offset = 0;
        if (text is "Z")
        {
            return true;
        }

        if (text.Length != 6 || text[0] is not ('+' or '-'))
        {
            return false;
        }

        var sign = text[0] == '-' ? -1 : 1;
        text = text[1..];
        if (!Number(ref text, 2, out var hours) || !Take(ref text, ':') || !Number(ref text, 2, out var minutes) || hours > 24 || minutes > 60)
        {
            return false;
        }

        offset = sign * ((hours * 3600) + (minutes * 60));
        return true;
    }

    private static bool Number(ref ReadOnlySpan<char> text, int digits, out int number)
    {
        number = 0;
        if (text.Length < digits)
        {
            return false;
        }

        foreach (var c in text[..digits])
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }

            number = (number * 10) + (c - '0');
        }

        text = text[digits..];
        return true;
    }

    private static bool Take(ref ReadOnlySpan<char> text, char wanted)
    {
        if (text.IsEmpty || text[0] != wanted)
        {
            return false;
        }

        text = text[1..];
        return true;
    }

    private static bool IsLeap(int year) => year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    private static int DaysOf(int year, int month) => month == 2 ? IsLeap(year) ? 29 : 28 : 30 + ((month + (month >> 3)) & 1);

    // Years begin in March: the day that some have more is their last.
    private static long DaysSinceEpoch(int year, int month, int day)
    {
        var (y, m) = month > 2 ? (year, month - 3) : (year - 1, month + 9);
        var era = Math.DivRem(y + 400, 400, out var yearOfEra) - 1;
        return (era * 146_097L) + (yearOfEra * 365) + (yearOfEra / 4) - (yearOfEra / 100) + (((153 * m) + 2) / 5) + day - 1 - 719_468;
    }
}
