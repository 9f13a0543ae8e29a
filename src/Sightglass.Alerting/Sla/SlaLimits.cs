namespace Sightglass.Alerting.Sla;

/// <summary>Bounds on what is read and answered of agreements; each is named in the error that it causes.</summary>
public static class SlaLimits
{
    /// <summary>Agreements of one configuration: the list of them evaluates each.</summary>
    public const int MaxSlas = 200;

    /// <summary>Entries of <c>maintenance</c> in one agreement.</summary>
    public const int MaxMaintenance = 500;

    /// <summary>Slots of one period: a year in slots of five minutes, and a leap day.</summary>
    public const int MaxSlots = 366 * 288 + 12;

    /// <summary>Points of one query: a week in slots of five minutes.</summary>
    public const int MaxPointsOfQuery = 2_016;

    /// <summary>Incidents and gaps that a report lists of each target; it counts all.</summary>
    public const int MaxIntervals = 1_000;

    /// <summary>The shortest slot: what a usual scrape interval gives a few samples of.</summary>
    public static readonly TimeSpan MinSlot = TimeSpan.FromMinutes(1);

    /// <summary>The longest slot: days of a report are cut at slots.</summary>
    public static readonly TimeSpan MaxSlot = TimeSpan.FromHours(1);
}
