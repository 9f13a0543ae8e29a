using System.Globalization;

namespace Sightglass.Alerting.Routing;

/// <summary>A range of whole numbers, both ends inclusive.</summary>
/// <param name="First">The first.</param>
/// <param name="Last">The last.</param>
public readonly record struct InclusiveRange(int First, int Last)
{
    internal bool Has(int value) => value >= First && value <= Last;
}

/// <summary>A recurring span of time: all the parts given have to hold.</summary>
public sealed record TimeInterval
{
    /// <summary>Minutes of the day; the end is exclusive.</summary>
    public IReadOnlyList<InclusiveRange> Minutes { get; init; } = [];

    /// <summary>Days of the week, Sunday is 0.</summary>
    public IReadOnlyList<InclusiveRange> Weekdays { get; init; } = [];

    /// <summary>Days of the month; negative ones count from its end.</summary>
    public IReadOnlyList<InclusiveRange> DaysOfMonth { get; init; } = [];

    /// <summary>Months, January is 1.</summary>
    public IReadOnlyList<InclusiveRange> Months { get; init; } = [];

    /// <summary>Years.</summary>
    public IReadOnlyList<InclusiveRange> Years { get; init; } = [];

    /// <summary>The zone that the parts are meant in.</summary>
    public TimeZoneInfo Location { get; init; } = TimeZoneInfo.Utc;

    /// <summary>Whether a moment lies in the interval.</summary>
    public bool Contains(DateTimeOffset at)
    {
        var local = TimeZoneInfo.ConvertTime(at, Location);
        var minute = (local.Hour * 60) + local.Minute;
        return Any(Minutes, r => minute >= r.First && minute < r.Last)
            && Any(DaysOfMonth, r => HasDay(r, local))
            && Any(Months, r => r.Has(local.Month))
            && Any(Weekdays, r => r.Has((int)local.DayOfWeek))
            && Any(Years, r => r.Has(local.Year));
    }

    private static bool Any(IReadOnlyList<InclusiveRange> ranges, Func<InclusiveRange, bool> has) => ranges.Count == 0 || ranges.Any(has);

    private static bool HasDay(InclusiveRange range, DateTimeOffset local)
    {
        var days = DateTime.DaysInMonth(local.Year, local.Month);
        var first = range.First < 0 ? days + range.First + 1 : range.First;
        var last = range.Last < 0 ? days + range.Last + 1 : range.Last;
        return first <= days && local.Day >= first && local.Day <= Math.Min(last, days);
    }
}

/// <summary>Reads time intervals of the configuration.</summary>
internal static class TimeIntervalReader
{
    private const int ShortestMonth = 28;
    private static readonly string[] DayNames = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    private static readonly string[] MonthNames =
        ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

    public static TimeInterval Read(YamlSection section)
    {
        var minutes = new List<InclusiveRange>();
        foreach (var node in section.Items("times"))
        {
            if (YamlFile.IsNull(node))
            {
                // No time of any day, as Alertmanager reads it.
                minutes.Add(new InclusiveRange(0, 0));
                continue;
            }

            var time = section.Of(node, "times");
            var (start, end) = (time.Text("start_time"), time.Text("end_time"));
            time.RejectUnknown();
            if (start is null || end is null)
            {
                throw time.Error("both start and end times must be provided");
            }

            var range = new InclusiveRange(Minute(time, "start_time", start), Minute(time, "end_time", end));
            minutes.Add(range.First < range.Last ? range : throw time.Error("start time cannot be equal or greater than end time"));
        }

        var interval = new TimeInterval
        {
            Minutes = minutes,
            Weekdays = Ranges(section, "weekdays", t => Named(t, DayNames, 0), 0, 6),
            DaysOfMonth = Ranges(section, "days_of_month", Number, -31, 31),
            Months = Ranges(section, "months", t => Named(t, MonthNames, 1) ?? Number(t), int.MinValue, int.MaxValue),
            Years = Ranges(section, "years", Number, int.MinValue, int.MaxValue),
            Location = Zone(section),
        };
        section.RejectUnknown();
        return interval;
    }

    private static int Minute(YamlSection section, string key, string text)
    {
        var parts = text.Split(':');
        if (parts.Length == 2 && parts[0].Length == 2 && parts[1].Length == 2 && Number(parts[0]) is { } hour and >= 0 and <= 24
            && Number(parts[1]) is { } minute and >= 0 and < 60 && (hour < 24 || minute == 0))
        {
            return (hour * 60) + minute;
        }

        throw section.Error(key, $"couldn't parse timestamp {text}, invalid format");
    }

    private static List<InclusiveRange> Ranges(YamlSection section, string key, Func<string, int?> read, int min, int max)
    {
        var ranges = new List<InclusiveRange>();
        foreach (var text in section.Texts(key))
        {
            var parts = text.ToLowerInvariant().Split(':');
            var (first, last) = (read(parts[0]), read(parts[^1]));
            if (parts.Length > 2 || first is null || last is null)
            {
                throw section.Error(key, $"{key}: got \"{text}\", want a value or a range such as a:b");
            }

            var isDay = key == "days_of_month";
            if (first < min || last > max || last < min || first > max || (isDay && (first == 0 || last == 0)))
            {
                throw section.Error(key, $"{key}: \"{text}\" is out of range");
            }

            if (isDay && first < 0 && last > 0)
            {
                throw section.Error(key, $"{key}: end day must be negative if start day is negative");
            }

            // As Alertmanager has it: by the days of a February.
            if (isDay && first > 0 && last < 0 && first > ShortestMonth + last)
            {
                throw section.Error(key, $"{key}: end day {last} is always before start day {first}");
            }

            if (first > last && !(isDay && first > 0 && last < 0))
            {
                throw section.Error(key, $"{key}: the start of \"{text}\" is after its end");
            }

            ranges.Add(new InclusiveRange(first.Value, last.Value));
        }

        return ranges;
    }

    private static int? Number(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static int? Named(string text, string[] names, int first) => Array.IndexOf(names, text) is var index and >= 0 ? index + first : null;

    private static TimeZoneInfo Zone(YamlSection section)
    {
        if (section.Text("location") is not { Length: > 0 } name)
        {
            return TimeZoneInfo.Utc;
        }

        return name == "Local" ? TimeZoneInfo.Local
            : TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone
            : throw section.Error("location", $"unknown time zone {name}");
    }
}
