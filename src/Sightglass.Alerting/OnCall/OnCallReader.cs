using System.Globalization;

namespace Sightglass.Alerting.OnCall;

/// <summary>Reads the entries of <c>oncall</c>: rotations with their layers.</summary>
internal static class OnCallReader
{
    private static readonly string[] Days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    private static readonly string[] StartFormats = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd HH:mm:ss"];

    public static List<Rotation> Read(YamlSection root, IReadOnlyCollection<string> people)
    {
        var rotations = new List<Rotation>();
        foreach (var section in root.Sections("oncall"))
        {
            var name = Name(section, "name");
            if (rotations.Exists(r => r.Name == name))
            {
                throw section.Error("name", $"rotation \"{name}\" is there twice");
            }

            var zoneName = section.Text("time_zone", "UTC");
            if (!TimeZoneInfo.TryFindSystemTimeZoneById(zoneName, out var zone))
            {
                throw section.Error("time_zone", $"time_zone: there is no time zone \"{zoneName}\", want a name such as Europe/Berlin");
            }

            var layers = section.Sections("layers");
            if (layers.Count == 0)
            {
                throw section.Error($"rotation \"{name}\" has no layers");
            }

            rotations.Add(new Rotation(name, zone, [.. layers.Select((l, i) => Layer(l, i, people))]));
            section.RejectUnknown();
        }

        return rotations;
    }

    /// <summary>A name that people read and links carry.</summary>
    public static string Name(YamlSection section, string key)
    {
        var name = section.Text(key, string.Empty);
        return name.Length is 0 or > OnCallLimits.MaxNameLength || name.Any(char.IsControl) || name.Contains('/')
            ? throw section.Error(key, $"{key} has to be set, to at most {OnCallLimits.MaxNameLength} characters without a slash")
            : name;
    }

    private static RotationLayer Layer(YamlSection section, int index, IReadOnlyCollection<string> people)
    {
        var turns = section.Texts("people");
        if (turns.Count is 0 or > OnCallLimits.MaxEntries)
        {
            throw section.Error("a layer needs people");
        }

        foreach (var person in turns.Where(p => !people.Contains(p)))
        {
            var nearest = NearestName.Find(person, people);
            throw section.Error("people", $"people: there is no person \"{person}\"" + (nearest is null ? string.Empty : $", did you mean \"{nearest}\"?"));
        }

        var start = Moment(section, "start") ?? throw section.Error("a layer needs a start, such as 2026-01-05T09:00");
        var end = Moment(section, "end");
        if (end <= start)
        {
            throw section.Error("end", "end: want a time after start");
        }

        var (day, time) = Handover(section);
        var length = section.Duration("length") ?? (day is not null ? TimeSpan.FromDays(7) : TimeSpan.FromDays(1));
        if (length < OnCallLimits.MinShift || length > OnCallLimits.MaxShift)
        {
            throw section.Error("length", $"length: got {PromDuration.Format(length)}, want {PromDuration.Format(OnCallLimits.MinShift)} to {PromDuration.Format(OnCallLimits.MaxShift)}");
        }

        if (time is not null && length.Ticks % TimeSpan.FromDays(day is null ? 1 : 7).Ticks != 0)
        {
            throw section.Error("length", $"length: got {PromDuration.Format(length)}, want whole {(day is null ? "days" : "weeks")} beside that handover");
        }

        var layer = new RotationLayer
        {
            Name = section.Has("name") ? Name(section, "name") : $"layer {index + 1}",
            Start = start,
            End = end,
            Anchor = Anchor(start, day, time),
            Length = length,
            People = turns,
            Windows = [.. section.Sections("restrict").Select(Window)],
        };
        section.RejectUnknown();
        return layer;
    }

    /// <summary>The last hand-over at or before the start: the first shift is cut, not longer.</summary>
    private static DateTime Anchor(DateTime start, DayOfWeek? day, TimeSpan? time)
    {
        if (time is not { } at)
        {
            return start;
        }

        var anchor = start.Date + at;
        while (anchor > start || (day is { } wanted && anchor.DayOfWeek != wanted))
        {
            anchor = anchor.AddDays(-1);
        }

        return anchor;
    }

    private static DateTime? Moment(YamlSection section, string key)
    {
        if (section.Text(key) is not { } text)
        {
            return null;
        }

        return DateTime.TryParseExact(text, StartFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var moment) && moment.Year is >= 1970 and < 2200
            ? moment
            : throw section.Error(key, $"{key}: got \"{text}\", want a local date and time such as 2026-01-05T09:00");
    }

    private static (DayOfWeek? Day, TimeSpan? Time) Handover(YamlSection section)
    {
        if (section.Text("handover") is not { } text)
        {
            return (null, null);
        }

        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var day = parts.Length == 2 ? Array.IndexOf(Days, parts[0].ToLowerInvariant()) : -1;
        return parts.Length is 1 or 2 && (parts.Length == 1 || day >= 0) && Time(parts[^1]) is { } time && time < TimeSpan.FromDays(1)
            ? (parts.Length == 2 ? (DayOfWeek)day : null, time)
            : throw section.Error("handover", $"handover: got \"{text}\", want a time or a day and a time such as monday 09:00");
    }

    private static ShiftWindow Window(YamlSection section)
    {
        var days = new List<DayOfWeek>();
        foreach (var text in section.Texts("weekdays"))
        {
            var ends = text.ToLowerInvariant().Split(':').Select(static d => Array.IndexOf(Days, d.Trim())).ToArray();
            if (ends.Length > 2 || ends.Contains(-1))
            {
                throw section.Error("weekdays", $"weekdays: got \"{text}\", want a day or a range of days such as monday:friday");
            }

            // A range may go over the end of the week.
            for (var day = ends[0]; ; day = (day + 1) % Days.Length)
            {
                days.Add((DayOfWeek)day);
                if (day == ends[^1])
                {
                    break;
                }
            }
        }

        TimeSpan At(string key, string otherwise) => Time(section.Text(key, otherwise)) ?? throw section.Error(key, $"{key}: got \"{section.Text(key)}\", want a time of the day such as 17:30");
        var window = new ShiftWindow(days.Count == 0 ? Enum.GetValues<DayOfWeek>() : [.. days.Distinct()], At("start_time", "00:00"), At("end_time", "24:00"));
        section.RejectUnknown();
        return window.Start < TimeSpan.FromDays(1) ? window : throw section.Error("start_time", "start_time: want a time before 24:00");
    }

    private static TimeSpan? Time(string text) =>
        text.Length == 5 && text[2] == ':' && int.TryParse(text.AsSpan(0, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var hour)
        && int.TryParse(text.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out var minute) && hour <= 24 && minute < 60 && hour * 60 + minute <= 1440
            ? TimeSpan.FromMinutes(hour * 60 + minute)
            : null;
}
