using Sightglass.Alerting.OnCall;

namespace Sightglass.Alerting.Escalation;

/// <summary>What the dispatcher needs to escalate.</summary>
public sealed record EscalationOptions
{
    /// <summary>The configuration to start with.</summary>
    public required EscalationConfiguration Configuration { get; init; }

    /// <summary>Keeps escalations.</summary>
    public required IEscalationStore Store { get; init; }

    /// <summary>The acknowledgements.</summary>
    public required AcknowledgementRegistry Acknowledgements { get; init; }

    /// <summary>The overrides of rotations.</summary>
    public required OverrideRegistry Overrides { get; init; }

    /// <summary>Makes the links in messages.</summary>
    public required AcknowledgeLinks Links { get; init; }
}
