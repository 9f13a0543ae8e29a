using Sightglass.Alerting.History;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Rules;

/// <summary>One series of a rule's result.</summary>
/// <param name="Labels">Its labels, the metric's name included when the expression keeps it.</param>
/// <param name="Value">Its value; 0 when it is a histogram.</param>
/// <param name="Histogram">Its value when that is a native histogram, or null.</param>
public readonly record struct RuleSample(LabelSet Labels, double Value, NativeHistogram? Histogram = null);

/// <summary>
/// Evaluates expressions for rules. A scalar is answered as one sample without labels, as Prometheus' rules do; a string or a matrix is an
/// error. Synchronous and thread-safe: groups call it from several threads at a time.
/// </summary>
public interface IRuleQueryEngine
{
    /// <summary>Evaluates at one moment.</summary>
    /// <exception cref="Core.Errors.QueryException">The query could not be executed.</exception>
    IReadOnlyList<RuleSample> Query(string expression, DateTimeOffset at, CancellationToken cancellation);

    /// <summary>The engine as the rules of one group use it: one that knows for whom it works, where it makes a difference.</summary>
    IRuleQueryEngine For(string file, string group) => this;
}

/// <summary>A sample that a rule writes: a recording rule's result, or <c>ALERTS</c> and <c>ALERTS_FOR_STATE</c>.</summary>
/// <param name="Labels">Labels with the metric's name.</param>
/// <param name="Value">The value; the stale marker's bits for a series that ended.</param>
/// <param name="Timestamp">The sample's time.</param>
/// <param name="Histogram">The value when it is a native histogram, or null.</param>
public readonly record struct RecordedSample(LabelSet Labels, double Value, DateTimeOffset Timestamp, NativeHistogram? Histogram = null);

/// <summary>Takes what rules write. Called once per rule and evaluation, from several threads.</summary>
public delegate void RuleSampleSink(IReadOnlyList<RecordedSample> samples);

/// <summary>Takes the alerts that rules have to tell: firing ones again and again, resolved ones for a while.</summary>
public delegate void RuleAlertSink(IReadOnlyList<Routing.PostedAlert> alerts);

/// <summary>Where alerts stand in their life.</summary>
public enum AlertState
{
    /// <summary>Does not hold (any more).</summary>
    Inactive,

    /// <summary>Holds, not yet long enough.</summary>
    Pending,

    /// <summary>Fires.</summary>
    Firing,
}

/// <summary>One alert of a rule as it is stored.</summary>
public sealed record StoredAlert
{
    /// <summary>File and name of the group, joined by <c>;</c>.</summary>
    public required string Group { get; init; }

    /// <summary>The rule's name.</summary>
    public required string Rule { get; init; }

    /// <summary>The alert's labels.</summary>
    public required LabelSet Labels { get; init; }

    /// <summary>The annotations as last rendered.</summary>
    public required LabelSet Annotations { get; init; }

    /// <summary>Its state.</summary>
    public required AlertState State { get; init; }

    /// <summary>The last value.</summary>
    public double Value { get; init; }

    /// <summary>When the expression began to hold.</summary>
    public DateTimeOffset ActiveAt { get; init; }

    /// <summary>When it began to fire, or null.</summary>
    public DateTimeOffset? FiredAt { get; init; }

    /// <summary>When it was resolved, or null.</summary>
    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>Since when it fires only because of <c>keep_firing_for</c>, or null.</summary>
    public DateTimeOffset? KeepFiringSince { get; init; }

    /// <summary>When this was stored: the time after it was not observed.</summary>
    public DateTimeOffset SavedAt { get; init; }
}

/// <summary>Keeps what alerting rules know over a restart. Thread-safe.</summary>
public interface IAlertStateStore
{
    /// <summary>Everything stored.</summary>
    IReadOnlyList<StoredAlert> Load();

    /// <summary>Replaces what is stored for a group and adds what happened to the alerts to the timeline, in one transaction.</summary>
    void Save(string group, IReadOnlyList<StoredAlert> alerts, IReadOnlyList<AlertEvent> events);
}
