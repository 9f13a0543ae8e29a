using System.Globalization;
using System.Text;

namespace Sightglass.Alerting.Templates;

/// <summary>A moment in a zone, with Go's layouts and the methods of <c>time.Time</c> that templates use. The zero time is year 1.</summary>
internal sealed class GoTime(DateTimeOffset utc, TimeZoneInfo? zone = null)
{
    private static readonly string[] LayoutTokens =
    [
        "January", "Monday", "-07:00:00", "-070000", "Z07:00", "-07:00", "Z0700", "-0700", "2006", "Jan", "Mon", "MST", "002", "__2", "-07", "Z07",
        "_2", "01", "02", "03", "04", "05", "06", "15", "PM", "pm", "1", "2", "3", "4", "5",
    ];

    private readonly DateTimeOffset _local = zone is null ? utc.ToUniversalTime() : TimeZoneInfo.ConvertTime(utc, zone);

    public DateTimeOffset Utc => utc.ToUniversalTime();

    public override string ToString() => Format("2006-01-02 15:04:05.999999999 -0700 MST");

    public string Rfc3339() => Format("2006-01-02T15:04:05.999999999Z07:00");

    public string Format(string layout)
    {
        var text = new StringBuilder();
        var i = 0;
        while (i < layout.Length)
        {
            if (layout[i] is '.' or ',' && i + 1 < layout.Length && layout[i + 1] is '0' or '9' && Fraction(layout, i) is var digits and > 0)
            {
                var fraction = (_local.Ticks % TimeSpan.TicksPerSecond * 100).ToString("000000000", CultureInfo.InvariantCulture)[..Math.Min(9, digits)];
                fraction = layout[i + 1] == '9' ? fraction.TrimEnd('0') : fraction;
                text.Append(fraction.Length > 0 ? layout[i] + fraction : string.Empty);
                i += digits + 1;
                continue;
            }

            var token = Array.Find(LayoutTokens, t => string.CompareOrdinal(layout, i, t, 0, t.Length) == 0);
            if (token is null || (token is "Jan" or "Mon" && i + 3 < layout.Length && char.IsAsciiLetterLower(layout[i + 3])))
            {
                text.Append(layout[i++]);
                continue;
            }

            text.Append(Part(token));
            i += token.Length;
        }

        return text.ToString();
    }

    public bool TryCall(string name, ReadOnlySpan<TemplateValue> arguments, out TemplateValue value)
    {
        switch (name)
        {
            case "Format" when arguments.Length == 1 && arguments[0].IsText: value = TemplateValue.Of(Format(arguments[0].Text)); return true;
            case "Sub" when arguments is [{ Kind: TemplateKind.Time }]: value = TemplateValue.OfDuration((Utc - arguments[0].Time.Utc).Ticks * 100); return true;
            case "Add" when arguments is [{ Kind: TemplateKind.Duration or TemplateKind.Int }]: value = TemplateValue.Of(new GoTime(utc.AddTicks(arguments[0].Nanoseconds / 100), zone)); return true;
            case "Before" when arguments is [{ Kind: TemplateKind.Time }]: value = TemplateValue.Of(Utc < arguments[0].Time.Utc); return true;
            case "After" when arguments is [{ Kind: TemplateKind.Time }]: value = TemplateValue.Of(Utc > arguments[0].Time.Utc); return true;
            case "Equal" when arguments is [{ Kind: TemplateKind.Time }]: value = TemplateValue.Of(Utc == arguments[0].Time.Utc); return true;
        }

        value = arguments.Length > 0 ? default : name switch
        {
            "IsZero" => TemplateValue.Of(Utc == DateTimeOffset.MinValue),
            "Unix" => TemplateValue.Of(Utc.ToUnixTimeSeconds()),
            "UnixMilli" => TemplateValue.Of(Utc.ToUnixTimeMilliseconds()),
            "UnixNano" => TemplateValue.Of((Utc - DateTimeOffset.UnixEpoch).Ticks * 100),
            "UTC" => TemplateValue.Of(new GoTime(utc)),
            "Location" => TemplateValue.Of(zone?.Id ?? "UTC"),
            "Local" => TemplateValue.Of(new GoTime(utc, TimeZoneInfo.Local)),
            "String" => TemplateValue.Of(ToString()),
            "Year" => TemplateValue.Of((long)_local.Year),
            "Month" => TemplateValue.Of(Part("January")),
            "Day" => TemplateValue.Of((long)_local.Day),
            "YearDay" => TemplateValue.Of((long)_local.DayOfYear),
            "Weekday" => TemplateValue.Of(Part("Monday")),
            "Hour" => TemplateValue.Of((long)_local.Hour),
            "Minute" => TemplateValue.Of((long)_local.Minute),
            "Second" => TemplateValue.Of((long)_local.Second),
            "Nanosecond" => TemplateValue.Of(_local.Ticks % TimeSpan.TicksPerSecond * 100),
            _ => default,
        };
        return value.Kind != TemplateKind.Nil;
    }

