using System.Globalization;

namespace Sightglass.Server.Api.Alerting;

/// <summary>Times and numbers as the compatible APIs write them.</summary>
internal static class ApiTime
{
    /// <summary>Go's RFC 3339 with as many digits as needed; no time is year 1.</summary>
    public static string Nano(DateTimeOffset? time) => (time ?? DateTimeOffset.MinValue).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture);

    /// <summary>Alertmanager's API: always three digits.</summary>
    public static string Milli(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffK", CultureInfo.InvariantCulture);

    /// <summary>A number as Go's format <c>e</c> with the fewest digits: <c>1.5e+00</c>.</summary>
    public static string Exponent(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
        }

        var text = "0e+000";
        for (var digits = 0; digits <= 16; digits++)
        {
            text = value.ToString($"e{digits}", CultureInfo.InvariantCulture);
            if (double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) == value)
            {
                break;
            }
        }

        // Three digits of an exponent here, two at least there.
        var exponent = text.LastIndexOf('e') + 2;
        return text[exponent] == '0' ? text.Remove(exponent, 1) : text;
    }
}
