using System.Globalization;

namespace Sightglass.Query.PromQL;

/// <summary>Reads numbers as Go does: integers in base 16, 8 or 10 by their prefix, else decimal floats.</summary>
internal static class NumberText
{
    public static bool TryParse(string text, out double value)
    {
        var plain = text.Replace("_", string.Empty, StringComparison.Ordinal);
        if (plain.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            var ok = ulong.TryParse(plain.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex);
            value = hex;
            return ok;
        }

        if (plain.Length > 1 && plain[0] == '0' && !plain.AsSpan().ContainsAnyExceptInRange('0', '7'))
        {
            value = 0;
            foreach (var c in plain)
            {
                value = (value * 8) + (c - '0');
            }

            return true;
        }

        return double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && !double.IsInfinity(value);
    }

    /// <summary>Reads a number from text that is not part of a query (script values, the value of a bucket's bound).</summary>
    public static bool TryParseFloat(string text, out double value)
    {
        var sign = text.StartsWith('-') ? -1 : 1;
        var rest = text.AsSpan(text.StartsWith('-') || text.StartsWith('+') ? 1 : 0);
        if (rest.Equals("inf", StringComparison.OrdinalIgnoreCase) || rest.Equals("infinity", StringComparison.OrdinalIgnoreCase))
        {
            value = sign * double.PositiveInfinity;
            return true;
        }

        if (rest.Equals("nan", StringComparison.OrdinalIgnoreCase))
        {
            value = SpecialNumbers.NaN;
            return true;
        }

        if (rest.Length == 0 || rest[0] is '+' or '-' || char.IsWhiteSpace(rest[0]) || char.IsWhiteSpace(rest[^1]))
        {
            value = 0;
            return false;
        }

        if (!double.TryParse(rest.ToString().Replace("_", string.Empty, StringComparison.Ordinal), NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value))
        {
            return false;
        }

        value *= sign;
        return true;
    }
}
