namespace Sightglass.Alerting.OnCall;

/// <summary>Bounds on rotations and what is asked of them; each is named in the error that it causes.</summary>
public static class OnCallLimits
{
    /// <summary>Characters of the name of a person, rotation, layer or policy.</summary>
    public const int MaxNameLength = 200;

    /// <summary>People, rotations or policies of one configuration.</summary>
    public const int MaxEntries = 10_000;

    /// <summary>Overrides kept of one rotation.</summary>
    public const int MaxOverrides = 1_000;

    /// <summary>Characters of a comment.</summary>
    public const int MaxCommentLength = 2_000;

    /// <summary>Shifts in one answer: more than a year of shifts of an hour.</summary>
    public const int MaxShifts = 20_000;

    /// <summary>The shortest shift: shorter ones are a mistake of a unit.</summary>
    public static readonly TimeSpan MinShift = TimeSpan.FromHours(1);

    /// <summary>The longest shift.</summary>
    public static readonly TimeSpan MaxShift = TimeSpan.FromDays(366);

    /// <summary>The longest time that shifts are listed for.</summary>
    public static readonly TimeSpan MaxRange = TimeSpan.FromDays(400);
}
