using System.Globalization;
using Sightglass.Alerting.History;
using Sightglass.Alerting.Routing;
using Sightglass.Core.Errors;

namespace Sightglass.Server.State;

/// <summary>Notifications and the log of what was told, in <c>state.db</c>.</summary>
internal sealed class NotificationStore : INotificationStore
{
    /// <summary>Notifications kept.</summary>
    private const int MaxNotifications = 20_000;

    private const string Columns = "id, created_at, updated_at, receiver, integration, group_key, group_labels, status, attempts, error, alerts";

    private readonly StateDatabase _database;
    private readonly AlertTimelineStore _timeline;
    private readonly Lock _marking = new();
    private List<NotificationRecord> _interrupted;

    /// <summary>Takes up the store; what was being sent when the last process ended is marked as failed, on a full disk with the first that is saved.</summary>
    public NotificationStore(StateDatabase database, AlertTimelineStore timeline)
    {
        (_database, _timeline) = (database, timeline);
        _interrupted = database.Read($"SELECT {Columns} FROM notifications WHERE status = $pending", Read, ("$pending", (int)NotificationStatus.Pending));
        Try(MarkInterrupted);
    }

    public void Save(NotificationRecord record, NotificationLogEntry? entry = null)
    {
        MarkInterrupted();
        _database.Write(commands =>
        {
            Put(commands, record);
            if (entry is not null)
            {
                Put(commands, entry);
            }
        });
    }

    private void MarkInterrupted()
    {
        lock (_marking)
        {
            if (_interrupted.Count == 0)
            {
                return;
            }

            const string Reason = "the server stopped before it was sent";
            _database.Write(commands => _interrupted.ForEach(record =>
                Put(commands, record with { Status = NotificationStatus.Failed, Error = record.Error.Length == 0 ? Reason : $"{record.Error}; {Reason}" })));
            _interrupted = [];
        }
    }

    /// <summary>Something that can wait while the disk is full, of which others have been told.</summary>
    private static void Try(Action work)
    {
        try
        {
            work();
        }
        catch (StorageFailedException)
        {
            // The server starts all the same.
        }
    }

    private void Put(StateCommands commands, NotificationRecord record)
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
        _timeline.Put(commands, NotificationEvents.Of(record));
    }

    public void SaveLog(NotificationLogEntry entry) => _database.Write(commands => Put(commands, entry));

    public IReadOnlyList<NotificationLogEntry> LoadLog(DateTimeOffset now)
    {
        Try(() => _database.Write(commands => commands.Execute("DELETE FROM notification_log WHERE expires_at < $now", ("$now", now))));
        return _database.Read(
            "SELECT group_key, receiver, at, firing, resolved, expires_at, note FROM notification_log WHERE expires_at >= $now",
            static row => new NotificationLogEntry(row.Text(0), row.Text(1), row.Time(2), StateJson.Texts(row.Text(3)), StateJson.Texts(row.Text(4)), row.Time(5)) { Note = row.Text(6) },
            ("$now", now));
    }

    public NotificationPage List(NotificationFilter filter)
    {
        var before = long.MaxValue;
        if (filter.Cursor is { } cursor && !long.TryParse(cursor, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out before))
        {
            throw new QueryException(QueryErrorKind.BadData, "cursor: not one that an answer gave");
        }

        var rows = _database.Read(
            $"""
            SELECT {Columns}, seq FROM notifications
            WHERE seq < $before AND ($group IS NULL OR group_key = $group) AND ($receiver IS NULL OR receiver = $receiver) AND ($status IS NULL OR status = $status)
            AND ($name IS NULL OR EXISTS (SELECT 1 FROM json_each(alerts) WHERE json_extract(value, '$.labels.alertname') = $name))
            ORDER BY seq DESC LIMIT $limit
            """,
            static row => (Record: Read(row), Seq: row.Long(11)),
            ("$before", before), ("$group", filter.GroupKey), ("$receiver", filter.Receiver), ("$status", (int?)filter.Status), ("$name", filter.AlertName), ("$limit", filter.Limit + 1));
        var more = rows.Count > filter.Limit;
        return new NotificationPage(
            [.. rows.Take(filter.Limit).Select(static r => r.Record)], more ? rows[filter.Limit - 1].Seq.ToString("x", CultureInfo.InvariantCulture) : null);
    }

    private static NotificationRecord Read(StateRow row) => new()
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
    };

    private static void Put(StateCommands commands, NotificationLogEntry entry) => commands.Execute(
        "INSERT OR REPLACE INTO notification_log (group_key, receiver, at, firing, resolved, expires_at, note) VALUES ($key, $receiver, $at, $firing, $resolved, $expires, $note)",
        ("$key", entry.GroupKey), ("$receiver", entry.Receiver), ("$at", entry.At), ("$firing", StateJson.Texts(entry.Firing)),
        ("$resolved", StateJson.Texts(entry.Resolved)), ("$expires", entry.ExpiresAt), ("$note", entry.Note));
}
