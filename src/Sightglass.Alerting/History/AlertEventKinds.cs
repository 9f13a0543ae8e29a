namespace Sightglass.Alerting.History;

/// <summary>The names of the kinds of events, and which of them end what others began.</summary>
public static class AlertEventKinds
{
    private static readonly (AlertEventKind Kind, string Name)[] Names =
    [
        (AlertEventKind.Pending, "pending"),
        (AlertEventKind.Firing, "firing"),
        (AlertEventKind.Resolved, "resolved"),
        (AlertEventKind.Cleared, "cleared"),
        (AlertEventKind.Notified, "notified"),
        (AlertEventKind.NotifyFailed, "notify_failed"),
        (AlertEventKind.Silenced, "silenced"),
        (AlertEventKind.Unsilenced, "unsilenced"),
        (AlertEventKind.Inhibited, "inhibited"),
        (AlertEventKind.Uninhibited, "uninhibited"),
        (AlertEventKind.Muted, "muted"),
        (AlertEventKind.Unmuted, "unmuted"),
        (AlertEventKind.Acknowledged, "acknowledged"),
        (AlertEventKind.Unacknowledged, "unacknowledged"),
        (AlertEventKind.Escalated, "escalated"),
    ];

    /// <summary>All names, in the order of the kinds.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Names.Select(static n => n.Name)];

    /// <summary>The name in APIs.</summary>
    public static string Name(this AlertEventKind kind) => Names[(int)kind].Name;

    /// <summary>The kind of a name, or null.</summary>
    public static AlertEventKind? Parse(string name)
    {
        foreach (var (kind, known) in Names)
        {
            if (known == name)
            {
                return kind;
            }
        }

        return null;
    }

    /// <summary>Whether the kind begins something that lasts until another kind ends it.</summary>
    public static bool Lasts(this AlertEventKind kind) =>
        kind is AlertEventKind.Pending or AlertEventKind.Firing or AlertEventKind.Silenced or AlertEventKind.Inhibited or AlertEventKind.Muted or AlertEventKind.Acknowledged;

    /// <summary>What the kind ends, of what lasts. An alert that is over, or fires anew, leaves nothing of its life before.</summary>
    public static IReadOnlyList<AlertEventKind> Ends(this AlertEventKind kind) => kind switch
    {
        AlertEventKind.Firing or AlertEventKind.Resolved or AlertEventKind.Cleared =>
            [AlertEventKind.Pending, AlertEventKind.Firing, AlertEventKind.Silenced, AlertEventKind.Inhibited, AlertEventKind.Muted, AlertEventKind.Acknowledged],
        AlertEventKind.Unsilenced => [AlertEventKind.Silenced],
        AlertEventKind.Uninhibited => [AlertEventKind.Inhibited],
        AlertEventKind.Unmuted => [AlertEventKind.Muted],
        AlertEventKind.Unacknowledged => [AlertEventKind.Acknowledged],
        _ => [],
    };
}
