using System.Globalization;

namespace Sightglass.Ingest.Exposition;

/// <summary>Numbers as Prometheus writes them into <c>le</c> and <c>quantile</c> labels, so that each bound has one spelling.</summary>
internal static class GoNumber
{
    /// <summary>A number as OpenMetrics has it: shortest digits, always with a point or an exponent.</summary>
    public static string OpenMetrics(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
        }

        if (value == 0)
        {
            return "0.0";
        }

        var text = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        var e = text.IndexOf('E', StringComparison.Ordinal);
        var exponent = e < 0 ? 0 : int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = e < 0 ? text : text[..e];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var digits = mantissa.Replace(".", string.Empty, StringComparison.Ordinal);
        var leading = digits.Length - digits.TrimStart('0').Length;

        // Power of ten of the first digit that is not zero.
        exponent += (point < 0 ? mantissa.Length : point) - leading - 1;
        digits = digits.Trim('0');
        var sign = value < 0 ? "-" : string.Empty;

        // Go's 'g' format with shortest digits takes an exponent below −4 and from 6 up.
        if (exponent is < -4 or >= 6)
        {
            var number = digits.Length > 1 ? $"{digits[0]}.{digits[1..]}" : digits;
            return $"{sign}{number}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }

        if (exponent < 0)
        {
            return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        }

        return digits.Length <= exponent + 1
            ? $"{sign}{digits.PadRight(exponent + 1, '0')}.0"
            : $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    /// <summary>A number in any spelling that Go takes: decimal, infinities and not a number in any case.</summary>
    public static bool TryParse(string text, out double value)
    {
        switch (text.ToLowerInvariant())
        {
            case "inf" or "+inf" or "infinity" or "+infinity":
                value = double.PositiveInfinity;
                return true;
            case "-inf" or "-infinity":
                value = double.NegativeInfinity;
                return true;
            case "nan" or "+nan" or "-nan":
                value = double.NaN;
                return true;
            default:
                return double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value)
                    && char.IsAsciiDigit(text[^1] == '.' ? '0' : text[^1]);
        }
    }
}
