using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Sightglass.Ingest.Otlp;

/// <summary>Numbers as text the way Prometheus' receiver writes them into label values.</summary>
internal static class GoNumberText
{
    /// <summary>Longest text: the smallest subnormal written out takes 1076 digits and a sign.</summary>
    public const int MaxBytes = 1100;

    /// <summary>Go's <c>FormatFloat(v, 'f', -1, 64)</c>: shortest digits, never an exponent. For <c>le</c> and <c>quantile</c>.</summary>
    public static int Fixed(double value, Span<byte> target)
    {
        if (!double.IsFinite(value))
        {
            return Special(value, target);
        }

        var magnitude = Math.Abs(value);
        if (magnitude is 0 or (>= 1e-4 and < 1e15))
        {
            value.TryFormat(target, out var written, "R", CultureInfo.InvariantCulture);
            return written;
        }

        return Encoding.UTF8.GetBytes(WithoutExponent(value), target);
    }

    /// <summary>A double attribute as text: as JSON has it, with an exponent below 1e-6 and from 1e21 up.</summary>
    public static int Json(double value, Span<byte> target)
    {
        var magnitude = Math.Abs(value);
        if (!double.IsFinite(value) || magnitude is 0 or (>= 1e-6 and < 1e21))
        {
            return Fixed(value, target);
        }

        var text = value.ToString("R", CultureInfo.InvariantCulture).Replace("E-0", "e-", StringComparison.Ordinal).Replace('E', 'e');
        return Encoding.UTF8.GetBytes(text, target);
    }

    public static int Int(long value, Span<byte> target)
    {
        Utf8Formatter.TryFormat(value, target, out var written);
        return written;
    }

    private static int Special(double value, Span<byte> target)
    {
        var text = double.IsNaN(value) ? "NaN"u8 : value > 0 ? "+Inf"u8 : "-Inf"u8;
        text.CopyTo(target);
        return text.Length;
    }

    private static string WithoutExponent(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        var at = text.IndexOf('E', StringComparison.Ordinal);
        if (at < 0)
        {
            return text;
        }

        var exponent = int.Parse(text.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var sign = text[0] == '-' ? "-" : string.Empty;
        var digits = text[sign.Length..at];
        var point = digits.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? digits.Length : point;
        digits = digits.Replace(".", string.Empty, StringComparison.Ordinal);
        var place = whole + exponent;
        return place <= 0 ? $"{sign}0.{new string('0', -place)}{digits}"
            : place >= digits.Length ? sign + digits + new string('0', place - digits.Length)
            : $"{sign}{digits[..place]}.{digits[place..]}";
    }
}
