using System.Globalization;

namespace Sightglass.Query.LogQL.Syntax;

/// <summary>Durations and sizes as LogQL and Go's libraries read them.</summary>
internal static class Quantities
{
    private static readonly Dictionary<string, double> DurationUnits = new(StringComparer.Ordinal)
    {
        ["ns"] = 1,
        ["us"] = 1e3,
        ["µs"] = 1e3,
        ["μs"] = 1e3,
        ["ms"] = 1e6,
        ["s"] = 1e9,
        ["m"] = 60e9,
        ["h"] = 3600e9,
        ["d"] = 86_400e9,
        ["w"] = 7 * 86_400e9,
        ["y"] = 365 * 86_400e9,
    };

    private static readonly Dictionary<string, double> ByteUnits = new(StringComparer.OrdinalIgnoreCase)
    {
        [""] = 1,
        ["b"] = 1,
        ["k"] = 1e3,
        ["kb"] = 1e3,
        ["ki"] = 1L << 10,
        ["kib"] = 1L << 10,
        ["m"] = 1e6,
        ["mb"] = 1e6,
        ["mi"] = 1L << 20,
        ["mib"] = 1L << 20,
        ["g"] = 1e9,
        ["gb"] = 1e9,
        ["gi"] = 1L << 30,
        ["gib"] = 1L << 30,
        ["t"] = 1e12,
        ["tb"] = 1e12,
        ["ti"] = 1L << 40,
        ["tib"] = 1L << 40,
        ["p"] = 1e15,
        ["pb"] = 1e15,
        ["pi"] = 1L << 50,
        ["pib"] = 1L << 50,
        ["e"] = 1e18,
        ["eb"] = 1e18,
        ["ei"] = 1L << 60,
        ["eib"] = 1L << 60,
    };

    // What Go's time.ParseDuration knows; days and more are LogQL's own.
    private const double LongestGoUnit = 3600e9;

    /// <summary>A duration of numbers with units, a sign before it allowed: <c>1h30m</c>, <c>-1.5s</c>, <c>2d</c>; nanoseconds. Zero needs no unit.</summary>
    public static bool TryParseDuration(ReadOnlySpan<char> text, out double nanoseconds) => TryParseDuration(text, double.MaxValue, out nanoseconds);

    /// <summary>A duration in a line, with no unit longer than the hour: what Go's <c>time.ParseDuration</c> reads.</summary>
    public static bool TryParseGoDuration(ReadOnlySpan<char> text, out double nanoseconds) => TryParseDuration(text, LongestGoUnit, out nanoseconds);

    /// <summary>Why a text is no duration.</summary>
    public static string DescribeDuration(ReadOnlySpan<char> text)
    {
        var digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.' || (digits == 0 && text[0] is '-' or '+')))
        {
            digits++;
        }

        var unit = digits;
        while (unit < text.Length && !char.IsAsciiDigit(text[unit]) && text[unit] != '.')
        {
            unit++;
        }

        return digits == 0 || !double.TryParse(text[..digits], NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? $"time: invalid duration \"{text}\""
            : unit == digits ? $"time: missing unit in duration \"{text}\""
            : DurationUnits.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text[digits..unit], out var size) && size <= LongestGoUnit ? $"time: invalid duration \"{text}\""
            : $"time: unknown unit \"{text[digits..unit]}\" in duration \"{text}\"";
    }

