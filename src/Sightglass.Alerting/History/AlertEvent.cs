using Sightglass.Alerting.Routing;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.History;

/// <summary>What happened to an alert. The numbers are stored: new kinds come last.</summary>
public enum AlertEventKind
{
    /// <summary>Its expression began to hold.</summary>
    Pending,

    /// <summary>It began to fire.</summary>
    Firing,

    /// <summary>It fires no more.</summary>
    Resolved,

    /// <summary>Its expression held no more before it fired.</summary>
    Cleared,

    /// <summary>A receiver was told of it.</summary>
    Notified,

    /// <summary>A receiver could not be told of it.</summary>
    NotifyFailed,

    /// <summary>A silence keeps it from being told.</summary>
    Silenced,

    /// <summary>No silence keeps it from being told any more.</summary>
    Unsilenced,

    /// <summary>Another alert keeps it from being told.</summary>
    Inhibited,

    /// <summary>No other alert keeps it from being told any more.</summary>
    Uninhibited,

    /// <summary>A time interval keeps it from being told.</summary>
    Muted,

    /// <summary>No time interval keeps it from being told any more.</summary>
    Unmuted,

    /// <summary>Somebody took it on.</summary>
    Acknowledged,

    /// <summary>Nobody has it any more.</summary>
    Unacknowledged,

    /// <summary>The next step of an escalation was told of it.</summary>
    Escalated,
}

/// <summary>One entry of an alert's history.</summary>
/// <param name="At">When.</param>
/// <param name="Fingerprint">The alert's fingerprint.</param>
/// <param name="Labels">The alert's labels as receivers see them, external labels included.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Actor">Who did it: the rule's group, <c>receiver/integration</c>, the maker of a silence, a person; empty where nobody is known.</param>
/// <param name="Detail">More in words, without secrets; or empty.</param>
/// <param name="Value">The expression's value then, or null where it is not known.</param>
public sealed record AlertEvent(DateTimeOffset At, string Fingerprint, LabelSet Labels, AlertEventKind Kind, string Actor = "", string Detail = "", double? Value = null)
{
    /// <summary>The group of the rule that made the alert; empty where it comes from outside or the event is not of the rule.</summary>
    public string RuleGroup { get; init; } = string.Empty;

    /// <summary>The alert's name.</summary>
    public string AlertName => Labels["alertname"];

    /// <summary>An event of the alert with these labels.</summary>
    public static AlertEvent Of(LabelSet labels, DateTimeOffset at, AlertEventKind kind, string actor = "", string detail = "", double? value = null) =>
        new(at, FingerprintOf(labels), labels, kind, actor, detail, value);

    /// <summary>The fingerprint of an alert with these labels: 16 hexadecimal digits, as Alertmanager computes it.</summary>
    public static string FingerprintOf(LabelSet labels) => Alert.Hash(labels).ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}
