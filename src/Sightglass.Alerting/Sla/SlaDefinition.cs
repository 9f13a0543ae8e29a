using Sightglass.Alerting.Slo;

namespace Sightglass.Alerting.Sla;

/// <summary>What somebody was promised of a service over each period of the calendar.</summary>
public sealed record SlaDefinition
{
    /// <summary>Its name, unique among all agreements.</summary>
    public required string Name { get; init; }

    /// <summary>The service that it is about.</summary>
    public required string Service { get; init; }

    /// <summary>The name for people; empty when there is none.</summary>
    public string DisplayName { get; init; } = string.Empty;

    /// <summary>What was agreed, in words.</summary>
    public string Description { get; init; } = string.Empty;

    /// <summary>To whom it was promised; empty when that is not said.</summary>
    public string Customer { get; init; } = string.Empty;

    /// <summary>The periods that it is reckoned over.</summary>
    public required SlaCalendar Calendar { get; init; }

    /// <summary>The time that is judged as one: it is good or it is not.</summary>
    public required TimeSpan Slot { get; init; }

    /// <summary>What was promised, at least one.</summary>
    public required IReadOnlyList<SlaTarget> Targets { get; init; }

    /// <summary>Times that do not count.</summary>
    public IReadOnlyList<SlaMaintenance> Maintenance { get; init; } = [];

    /// <summary>File that it stands in.</summary>
    public required string File { get; init; }

    /// <summary>Line in it.</summary>
    public int Line { get; init; }
}

/// <summary>What a target is of.</summary>
public enum SlaTargetKind
{
    /// <summary>The share of time that the service was up, at least.</summary>
    Uptime,

    /// <summary>The share of requests that took no longer than a threshold, at least.</summary>
    Latency,

    /// <summary>The share of time with so many requests a second, at least.</summary>
    Throughput,

    /// <summary>The share of requests that failed, at most.</summary>
    ErrorRate,
}

/// <summary>One thing that was promised.</summary>
public sealed record SlaTarget
{
    /// <summary>What it is of.</summary>
    public required SlaTargetKind Kind { get; init; }

    /// <summary>The share that was promised, 0 to 1: at least, and at most of an error rate.</summary>
    public required decimal Promised { get; init; }

    /// <summary>What is measured.</summary>
    public required SloIndicator Indicator { get; init; }

    /// <summary>The share of errors above which a slot is missed; of a throughput the rate below which it is.</summary>
    public required decimal Limit { get; init; }

    /// <summary>What the target says, for people.</summary>
    public required string Text { get; init; }

    /// <summary>Whether more is better.</summary>
    public bool IsAtLeast => Kind != SlaTargetKind.ErrorRate;

    /// <summary>Whether it is reckoned over time, and not over requests.</summary>
    public bool IsOfTime => Kind is SlaTargetKind.Uptime or SlaTargetKind.Throughput;

    /// <summary>As configuration and API write the kind.</summary>
    public string Key => Kind switch
    {
        SlaTargetKind.Uptime => "uptime",
        SlaTargetKind.Latency => "latency",
        SlaTargetKind.Throughput => "throughput",
        _ => "error_rate",
    };
}
