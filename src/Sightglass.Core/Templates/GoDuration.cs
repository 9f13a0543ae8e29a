using System.Buffers;
using System.Globalization;

namespace Sightglass.Core.Templates;

/// <summary>Durations as Go's <c>time.Duration</c> prints and reads them, in nanoseconds.</summary>
public static class GoDuration
{
    private const long Microsecond = 1_000;
    private const long Millisecond = 1_000 * Microsecond;
    private const long Second = 1_000 * Millisecond;

    private static readonly SearchValues<char> NumberLetters = SearchValues.Create("0123456789.");

    private static readonly Dictionary<string, double> Units = new(StringComparer.Ordinal)
    {
        ["ns"] = 1,
        ["us"] = Microsecond,
        ["µs"] = Microsecond,
        ["μs"] = Microsecond,
        ["ms"] = Millisecond,
        ["s"] = Second,
        ["m"] = 60 * Second,
        ["h"] = 3600 * Second,
    };

    /// <summary>Prints <c>1h15m30.918s</c>.</summary>
    public static string Format(long nanoseconds)
    {
        if (nanoseconds == 0)
        {
            return "0s";
        }

        var sign = nanoseconds < 0 ? "-" : string.Empty;
        var left = nanoseconds < 0 ? (ulong)-(nanoseconds + 1) + 1 : (ulong)nanoseconds;
        if (left < Second)
        {
            var (unit, name) = left < Microsecond ? (1L, "ns") : left < Millisecond ? (Microsecond, "µs") : (Millisecond, "ms");
            return sign + Decimal(left, (ulong)unit) + name;
        }

        var seconds = left / Second;
        var (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        var rest = Decimal(left - ((left / (60UL * Second)) * 60UL * Second), Second) + "s";
        return sign + (hours > 0 ? $"{hours}h{minutes}m{rest}" : seconds >= 60 ? $"{minutes}m{rest}" : rest);
    }

    /// <summary>Reads <c>1h15m30.918s</c>.</summary>
    public static bool TryParse(string text, out long nanoseconds)
    {
        nanoseconds = 0;
        var rest = text.AsSpan().TrimStart("+-");
        if (text.Length - rest.Length > 1 || rest.Length == 0)
        {
            return false;
        }

        double total = 0;
        while (rest.Length > 0 && !(rest.Length == 1 && rest[0] == '0' && total == 0))
        {
            var digits = rest.IndexOfAnyExcept(NumberLetters);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
            {
                return false;
            }

            rest = rest[digits..];
            var letters = rest.IndexOfAny(NumberLetters);
            var unit = letters < 0 ? rest : rest[..letters];
            if (!Units.TryGetValue(unit.ToString(), out var factor))
            {
                return false;
            }

            total += value * factor;
            rest = rest[unit.Length..];
        }

        if (total >= long.MaxValue)
        {
            return false;
        }

        nanoseconds = (long)Math.Round(text[0] == '-' ? -total : total);
        return true;
    }

    private static string Decimal(ulong value, ulong unit)
    {
        var (whole, rest) = (value / unit, value % unit);
        if (rest == 0)
        {
            return whole.ToString(CultureInfo.InvariantCulture);
        }

        var width = (unit - 1).ToString(CultureInfo.InvariantCulture).Length;
        return whole.ToString(CultureInfo.InvariantCulture) + "." + rest.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0').TrimEnd('0');
    }
}
