using System.Globalization;
using System.Text;

namespace Sightglass.Query.LogQL.Templates;

/// <summary>Go's time layouts, in which the reference time Mon Jan 2 15:04:05 MST 2006 stands for the parts.</summary>
internal static class GoTime
{
    // Longest first where one is the beginning of another.
    private static readonly string[] Parts =
    [
        "January", "Monday", "Z07:00", "-07:00", "Z0700", "-0700", "2006", "Jan", "Mon", "MST", "Z07", "-07", "002", "__2", "01", "02", "03", "04", "05", "06",
        "15", "PM", "pm", "_2", "1", "2", "3", "4", "5",
    ];

    /// <summary>Writes a time.</summary>
    public static string Format(TemplateTime time, string layout)
    {
        var output = new StringBuilder();
        for (var at = 0; at < layout.Length;)
        {
            if (Fraction(layout, at) is var digits and > 0)
            {
                var text = time.SubSecond.ToString("000000000", CultureInfo.InvariantCulture)[..Math.Min(digits, 9)];
                text = layout[at + 1] == '9' ? text.TrimEnd('0') : text;
                output.Append(text.Length > 0 ? layout[at] + text : string.Empty);
                at += digits + 1;
                continue;
            }

            var part = PartAt(layout, at);
            output.Append(part is null ? layout[at].ToString() : Write(time, part));
            at += part?.Length ?? 1;
        }

        return output.ToString();
    }

    /// <summary>Reads a time; without a zone it is in the given one.</summary>
    public static bool TryParse(string layout, string text, TimeZoneInfo zone, out TemplateTime time)
    {
        var read = new Reading();
        time = TemplateTime.Zero;
        var from = 0;
        for (var at = 0; at < layout.Length;)
        {
            if (Fraction(layout, at) is var digits and > 0)
            {
                read.SubSecond(text, ref from, exactly: layout[at + 1] == '0' ? digits : 0);
                at += digits + 1;
                continue;
            }

            var part = PartAt(layout, at);
            if (part is null)
            {
                if (from >= text.Length || text[from++] != layout[at])
                {
                    return false;
                }

                at++;
                continue;
            }

            if (!read.Part(part, text, ref from))
            {
                return false;
            }

            at += part.Length;

            // A fraction behind the seconds is read though the layout has none.
            if (part is "05" or "5" && Fraction(layout, at) == 0)
            {
                read.SubSecond(text, ref from, exactly: 0);
            }
        }

        return from == text.Length && read.TryMake(zone, out time);
    }

    private static string? PartAt(string layout, int at)
    {
        foreach (var part in Parts)
        {
            if (string.CompareOrdinal(layout, at, part, 0, part.Length) == 0)
            {
                return part;
            }
        }

        return null;
    }

    // Digits of .000 or .999 here: a point or comma with equal digits behind it, and none after those.
    private static int Fraction(string layout, int at)
    {
        if (layout[at] is not ('.' or ',') || at + 1 >= layout.Length || layout[at + 1] is not ('0' or '9'))
        {
            return 0;
        }

        var end = at + 1;
        while (end < layout.Length && layout[end] == layout[at + 1])
        {
            end++;
        }

        return end < layout.Length && char.IsAsciiDigit(layout[end]) ? 0 : end - at - 1;
    }

    private static string Write(TemplateTime time, string part)
    {
        var at = time.At;
        var culture = CultureInfo.InvariantCulture;
        var hour12 = at.Hour % 12 == 0 ? 12 : at.Hour % 12;
        return part switch
        {
            "January" => at.ToString("MMMM", culture),
            "Jan" => at.ToString("MMM", culture),
            "01" => at.ToString("MM", culture),
            "1" => at.Month.ToString(culture),
            "Monday" => at.ToString("dddd", culture),
            "Mon" => at.ToString("ddd", culture),
            "02" => at.ToString("dd", culture),
            "_2" => at.Day.ToString(culture).PadLeft(2),
            "2" => at.Day.ToString(culture),
            "002" => at.DayOfYear.ToString("000", culture),
            "__2" => at.DayOfYear.ToString(culture).PadLeft(3),
            "15" => at.ToString("HH", culture),
            "03" => hour12.ToString("00", culture),
            "3" => hour12.ToString(culture),
            "04" => at.ToString("mm", culture),
            "4" => at.Minute.ToString(culture),
            "05" => at.ToString("ss", culture),
            "5" => at.Second.ToString(culture),
            "2006" => at.ToString("yyyy", culture),
            "06" => at.ToString("yy", culture),
            "PM" => at.Hour < 12 ? "AM" : "PM",
            "pm" => at.Hour < 12 ? "am" : "pm",
            "MST" => at.Offset == TimeSpan.Zero ? "UTC" : Zone(at.Offset, colon: false)[..3],
            _ when part[0] == 'Z' && at.Offset == TimeSpan.Zero => "Z",
            "Z07" or "-07" => Zone(at.Offset, colon: false)[..3],
            _ => Zone(at.Offset, colon: part.Contains(':', StringComparison.Ordinal)),
        };
    }

    private static string Zone(TimeSpan offset, bool colon) =>
        string.Create(CultureInfo.InvariantCulture, $"{(offset < TimeSpan.Zero ? '-' : '+')}{Math.Abs(offset.Hours):00}{(colon ? ":" : string.Empty)}{Math.Abs(offset.Minutes):00}");

    private sealed class Reading
    {
        private int _year;
        private int _month = 1;
        private int _day = 1;
        private int _dayOfYear;
        private int _hour;
        private int _minute;
        private int _second;
        private int _nanoseconds;
        private bool? _afternoon;
        private TimeSpan? _offset;

