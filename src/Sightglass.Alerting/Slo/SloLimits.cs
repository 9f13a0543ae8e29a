namespace Sightglass.Alerting.Slo;

/// <summary>Bounds on what is read of objectives; each is named in the error that it causes.</summary>
public static class SloLimits
{
    /// <summary>Objectives of one configuration: each is some twenty rules.</summary>
    public const int MaxSlos = 1_000;

    /// <summary>Characters of a name: what a DNS label may have.</summary>
    public const int MaxNameLength = 63;

    /// <summary>Characters of a query.</summary>
    public const int MaxQueryLength = 16 << 10;

    /// <summary>The shortest window: below it no two burn windows would differ.</summary>
    public static readonly TimeSpan MinWindow = TimeSpan.FromHours(1);

    /// <summary>The longest window.</summary>
    public static readonly TimeSpan MaxWindow = TimeSpan.FromDays(366);

    /// <summary>Series of an indicator that are looked at to say what used the budget up.</summary>
    public const int MaxCulpritSeries = 10_000;
}
