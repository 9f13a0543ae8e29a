using System.Globalization;
using Sightglass.Core.Templates;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.Syntax;

namespace Sightglass.Query.LogQL.Templates;

/// <summary>Functions on numbers, times and truth values.</summary>
internal static partial class TemplateFunctions
{
    private static void AddNumbers(Dictionary<string, TemplateFunction> all)
    {
        Add(all, "int", 1, static (_, a) => Whole(a[0]));
        Add(all, "float64", 1, static (_, a) => Number(a[0]));
        Add(all, "add", 1, static (_, a) => a.Aggregate(0L, static (sum, v) => sum + Whole(v)), 64);
        Add(all, "sub", 2, static (_, a) => Whole(a[0]) - Whole(a[1]));
        Add(all, "mul", 2, static (_, a) => a.Aggregate(1L, static (product, v) => product * Whole(v)), 64);
        Add(all, "div", 2, static (_, a) => Whole(a[1]) == 0 ? throw new TemplateFunctionException("integer divide by zero") : Whole(a[0]) / Whole(a[1]));
        Add(all, "mod", 2, static (_, a) => Whole(a[1]) == 0 ? throw new TemplateFunctionException("integer divide by zero") : Whole(a[0]) % Whole(a[1]));
        Add(all, "addf", 1, static (_, a) => Exactly(a, static (x, y) => x + y, static (x, y) => x + y), 64);
        Add(all, "subf", 2, static (_, a) => Exactly(a, static (x, y) => x - y, static (x, y) => x - y), 64);
        Add(all, "mulf", 2, static (_, a) => Exactly(a, static (x, y) => x * y, static (x, y) => x * y), 64);
        Add(all, "divf", 2, static (_, a) => Exactly(a, Quotient, static (x, y) => x / y), 64);
        Add(all, "floor", 1, static (_, a) => Math.Floor(Number(a[0])));
        Add(all, "ceil", 1, static (_, a) => Math.Ceiling(Number(a[0])));
        Add(all, "round", 2, static (_, a) => Round(Number(a[0]), Whole(a[1]), a.Length > 2 ? Number(a[2]) : 0.5), 3);
        Add(all, "min", 1, static (_, a) => a.Min(Whole), 64);
        Add(all, "max", 1, static (_, a) => a.Max(Whole), 64);
        Add(all, "minf", 1, static (_, a) => a.Min(Number), 64);
        Add(all, "maxf", 1, static (_, a) => a.Max(Number), 64);
        Add(all, "bytes", 1, static (_, a) => Quantities.TryParseBytes(Str(a[0]), out var bytes) ? bytes : throw new TemplateFunctionException($"cannot read \"{Str(a[0])}\" as a size"));
        Add(all, "duration", 1, static (_, a) => Seconds(Str(a[0])));
        Add(all, "duration_seconds", 1, static (_, a) => Seconds(Str(a[0])));
    }

