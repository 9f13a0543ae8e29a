using System.Globalization;
using System.Text;

namespace Sightglass.Query.Syntax;

/// <summary>Durations as Prometheus writes them: <c>1h30m</c>, units y w d h m s ms in this order, in milliseconds.</summary>
public static class DurationText
{
    private static readonly (string Unit, long Milliseconds)[] Units =
    [
        ("y", 365L * 24 * 3600 * 1000),
        ("w", 7L * 24 * 3600 * 1000),
        ("d", 24L * 3600 * 1000),
        ("h", 3600L * 1000),
        ("m", 60L * 1000),
        ("s", 1000),
        ("ms", 1),
    ];

    /// <summary>Reads a whole text; the sum must fit.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long milliseconds)
    {
        milliseconds = 0;
        if (text is "0")
        {
            return true;
        }

        var next = 0;
        var at = 0;
        while (at < text.Length)
        {
            long number = 0;
            var digits = at;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
            {
                number = (number * 10) + (text[at] - '0');
                if (number > 1L << 50)
                {
                    return false;
                }

                at++;
            }

            var unitAt = at;
            while (at < text.Length && char.IsAsciiLetterLower(text[at]))
            {
                at++;
            }

            var unit = text[unitAt..at];
            var found = -1;
            for (var i = next; i < Units.Length; i++)
            {
                if (unit.SequenceEqual(Units[i].Unit))
                {
                    found = i;
                    break;
                }
            }

            if (digits == unitAt || found < 0)
            {
                return false;
            }

            var part = (Int128)number * Units[found].Milliseconds;
            // Go's durations are nanoseconds in 64 bits.
            if (part + milliseconds > long.MaxValue / 1_000_000)
            {
                return false;
            }

            milliseconds += (long)part;
            next = found + 1;
        }

        return text.Length > 0;
    }

    /// <summary>What Prometheus says of a text that is none: read from the left, the first unit that does not exist, is out of order or comes to too much.</summary>
    public static string Problem(string text)
    {
        var rest = text;
        var next = 0;
        while (rest.Length > 0)
        {
            var digits = rest.Length - rest.TrimStart("0123456789".ToCharArray()).Length;
            var unit = rest.AsSpan(digits);
            unit = unit[..(unit.IndexOfAnyInRange('0', '9') is var end and >= 0 ? end : unit.Length)];
            if (digits == 0 || unit.IsEmpty || !ulong.TryParse(rest.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                break;
            }

            var name = unit.ToString();
            var found = Array.FindIndex(Units, u => u.Unit == name);
            if (found < 0)
            {
                return $"unknown unit {QuotedText.Quote(name)} in duration {QuotedText.Quote(text)}";
            }

            if (found < next)
            {
                break;
            }

            var read = digits + name.Length;
            if (!TryParse(text.AsSpan(0, text.Length - rest.Length + read), out _))
            {
                return "duration out of range";
            }

            next = found + 1;
            rest = rest[read..];
        }

        return $"not a valid duration string: {QuotedText.Quote(text)}";
    }

    /// <summary>Writes a duration in Prometheus' canonical form.</summary>
    public static string Format(long milliseconds)
    {
        if (milliseconds == 0)
        {
            return "0s";
        }

        var output = new StringBuilder();
        if (milliseconds < 0)
        {
            output.Append('-');
            milliseconds = -milliseconds;
        }

        foreach (var (unit, size) in Units)
        {
            // Years and weeks are written only where nothing is left over.
            var count = milliseconds / size;
            if (count == 0 || (unit is "y" or "w" && milliseconds % size != 0))
            {
                continue;
            }

            output.Append(count.ToString(CultureInfo.InvariantCulture)).Append(unit);
            milliseconds %= size;
        }

        return output.ToString();
    }
}
