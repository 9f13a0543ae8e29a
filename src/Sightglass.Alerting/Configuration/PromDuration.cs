using System.Globalization;
using System.Text;

namespace Sightglass.Alerting;

/// <summary>Durations as Prometheus and Alertmanager write them: <c>1d12h</c>, <c>5m</c>, <c>100ms</c>; units from large to small, each once.</summary>
internal static class PromDuration
{
    private static readonly (string Name, long Milliseconds)[] Units =
    [
        ("y", 365L * 86_400_000), ("w", 7L * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ];

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        if (text == "0")
        {
            return true;
        }

        long total = 0;
        var rest = text.AsSpan();
        var unit = 0;
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits <= 0 || !long.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                return false;
            }

            rest = rest[digits..];
            var letters = rest.IndexOfAnyInRange('0', '9');
            var name = letters < 0 ? rest : rest[..letters];
            while (unit < Units.Length && !name.SequenceEqual(Units[unit].Name))
            {
                unit++;
            }

            if (unit == Units.Length || value > (long.MaxValue / 1_000_000 - total) / Units[unit].Milliseconds)
            {
                return false;
            }

            total += value * Units[unit++].Milliseconds;
            rest = rest[name.Length..];
        }

        duration = TimeSpan.FromMilliseconds(total);
        return text.Length > 0;
    }

    /// <summary>The form that Prometheus prints: <c>5m</c>, <c>1h30m</c>, <c>0s</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        var left = (long)duration.TotalMilliseconds;
        if (left == 0)
        {
            return "0s";
        }

        var text = new StringBuilder();
        foreach (var (name, milliseconds) in Units)
        {
            // Weeks and years only where they divide evenly: 10d is not written 1w3d.
            if (left >= milliseconds && (name is not ("y" or "w") || left % milliseconds == 0))
            {
                text.Append(CultureInfo.InvariantCulture, $"{left / milliseconds}{name}");
                left %= milliseconds;
            }
        }

        return text.ToString();
    }
}
