using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Sightglass.Query.Syntax;

/// <summary>Numbers as text the way Go's <c>strconv.FormatFloat(v, format, -1, 64)</c> writes them.</summary>
public static class GoFloat
{
    /// <summary>Most bytes that <see cref="WriteJson"/> writes.</summary>
    public const int MaxJsonBytes = 32;

    private const double MaxWhole = 1e15;
    private const double MinPlain = 1e-4;

    /// <summary>Format <c>f</c>: never an exponent.</summary>
    public static string Plain(double value)
    {
        if (Special(value) is { } special)
        {
            return special;
        }

        var (negative, digits, exponent) = Digits(value);
        var output = new StringBuilder(negative ? "-" : string.Empty);
        if (exponent <= 0)
        {
            output.Append("0.").Append('0', -exponent).Append(digits);
            return digits == "0" ? (negative ? "-0" : "0") : output.ToString();
        }

        if (digits.Length <= exponent)
        {
            return output.Append(digits).Append('0', exponent - digits.Length).ToString();
        }

        return output.Append(digits, 0, exponent).Append('.').Append(digits, exponent, digits.Length - exponent).ToString();
    }

    /// <summary>Format <c>e</c>: always an exponent of at least two digits.</summary>
    public static string Scientific(double value)
    {
        if (Special(value) is { } special)
        {
            return special;
        }

        var (negative, digits, exponent) = Digits(value);
        var power = value == 0 ? 0 : exponent - 1;
        var output = new StringBuilder(negative ? "-" : string.Empty).Append(digits[0]);
        if (digits.Length > 1)
        {
            output.Append('.').Append(digits, 1, digits.Length - 1);
        }

        return output.Append('e').Append(power < 0 ? '-' : '+').Append(Math.Abs(power).ToString("00", CultureInfo.InvariantCulture)).ToString();
    }

    /// <summary>Format <c>g</c> with its shortest digits: an exponent below 1e-4 and from 1e6.</summary>
    public static string General(double value)
    {
        if (Special(value) is { } special)
        {
            return special;
        }

        var (_, _, exponent) = Digits(value);
        return value != 0 && (exponent - 1 < -4 || exponent - 1 >= 6) ? Scientific(value) : Plain(value);
    }

    /// <summary>The form of sample values in Prometheus' JSON: plain, with an exponent below 1e-6 and from 1e21.</summary>
    public static string Json(double value)
    {
        var size = Math.Abs(value);
        return double.IsFinite(value) && size != 0 && (size < 1e-6 || size >= 1e21) ? Scientific(value) : Plain(value);
    }

    /// <summary>Writes the form of <see cref="Json"/> as UTF-8 and returns its length.</summary>
    /// <param name="value">The number.</param>
    /// <param name="into">At least <see cref="MaxJsonBytes"/> bytes.</param>
    public static int WriteJson(double value, Span<byte> into)
    {
        var size = Math.Abs(value);
        int written;
        if (size < MaxWhole && (long)value == value && !(value == 0 && double.IsNegative(value)))
        {
            Utf8Formatter.TryFormat((long)value, into, out written);
        }
        else if (size is >= MinPlain and < MaxWhole)
        {
            // In between, both write the shortest digits without an exponent.
            value.TryFormat(into, out written, default, CultureInfo.InvariantCulture);
        }
        else
        {
            written = Encoding.ASCII.GetBytes(Json(value), into);
        }

        return written;
    }

    private static string? Special(double value) =>
        double.IsNaN(value) ? "NaN" : double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : null;

    /// <summary>The shortest digits that read back as the value, and the power of ten of 0.digits.</summary>
    private static (bool Negative, string Digits, int Exponent) Digits(double value)
    {
        if (value == 0)
        {
            return (double.IsNegative(value), "0", 1);
        }

        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        var negative = shortest[0] == '-';
        var mantissa = new StringBuilder();
        var exponent = 0;
        var point = -1;
        var e = shortest.IndexOf('E', StringComparison.Ordinal);
        var end = e < 0 ? shortest.Length : e;
        for (var i = negative ? 1 : 0; i < end; i++)
        {
            if (shortest[i] == '.')
            {
                point = mantissa.Length;
            }
            else
            {
                mantissa.Append(shortest[i]);
            }
        }

        if (point < 0)
        {
            point = mantissa.Length;
        }

        exponent = point + (e < 0 ? 0 : int.Parse(shortest.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
        var digits = mantissa.ToString();
        var leading = digits.Length - digits.TrimStart('0').Length;
        return (negative, digits[leading..].TrimEnd('0'), exponent - leading);
    }
}
