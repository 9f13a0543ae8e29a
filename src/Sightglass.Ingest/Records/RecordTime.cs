using System.Buffers.Text;
using System.Text;

namespace Sightglass.Ingest.Records;

/// <summary>Times as senders write them, as nanoseconds since the Unix epoch; of the years 1970 to 2262, which is what 64 bits hold.</summary>
internal static class RecordTime
{
    /// <summary>The last second that fits into 64 bits of nanoseconds.</summary>
    public const long MaxSeconds = long.MaxValue / 1_000_000_000;

    private static readonly int[] FractionScale = [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

    /// <summary>
    /// Reads <c>2026-01-02T03:04:05.123456789+02:00</c>: the letter may be a space, the fraction may begin with a comma and have any number of digits, a time
    /// without a zone is UTC.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out long unixNano)
    {
        unixNano = 0;
        if (text.Length < 19 || text[4] != '-' || text[7] != '-' || text[10] is not ((byte)'T' or (byte)'t' or (byte)' ') || text[13] != ':' || text[16] != ':'
            || !Digits(text[..4], out var year) || !Digits(text[5..7], out var month) || !Digits(text[8..10], out var day)
            || !Digits(text[11..13], out var hour) || !Digits(text[14..16], out var minute) || !Digits(text[17..19], out var second)
            || year is < 1970 or > 2262 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 60)
        {
            return false;
        }

        // A leap second is the last of its minute.
        var seconds = ((new DateTime(year, month, day, hour, minute, Math.Min(second, 59), DateTimeKind.Utc).Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond);
        var rest = text[19..];
        var nanos = 0;
        if (rest.Length > 1 && rest[0] is (byte)'.' or (byte)',')
        {
            var digits = 1;
            while (digits < rest.Length && rest[digits] is >= (byte)'0' and <= (byte)'9')
            {
                digits++;
            }

            var kept = Math.Min(digits - 1, 9);
            if (kept == 0 || !Digits(rest.Slice(1, kept), out nanos))
            {
                return false;
            }

            nanos *= FractionScale[kept];
            rest = rest[digits..];
        }

        if (!Zone(rest, out var offsetSeconds))
        {
            return false;
        }

        return TryCombine(seconds - offsetSeconds, nanos, out unixNano);
    }

    /// <summary>Seconds, milliseconds, microseconds or nanoseconds since the epoch, told apart by size: a record is from between 1973 and 2262.</summary>
    public static bool TryEpoch(long value, out long unixNano)
    {
        unixNano = value switch
        {
            > 100_000_000 and < MaxSeconds => value * 1_000_000_000,
            >= 100_000_000_000 and < MaxSeconds * 1_000 => value * 1_000_000,
            >= 100_000_000_000_000 and < MaxSeconds * 1_000_000 => value * 1_000,
            >= 100_000_000_000_000_000 => value,
            _ => 0,
        };
        return unixNano != 0;
    }

    /// <summary>A number with a fraction: seconds, or milliseconds where it is large; by its digits where they are known, which hold nanoseconds.</summary>
    public static bool TryEpoch(ReadOnlySpan<byte> digits, double value, out long unixNano)
    {
        var exact = digits.Length is > 0 and < 64 && Utf8Parser.TryParse(digits, out decimal read, out var used) && used == digits.Length
            ? read
            : value is > 1e8 and < 1e15 ? (decimal)value : 0;
        unixNano = value switch
        {
            > 1e8 and < MaxSeconds => (long)decimal.Truncate(exact * 1_000_000_000m),
            >= 1e11 and < MaxSeconds * 1e3 => (long)decimal.Truncate(exact * 1_000_000m),
            _ => 0,
        };
        return unixNano != 0;
    }

    /// <summary>Seconds and nanoseconds; false where they do not fit.</summary>
    public static bool TryCombine(long seconds, long nanos, out long unixNano)
    {
        unixNano = 0;
        if (seconds is < 0 or >= MaxSeconds || nanos is < 0 or > 999_999_999)
        {
            return false;
        }

        unixNano = (seconds * 1_000_000_000) + nanos;
        return true;
    }

    /// <summary>The time in RFC 3339 with nanoseconds, UTC.</summary>
    public static byte[] ToText(long unixNano) => Encoding.UTF8.GetBytes(
        $"{DateTime.UnixEpoch.AddSeconds(unixNano / 1_000_000_000):yyyy-MM-ddTHH:mm:ss}.{unixNano % 1_000_000_000:D9}Z");

    /// <summary>Reads digits only.</summary>
    public static bool Digits(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        return text.Length > 0 && text[0] is >= (byte)'0' and <= (byte)'9' && Utf8Parser.TryParse(text, out value, out var used) && used == text.Length;
    }

    private static bool Zone(ReadOnlySpan<byte> text, out int offsetSeconds)
    {
        offsetSeconds = 0;
        if (text.Length == 0 || (text.Length == 1 && text[0] is (byte)'Z' or (byte)'z'))
        {
            return true;
        }

        if (text[0] is not ((byte)'+' or (byte)'-') || text.Length is not (3 or 5 or 6) || (text.Length == 6 && text[3] != ':')
            || !Digits(text[1..3], out var hours) || hours > 18)
        {
            return false;
        }

        var minutes = 0;
        if (text.Length > 3 && (!Digits(text[^2..], out minutes) || minutes > 59))
        {
            return false;
        }

        offsetSeconds = ((hours * 60) + minutes) * (text[0] == '-' ? -60 : 60);
        return true;
    }
}
