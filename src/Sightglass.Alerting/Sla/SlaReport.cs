namespace Sightglass.Alerting.Sla;

/// <summary>Whether a promise was kept.</summary>
public enum SlaVerdict
{
    /// <summary>It was, so far.</summary>
    Met,

    /// <summary>It was not.</summary>
    Missed,

    /// <summary>Nothing is known.</summary>
    NoData,

    /// <summary>It could not be evaluated.</summary>
    Error,
}

/// <summary>What a slot was.</summary>
public enum SlotState : byte
{
    /// <summary>Nothing is known of it.</summary>
    Gap,

    /// <summary>As promised.</summary>
    Good,

    /// <summary>Not as promised.</summary>
    Missed,

    /// <summary>There was no traffic: nothing was missed.</summary>
    Idle,

    /// <summary>It does not count.</summary>
    Maintenance,
}

/// <summary>What was found of a target in some time.</summary>
public sealed record SlaFigures
{
    /// <summary>The share that was achieved; null where nothing is known, or of requests where there were none.</summary>
    public double? Achieved { get; init; }

    /// <summary>Whether that is as promised.</summary>
    public SlaVerdict Verdict { get; init; }

    /// <summary>Time as promised.</summary>
    public TimeSpan Good { get; init; }

    /// <summary>Time not as promised.</summary>
    public TimeSpan Missed { get; init; }

    /// <summary>Time without traffic.</summary>
    public TimeSpan Idle { get; init; }

    /// <summary>Time that nothing is known of.</summary>
    public TimeSpan Gap { get; init; }

    /// <summary>Time that does not count.</summary>
    public TimeSpan Maintenance { get; init; }

    /// <summary>Requests counted; null where the indicator does not say how many they were.</summary>
    public double? Requests { get; init; }

    /// <summary>Those that were not as promised.</summary>
    public double? Failed { get; init; }

    /// <summary>Requests per second on average, of a throughput.</summary>
    public double? PerSecond { get; init; }
}

/// <summary>Some time, and the worst that it has.</summary>
/// <param name="Start">When it begins.</param>
/// <param name="End">When it ends.</param>
/// <param name="Worst">The highest share of errors of a slot, or the lowest rate of a throughput; null of a gap.</param>
/// <param name="IsOngoing">Whether it lasts up to the end of what is known.</param>
public sealed record SlaInterval(DateTimeOffset Start, DateTimeOffset End, double? Worst, bool IsOngoing);

/// <summary>One day, or what of it lies in the report.</summary>
/// <param name="Day">The day, by the agreement's time zone.</param>
/// <param name="Start">When it begins.</param>
/// <param name="End">When it ends.</param>
/// <param name="Figures">What was found.</param>
public sealed record SlaDay(DateOnly Day, DateTimeOffset Start, DateTimeOffset End, SlaFigures Figures);

/// <summary>How a target stands.</summary>
public sealed record SlaTargetReport
{
    /// <summary>The target.</summary>
    public required SlaTarget Target { get; init; }

    /// <summary>Over the whole of the report.</summary>
    public required SlaFigures Total { get; init; }

    /// <summary>By day.</summary>
    public IReadOnlyList<SlaDay> Days { get; init; } = [];

    /// <summary>Times when it was missed, the first of them.</summary>
    public IReadOnlyList<SlaInterval> Incidents { get; init; } = [];

    /// <summary>How many there were.</summary>
    public int IncidentCount { get; init; }

    /// <summary>Times that nothing is known of, the first of them.</summary>
    public IReadOnlyList<SlaInterval> Gaps { get; init; } = [];

    /// <summary>How many there were.</summary>
    public int GapCount { get; init; }

    /// <summary>The time that it may be missed in the whole period; null of what is reckoned over requests.</summary>
    public TimeSpan? Allowed { get; init; }

    /// <summary>Why it could not be evaluated, or null.</summary>
    public string? Error { get; init; }
}

/// <summary>How an agreement stands in a period.</summary>
public sealed record SlaReport
{
    /// <summary>The agreement.</summary>
    public required SlaDefinition Sla { get; init; }

    /// <summary>The period.</summary>
    public required SlaPeriod Period { get; init; }

    /// <summary>The end of what was looked at: the period's, or that of the last whole slot.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>Whether the period is over.</summary>
    public bool IsComplete => Until == Period.End;

    /// <summary>The worst of the targets.</summary>
    public required SlaVerdict Verdict { get; init; }

    /// <summary>The targets.</summary>
    public required IReadOnlyList<SlaTargetReport> Targets { get; init; }

    /// <summary>Times of the period that do not count.</summary>
    public required IReadOnlyList<SlaWindow> Maintenance { get; init; }
}
