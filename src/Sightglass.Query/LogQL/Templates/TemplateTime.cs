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
    public string UnixNano => (((Int128)(At - DateTimeOffset.UnixEpoch).Ticks * 100) + Nanoseconds).ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override string ToString() => GoTime.Format(this, "2006-01-02 15:04:05.999999999 -0700 MST");
}
