using Sightglass.Core.Model;

namespace Sightglass.Alerting.Rules.Backtest;

/// <summary>What is to be replayed.</summary>
internal sealed record BacktestRequest
{
    /// <summary>The groups with the rules.</summary>
    public required IReadOnlyList<RuleGroupDefinition> Groups { get; init; }

    /// <summary>The first moment.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>The last moment.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>Evaluation interval of groups that name none.</summary>
    public TimeSpan DefaultInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Thresholds to try in the place of each rule's; null tries a tenth less and a tenth more.</summary>
    public IReadOnlyList<double>? Thresholds { get; init; }

    /// <summary>Waits to try in the place of each rule's <c>for</c>; null tries none, half and double.</summary>
    public IReadOnlyList<TimeSpan>? Waits { get; init; }
}

/// <summary>How often an alert would have fired, and for how long.</summary>
/// <param name="Fired">Times that it would have begun to fire.</param>
/// <param name="Total">How long in all.</param>
/// <param name="Longest">The longest of them.</param>
/// <param name="Flaps">Times that it would have fired again within <see cref="AlertReplay.FlapTime"/> of being over.</param>
/// <param name="Series">Different series that would have fired.</param>
internal sealed record BacktestSummary(int Fired, TimeSpan Total, TimeSpan Longest, int Flaps, int Series)
{
    public static BacktestSummary Of(IReadOnlyList<ReplayedAlert> alerts) => new(
        alerts.Count,
        alerts.Aggregate(TimeSpan.Zero, static (sum, a) => sum + (a.To - a.From)),
        alerts.Count == 0 ? TimeSpan.Zero : alerts.Max(static a => a.To - a.From),
        AlertReplay.Flaps(alerts),
        alerts.Select(static a => a.Labels).Distinct().Count());
}

/// <summary>What a rule with one thing changed would have done.</summary>
/// <param name="Threshold">The other threshold, or null where it is the rule's.</param>
/// <param name="For">The wait.</param>
/// <param name="Expression">The expression.</param>
/// <param name="Summary">What came of it.</param>
internal sealed record BacktestAlternative(double? Threshold, TimeSpan For, string Expression, BacktestSummary Summary);

/// <summary>What a rule would have done.</summary>
internal sealed record BacktestedRule
{
    public required string Group { get; init; }

    public required RuleDefinition Rule { get; init; }

    public required TimeSpan Interval { get; init; }

    /// <summary>Why nothing was replayed, or null.</summary>
    public string? Skipped { get; init; }

    /// <summary>Why it could not be evaluated, or null.</summary>
    public string? Error { get; init; }

    /// <summary>Each time that it would have fired, by start.</summary>
    public IReadOnlyList<ReplayedAlert> Episodes { get; init; } = [];

    public BacktestSummary Summary { get; init; } = BacktestSummary.Of([]);

    public IReadOnlyList<BacktestAlternative> Alternatives { get; init; } = [];

    /// <summary>Why other thresholds were not tried though they were asked for, or null.</summary>
    public string? NoThreshold { get; init; }
}

/// <summary>A moment at which an expression held.</summary>
/// <param name="At">The moment.</param>
/// <param name="Value">The value; NaN for a histogram.</param>
internal readonly record struct HeldMoment(DateTimeOffset At, double Value);

/// <summary>What is stored, as rules ask for it.</summary>
internal interface IBacktestHistory
{
    /// <summary>At which moments of a range an expression held. By series, names included; the moments in order.</summary>
    /// <exception cref="Core.Errors.QueryException">The expression could not be evaluated.</exception>
    Task<IReadOnlyDictionary<LabelSet, IReadOnlyList<HeldMoment>>> HoldsAsync(
        string expression, RuleLanguage language, DateTimeOffset start, DateTimeOffset end, TimeSpan interval, CancellationToken cancellation);

    /// <summary>What PromQL answers at one moment, for the <c>query</c> of a template.</summary>
    /// <exception cref="Core.Errors.QueryException">The expression could not be evaluated.</exception>
    Task<IReadOnlyList<RuleSample>> QueryAsync(string expression, DateTimeOffset at, CancellationToken cancellation);
}
