using System.Globalization;
using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Parsers;

/// <summary>
/// A time format as <c>strptime</c> has it: <c>%Y %y %m %b %B %d %e %H %I %p %M %S %f %L %z %Z %s %a %A %j %T %D %F %%</c>. Where the year is missing it is
/// that which puts the time next to now. Immutable.
/// </summary>
public sealed class TimeFormat
{
    private const string Directives = "YymbBdeHIpMSfLzZsaAjTDFRn%";
    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private readonly string _format;

    private TimeFormat(string format) => _format = format;

    /// <summary>Reads a format; null, with why, where it is none.</summary>
    public static TimeFormat? TryParse(string format, out string why)
    {
        for (var i = format.IndexOf('%', StringComparison.Ordinal); i >= 0; i = format.IndexOf('%', i + 2))
        {
            if (i + 1 >= format.Length || !Directives.Contains(format[i + 1], StringComparison.Ordinal))
            {
                why = i + 1 >= format.Length ? "a % stands at the end" : $"got %{format[i + 1]}, want one of % and {string.Join(' ', Directives.ToCharArray())}";
                return null;
            }

            if (i + 2 >= format.Length)
            {
                break;
            }
        }

        why = format.Contains('%', StringComparison.Ordinal) ? string.Empty : $"got \"{format}\", want directives as %Y-%m-%d %H:%M:%S";
        return why.Length > 0 ? null : new TimeFormat(Expand(format));
    }

    /// <summary>Reads a time; one that names no zone is in <paramref name="zone"/>.</summary>
    public bool TryRead(ReadOnlySpan<char> text, TimeZoneInfo zone, DateTimeOffset now, out long unixNano)
    {
        unixNano = 0;
        var fields = new Fields { Day = 1, Month = 1 };
        for (var i = 0; i < _format.Length; i++)
        {
            var step = _format[i];
            if (step == '%')
            {
                if (!fields.Take(_format[++i], ref text))
                {
                    return false;
                }
            }
            else if (char.IsWhiteSpace(step))
            {
                text = text.TrimStart();
            }
            else if (text.Length > 0 && text[0] == step)
            {
                text = text[1..];
            }
            else
            {
                return false;
            }
        }

        return text.Trim().IsEmpty && fields.TryCombine(zone, now, out unixNano);
    }

    private static string Expand(string format) => format
        .Replace("%T", "%H:%M:%S", StringComparison.Ordinal).Replace("%R", "%H:%M", StringComparison.Ordinal)
        .Replace("%D", "%m/%d/%y", StringComparison.Ordinal).Replace("%F", "%Y-%m-%d", StringComparison.Ordinal);

