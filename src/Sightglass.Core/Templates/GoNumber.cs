using System.Globalization;
using System.Text;

namespace Sightglass.Core.Templates;

/// <summary>Numbers in Go's formats (strconv's 'e', 'f', 'g' with given or shortest precision).</summary>
public static class GoNumber
{
    /// <summary>Formats as <c>strconv.FormatFloat(value, format, precision, 64)</c>; precision -1 is the shortest that reads back.</summary>
    public static string Format(double value, char format, int precision)
    {
        if (double.IsNaN(value))
        {
            return "NaN";
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? "+Inf" : "-Inf";
        }

        var upper = char.IsAsciiLetterUpper(format);
        var text = char.ToLowerInvariant(format) switch
        {
            'e' => Exponent(value, precision),
            'f' => precision < 0 ? Fixed(value) : Negative(value, value.ToString("F" + precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)),
            _ => General(value, precision),
        };
        return upper ? text.ToUpperInvariant() : text;
    }

    /// <summary>The shortest digits that read back as the value, and the power of ten of the first.</summary>
    private static (string Digits, int Exponent) Shortest(double value) => Split(Math.Abs(value).ToString("R", CultureInfo.InvariantCulture));

    private static (string Digits, int Exponent) Split(string text)
    {
        if (text == "0")
        {
            return ("0", 0);
        }

        var mark = text.IndexOf('E', StringComparison.Ordinal);
        var mantissa = mark < 0 ? text : text[..mark];
        var exponent = mark < 0 ? 0 : int.Parse(text.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? mantissa : mantissa[..point];
        var digits = whole + (point < 0 ? string.Empty : mantissa[(point + 1)..]);
        var leading = digits.Length - digits.TrimStart('0').Length;
        digits = digits[leading..].TrimEnd('0');
        return (digits.Length == 0 ? "0" : digits, exponent + whole.Length - 1 - leading);
    }

    private static string Exponent(double value, int precision)
    {
        if (precision < 0)
        {
            var (digits, exponent) = Shortest(value);
            return Assemble(value, digits, exponent);
        }

        var text = Math.Abs(value).ToString("E" + precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        var mark = text.IndexOf('E', StringComparison.Ordinal);
        return Sign(value) + text[..mark] + Power(int.Parse(text.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
    }

    private static string Assemble(double value, string digits, int exponent) =>
        Sign(value) + digits[..1] + (digits.Length > 1 ? "." + digits[1..] : string.Empty) + Power(exponent);

    private static string Fixed(double value)
    {
        var (digits, exponent) = Shortest(value);
        return Sign(value) + Plain(digits, exponent);
    }

    private static string Plain(string digits, int exponent)
    {
        if (exponent < 0)
        {
            return "0." + new string('0', -exponent - 1) + digits;
        }

        return exponent + 1 >= digits.Length ? digits + new string('0', exponent + 1 - digits.Length) : digits[..(exponent + 1)] + "." + digits[(exponent + 1)..];
    }

    private static string General(double value, int precision)
    {
        string digits;
        int exponent;
        int threshold;
        if (precision < 0)
        {
            (digits, exponent) = Shortest(value);
            threshold = 6;
        }
        else
        {
            threshold = precision == 0 ? 1 : precision;
            var text = Math.Abs(value).ToString("E" + (threshold - 1).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            (digits, exponent) = Split(text);
            if (value == 0)
            {
                (digits, exponent) = ("0", 0);
            }

            threshold = threshold > digits.Length && digits.Length >= exponent + 1 ? digits.Length : threshold;
        }

        return exponent < -4 || exponent >= threshold ? Assemble(value, digits, exponent) : Sign(value) + Plain(digits, exponent);
    }

    private static string Power(int exponent)
    {
        var text = new StringBuilder("e").Append(exponent < 0 ? '-' : '+');
        return text.Append(Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture)).ToString();
    }

    private static string Sign(double value) => double.IsNegative(value) ? "-" : string.Empty;

    private static string Negative(double value, string text) => double.IsNegative(value) && !text.StartsWith('-') ? "-" + text : text;
}
