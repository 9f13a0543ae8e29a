using System.Globalization;

namespace Sightglass.Alerting.Templates;

/// <summary>Numbers for people, as Prometheus' template functions write them.</summary>
internal static class Humanize
{
    private static readonly string[] Large = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
    private static readonly string[] Small = ["m", "u", "n", "p", "f", "a", "z", "y"];
    private static readonly string[] Binary = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];

    public static string Decimal(double value)
    {
        if (value == 0 || !double.IsFinite(value))
        {
            return GoNumber.Format(value, 'g', 4);
        }

        var prefix = string.Empty;
        if (Math.Abs(value) >= 1)
        {
            for (var i = 0; i < Large.Length && Math.Abs(value) >= 1000; i++)
            {
                prefix = Large[i];
                value /= 1000;
            }
        }
        else
        {
            for (var i = 0; i < Small.Length && Math.Abs(value) < 1; i++)
            {
                prefix = Small[i];
                value *= 1000;
            }
        }

        return GoNumber.Format(value, 'g', 4) + prefix;
    }

    public static string Base1024(double value)
    {
        if (Math.Abs(value) <= 1 || !double.IsFinite(value))
        {
            return GoNumber.Format(value, 'g', 4);
        }

        var prefix = string.Empty;
        for (var i = 0; i < Binary.Length && Math.Abs(value) >= 1024; i++)
        {
            prefix = Binary[i];
            value /= 1024;
        }

        return GoNumber.Format(value, 'g', 4) + prefix;
    }

    public static string Percentage(double value) => GoNumber.Format(value * 100, 'g', 4) + "%";

    public static string Duration(double seconds)
    {
        if (!double.IsFinite(seconds))
        {
            return GoNumber.Format(seconds, 'g', 4);
        }

        if (seconds == 0)
        {
            return GoNumber.Format(seconds, 'g', 4) + "s";
        }

        if (Math.Abs(seconds) >= 1)
        {
            var sign = seconds < 0 ? "-" : string.Empty;
            var whole = (long)Math.Min(Math.Abs(seconds), long.MaxValue / 2);
            var (days, hours, minutes, rest) = (whole / 86400, whole / 3600 % 24, whole / 60 % 60, whole % 60);
            if (days != 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{sign}{days}d {hours}h {minutes}m {rest}s");
            }

            if (hours != 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{sign}{hours}h {minutes}m {rest}s");
            }

            return minutes != 0
                ? string.Create(CultureInfo.InvariantCulture, $"{sign}{minutes}m {rest}s")
                : sign + GoNumber.Format(Math.Abs(seconds), 'g', 4) + "s";
        }

        var prefix = string.Empty;
        for (var i = 0; i < Small.Length && Math.Abs(seconds) < 1; i++)
        {
            prefix = Small[i];
            seconds *= 1000;
        }

        return GoNumber.Format(seconds, 'g', 4) + prefix + "s";
    }
}
