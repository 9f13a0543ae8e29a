using Sightglass.Core.Model;

namespace Sightglass.Alerting.History;

/// <summary>One time that an alert fired, from its start to its end.</summary>
public sealed class AlertEpisode
{
    private readonly List<AlertEvent> _told = [];
    private DateTimeOffset? _silencedSince;

    internal AlertEpisode(AlertEvent began, bool beganBefore)
    {
        (Fingerprint, Labels, RuleGroup, Start, Value, BeganBefore) = (began.Fingerprint, began.Labels, began.RuleGroup, began.At, began.Value, beganBefore);
    }

    /// <summary>The alert's fingerprint.</summary>
    public string Fingerprint { get; }

    /// <summary>The alert's labels.</summary>
    public LabelSet Labels { get; }

    /// <summary>The rule's group; empty for an alert from outside.</summary>
    public string RuleGroup { get; }

    /// <summary>When it began to fire; where that was before the time looked at, the beginning of that time.</summary>
    public DateTimeOffset Start { get; }

    /// <summary>When it was over; null while it fires.</summary>
    public DateTimeOffset? End { get; private set; }

    /// <summary>It began before the time looked at.</summary>
    public bool BeganBefore { get; }

    /// <summary>The expression's value at the start, or null where it is not known.</summary>
    public double? Value { get; }

    /// <summary>What was told of it, or could not be: <c>notified</c>, <c>notify_failed</c> and <c>escalated</c>, in order.</summary>
    public IReadOnlyList<AlertEvent> Told => _told;

    /// <summary>The first acknowledgement, or null.</summary>
    public AlertEvent? Acknowledged { get; private set; }

    /// <summary>A silence kept it from being told for a while.</summary>
    public bool Silenced { get; private set; }

    /// <summary>A silence kept it from being told from its start to its end.</summary>
    public bool AlwaysSilenced { get; private set; }

    /// <summary>Another alert kept it from being told for a while.</summary>
    public bool Inhibited { get; private set; }

    /// <summary>A time interval kept it from being told for a while.</summary>
    public bool Muted { get; private set; }

    /// <summary>Notifications sent while or after it fired.</summary>
    public int NotifiedCount => _told.Count(static e => e.Kind == AlertEventKind.Notified);

    /// <summary>Notifications that were given up.</summary>
    public int FailedCount => _told.Count(static e => e.Kind == AlertEventKind.NotifyFailed);

    /// <summary>How long it fired, up to <paramref name="now"/> where it still does.</summary>
    public TimeSpan Duration(DateTimeOffset now)
    {
        var length = (End ?? now) - Start;
        return length > TimeSpan.Zero ? length : TimeSpan.Zero;
    }

    internal void Add(AlertEvent e)
    {
        switch (e.Kind)
        {
            case AlertEventKind.Notified or AlertEventKind.NotifyFailed or AlertEventKind.Escalated:
                _told.Add(e);
                break;
            case AlertEventKind.Acknowledged when End is null:
                Acknowledged ??= e;
                break;
            case AlertEventKind.Silenced when End is null:
                Silenced = true;
                _silencedSince ??= e.At;
                AlwaysSilenced |= _silencedSince <= Start;
                break;
            case AlertEventKind.Unsilenced when End is null:
                AlwaysSilenced = false;
                _silencedSince = DateTimeOffset.MaxValue;
                break;
            case AlertEventKind.Inhibited when End is null:
                Inhibited = true;
                break;
            case AlertEventKind.Muted when End is null:
                Muted = true;
                break;
        }
    }

    internal void Close(DateTimeOffset at) => End ??= at;
}