    /// <summary>Why a text is no size.</summary>
    public static string DescribeBytes(ReadOnlySpan<char> text)
    {
        var digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] is '.' or ','))
        {
            digits++;
        }

        return !double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out _) ? $"strconv.ParseFloat: parsing \"{text[..digits]}\": invalid syntax"
            : ByteUnits.GetAlternateLookup<ReadOnlySpan<char>>().ContainsKey(text[digits..].Trim()) ? $"too large: {text}"
            : $"unhandled size name: {text[digits..].Trim().ToString().ToLowerInvariant()}";
    }

    /// <summary>A duration as Go writes it: <c>1h30m0s</c>, <c>1.5s</c>, <c>20ms</c>.</summary>
    public static string FormatDuration(double nanoseconds)
    {
        var sign = nanoseconds < 0 ? "-" : string.Empty;
        var value = (decimal)Math.Abs(nanoseconds);
        if (value < 1_000_000_000)
        {
            var (unit, size) = value switch { 0 => ("s", 1m), < 1_000 => ("ns", 1m), < 1_000_000 => ("µs", 1_000m), _ => ("ms", 1_000_000m) };
            return sign + (value / size).ToString("0.#########", CultureInfo.InvariantCulture) + unit;
        }

        var minutes = Math.Floor(value / 60_000_000_000m);
        var seconds = ((value / 1_000_000_000m) - (minutes * 60)).ToString("0.#########", CultureInfo.InvariantCulture) + "s";
        var hours = Math.Floor(minutes / 60);
        return sign
            + (hours > 0 ? hours.ToString("0", CultureInfo.InvariantCulture) + "h" : string.Empty)
            + (minutes > 0 ? (minutes - (hours * 60)).ToString("0", CultureInfo.InvariantCulture) + "m" : string.Empty)
            + seconds;
    }

    private static bool TryParseDuration(ReadOnlySpan<char> text, double longestUnit, out double nanoseconds)
    {
        nanoseconds = 0;
        var negative = text.Length > 0 && text[0] == '-';
        var rest = text.Length > 0 && text[0] is '-' or '+' ? text[1..] : text;
        if (rest is "0")
        {
            return true;
        }

        if (rest.Length == 0)
        {
            return false;
        }

        while (rest.Length > 0)
        {
            var digits = 0;
            while (digits < rest.Length && (char.IsAsciiDigit(rest[digits]) || rest[digits] == '.'))
            {
                digits++;
            }

            var unit = digits;
            while (unit < rest.Length && !char.IsAsciiDigit(rest[unit]) && rest[unit] != '.')
            {
                unit++;
            }

            if (digits == 0
                || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                || !DurationUnits.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(rest[digits..unit], out var size)
                || size > longestUnit)
            {
                return false;
            }

            nanoseconds += number * size;
            rest = rest[unit..];
        }

        nanoseconds = negative ? -nanoseconds : nanoseconds;
        return Math.Abs(nanoseconds) < long.MaxValue;
    }

    /// <summary>A size: a number, thousands separators allowed, and a unit of any case, blanks between allowed: <c>5MB</c>, <c>1.5 GiB</c>.</summary>
    public static bool TryParseBytes(ReadOnlySpan<char> text, out double bytes)
    {
        bytes = 0;
        var digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] is '.' or ','))
        {
            digits++;
        }

        if (digits == 0
            || !double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var number)
            || !ByteUnits.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text[digits..].Trim(), out var size))
        {
            return false;
        }

        // Whole bytes, as humanize.ParseBytes makes them.
        bytes = Math.Floor(number * size);
        return bytes < ulong.MaxValue;
    }

    /// <summary>A plain number as Go's <c>strconv.ParseFloat</c> reads it, infinities and NaN included.</summary>
    public static bool TryParseNumber(ReadOnlySpan<char> text, out double number)
    {
        if (double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out number))
        {
            return true;
        }

        if (text.Contains('_'))
        {
            return TryParseGrouped(text, out number);
        }

        var negative = text.Length > 0 && text[0] == '-';
        var word = text.Length > 0 && text[0] is '-' or '+' ? text[1..] : text;
        if (word.Equals("inf", StringComparison.OrdinalIgnoreCase) || word.Equals("infinity", StringComparison.OrdinalIgnoreCase))
        {
            number = negative ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }

        number = double.NaN;
        return word.Equals("nan", StringComparison.OrdinalIgnoreCase);
    }

    // Single underscores between digits, as in Go's own numbers.
    private static bool TryParseGrouped(ReadOnlySpan<char> text, out double number)
    {
        number = double.NaN;
        var plain = text.Length <= 128 ? stackalloc char[text.Length] : new char[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '_')
            {
                plain[length++] = text[i];
            }
            else if (i == 0 || i + 1 == text.Length || !char.IsAsciiDigit(text[i - 1]) || !char.IsAsciiDigit(text[i + 1]))
            {
                return false;
            }
        }

        return double.TryParse(plain[..length], NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out number);
    }
}
