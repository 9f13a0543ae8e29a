namespace Sightglass.Alerting.Slo;

/// <summary>How an objective stands.</summary>
public enum SloState
{
    /// <summary>All is well.</summary>
    Ok,

    /// <summary>The budget burns faster than the alerts allow.</summary>
    Burning,

    /// <summary>The budget is used up.</summary>
    Exhausted,

    /// <summary>There was no traffic lately: the budget is as it was.</summary>
    NoData,
}

/// <summary>How fast the budget burns in two windows; null where there was no traffic.</summary>
/// <param name="Pair">The windows.</param>
/// <param name="Long">Burn rate in the long one.</param>
/// <param name="Short">Burn rate in the short one.</param>
public sealed record SloBurn(BurnPair Pair, double? Long, double? Short)
{
    /// <summary>Whether both are above the pair's factor.</summary>
    public bool IsTooFast => Long > (double)Pair.Factor && Short > (double)Pair.Factor;
}

/// <summary>An objective at a moment.</summary>
public sealed record SloStatus
{
    /// <summary>The objective.</summary>
    public required SloDefinition Slo { get; init; }

    /// <summary>How it stands.</summary>
    public required SloState State { get; init; }

    /// <summary>When the window began.</summary>
    public required DateTimeOffset WindowStart { get; init; }

    /// <summary>When it ends, of a calendar's.</summary>
    public DateTimeOffset? WindowEnd { get; init; }

    /// <summary>The share of good events in the window: 1 when there was no traffic.</summary>
    public required double Indicator { get; init; }

    /// <summary>The share of good events in the shortest burn window; null when there was no traffic.</summary>
    public double? IndicatorNow { get; init; }

    /// <summary>The share of the budget that is left; below 0 when more was used than there was.</summary>
    public required double BudgetRemaining { get; init; }

    /// <summary>Burn rates, of the fastest pair first.</summary>
    public required IReadOnlyList<SloBurn> Burns { get; init; }

    /// <summary>When the budget will be used up if things go on as they do; null when it will not.</summary>
    public DateTimeOffset? ExhaustedAt { get; init; }
}

/// <summary>Which values of a label the errors of a window have.</summary>
/// <param name="Label">The label.</param>
/// <param name="Values">Its values with the most errors.</param>
public sealed record SloCulprits(string Label, IReadOnlyList<SloCulprit> Values);

/// <summary>Errors with one value of a label.</summary>
/// <param name="Value">The value; empty where the label is not there.</param>
/// <param name="Errors">Errors in the window.</param>
/// <param name="Share">Their share of all errors.</param>
public sealed record SloCulprit(string Value, double Errors, double Share);
