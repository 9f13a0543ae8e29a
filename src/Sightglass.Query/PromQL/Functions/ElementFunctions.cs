namespace Sightglass.Query.PromQL;

/// <summary>Functions of single numbers.</summary>
internal static class ElementFunctions
{
    public static readonly Dictionary<string, Func<double, double>> ByName = new(StringComparer.Ordinal)
    {
        ["abs"] = Math.Abs,
        ["acos"] = Math.Acos,
        ["acosh"] = Math.Acosh,
        ["asin"] = Math.Asin,
        ["asinh"] = Math.Asinh,
        ["atan"] = Math.Atan,
        ["atanh"] = Math.Atanh,
        ["ceil"] = Math.Ceiling,
        ["cos"] = Math.Cos,
        ["cosh"] = Math.Cosh,
        ["deg"] = v => v * 180 / Math.PI,
        ["exp"] = Math.Exp,
        ["floor"] = Math.Floor,
        ["ln"] = Math.Log,
        ["log10"] = Math.Log10,
        ["log2"] = Math.Log2,
        ["rad"] = v => v * Math.PI / 180,
        ["sgn"] = v => v < 0 ? -1 : v > 0 ? 1 : v,
        ["sin"] = Math.Sin,
        ["sinh"] = Math.Sinh,
        ["sqrt"] = Math.Sqrt,
        ["tan"] = Math.Tan,
        ["tanh"] = Math.Tanh,
    };

    public static readonly Dictionary<string, Func<DateTime, double>> Dates = new(StringComparer.Ordinal)
    {
        ["day_of_month"] = t => t.Day,
        ["day_of_week"] = t => (int)t.DayOfWeek,
        ["day_of_year"] = t => t.DayOfYear,
        ["days_in_month"] = t => DateTime.DaysInMonth(t.Year, t.Month),
        ["hour"] = t => t.Hour,
        ["minute"] = t => t.Minute,
        ["month"] = t => t.Month,
        ["year"] = t => t.Year,
    };

    /// <summary>Seconds of 400 years, after which the calendar repeats, weekdays too.</summary>
    private const long CalendarCycle = 146_097L * 86_400;

    /// <summary>A function of the date of so many seconds since the epoch.</summary>
    public static double OfDate(string name, double seconds)
    {
        // What is no 64-bit number of seconds becomes 2^63, as it does in Prometheus: 292277026596-12-04T15:30:08Z.
        var whole = seconds is > -9.2e18 and < 9.2e18 ? (Int128)(long)seconds : (Int128)long.MaxValue + 1;
        var cycles = (long)(whole / CalendarCycle);
        var rest = (long)(whole % CalendarCycle);
        if (rest < 0)
        {
            cycles--;
            rest += CalendarCycle;
        }

        var value = Dates[name](DateTime.UnixEpoch.AddSeconds(rest));
        return name == "year" ? value + (cycles * 400) : value;
    }

    /// <summary>The larger number; infinity beats NaN, NaN beats all others, as in Go.</summary>
    public static double Larger(double a, double b) => double.IsPositiveInfinity(a) || double.IsPositiveInfinity(b) ? double.PositiveInfinity : Math.Max(a, b);

    /// <summary>The smaller number; negative infinity beats NaN, NaN beats all others, as in Go.</summary>
    public static double Smaller(double a, double b) => double.IsNegativeInfinity(a) || double.IsNegativeInfinity(b) ? double.NegativeInfinity : Math.Min(a, b);

    /// <summary>Rounds to the nearest multiple, ties up.</summary>
    public static double Round(double value, double toNearest)
    {
        var inverse = 1.0 / toNearest;
        return Math.Floor((value * inverse) + 0.5) / inverse;
    }
}
