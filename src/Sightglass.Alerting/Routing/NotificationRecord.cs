using Sightglass.Core.Model;

namespace Sightglass.Alerting.Routing;

/// <summary>What became of a notification.</summary>
public enum NotificationStatus
{
    /// <summary>Being sent.</summary>
    Pending,

    /// <summary>Accepted by the receiver.</summary>
    Sent,

    /// <summary>Given up.</summary>
    Failed,
}

/// <summary>An alert as a notification told it.</summary>
/// <param name="Labels">Its labels.</param>
/// <param name="Annotations">Its annotations.</param>
/// <param name="Resolved">Told as over, else as firing.</param>
/// <param name="StartsAt">When it began.</param>
/// <param name="EndsAt">When it ended, or null.</param>
/// <param name="Fingerprint">Its fingerprint.</param>
public sealed record NotifiedAlert(LabelSet Labels, LabelSet Annotations, bool Resolved, DateTimeOffset StartsAt, DateTimeOffset? EndsAt, string Fingerprint);

/// <summary>One message to one integration, from the first attempt to the last.</summary>
public sealed record NotificationRecord
{
    /// <summary>Its id, a UUID.</summary>
    public required string Id { get; init; }

    /// <summary>When the first attempt began.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When this was last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The receiver's name.</summary>
    public required string Receiver { get; init; }

    /// <summary>The kind, as Alertmanager names it: <c>webhook</c>, <c>slack</c>, <c>pagerduty</c>.</summary>
    public required string Integration { get; init; }

    /// <summary>Key of the group of alerts.</summary>
    public required string GroupKey { get; init; }

    /// <summary>Labels of the group.</summary>
    public required LabelSet GroupLabels { get; init; }

    /// <summary>Where it stands.</summary>
    public required NotificationStatus Status { get; init; }

    /// <summary>Attempts so far.</summary>
    public required int Attempts { get; init; }

    /// <summary>The last error, or empty.</summary>
    public string Error { get; init; } = string.Empty;

    /// <summary>The alerts that it tells.</summary>
    public required IReadOnlyList<NotifiedAlert> Alerts { get; init; }
}

/// <summary>What an integration of a receiver was last told about a group: keeps the same from being said twice.</summary>
/// <param name="GroupKey">Key of the group.</param>
/// <param name="Receiver">Receiver, integration and index, joined by <c>/</c>.</param>
/// <param name="At">When.</param>
/// <param name="Firing">Fingerprints of the alerts told as firing.</param>
/// <param name="Resolved">Fingerprints of the alerts told as over.</param>
/// <param name="ExpiresAt">When it may be forgotten.</param>
public sealed record NotificationLogEntry(
    string GroupKey, string Receiver, DateTimeOffset At, IReadOnlyList<string> Firing, IReadOnlyList<string> Resolved, DateTimeOffset ExpiresAt)
{
    /// <summary>What the integration noted about its last message, to change it later; or empty.</summary>
    public string Note { get; init; } = string.Empty;
}

/// <summary>Which notifications are asked for; what is not given does not narrow.</summary>
public sealed record NotificationFilter
{
    /// <summary>Name of an alert in it.</summary>
    public string? AlertName { get; init; }

    /// <summary>Key of the group.</summary>
    public string? GroupKey { get; init; }

    /// <summary>Name of the receiver.</summary>
    public string? Receiver { get; init; }

    /// <summary>Where it stands.</summary>
    public NotificationStatus? Status { get; init; }

    /// <summary>Notifications of one answer at most.</summary>
    public int Limit { get; init; } = 100;

    /// <summary><see cref="NotificationPage.Next"/> of the answer before, or null for the first.</summary>
    public string? Cursor { get; init; }
}

/// <summary>Notifications, and where the next ones begin.</summary>
/// <param name="Notifications">The notifications.</param>
/// <param name="Next">The cursor of the next answer, or null where there are no more.</param>
public sealed record NotificationPage(IReadOnlyList<NotificationRecord> Notifications, string? Next);

/// <summary>Keeps notifications and the log of what was told. Thread-safe.</summary>
public interface INotificationStore
{
    /// <summary>Adds or replaces a record, and the log's entry with it in one transaction.</summary>
    void Save(NotificationRecord record, NotificationLogEntry? entry = null);

    /// <summary>Adds or replaces a log entry for which nothing had to be sent.</summary>
    void SaveLog(NotificationLogEntry entry);

    /// <summary>Log entries that are not expired.</summary>
    IReadOnlyList<NotificationLogEntry> LoadLog(DateTimeOffset now);

    /// <summary>The newest notifications first.</summary>
    /// <exception cref="Core.Errors.QueryException">The cursor is none of this store.</exception>
    NotificationPage List(NotificationFilter filter);
}
