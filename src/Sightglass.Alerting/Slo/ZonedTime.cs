using System.Globalization;
using System.Text;

namespace Sightglass.Alerting.Slo;

/// <summary>The clock on the wall of a time zone, for programs and for queries.</summary>
internal static class ZonedTime
{
    // Changes of the clock that queries know of: what is kept of metrics is younger, and a server older than that is not run.
    private const int FirstYear = 2020;
    private const int LastYear = 2045;

    /// <summary>The moment that a clock on the wall shows a time; where it is put forward over it, the moment of that; where it shows it twice, the first.</summary>
    public static DateTimeOffset At(TimeZoneInfo zone, DateTime local)
    {
        // Clocks are put forward by an hour at most, or skip a day where a country changes sides of the date line.
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(1);
        }

        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }

    /// <summary>PromQL for the seconds that the clock is ahead of UTC at the moment before <c>time()</c>.</summary>
    public static string OffsetExpression(TimeZoneInfo zone)
    {
        var at = new DateTimeOffset(FirstYear, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var offset = zone.GetUtcOffset(at);
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{(long)offset.TotalSeconds}");
        for (; at.Year <= LastYear; at = at.AddDays(1))
        {
            var next = zone.GetUtcOffset(at.AddDays(1));
            if (next != offset)
            {
                var change = (long)(next - offset).TotalSeconds;
                text.Append(CultureInfo.InvariantCulture, $" {(change < 0 ? '-' : '+')} {Math.Abs(change)} * (time() > bool {Change(zone, at, offset)})");
                offset = next;
            }
        }

        return $"({text})";
    }

    // The second of the day after a moment at which the offset is no longer what it was.
    private static long Change(TimeZoneInfo zone, DateTimeOffset after, TimeSpan offset)
    {
        var (same, other) = (after.ToUnixTimeSeconds(), after.AddDays(1).ToUnixTimeSeconds());
        while (other - same > 1)
        {
            var middle = (same + other) / 2;
            (same, other) = zone.GetUtcOffset(DateTimeOffset.FromUnixTimeSeconds(middle)) == offset ? (middle, other) : (same, middle);
        }

        return other;
    }
}