    /// <summary>What has been read of a time.</summary>
    private ref struct Fields
    {
        private int _year;
        private bool _hasYear;
        private bool _afternoon;
        private bool _halfDay;
        private int _hour;
        private int _minute;
        private int _second;
        private int _dayOfYear;
        private long _nanos;
        private int? _offsetMinutes;
        private long? _epoch;

        public int Month { get; set; }

        public int Day { get; set; }

        public bool Take(char directive, ref ReadOnlySpan<char> text)
        {
            switch (directive)
            {
                case 'Y': return _hasYear = Number(ref text, 4, 4, out _year);
                case 'y':
                    _hasYear = Number(ref text, 2, 2, out _year);
                    _year += _year < 69 ? 2000 : 1900;
                    return _hasYear;
                case 'm': return Number(ref text, 1, 2, out var month) && (Month = month) is >= 1 and <= 12;
                case 'b' or 'B': return MonthName(ref text);
                case 'd' or 'e':
                    text = text.TrimStart();
                    return Number(ref text, 1, 2, out var day) && (Day = day) is >= 1 and <= 31;
                case 'j': return Number(ref text, 1, 3, out _dayOfYear) && _dayOfYear is >= 1 and <= 366;
                case 'H': return Number(ref text, 1, 2, out _hour) && _hour <= 23;
                case 'I': return (_halfDay = true) && Number(ref text, 1, 2, out _hour) && _hour is >= 1 and <= 12;
                case 'p':
                    _afternoon = text.StartsWith("PM", StringComparison.OrdinalIgnoreCase);
                    return (_afternoon || text.StartsWith("AM", StringComparison.OrdinalIgnoreCase)) && Skip(ref text, 2);
                case 'M': return Number(ref text, 1, 2, out _minute) && _minute <= 59;
                case 'S': return Number(ref text, 1, 2, out _second) && _second <= 60;
                case 'f' or 'L': return Fraction(ref text);
                case 'z': return Zone(ref text);
                case 'Z': return ZoneName(ref text);
                case 's': return Epoch(ref text);
                case 'a' or 'A': return Skip(ref text, Letters(text));
                case 'n': text = text.TrimStart(); return true;
                default: return text.Length > 0 && text[0] == '%' && Skip(ref text, 1);
            }
        }

        public readonly bool TryCombine(TimeZoneInfo zone, DateTimeOffset now, out long unixNano)
        {
            unixNano = 0;
            if (_epoch is { } epoch)
            {
                return RecordTime.TryCombine(epoch, _nanos, out unixNano);
            }

            var year = _hasYear ? _year : now.Year;
            if (year is < 1970 or > 2262 || (_dayOfYear == 0 && Day > DateTime.DaysInMonth(_hasYear ? year : 2024, Month)))
            {
                return false;
            }

            var hour = _halfDay ? (_hour % 12) + (_afternoon ? 12 : 0) : _hour;
            DateTime At(int inYear, in Fields f) => (f._dayOfYear > 0
                    ? new DateTime(inYear, 1, 1).AddDays(f._dayOfYear - 1)
                    : new DateTime(inYear, f.Month, Math.Min(f.Day, DateTime.DaysInMonth(inYear, f.Month))))
                .AddHours(hour).AddMinutes(f._minute).AddSeconds(Math.Min(f._second, 59));
            var local = At(year, this);
            if (!_hasYear)
            {
                // A line of December read in January is of last year; a day ahead a clock may be wrong.
                local = local > now.UtcDateTime.AddDays(2) ? At(year - 1, this) : local < now.UtcDateTime.AddDays(-364) ? At(year + 1, this) : local;
            }

            var offset = _offsetMinutes is { } minutes ? TimeSpan.FromMinutes(minutes) : zone.GetUtcOffset(local);
            var seconds = (local.Ticks - DateTime.UnixEpoch.Ticks - offset.Ticks) / TimeSpan.TicksPerSecond;
            return RecordTime.TryCombine(seconds, _nanos, out unixNano);
        }

        private static bool Skip(ref ReadOnlySpan<char> text, int count)
        {
            text = text[count..];
            return count > 0;
        }

        private static int Letters(ReadOnlySpan<char> text)
        {
            var count = 0;
            while (count < text.Length && char.IsAsciiLetter(text[count]))
            {
                count++;
            }

            return count;
        }

        private static bool Number(ref ReadOnlySpan<char> text, int least, int most, out int value)
        {
            var digits = 0;
            while (digits < text.Length && digits < most && char.IsAsciiDigit(text[digits]))
            {
                digits++;
            }

            value = 0;
            return digits >= least && int.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out value) && Skip(ref text, digits);
        }

        private bool MonthName(ref ReadOnlySpan<char> text)
        {
            var letters = Letters(text);
            for (var i = 0; letters >= 3 && i < Months.Length; i++)
            {
                if (text[..3].Equals(Months[i], StringComparison.OrdinalIgnoreCase))
                {
                    Month = i + 1;
                    return Skip(ref text, letters);
                }
            }

            return false;
        }

        private bool Fraction(ref ReadOnlySpan<char> text)
        {
            var digits = 0;
            for (; digits < text.Length && char.IsAsciiDigit(text[digits]); digits++)
            {
                _nanos = digits < 9 ? (_nanos * 10) + (text[digits] - '0') : _nanos;
            }

            for (var i = digits; i < 9; i++)
            {
                _nanos *= 10;
            }

            return digits > 0 && Skip(ref text, digits);
        }

        private bool Zone(ref ReadOnlySpan<char> text)
        {
            if (text.Length > 0 && text[0] is 'Z' or 'z')
            {
                _offsetMinutes = 0;
                return Skip(ref text, 1);
            }

            if (text.Length < 3 || text[0] is not ('+' or '-'))
            {
                return false;
            }

            var sign = text[0] == '-' ? -1 : 1;
            text = text[1..];
            var minutes = 0;
            if (!Number(ref text, 2, 2, out var hours) || hours > 18)
            {
                return false;
            }

            if (text.Length > 0 && text[0] == ':')
            {
                text = text[1..];
            }

            if (text.Length >= 2 && char.IsAsciiDigit(text[0]) && (!Number(ref text, 2, 2, out minutes) || minutes > 59))
            {
                return false;
            }

            _offsetMinutes = sign * ((hours * 60) + minutes);
            return true;
        }

        private bool ZoneName(ref ReadOnlySpan<char> text)
        {
            var letters = Letters(text);
            if (text[..letters] is "UTC" or "GMT" or "Z")
            {
                _offsetMinutes = 0;
            }

            return Skip(ref text, letters);
        }

        private bool Epoch(ref ReadOnlySpan<char> text)
        {
            var digits = 0;
            while (digits < text.Length && char.IsAsciiDigit(text[digits]))
            {
                digits++;
            }

            if (!long.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var epoch))
            {
                return false;
            }

            _epoch = epoch;
            return Skip(ref text, digits);
        }
    }
}
