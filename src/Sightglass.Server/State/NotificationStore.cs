using Sightglass.Alerting.Routing;

namespace Sightglass.Server.State;

/// <summary>Notifications and the log of what was told, in <c>state.db</c>.</summary>
internal sealed class NotificationStore : INotificationStore
{
    /// <summary>Notifications kept.</summary>
    private const int MaxNotifications = 20_000;

    private readonly StateDatabase _database;

    /// <summary>Takes up the store; what was being sent when the last process ended is marked as failed.</summary>
    public NotificationStore(StateDatabase database)
    {
        _database = database;
        database.Write(static commands => commands.Execute(
            "UPDATE notifications SET status = $failed, error = CASE error WHEN '' THEN $reason ELSE error || '; ' || $reason END WHERE status = $pending",
            ("$failed", (int)NotificationStatus.Failed), ("$pending", (int)NotificationStatus.Pending), ("$reason", "the server stopped before it was sent")));
    }

    public void Save(NotificationRecord record, NotificationLogEntry? entry = null) => _database.Write(commands =>
    {
        commands.Execute(
            """
            INSERT INTO notifications (id, created_at, updated_at, receiver, integration, group_key, group_labels, status, attempts, error, alerts)
            VALUES ($id, $created, $updated, $receiver, $integration, $key, $labels, $status, $attempts, $error, $alerts)
            ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at, status = excluded.status, attempts = excluded.attempts, error = excluded.error
            """,
            ("$id", record.Id), ("$created", record.CreatedAt), ("$updated", record.UpdatedAt), ("$receiver", record.Receiver), ("$integration", record.Integration),
            ("$key", record.GroupKey), ("$labels", StateJson.Labels(record.GroupLabels)), ("$status", (int)record.Status), ("$attempts", record.Attempts),
            ("$error", record.Error), ("$alerts", StateJson.Alerts(record.Alerts)));
        commands.Execute("DELETE FROM notifications WHERE seq <= (SELECT MAX(seq) FROM notifications) - $max", ("$max", MaxNotifications));
        if (entry is not null)
        {
            Put(commands, entry);
        }
    });

    public void SaveLog(NotificationLogEntry entry) => _database.Write(commands => Put(commands, entry));

    public IReadOnlyList<NotificationLogEntry> LoadLog(DateTimeOffset now)
    {
        _database.Write(commands => commands.Execute("DELETE FROM notification_log WHERE expires_at < $now", ("$now", now)));
        return _database.Read(
            "SELECT group_key, receiver, at, firing, resolved, expires_at FROM notification_log",
            static row => new NotificationLogEntry(row.Text(0), row.Text(1), row.Time(2), StateJson.Texts(row.Text(3)), StateJson.Texts(row.Text(4)), row.Time(5)));
    }

    public IReadOnlyList<NotificationRecord> List(int limit) => _database.Read(
        "SELECT id, created_at, updated_at, receiver, integration, group_key, group_labels, status, attempts, error, alerts FROM notifications ORDER BY seq DESC LIMIT $limit",
        static row => new NotificationRecord
        {
            Id = row.Text(0),
            CreatedAt = row.Time(1),
            UpdatedAt = row.Time(2),
            Receiver = row.Text(3),
            Integration = row.Text(4),
            GroupKey = row.Text(5),
            GroupLabels = StateJson.Labels(row.Text(6)),
            Status = (NotificationStatus)row.Int(7),
            Attempts = row.Int(8),
            Error = row.Text(9),
            Alerts = StateJson.Alerts(row.Text(10)),
        },
        ("$limit", limit));

    private static void Put(StateCommands commands, NotificationLogEntry entry) => commands.Execute(
        "INSERT OR REPLACE INTO notification_log VALUES ($key, $receiver, $at, $firing, $resolved, $expires)",
        ("$key", entry.GroupKey), ("$receiver", entry.Receiver), ("$at", entry.At), ("$firing", StateJson.Texts(entry.Firing)),
        ("$resolved", StateJson.Texts(entry.Resolved)), ("$expires", entry.ExpiresAt));
}
