using Sightglass.Core.Model;

namespace Sightglass.Alerting.History;

/// <summary>Which events are asked for; what is not given does not narrow.</summary>
public sealed record AlertEventFilter
{
    /// <summary>Name of the alert.</summary>
    public string? AlertName { get; init; }

    /// <summary>Fingerprint of the alert.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Selectors of the alert's labels: one of them has to match with all of its matchers.</summary>
    public IReadOnlyList<IReadOnlyList<LabelMatcher>> Selectors { get; init; } = [];

    /// <summary>Kinds; none means all.</summary>
    public IReadOnlyList<AlertEventKind> Kinds { get; init; } = [];

    /// <summary>The first moment.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The last moment.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Oldest first; else newest first.</summary>
    public bool Ascending { get; init; }

    /// <summary>Events of one answer at most.</summary>
    public int Limit { get; init; } = 100;

    /// <summary><see cref="AlertEventPage.Next"/> of the answer before, or null for the first.</summary>
    public string? Cursor { get; init; }
}

/// <summary>Events in order of time, and where the next ones begin.</summary>
/// <param name="Events">The events.</param>
/// <param name="Next">The cursor of the next answer, or null where there are no more.</param>
public sealed record AlertEventPage(IReadOnlyList<AlertEvent> Events, string? Next);

/// <summary>
/// The history of every alert. Bounded in rows and in age: the oldest are forgotten. Thread-safe.
/// </summary>
public interface IAlertTimeline
{
    /// <summary>Adds events, all or none.</summary>
    /// <exception cref="Core.Errors.StorageFailedException">They could not be stored.</exception>
    void Append(IReadOnlyList<AlertEvent> events);

    /// <summary>The events of a filter.</summary>
    /// <exception cref="Core.Errors.QueryException">The cursor is none of this timeline.</exception>
    AlertEventPage List(AlertEventFilter filter);

    /// <summary>The events that began what lasts: alerts that are pending or fire, silences, inhibitions, mutings and acknowledgements of these.</summary>
    IReadOnlyList<AlertEvent> Open();

    /// <summary>The firings that were not over at a moment: of each alert that fired before it, and did not end before it, the last one.</summary>
    IReadOnlyList<AlertEvent> FiringAt(DateTimeOffset at);
}
