using System.Globalization;
using System.Text.RegularExpressions;
using Sightglass.Alerting.Slo;
using Sightglass.Core.Errors;

namespace Sightglass.Alerting.Sla;

/// <summary>The length of a period.</summary>
public enum SlaPeriodKind
{
    /// <summary>Monday to Sunday, numbered as ISO 8601 does.</summary>
    Week,

    /// <summary>A month.</summary>
    Month,

    /// <summary>Three months.</summary>
    Quarter,

    /// <summary>A year.</summary>
    Year,
}

/// <summary>A period of the calendar.</summary>
/// <param name="Name">How it is asked for: <c>2026-W43</c>, <c>2026-10</c>, <c>2026-Q4</c>, <c>2026</c>.</param>
/// <param name="FirstDay">Its first day.</param>
/// <param name="EndDay">The day after its last.</param>
/// <param name="Start">When it begins.</param>
/// <param name="End">When the next begins.</param>
public sealed record SlaPeriod(string Name, DateOnly FirstDay, DateOnly EndDay, DateTimeOffset Start, DateTimeOffset End);

/// <summary>Cuts time into periods as the calendar of a time zone does: with summer time a day has 23 to 25 hours.</summary>
/// <param name="Kind">The length of a period.</param>
/// <param name="Zone">The time zone that days begin in.</param>
public sealed partial record SlaCalendar(SlaPeriodKind Kind, TimeZoneInfo Zone)
{
    private const int FirstYear = 1971;
    private const int LastYear = 2999;

    /// <summary>The moment that a clock on the wall shows a time; where it is put forward over it, the moment of that; where it shows it twice, the first.</summary>
    public DateTimeOffset At(DateTime local) => ZonedTime.At(Zone, local);

    /// <summary>When a day begins.</summary>
    public DateTimeOffset StartOf(DateOnly day) => At(day.ToDateTime(TimeOnly.MinValue));

    /// <summary>The day that a moment is of.</summary>
    public DateOnly DayOf(DateTimeOffset at) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, Zone).DateTime);

    /// <summary>The period that a moment lies in.</summary>
    public SlaPeriod Of(DateTimeOffset at) => Containing(DayOf(at));

    /// <summary>The period before.</summary>
    public SlaPeriod Before(SlaPeriod period) => Containing(period.FirstDay.AddDays(-1));

    /// <summary>The period after.</summary>
    public SlaPeriod After(SlaPeriod period) => Containing(period.EndDay);

    /// <summary>The period of a name.</summary>
    /// <exception cref="QueryException">There is none.</exception>
    public SlaPeriod Named(string name)
    {
        var match = Names().Match(name);
        int Part(string group) => match.Groups[group].Success ? int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture) : 0;
        var year = Part("year");
        DateOnly? first = !match.Success || year is < FirstYear or > LastYear ? null : Kind switch
        {
            SlaPeriodKind.Year when name.Length == 4 => new DateOnly(year, 1, 1),
            SlaPeriodKind.Quarter when Part("quarter") is >= 1 and <= 4 => new DateOnly(year, (Part("quarter") * 3) - 2, 1),
            SlaPeriodKind.Month when Part("month") is >= 1 and <= 12 => new DateOnly(year, Part("month"), 1),
            SlaPeriodKind.Week when Part("week") is var week and >= 1 && week <= ISOWeek.GetWeeksInYear(year) => DateOnly.FromDateTime(ISOWeek.ToDateTime(year, week, DayOfWeek.Monday)),
            _ => null,
        };
        return first is { } day ? Containing(day) : throw new QueryException(QueryErrorKind.BadData, $"period: got \"{name}\", want a {Kind.ToString().ToLowerInvariant()} such as {Example}");
    }

    private string Example => Kind switch
    {
        SlaPeriodKind.Week => "2026-W43",
        SlaPeriodKind.Month => "2026-10",
        SlaPeriodKind.Quarter => "2026-Q4",
        _ => "2026",
    };

    private SlaPeriod Containing(DateOnly day)
    {
        var (first, end) = Kind switch
        {
            SlaPeriodKind.Week when day.AddDays(-(((int)day.DayOfWeek + 6) % 7)) is var monday => (monday, monday.AddDays(7)),
            SlaPeriodKind.Month when new DateOnly(day.Year, day.Month, 1) is var month => (month, month.AddMonths(1)),
            SlaPeriodKind.Quarter when new DateOnly(day.Year, day.Month - ((day.Month - 1) % 3), 1) is var quarter => (quarter, quarter.AddMonths(3)),
            _ => (new DateOnly(day.Year, 1, 1), new DateOnly(day.Year + 1, 1, 1)),
        };
        var noon = first.ToDateTime(new TimeOnly(12, 0));
        var name = Kind switch
        {
            SlaPeriodKind.Week => string.Create(CultureInfo.InvariantCulture, $"{ISOWeek.GetYear(noon)}-W{ISOWeek.GetWeekOfYear(noon):00}"),
            SlaPeriodKind.Month => string.Create(CultureInfo.InvariantCulture, $"{first.Year}-{first.Month:00}"),
            SlaPeriodKind.Quarter => string.Create(CultureInfo.InvariantCulture, $"{first.Year}-Q{(first.Month + 2) / 3}"),
            _ => first.Year.ToString(CultureInfo.InvariantCulture),
        };
        return new SlaPeriod(name, first, end, StartOf(first), StartOf(end));
    }

    [GeneratedRegex(@"\A(?<year>[0-9]{4})(-(?<month>[0-9]{2})|-Q(?<quarter>[0-9])|-W(?<week>[0-9]{2}))?\z")]
    private static partial Regex Names();
}
