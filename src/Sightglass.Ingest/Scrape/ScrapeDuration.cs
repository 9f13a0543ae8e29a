using System.Globalization;
using System.Text;

namespace Sightglass.Ingest.Scrape;

/// <summary>Durations in the labels <c>__scrape_interval__</c> and <c>__scrape_timeout__</c>, as Prometheus writes them: <c>1m30s</c>.</summary>
internal static class ScrapeDuration
{
    private static readonly (string Unit, long Milliseconds)[] Units =
    [
        ("y", 365L * 86_400_000), ("w", 7L * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ];

    public static string Format(TimeSpan duration)
    {
        var left = (long)duration.TotalMilliseconds;
        var text = new StringBuilder();
        foreach (var (unit, milliseconds) in Units)
        {
            // Weeks and years only where they divide evenly.
            if (left >= milliseconds && (unit is not ("y" or "w") || left % milliseconds == 0))
            {
                text.Append(CultureInfo.InvariantCulture, $"{left / milliseconds}{unit}");
                left %= milliseconds;
            }
        }

        return text.Length == 0 ? "0s" : text.ToString();
    }

    /// <exception cref="FormatException">It is no duration, or 0.</exception>
    public static TimeSpan Parse(string text, string what)
    {
        long total = 0;
        var rest = text.AsSpan();
        var at = 0;
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            var unit = digits <= 0 ? default : rest[digits..];
            var end = unit.IndexOfAnyInRange('0', '9');
            unit = end < 0 ? unit : unit[..end];
            while (at < Units.Length && !unit.SequenceEqual(Units[at].Unit))
            {
                at++;
            }

            if (at == Units.Length || !long.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value > int.MaxValue)
            {
                throw new FormatException($"error parsing {what}: not a valid duration string: \"{text}\"");
            }

            total += value * Units[at++].Milliseconds;
            rest = rest[(digits + unit.Length)..];
        }

        return total is > 0 and < 1L << 52 ? TimeSpan.FromMilliseconds(total) : throw new FormatException($"{what} cannot be 0");
    }
}
