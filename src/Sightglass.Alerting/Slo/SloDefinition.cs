using Sightglass.Core.Model;

namespace Sightglass.Alerting.Slo;

/// <summary>One objective: how good a service has to be over a window of time.</summary>
public sealed record SloDefinition
{
    /// <summary>Its name, unique among all objectives.</summary>
    public required string Name { get; init; }

    /// <summary>The service that it is about.</summary>
    public required string Service { get; init; }

    /// <summary>The name for people; empty when there is none.</summary>
    public string DisplayName { get; init; } = string.Empty;

    /// <summary>What it is for.</summary>
    public string Description { get; init; } = string.Empty;

    /// <summary>What is measured.</summary>
    public required SloIndicator Indicator { get; init; }

    /// <summary>The share that has to be good, above 0 and below 1. Decimal: 1 - 0.999 is 0.001.</summary>
    public required decimal Target { get; init; }

    /// <summary>The time that the objective is about.</summary>
    public required SloWindow Window { get; init; }

    /// <summary>The shortest time that a burn rate may be of: what the interval of scraping gives a few samples of.</summary>
    public TimeSpan ShortestWindow { get; init; }

    /// <summary>Labels of every series and alert that is made of it, beside <c>slo</c> and <c>service</c>.</summary>
    public LabelSet Labels { get; init; } = LabelSet.Empty;

    /// <summary>The alerts that are made of it.</summary>
    public SloAlerting Alerting { get; init; } = new();

    /// <summary>File that it stands in.</summary>
    public required string File { get; init; }

    /// <summary>Line in it.</summary>
    public int Line { get; init; }

    /// <summary>The share that may be bad.</summary>
    public decimal Budget => 1 - Target;
}

/// <summary>The alerts of an objective.</summary>
public sealed record SloAlerting
{
    /// <summary>Name of the alerts.</summary>
    public string AlertName { get; init; } = "SloErrorBudgetBurn";

    /// <summary>Labels of the alerts that wake somebody; null when there are none.</summary>
    public LabelSet? Page { get; init; } = LabelSet.From([new Label("severity", "critical")]);

    /// <summary>Labels of the alerts that can wait; null when there are none.</summary>
    public LabelSet? Ticket { get; init; } = LabelSet.From([new Label("severity", "warning")]);

    /// <summary>Labels of all alerts.</summary>
    public LabelSet Labels { get; init; } = LabelSet.Empty;

    /// <summary>Annotations of all alerts, templates as in rules.</summary>
    public LabelSet Annotations { get; init; } = LabelSet.Empty;

    /// <summary>Conditions that stand in place of the pairs of windows; empty is the pairs.</summary>
    public IReadOnlyList<SloCondition> Conditions { get; init; } = [];
}

/// <summary>An alert on one burn rate: OpenSLO's alert policy with its condition.</summary>
/// <param name="Policy">Name of the policy.</param>
/// <param name="Severity">Severity of the alert.</param>
/// <param name="Operator">How the burn rate is compared, as PromQL writes it.</param>
/// <param name="Threshold">What it is compared with.</param>
/// <param name="Lookback">The time that the burn rate is of.</param>
/// <param name="After">How long it has to hold.</param>
/// <param name="WhenBreaching">Whether it alerts at all on the burn rate.</param>
/// <param name="WhenNoData">Whether it alerts where there is no burn rate.</param>
/// <param name="Targets">Names of those who are to be told.</param>
public sealed record SloCondition(
    string Policy, string Severity, string Operator, decimal Threshold, TimeSpan Lookback, TimeSpan After, bool WhenBreaching, bool WhenNoData, IReadOnlyList<string> Targets);
