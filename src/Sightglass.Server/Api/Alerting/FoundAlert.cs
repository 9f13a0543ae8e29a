using Sightglass.Alerting.History;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Rules;
using Sightglass.Core.Model;

namespace Sightglass.Server.Api.Alerting;

/// <summary>All that is known of one alert.</summary>
internal sealed record FoundAlert
{
    public required string Fingerprint { get; init; }

    /// <summary>Labels as receivers see them.</summary>
    public required LabelSet Labels { get; init; }

    /// <summary>Group of its rule; empty for an alert from outside.</summary>
    public required string RuleGroup { get; init; }

    /// <summary>Each time that it fired, by start.</summary>
    public required IReadOnlyList<AlertEpisode> Episodes { get; init; }

    /// <summary>False when there was more to read than was read.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>The acknowledgement in effect, or null.</summary>
    public AlertEvent? Acknowledged { get; init; }

    /// <summary>As the dispatcher has it, or null when it does not fire.</summary>
    public AlertStatusView? Status { get; init; }

    /// <summary>The group of its rule, or null.</summary>
    public RuleGroupView? Group { get; init; }

    /// <summary>Its rule, or null.</summary>
    public RuleDefinition? Rule { get; init; }

    /// <summary>As its rule has it, or null when it is neither pending nor firing.</summary>
    public AlertView? Present { get; init; }
}
