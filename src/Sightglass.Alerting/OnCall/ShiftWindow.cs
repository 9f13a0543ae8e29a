namespace Sightglass.Alerting.OnCall;

/// <summary>Hours of some days of the week to which a layer is restricted, by the clock of the rotation's time zone.</summary>
/// <param name="Weekdays">The days on which it begins.</param>
/// <param name="Start">When it begins, since midnight.</param>
/// <param name="End">When it ends, since midnight; not after <paramref name="Start"/>, it is on the day after.</param>
public sealed record ShiftWindow(IReadOnlyList<DayOfWeek> Weekdays, TimeSpan Start, TimeSpan End)
{
    /// <summary>From when to when it is open on a day; null on the others.</summary>
    internal (DateTimeOffset From, DateTimeOffset To)? On(TimeZoneInfo zone, DateTime day)
    {
        if (!Weekdays.Contains(day.DayOfWeek))
        {
            return null;
        }

        var end = End > Start ? End : End + TimeSpan.FromDays(1);
        return (LocalClock.Instant(zone, day + Start), LocalClock.Instant(zone, day + end));
    }

    internal bool Contains(TimeZoneInfo zone, DateTimeOffset at)
    {
        var day = LocalClock.Wall(zone, at).Date;
        return (On(zone, day) is { } today && today.From <= at && at < today.To) || (On(zone, day.AddDays(-1)) is { } before && before.From <= at && at < before.To);
    }
}
