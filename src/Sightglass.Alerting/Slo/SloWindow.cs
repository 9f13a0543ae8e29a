using System.Globalization;

namespace Sightglass.Alerting.Slo;

/// <summary>The time that an objective is about: the last so many days, or the calendar's period that now lies in.</summary>
public sealed record SloWindow
{
    private const int MonthsOfYear = 12;

    private SloWindow(TimeSpan length, bool isCalendar, int months, TimeSpan shift, string name)
    {
        Length = length;
        IsCalendar = isCalendar;
        Months = months;
        Shift = shift;
        Name = name;
    }

    /// <summary>Its length; of months, that of the longest.</summary>
    public TimeSpan Length { get; }

    /// <summary>Whether it begins anew at fixed times.</summary>
    public bool IsCalendar { get; }

    /// <summary>Months of a period; 0 where periods have a fixed length.</summary>
    public int Months { get; }

    /// <summary>How long after the beginning of a month in UTC, or after a multiple of its length since the epoch, a period begins.</summary>
    public TimeSpan Shift { get; }

    /// <summary>How it is written: <c>30d</c>, <c>month</c>.</summary>
    public string Name { get; }

    /// <summary>The zone whose clock periods follow, where that changes with summer time; else null, and <see cref="Shift"/> has the offset.</summary>
    public TimeZoneInfo? Zone { get; private init; }

    // PromQL for what the zone's clock is ahead of UTC; empty without one.
    private string Offset { get; init; } = string.Empty;

    /// <summary>The range that is looked back over, as PromQL writes it; one with summer time may be an hour longer.</summary>
    public string Range => PromDuration.Format(Zone is null ? Length : Length + TimeSpan.FromHours(1));

    /// <summary>The time between two points of a calendar window: less than ten thousand of them.</summary>
    public TimeSpan Step => Length <= TimeSpan.FromDays(31) ? TimeSpan.FromMinutes(5)
        : Length <= TimeSpan.FromDays(92) ? TimeSpan.FromMinutes(15)
        : TimeSpan.FromHours(1);

    /// <summary>The last so much time.</summary>
    public static SloWindow Rolling(TimeSpan length) => new(length, false, 0, TimeSpan.Zero, PromDuration.Format(length));

    /// <summary>So many months, the first of which begins at <paramref name="start"/>.</summary>
    public static SloWindow CalendarMonths(int months, DateTime start, TimeSpan utcOffset, string name)
    {
        var month = new DateTime(start.Year, start.Month, 1);
        var longest = months switch { 1 => 31, 2 => 62, 3 => 92, 6 => 184, _ => (months * 31) - (months / 2) };
        var phase = (start.Year * MonthsOfYear + start.Month - 1) % months;
        return new SloWindow(TimeSpan.FromDays(Math.Min(longest, 366)), true, months, start - month - utcOffset, name) { Phase = phase };
    }

    /// <summary>Periods of a fixed length, one of which begins at <paramref name="start"/>.</summary>
    public static SloWindow CalendarLength(TimeSpan length, DateTime start, TimeSpan utcOffset, string name) =>
        new(length, true, 0, TimeSpan.FromTicks((start - utcOffset - DateTime.UnixEpoch).Ticks % length.Ticks), name);

    /// <summary>So many months by the clock of a zone.</summary>
    public static SloWindow CalendarMonths(int months, DateTime start, TimeZoneInfo zone, string name) => zone.SupportsDaylightSavingTime
        ? CalendarMonths(months, start, TimeSpan.Zero, name) with { Zone = zone, Offset = ZonedTime.OffsetExpression(zone) }
        : CalendarMonths(months, start, zone.BaseUtcOffset, name);

    /// <summary>Periods of a fixed length by the clock of a zone.</summary>
    public static SloWindow CalendarLength(TimeSpan length, DateTime start, TimeZoneInfo zone, string name) => zone.SupportsDaylightSavingTime
        ? CalendarLength(length, start, TimeSpan.Zero, name) with { Zone = zone, Offset = ZonedTime.OffsetExpression(zone) }
        : CalendarLength(length, start, zone.BaseUtcOffset, name);

    /// <summary>Which of several months a period begins with.</summary>
    public int Phase { get; private init; }

    /// <summary>
    /// PromQL for the number of the period, a vector without labels. What lies between two points belongs to the second, so the moment before
    /// counts: the point at midnight is of the day before.
    /// </summary>
    public string PeriodExpression
    {
        get
        {
            var before = ((long)Shift.TotalSeconds + 1).ToString(CultureInfo.InvariantCulture);
            var moment = before.StartsWith('-') ? $"time() + {before[1..]}" : $"time() - {before}";
            moment = Zone is null ? moment : $"{moment} + {Offset}";
            return Months == 0
                ? $"floor(vector(({moment}) / {(long)Length.TotalSeconds}))"
                : $"floor((year(vector({moment})) * 12 + month(vector({moment})) - {Phase + 1}) / {Months})";
        }
    }

    /// <summary>When the window that <paramref name="now"/> lies in began.</summary>
    public DateTimeOffset Start(DateTimeOffset now)
    {
        if (!IsCalendar)
        {
            return now - Length;
        }

        var shifted = Clock(now) - Shift;
        if (Months == 0)
        {
            var since = shifted - DateTime.UnixEpoch;
            return Moment(shifted.AddTicks(-(since.Ticks % Length.Ticks)) + Shift);
        }

        return OfMonth(PeriodMonth(shifted));
    }

    /// <summary>When the calendar's period that <paramref name="now"/> lies in ends; null of a rolling window.</summary>
    public DateTimeOffset? End(DateTimeOffset now)
    {
        if (!IsCalendar)
        {
            return null;
        }

        var shifted = Clock(now) - Shift;
        if (Months == 0)
        {
            var since = shifted - DateTime.UnixEpoch;
            return Moment(shifted.AddTicks(Length.Ticks - (since.Ticks % Length.Ticks)) + Shift);
        }

        return OfMonth(PeriodMonth(shifted) + Months);
    }

    private int PeriodMonth(DateTime shifted)
    {
        var number = (shifted.Year * MonthsOfYear) + shifted.Month - 1;
        return number - ((number - Phase) % Months);
    }

    private DateTime Clock(DateTimeOffset now) => Zone is null ? now.UtcDateTime : TimeZoneInfo.ConvertTime(now, Zone).DateTime;

    private DateTimeOffset Moment(DateTime clock) => Zone is null ? new DateTimeOffset(DateTime.SpecifyKind(clock, DateTimeKind.Utc)) : ZonedTime.At(Zone, DateTime.SpecifyKind(clock, DateTimeKind.Unspecified));

    private DateTimeOffset OfMonth(int number) => Moment(new DateTime(number / MonthsOfYear, (number % MonthsOfYear) + 1, 1) + Shift);
}
