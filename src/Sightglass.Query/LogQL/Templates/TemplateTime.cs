using System.Globalization;

namespace Sightglass.Query.LogQL.Templates;

/// <summary>A time in a template, to the nanosecond.</summary>
/// <param name="At">The time to 100 ns, with its zone.</param>
/// <param name="Nanoseconds">What is beyond, 0 to 99.</param>
internal readonly record struct TemplateTime(DateTimeOffset At, int Nanoseconds = 0)
{
    /// <summary>Go's zero time, which a text that is no time becomes.</summary>
    public static TemplateTime Zero { get; } = new(DateTimeOffset.MinValue);

    /// <summary>A time in UTC.</summary>
    public static TemplateTime FromUnixNano(long nanoseconds)
    {
        var (ticks, rest) = Math.DivRem(nanoseconds, 100);
        return rest < 0 ? new TemplateTime(DateTimeOffset.UnixEpoch.AddTicks(ticks - 1), (int)rest + 100) : new TemplateTime(DateTimeOffset.UnixEpoch.AddTicks(ticks), (int)rest);
    }

    /// <summary>Nanoseconds within the second.</summary>
    public int SubSecond => ((int)(At.Ticks % TimeSpan.TicksPerSecond) * 100) + Nanoseconds;

    /// <summary>Nanoseconds since the Unix epoch.</summary>
    public string UnixNano => SinceEpoch.ToString(CultureInfo.InvariantCulture);

    /// <summary>What a method of Go's times gives.</summary>
    public bool TryCall(string name, object?[] arguments, out object? value)
    {
        value = (name, arguments) switch
        {
            ("Format", [string layout]) => GoTime.Format(this, layout),
            ("Add", [TemplateDuration duration]) => Plus(duration.Nanoseconds),
            ("Sub", [TemplateTime other]) => new TemplateDuration((long)Int128.Clamp(SinceEpoch - other.SinceEpoch, long.MinValue, long.MaxValue)),
            ("Before", [TemplateTime other]) => SinceEpoch < other.SinceEpoch,
            ("After", [TemplateTime other]) => SinceEpoch > other.SinceEpoch,
            ("Equal", [TemplateTime other]) => SinceEpoch == other.SinceEpoch,
            ("IsZero", []) => At.UtcTicks == 0 && Nanoseconds == 0,
            ("Unix", []) => At.ToUnixTimeSeconds(),
            ("UnixMilli", []) => At.ToUnixTimeMilliseconds(),
            ("UnixMicro", []) => (long)(SinceEpoch / 1_000),
            ("UnixNano", []) => (long)SinceEpoch,
            ("UTC", []) => new TemplateTime(At.ToUniversalTime(), Nanoseconds),
            ("String", []) => ToString(),
            ("Year", []) => (long)At.Year,
            ("Month", []) => GoTime.Format(this, "January"),
            ("Day", []) => (long)At.Day,
            ("YearDay", []) => (long)At.DayOfYear,
            ("Weekday", []) => GoTime.Format(this, "Monday"),
            ("Hour", []) => (long)At.Hour,
            ("Minute", []) => (long)At.Minute,
            ("Second", []) => (long)At.Second,
            ("Nanosecond", []) => (long)SubSecond,
            _ => null,
        };
        return value is not null;
    }

    private Int128 SinceEpoch => ((Int128)(At - DateTimeOffset.UnixEpoch).Ticks * 100) + Nanoseconds;

    private TemplateTime Plus(long nanoseconds)
    {
        var (ticks, rest) = Math.DivRem(nanoseconds, 100L);
        (ticks, rest) = (ticks + ((Nanoseconds + rest) / 100), (Nanoseconds + rest) % 100);
        (ticks, rest) = rest < 0 ? (ticks - 1, rest + 100) : (ticks, rest);
        var utc = (Int128)At.UtcTicks + ticks;
        return utc < 0 || utc > DateTime.MaxValue.Ticks || utc + At.Offset.Ticks < 0 || utc + At.Offset.Ticks > DateTime.MaxValue.Ticks
            ? Zero
            : new TemplateTime(new DateTimeOffset((long)utc, TimeSpan.Zero).ToOffset(At.Offset), (int)rest);
    }

    /// <inheritdoc/>
    public override string ToString() => GoTime.Format(this, "2006-01-02 15:04:05.999999999 -0700 MST");
}
