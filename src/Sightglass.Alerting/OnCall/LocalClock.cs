namespace Sightglass.Alerting.OnCall;

/// <summary>
/// What the clock on a wall in a time zone shows, and when it shows it. A time that the clock shows twice is the first of both; one that it skips is the
/// moment at which it skips it. So a later wall time is never an earlier moment, and shifts that tile on the wall tile in time.
/// </summary>
internal static class LocalClock
{
    public static DateTime Wall(TimeZoneInfo zone, DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, zone).DateTime;

    public static DateTimeOffset Instant(TimeZoneInfo zone, DateTime wall)
    {
        wall = DateTime.SpecifyKind(wall, DateTimeKind.Unspecified);
        if (zone.IsAmbiguousTime(wall))
        {
            // The larger offset is that of summer time, before the clock goes back.
            return new DateTimeOffset(wall, zone.GetAmbiguousTimeOffsets(wall).Max()).ToUniversalTime();
        }

        return zone.IsInvalidTime(wall) ? Skipped(zone, wall) : new DateTimeOffset(wall, zone.GetUtcOffset(wall)).ToUniversalTime();
    }

    /// <summary>The moment at which the clock jumps over a wall time: found by halving, because a zone does not name it.</summary>
    private static DateTimeOffset Skipped(TimeZoneInfo zone, DateTime wall)
    {
        var utc = DateTime.SpecifyKind(wall, DateTimeKind.Utc);
        long before = utc.AddHours(-26).Ticks, after = utc.AddHours(26).Ticks;
        while (after - before > 1)
        {
            var middle = before + ((after - before) / 2);
            if (Wall(zone, new DateTimeOffset(middle, TimeSpan.Zero)) < wall)
            {
                before = middle;
            }
            else
            {
                after = middle;
            }
        }

        return new DateTimeOffset(after, TimeSpan.Zero);
    }
}
