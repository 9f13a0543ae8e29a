namespace Sightglass.Alerting.Rules.Backtest;

/// <summary>Bounds on one backtest; each is named in the error that it causes.</summary>
public static class BacktestLimits
{
    /// <summary>Bytes of a request.</summary>
    public const int MaxBodyBytes = 1 << 20;

    /// <summary>Evaluations of expressions, those of other thresholds included: a year of one rule every minute with three others.</summary>
    public const long MaxEvaluations = 2_500_000;

    /// <summary>Evaluations of rules over spans: each looks at the spans of its window, where those of other languages share what they read.</summary>
    public const long MaxTraceEvaluations = 50_000;

    /// <summary>Evaluations times series of one expression.</summary>
    public const long MaxReplaySteps = 50_000_000;

    /// <summary>Labels that are rendered for each moment of one rule, because their templates use the value or the time.</summary>
    public const long MaxTemplateRenders = 500_000;

    /// <summary>Queries that the templates of one rule's labels ask, each at one moment.</summary>
    public const int MaxTemplateQueries = 20_000;

    /// <summary>Other thresholds, and other waits, of one request.</summary>
    public const int MaxAlternatives = 10;

    /// <summary>Episodes of one rule that are told.</summary>
    public const int MaxEpisodes = 1_000;

    /// <summary>The longest time that is looked at.</summary>
    public static readonly TimeSpan MaxRange = TimeSpan.FromDays(400);

    /// <summary>The shortest interval between two evaluations.</summary>
    public static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(1);
}