    private static void AddTimes(Dictionary<string, TemplateFunction> all)
    {
        Add(all, "__timestamp__", 0, static (e, _) => TemplateTime.FromUnixNano(e.TimeUnixNano));
        Add(all, "now", 0, static (e, _) => new TemplateTime(e.Clock.GetUtcNow()));
        Add(all, "date", 2, static (e, a) => GoTime.Format(TimeOrNow(e, a[1]), Str(a[0])));
        Add(all, "toDate", 2, static (_, a) => GoTime.TryParse(Str(a[0]), Str(a[1]), TimeZoneInfo.Utc, out var time) ? time : TemplateTime.Zero);
        Add(all, "toDateInZone", 3, static (_, a) => GoTime.TryParse(Str(a[0]), Str(a[2]), Zone(Str(a[1])), out var time) ? time : TemplateTime.Zero);
        Add(all, "unixEpoch", 1, static (_, a) => Time(a[0]).At.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        Add(all, "unixEpochMillis", 1, static (_, a) => Time(a[0]).At.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
        Add(all, "unixEpochNanos", 1, static (_, a) => Time(a[0]).UnixNano);
        Add(all, "unixToTime", 1, static (_, a) => UnixToTime(Str(a[0])));
    }

    private static void AddLogic(Dictionary<string, TemplateFunction> all)
    {
        Add(all, "and", 1, static (_, a) => a[^1], 64);
        Add(all, "or", 1, static (_, a) => a[^1], 64);
        Add(all, "not", 1, static (_, a) => !TemplateValue.IsTrue(a[0]));
        Add(all, "eq", 2, static (_, a) => a.Skip(1).Any(v => Compare(a[0], v) == 0), 64);
        Add(all, "ne", 2, static (_, a) => Compare(a[0], a[1]) != 0);
        Add(all, "lt", 2, static (_, a) => Compare(a[0], a[1]) < 0);
        Add(all, "le", 2, static (_, a) => Compare(a[0], a[1]) <= 0);
        Add(all, "gt", 2, static (_, a) => Compare(a[0], a[1]) > 0);
        Add(all, "ge", 2, static (_, a) => Compare(a[0], a[1]) >= 0);
    }

    private static int Compare(object? left, object? right)
    {
        if (left is string a && right is string b)
        {
            return string.CompareOrdinal(a, b);
        }

        if (left is bool x && right is bool y)
        {
            return x.CompareTo(y);
        }

        return left is long or double && right is long or double
            ? Number(left).CompareTo(Number(right))
            : throw new TemplateFunctionException("incompatible types for comparison");
    }

    // Numbers with a point are reckoned in decimal where they fit, so that 0.1 and 0.2 are 0.3.
    private static double Exactly(object?[] arguments, Func<decimal, decimal, decimal> exact, Func<double, double, double> other)
    {
        try
        {
            // By its digits, because the framework's own conversion is off by one in the last place at times.
            return double.Parse(arguments.Skip(1).Aggregate(Decimal(arguments[0]), (sum, v) => exact(sum, Decimal(v))).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        }
        catch (OverflowException)
        {
            return arguments.Skip(1).Aggregate(Number(arguments[0]), (sum, v) => other(sum, Number(v)));
        }
    }

    private static decimal Decimal(object? value)
    {
        var number = Number(value);
        return decimal.TryParse(number.ToString("R", CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture, out var exact) && (double)exact == number
            ? exact
            : throw new OverflowException();
    }

    private static decimal Quotient(decimal left, decimal right) =>
        right == 0 ? throw new TemplateFunctionException("decimal division by 0") : Math.Round(left / right, 16, MidpointRounding.AwayFromZero);

    // Rounds towards zero's right side as the library of functions does that Loki uses: what is below the limit goes down, also below zero.
    private static double Round(double value, long places, double limit)
    {
        var power = Math.Pow(10, places);
        var digits = power * value;
        return (digits - Math.Truncate(digits) >= limit ? Math.Ceiling(digits) : Math.Floor(digits)) / power;
    }

    private static double Seconds(string text) =>
        Quantities.TryParseGoDuration(text, out var nanoseconds) ? nanoseconds / 1e9 : throw new TemplateFunctionException(Quantities.DescribeDuration(text));

    private static TemplateTime Time(object? value) => value as TemplateTime? ?? throw new TemplateFunctionException("want a time");

    // What is neither a time nor seconds is now.
    private static TemplateTime TimeOrNow(LogEntry entry, object? value) => value switch
    {
        TemplateTime time => time,
        long seconds => new TemplateTime(DateTimeOffset.UnixEpoch.AddSeconds(Math.Clamp(seconds, -60_000_000_000, 250_000_000_000))),
        _ => new TemplateTime(entry.Clock.GetUtcNow()),
    };

    private static TimeZoneInfo Zone(string name) => TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : TimeZoneInfo.Utc;

    // The number of digits tells the unit: days, seconds, milliseconds, microseconds or nanoseconds.
    private static TemplateTime UnixToTime(string text)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            throw new TemplateFunctionException($"unable to parse time '{text}'");
        }

        return text.Length switch
        {
            5 => new TemplateTime(DateTimeOffset.UnixEpoch.AddDays(number)),
            10 => new TemplateTime(DateTimeOffset.UnixEpoch.AddSeconds(number)),
            13 => TemplateTime.FromUnixNano(number * 1_000_000),
            16 => TemplateTime.FromUnixNano(number * 1_000),
            19 => TemplateTime.FromUnixNano(number),
            _ => throw new TemplateFunctionException($"unable to parse time '{text}': unknown unit"),
        };
    }
}
