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

        value = 0;
        if (rest.Length == 0 || rest[0] is '+' or '-' || char.IsWhiteSpace(rest[0]) || char.IsWhiteSpace(rest[^1]) || !UnderscoresSeparateDigits(rest))
        {
            return false;
        }

        var plain = rest.ToString().Replace("_", string.Empty, StringComparison.Ordinal);
        if (plain.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? !TryParseHex(plain.AsSpan(2), out value) : !double.TryParse(plain, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value))
        {
            return false;
        }

        value *= sign;
        return true;
    }

    private static bool UnderscoresSeparateDigits(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '_' && (i == 0 || i == text.Length - 1 || !(char.IsAsciiHexDigit(text[i - 1]) || (i == 2 && text[1] is 'x' or 'X')) || !char.IsAsciiHexDigit(text[i + 1])))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads what follows <c>0x</c>: digits of base 16 with a point, and the power of two that must come after them.</summary>
    private static bool TryParseHex(ReadOnlySpan<char> text, out double value)
    {
        value = 0;
        var power = text.IndexOfAny('p', 'P');
        if (power < 0 || !int.TryParse(text[(power + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent))
        {
            return false;
        }

        ulong mantissa = 0;
        var (digits, point) = (0, false);
        foreach (var c in text[..power])
        {
            if (c == '.' && !point)
            {
                point = true;
            }
            else if (!char.IsAsciiHexDigit(c))
            {
                return false;
            }
            else
            {
                digits++;
                var digit = (ulong)(char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
                var full = mantissa >> 60 != 0;
                mantissa = full ? mantissa | (digit == 0 ? 0UL : 1UL) : (mantissa << 4) | digit;
                exponent += (point ? -4 : 0) + (full ? 4 : 0);
            }
        }

        value = Math.ScaleB(mantissa, exponent);
        return digits > 0 && double.IsFinite(value);
    }
}
