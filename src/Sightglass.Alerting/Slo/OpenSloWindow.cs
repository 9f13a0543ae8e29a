using System.Globalization;

namespace Sightglass.Alerting.Slo;

/// <summary>Reads OpenSLO's <c>timeWindow</c>: one entry, rolling or aligned to the calendar.</summary>
internal static class OpenSloWindow
{
    private static readonly TimeSpan Default = TimeSpan.FromDays(30);
    private static readonly string[] StartFormats = ["yyyy-MM-dd HH:mm:ss", "yyyy-MM-ddTHH:mm:ss", "yyyy-MM-dd"];

    public static SloWindow Read(YamlSection spec)
    {
        var windows = spec.Sections("timeWindow");
        if (windows.Count != 1)
        {
            return windows.Count == 0 ? SloWindow.Rolling(Default) : throw spec.Error("timeWindow", $"timeWindow: got {windows.Count} entries, want one");
        }

        var window = windows[0];
        var text = window.Text("duration") ?? throw window.Error("timeWindow: duration must be set");
        var calendar = window.Section("calendar");
        var rolling = window.Bool("isRolling") ?? calendar is null;
        window.RejectUnknown();
        var months = Months(text);
        if (rolling)
        {
            return calendar is not null ? throw window.Error("calendar", "a rolling window has no calendar")
                : months > 0 ? throw window.Error("duration", $"duration: got {text}, want a length that is always the same for a rolling window, such as 30d")
                : SloText.Rolling(window, "duration", Length(window, text));
        }

        if (calendar is null)
        {
            throw window.Error("timeWindow: a window that is not rolling needs a calendar with startTime and timeZone");
        }

        var start = Start(calendar);
        var zone = Zone(calendar);
        calendar.RejectUnknown();
        if (months == 0)
        {
            var length = Length(window, text);
            _ = SloText.Rolling(window, "duration", length);
            return SloWindow.CalendarLength(length, start, zone, $"{text} of the calendar");
        }

        // Months have 28 days at least: a period that begins later in one would have no beginning in some.
        return start.Day > 28 ? throw calendar.Error("startTime", "startTime: want a day of the month up to 28")
            : months > 12 ? throw window.Error("duration", $"duration: got {text}, want a year at most")
            : SloWindow.CalendarMonths(months, start, zone, $"{text} of the calendar");
    }

    private static int Months(string text) =>
        text.Length > 1 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and < 100
            ? text[^1] switch { 'M' => count, 'Q' => 3 * count, 'Y' or 'y' => 12 * count, _ => 0 }
            : 0;

    private static TimeSpan Length(YamlSection window, string text) =>
        PromDuration.TryParse(text, out var length) && length > TimeSpan.Zero ? length
            : throw window.Error("duration", $"duration: got \"{text}\", want a duration such as 28d, 4w, 1M, 1Q or 1Y");

    private static DateTime Start(YamlSection calendar) =>
        calendar.Text("startTime") is { } text && DateTime.TryParseExact(text, StartFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var start) && start.Year is >= 1971 and < 3000
            ? start
            : throw calendar.Error("startTime", $"startTime: got \"{calendar.Text("startTime")}\", want a date and time such as 2022-01-01 00:00:00");

    private static TimeZoneInfo Zone(YamlSection calendar)
    {
        var name = calendar.Text("timeZone") ?? throw calendar.Error("calendar: timeZone must be set");
        return TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : throw calendar.Error("timeZone", $"timeZone: got \"{name}\", want a name of the IANA time zone database");
    }
}
