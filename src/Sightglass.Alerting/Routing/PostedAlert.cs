using Sightglass.Core.Model;

namespace Sightglass.Alerting.Routing;

/// <summary>An alert as a rule or an outside Prometheus hands it in.</summary>
public sealed record PostedAlert
{
    /// <summary>What identifies it.</summary>
    public required LabelSet Labels { get; init; }

    /// <summary>Text for people.</summary>
    public LabelSet Annotations { get; init; } = LabelSet.Empty;

    /// <summary>When it began; null means now.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>When it ended or will count as ended unless it is posted again; null means after <c>resolve_timeout</c>.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>Link to what made it.</summary>
    public string GeneratorUrl { get; init; } = string.Empty;

    /// <summary>Name of the group of the rule that makes it; empty for an alert from outside.</summary>
    public string RuleGroup { get; init; } = string.Empty;

    /// <summary>The value of the rule's expression, or null when it is not known.</summary>
    public double? Value { get; init; }

    /// <summary>What the value is compared with, as the rule writes it, or null when it is not known.</summary>
    public string? Threshold { get; init; }
}
