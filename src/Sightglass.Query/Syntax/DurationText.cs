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
