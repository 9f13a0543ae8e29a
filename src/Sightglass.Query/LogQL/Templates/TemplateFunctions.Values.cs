using System.Globalization;
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
        Add(all, "div", 2, static (_, a) => Whole(a[1]) == 0 ? throw new TemplateException("integer divide by zero") : Whole(a[0]) / Whole(a[1]));
        Add(all, "mod", 2, static (_, a) => Whole(a[1]) == 0 ? throw new TemplateException("integer divide by zero") : Whole(a[0]) % Whole(a[1]));
        Add(all, "addf", 1, static (_, a) => a.Aggregate(0d, static (sum, v) => sum + Number(v)), 64);
        Add(all, "subf", 2, static (_, a) => a.Skip(1).Aggregate(Number(a[0]), static (rest, v) => rest - Number(v)), 64);
        Add(all, "mulf", 2, static (_, a) => a.Aggregate(1d, static (product, v) => product * Number(v)), 64);
        Add(all, "divf", 2, static (_, a) => a.Skip(1).Aggregate(Number(a[0]), static (rest, v) => rest / Number(v)), 64);
        Add(all, "floor", 1, static (_, a) => Math.Floor(Number(a[0])));
        Add(all, "ceil", 1, static (_, a) => Math.Ceiling(Number(a[0])));
        Add(all, "round", 2, static (_, a) => Math.Round(Number(a[0]), (int)Math.Clamp(Whole(a[1]), 0, 15), MidpointRounding.AwayFromZero), 3);
        Add(all, "min", 1, static (_, a) => a.Min(Whole), 64);
        Add(all, "max", 1, static (_, a) => a.Max(Whole), 64);
        Add(all, "minf", 1, static (_, a) => a.Min(Number), 64);
        Add(all, "maxf", 1, static (_, a) => a.Max(Number), 64);
        Add(all, "bytes", 1, static (_, a) => Quantities.TryParseBytes(Str(a[0]), out var bytes) ? bytes : throw new TemplateException($"cannot read \"{Str(a[0])}\" as a size"));
        Add(all, "duration", 1, static (_, a) => Seconds(Str(a[0])));
        Add(all, "duration_seconds", 1, static (_, a) => Seconds(Str(a[0])));
    }

    private static void AddTimes(Dictionary<string, TemplateFunction> all)
    {
        Add(all, "__timestamp__", 0, static (e, _) => DateTimeOffset.UnixEpoch.AddTicks(e.TimeUnixNano / 100));
        Add(all, "date", 2, static (_, a) => GoTime.Format(Time(a[1]), Str(a[0])));
        Add(all, "toDate", 2, static (_, a) => GoTime.TryParse(Str(a[0]), Str(a[1]), out var time) ? time : throw new TemplateException($"cannot read \"{Str(a[1])}\" as a time"));
        Add(all, "unixEpoch", 1, static (_, a) => Time(a[0]).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        Add(all, "unixEpochMillis", 1, static (_, a) => Time(a[0]).ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
        Add(all, "unixEpochNanos", 1, static (_, a) => ((Time(a[0]) - DateTimeOffset.UnixEpoch).Ticks * 100).ToString(CultureInfo.InvariantCulture));
        Add(all, "unixToTime", 1, static (_, a) => UnixToTime(Str(a[0])));
    }

    private static void AddLogic(Dictionary<string, TemplateFunction> all)
    {
        Add(all, "and", 1, static (_, a) => a[^1], 64);
        Add(all, "or", 1, static (_, a) => a[^1], 64);
        Add(all, "not", 1, static (_, a) => !TemplateScope.IsTrue(a[0]));
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
            : throw new TemplateException("incompatible types for comparison");
    }

    private static double Seconds(string text) =>
        Quantities.TryParseDuration(text, out var nanoseconds) ? nanoseconds / 1e9 : throw new TemplateException($"time: invalid duration \"{text}\"");

    private static DateTimeOffset Time(object? value) => value as DateTimeOffset? ?? throw new TemplateException("want a time");

    // The number of digits tells the unit: days, seconds, milliseconds, microseconds or nanoseconds.
    private static DateTimeOffset UnixToTime(string text)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            throw new TemplateException($"unable to parse time '{text}'");
        }

        return text.Length switch
        {
            5 => DateTimeOffset.UnixEpoch.AddDays(number),
            10 => DateTimeOffset.UnixEpoch.AddSeconds(number),
            13 => DateTimeOffset.UnixEpoch.AddMilliseconds(number),
            16 => DateTimeOffset.UnixEpoch.AddTicks(number * 10),
            19 => DateTimeOffset.UnixEpoch.AddTicks(number / 100),
            _ => throw new TemplateException($"unable to parse time '{text}': unknown unit"),
        };
    }
}