        public void SubSecond(string text, ref int from, int exactly)
        {
            var end = from + 1;
            if (from >= text.Length || text[from] is not ('.' or ','))
            {
                return;
            }

            while (end < text.Length && char.IsAsciiDigit(text[end]) && (exactly == 0 || end - from <= exactly))
            {
                end++;
            }

            if (end > from + 1)
            {
                _nanoseconds = int.Parse(text[(from + 1)..end].PadRight(9, '0')[..9], CultureInfo.InvariantCulture);
                from = end;
            }
        }

        public bool Part(string part, string text, ref int from)
        {
            switch (part)
            {
                case "2006":
                    return Number(text, ref from, 4, 4, 0, 9999, out _year);
                case "06":
                    var known = Number(text, ref from, 2, 2, 0, 99, out _year);
                    _year += _year >= 69 ? 1900 : 2000;
                    return known;
                case "01" or "1":
                    return Number(text, ref from, part.Length, 2, 1, 12, out _month);
                case "02" or "2" or "_2":
                    while (part == "_2" && from < text.Length && text[from] == ' ')
                    {
                        from++;
                    }

                    return Number(text, ref from, part == "02" ? 2 : 1, 2, 1, 31, out _day);
                case "002" or "__2":
                    return Number(text, ref from, 3, 3, 1, 366, out _dayOfYear);
                case "15":
                    return Number(text, ref from, 2, 2, 0, 23, out _hour);
                case "03" or "3":
                    return Number(text, ref from, part.Length, 2, 0, 12, out _hour);
                case "04" or "4":
                    return Number(text, ref from, part.Length, 2, 0, 59, out _minute);
                case "05" or "5":
                    return Number(text, ref from, part.Length, 2, 0, 59, out _second);
                case "January":
                    return Name(text, ref from, CultureInfo.InvariantCulture.DateTimeFormat.MonthNames, out _month);
                case "Jan":
                    return Name(text, ref from, CultureInfo.InvariantCulture.DateTimeFormat.AbbreviatedMonthNames, out _month);
                case "Monday":
                    return Name(text, ref from, CultureInfo.InvariantCulture.DateTimeFormat.DayNames, out _);
                case "Mon":
                    return Name(text, ref from, CultureInfo.InvariantCulture.DateTimeFormat.AbbreviatedDayNames, out _);
                case "PM" or "pm":
                    var half = text.AsSpan(from, Math.Min(2, text.Length - from));
                    _afternoon = half.Equals("PM", StringComparison.OrdinalIgnoreCase);
                    from += 2;
                    return _afternoon.Value || half.Equals("AM", StringComparison.OrdinalIgnoreCase);
                case "MST":
                    var word = from;
                    while (from < text.Length && char.IsAsciiLetterUpper(text[from]))
                    {
                        from++;
                    }

                    _offset ??= text[word..from] is "UTC" or "GMT" ? TimeSpan.Zero : _offset;
                    return from - word is 3 or 4;
                default:
                    return Zone(part, text, ref from);
            }
        }

        public bool TryMake(TimeZoneInfo zone, out TemplateTime time)
        {
            time = TemplateTime.Zero;
            var hour = _afternoon is { } afternoon ? (_hour % 12) + (afternoon ? 12 : 0) : _hour;
            var year = Math.Max(1, _year);
            if (_day > DateTime.DaysInMonth(year, _month) || _dayOfYear > (DateTime.IsLeapYear(year) ? 366 : 365))
            {
                return false;
            }

            var local = new DateTime(year, _month, _day, hour, _minute, _second, DateTimeKind.Unspecified).AddTicks(_nanoseconds / 100);
            local = _dayOfYear > 0 ? new DateTime(year, 1, 1, 0, 0, 0, DateTimeKind.Unspecified).AddDays(_dayOfYear - 1) + local.TimeOfDay : local;
            var offset = _offset ?? zone.GetUtcOffset(local);

            // A zone east of Greenwich at the beginning of the calendar has no time in UTC.
            time = local.Ticks < offset.Ticks ? TemplateTime.Zero : new TemplateTime(new DateTimeOffset(local, offset), _nanoseconds % 100);
            return true;
        }

        private bool Zone(string part, string text, ref int from)
        {
            if (part[0] == 'Z' && from < text.Length && text[from] == 'Z')
            {
                _offset = TimeSpan.Zero;
                from++;
                return true;
            }

            if (from >= text.Length || text[from] is not ('+' or '-'))
            {
                return false;
            }

            var sign = text[from++] == '-' ? -1 : 1;
            var minutes = 0;
            if (!Number(text, ref from, 2, 2, 0, 14, out var hours))
            {
                return false;
            }

            if (part is not ("Z07" or "-07"))
            {
                if (part.Contains(':', StringComparison.Ordinal) && (from >= text.Length || text[from++] != ':'))
                {
                    return false;
                }

                if (!Number(text, ref from, 2, 2, 0, 59, out minutes))
                {
                    return false;
                }
            }

            _offset = TimeSpan.FromMinutes(sign * Math.Min((hours * 60) + minutes, 14 * 60));
            return true;
        }

        private static bool Number(string text, ref int from, int least, int most, int low, int high, out int value)
        {
            var end = from;
            value = 0;
            while (end < text.Length && end - from < most && char.IsAsciiDigit(text[end]))
            {
                value = (value * 10) + (text[end++] - '0');
            }

            var enough = end - from >= least;
            from = end;
            return enough && value >= low && value <= high;
        }

        private static bool Name(string text, ref int from, string[] names, out int number)
        {
            for (number = 1; number <= names.Length; number++)
            {
                var name = names[number - 1];
                if (name.Length > 0 && string.Compare(text, from, name, 0, name.Length, StringComparison.OrdinalIgnoreCase) == 0)
                {
                    from += name.Length;
                    return true;
                }
            }

            return false;
        }
    }
}
