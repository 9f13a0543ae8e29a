using Sightglass.Core.Model;

namespace Sightglass.Alerting.Rules;

/// <summary>Whether a rule could be evaluated.</summary>
public enum RuleHealth
{
    /// <summary>Not evaluated yet.</summary>
    Unknown,

    /// <summary>The last evaluation worked.</summary>
    Ok,

    /// <summary>The last evaluation failed.</summary>
    Err,
}

/// <summary>An alert of a rule at present.</summary>
/// <param name="Labels">Its labels.</param>
/// <param name="Annotations">Its annotations.</param>
/// <param name="State">Its state.</param>
/// <param name="ActiveAt">When the expression began to hold.</param>
/// <param name="KeepFiringSince">Since when only <c>keep_firing_for</c> keeps it, or null.</param>
/// <param name="Value">The last value.</param>
public sealed record AlertView(LabelSet Labels, LabelSet Annotations, AlertState State, DateTimeOffset ActiveAt, DateTimeOffset? KeepFiringSince, double Value)
{
    /// <summary>The alert's fingerprint as receivers and the timeline know it.</summary>
    public required string Fingerprint { get; init; }
}

/// <summary>A rule at present.</summary>
/// <param name="Definition">As configured.</param>
/// <param name="State">The strongest state of its alerts.</param>
/// <param name="Alerts">Pending and firing alerts, by labels.</param>
/// <param name="Health">Whether it could be evaluated.</param>
/// <param name="LastError">Why not, or empty.</param>
/// <param name="EvaluationTime">How long the last evaluation took.</param>
/// <param name="LastEvaluation">When it was, or null.</param>
public sealed record RuleView(
    RuleDefinition Definition, AlertState State, IReadOnlyList<AlertView> Alerts, RuleHealth Health, string LastError, TimeSpan EvaluationTime, DateTimeOffset? LastEvaluation);

/// <summary>A group at present.</summary>
/// <param name="Name">Its name.</param>
/// <param name="File">Its file.</param>
/// <param name="Interval">How often it is evaluated.</param>
/// <param name="Limit">The limit of its rules, 0 is none.</param>
/// <param name="Rules">Its rules in order.</param>
/// <param name="EvaluationTime">How long the last evaluation took.</param>
/// <param name="LastEvaluation">When it was, or null.</param>
public sealed record RuleGroupView(
    string Name, string File, TimeSpan Interval, int Limit, IReadOnlyList<RuleView> Rules, TimeSpan EvaluationTime, DateTimeOffset? LastEvaluation);
