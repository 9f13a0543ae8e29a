using Sightglass.Alerting.Routing;

namespace Sightglass.Alerting.History;

/// <summary>What a notification means for the history of the alerts in it.</summary>
public static class NotificationEvents
{
    /// <summary>One event for each alert of a notification that is sent or given up; none while it is tried.</summary>
    public static IReadOnlyList<AlertEvent> Of(NotificationRecord record)
    {
        if (record.Status == NotificationStatus.Pending)
        {
            return [];
        }

        var kind = record.Status == NotificationStatus.Sent ? AlertEventKind.Notified : AlertEventKind.NotifyFailed;
        var actor = $"{record.Receiver}/{record.Integration}";
        var error = record.Error.Length > 0 ? $": {record.Error}" : string.Empty;
        return [.. record.Alerts.Select(a => new AlertEvent(record.UpdatedAt, a.Fingerprint, a.Labels, kind, actor, (a.Resolved ? "resolved" : "firing") + error))];
    }
}