    private static int Fraction(string layout, int point)
    {
        var end = point + 1;
        while (end < layout.Length && layout[end] == layout[point + 1])
        {
            end++;
        }

        return end < layout.Length && char.IsAsciiDigit(layout[end]) ? 0 : end - point - 1;
    }

    private string Part(string token)
    {
        var invariant = CultureInfo.InvariantCulture;
        var hour = _local.Hour % 12 == 0 ? 12 : _local.Hour % 12;
        return token switch
        {
            "January" => invariant.DateTimeFormat.GetMonthName(_local.Month),
            "Jan" => invariant.DateTimeFormat.GetAbbreviatedMonthName(_local.Month),
            "Monday" => invariant.DateTimeFormat.GetDayName(_local.DayOfWeek),
            "Mon" => invariant.DateTimeFormat.GetAbbreviatedDayName(_local.DayOfWeek),
            "2006" => _local.Year.ToString("0000", invariant),
            "06" => (_local.Year % 100).ToString("00", invariant),
            "01" => _local.Month.ToString("00", invariant),
            "1" => _local.Month.ToString(invariant),
            "02" => _local.Day.ToString("00", invariant),
            "_2" => _local.Day.ToString(invariant).PadLeft(2),
            "2" => _local.Day.ToString(invariant),
            "002" => _local.DayOfYear.ToString("000", invariant),
            "__2" => _local.DayOfYear.ToString(invariant).PadLeft(3),
            "15" => _local.Hour.ToString("00", invariant),
            "03" => hour.ToString("00", invariant),
            "3" => hour.ToString(invariant),
            "04" => _local.Minute.ToString("00", invariant),
            "4" => _local.Minute.ToString(invariant),
            "05" => _local.Second.ToString("00", invariant),
            "5" => _local.Second.ToString(invariant),
            "PM" => _local.Hour < 12 ? "AM" : "PM",
            "pm" => _local.Hour < 12 ? "am" : "pm",
            "MST" => Abbreviation(),
            _ => Offset(token),
        };
    }

    private string Abbreviation()
    {
        if (zone is null || _local.Offset == TimeSpan.Zero)
        {
            return "UTC";
        }

        var name = zone.IsDaylightSavingTime(_local) ? zone.DaylightName : zone.StandardName;
        return name.Length is > 0 and <= 5 && name.All(char.IsAsciiLetterUpper) ? name : Offset(_local.Offset.Minutes == 0 ? "-07" : "-0700");
    }

    private string Offset(string token)
    {
        if (token[0] == 'Z' && _local.Offset == TimeSpan.Zero)
        {
            return "Z";
        }

        var offset = _local.Offset.Duration();
        var sign = _local.Offset < TimeSpan.Zero ? "-" : "+";
        var (hours, minutes) = (offset.Hours.ToString("00", CultureInfo.InvariantCulture), offset.Minutes.ToString("00", CultureInfo.InvariantCulture));
        return token[1..] switch
        {
            "07:00" => $"{sign}{hours}:{minutes}",
            "07:00:00" => $"{sign}{hours}:{minutes}:00",
            "070000" => $"{sign}{hours}{minutes}00",
            "07" => sign + hours,
            _ => sign + hours + minutes,
        };
    }
}
