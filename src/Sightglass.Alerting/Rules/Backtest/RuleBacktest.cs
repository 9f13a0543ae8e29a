using System.Globalization;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.PromQL;
using Sightglass.Query.TraceQL;

namespace Sightglass.Alerting.Rules.Backtest;

/// <summary>Replays rules over history, and what another threshold or another <c>for</c> would have done.</summary>
internal sealed class RuleBacktest(IBacktestHistory history, LabelSet? externalLabels = null, Uri? externalUrl = null)
{
    private static readonly double[] OtherFactors = [0.9, 1.1];

    /// <exception cref="LimitExceededException">It would take too much.</exception>
    /// <exception cref="QueryException">The request is not valid.</exception>
    public async Task<IReadOnlyList<BacktestedRule>> RunAsync(BacktestRequest request, CancellationToken cancellation)
    {
        Check(request);
        var rules = new List<BacktestedRule>();
        foreach (var group in request.Groups)
        {
            var interval = group.Interval ?? request.DefaultInterval;
            foreach (var rule in group.Rules)
            {
                var replayed = new BacktestedRule { Group = group.Name, Rule = rule, Interval = interval };
                try
                {
                    replayed = rule.Alert is null ? replayed with { Skipped = "a recording rule; alerts read the series that are stored" }
                        : await ReplayAsync(request, replayed, cancellation).ConfigureAwait(false);
                }
                catch (QueryException e)
                {
                    replayed = replayed with { Error = e.Message };
                }

                rules.Add(replayed);
            }
        }

        return rules;
    }

    /// <summary>The expression with other numbers in place of its threshold, where that is a plain number.</summary>
    internal static IEnumerable<(double Threshold, string Expression)> OtherExpressions(RuleDefinition rule, IReadOnlyList<double>? thresholds)
    {
        if (rule.Language == RuleLanguage.LogQL)
        {
            if (RuleComparison.Of(rule) is [var comparison])
            {
                foreach (var threshold in Others(comparison.Threshold, thresholds))
                {
                    yield return (threshold, $"{comparison.Expression} {comparison.Operator} {Text(threshold)}");
                }
            }
        }
        else if (rule.Language == RuleLanguage.TraceQL)
        {
            if (TraceQLRules.Comparison(rule.Expression) is var (spans, sign, own, isDuration, hints))
            {
                foreach (var threshold in Others(own, thresholds))
                {
                    yield return (threshold, $"{spans} {sign} {Plain(threshold)}{(isDuration ? "s" : string.Empty)}{hints}");
                }
            }
        }
        else if (rule.Language == RuleLanguage.PromQL && RuleThreshold.Find(PromQLParser.Parse(rule.Expression)) is NumberLiteral { IsDuration: false } number)
        {
            foreach (var threshold in Others(number.Value, thresholds))
            {
                yield return (threshold, rule.Expression[..number.Span.Start] + Text(threshold) + rule.Expression[number.Span.End..]);
            }
        }
    }

    private static IEnumerable<double> Others(double own, IReadOnlyList<double>? thresholds) =>
        thresholds ?? (own == 0 || !double.IsFinite(own) ? [] : OtherFactors.Select(f => Rounded(own * f)));

    private static IEnumerable<TimeSpan> OtherWaits(TimeSpan own) => own > TimeSpan.Zero ? [TimeSpan.Zero, own / 2, own * 2] : [TimeSpan.FromMinutes(5)];

    /// <summary>Without the digits that only the multiplication made.</summary>
    private static double Rounded(double number) => double.Parse(number.ToString("G12", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>A negative number stands in parentheses: it may follow an operator.</summary>
    private static string Text(double number)
    {
        var text = number.ToString(CultureInfo.InvariantCulture);
        return number < 0 ? $"({text})" : text;
    }

    private static bool Compares(double value, string sign, double threshold) => sign switch
    {
        ">" => value > threshold,
        ">=" => value >= threshold,
        "<" => value < threshold,
        "<=" => value <= threshold,
        "=" => value == threshold,
        _ => value != threshold,
    };

    private static string Plain(double number) => number.ToString("0.############", CultureInfo.InvariantCulture);

    private static void Check(BacktestRequest request)
    {
        if (request.From >= request.To)
        {
            throw new QueryException(QueryErrorKind.BadData, "from: not before to");
        }

        var range = request.To - request.From;
        if (range > BacktestLimits.MaxRange)
        {
            throw new LimitExceededException("MaxRange", (long)BacktestLimits.MaxRange.TotalDays, (long)range.TotalDays, "days of a backtest");
        }

        foreach (var (name, count) in (ReadOnlySpan<(string, int?)>)[("thresholds", request.Thresholds?.Count), ("waits", request.Waits?.Count)])
        {
            if (count > BacktestLimits.MaxAlternatives)
            {
                throw new LimitExceededException("MaxAlternatives", BacktestLimits.MaxAlternatives, count.Value, $"too many {name}");
            }
        }

        long evaluations = 0;
        foreach (var group in request.Groups)
        {
            var interval = group.Interval ?? request.DefaultInterval;
            if (interval < BacktestLimits.MinInterval)
            {
                throw new QueryException(QueryErrorKind.BadData, $"interval: got {PromDuration.Format(interval)}, want {PromDuration.Format(BacktestLimits.MinInterval)} or more for a backtest");
            }

            var steps = (range.Ticks / interval.Ticks) + 1;
            evaluations += group.Rules.Where(static r => r.Alert is not null).Sum(r => steps * (1 + OtherExpressions(r, request.Thresholds).Count()));
        }

        // Other thresholds are tried on the same answers.
        var traces = request.Groups.Sum(g => (range.Ticks / (g.Interval ?? request.DefaultInterval).Ticks * g.Rules.LongCount(static r => r.Alert is not null && r.Language == RuleLanguage.TraceQL)));
        if (traces > BacktestLimits.MaxTraceEvaluations)
        {
            throw new LimitExceededException("MaxTraceEvaluations", BacktestLimits.MaxTraceEvaluations, traces, "evaluations of TraceQL rules in a backtest: want fewer rules, a shorter range or a longer interval");
        }

        if (evaluations > BacktestLimits.MaxEvaluations)
        {
            throw new LimitExceededException("MaxEvaluations", BacktestLimits.MaxEvaluations, evaluations, "evaluations of a backtest: want fewer rules, a shorter range or a longer interval");
        }
    }

    private async Task<BacktestedRule> ReplayAsync(BacktestRequest request, BacktestedRule replayed, CancellationToken cancellation)
    {
        var (rule, interval) = (replayed.Rule, replayed.Interval);
        // Whole steps, so that the same range gives the same answer.
        var start = new DateTimeOffset(request.From.UtcTicks - (request.From.UtcTicks % interval.Ticks), TimeSpan.Zero);
        IReadOnlyList<ReplayedAlert> Replay(IReadOnlyDictionary<LabelSet, IReadOnlyList<DateTimeOffset>> holds, TimeSpan wait) =>
            AlertReplay.Run(holds, start, request.To, interval, wait, rule.KeepFiringFor, cancellation);

        var labels = new ReplayedLabels(rule, externalLabels ?? LabelSet.Empty, externalUrl ?? new Uri("http://localhost/"), new ReplayedQueries(history, rule.Name));

        // Spans are read once for all thresholds: each moment has a window of its own to look through.
        var comparison = rule.Language == RuleLanguage.TraceQL ? TraceQLRules.Comparison(rule.Expression) : null;
        IReadOnlyDictionary<LabelSet, IReadOnlyList<HeldMoment>>? values = null;
        var holds = await HoldsAsync(rule.Expression, null).ConfigureAwait(false);
        var episodes = Replay(holds, rule.For);
        var alternatives = new List<BacktestAlternative>();
        foreach (var wait in request.Waits ?? OtherWaits(rule.For))
        {
            alternatives.Add(new BacktestAlternative(null, wait, rule.Expression, BacktestSummary.Of(Replay(holds, wait))));
        }

        var others = OtherExpressions(rule, request.Thresholds).ToList();
        foreach (var (threshold, expression) in others)
        {
            alternatives.Add(new BacktestAlternative(threshold, rule.For, expression, BacktestSummary.Of(Replay(await HoldsAsync(expression, threshold).ConfigureAwait(false), rule.For))));
        }

        return replayed with
        {
            Episodes = episodes,
            Summary = BacktestSummary.Of(episodes),
            Alternatives = alternatives,
            NoThreshold = request.Thresholds is { Count: > 0 } && others.Count == 0 ? "its expression compares with no plain number" : null,
        };

        async Task<IReadOnlyDictionary<LabelSet, IReadOnlyList<DateTimeOffset>>> HoldsAsync(string expression, double? threshold)
        {
            IReadOnlyDictionary<LabelSet, IReadOnlyList<HeldMoment>> found;
            if (comparison is var (spans, sign, own, _, hints))
            {
                values ??= await history.HoldsAsync(spans + hints, rule.Language, start, request.To, interval, cancellation).ConfigureAwait(false);
                found = values.ToDictionary(static v => v.Key, v => (IReadOnlyList<HeldMoment>)[.. v.Value.Where(m => Compares(m.Value, sign, threshold ?? own))]);
            }
            else
            {
                found = await history.HoldsAsync(expression, rule.Language, start, request.To, interval, cancellation).ConfigureAwait(false);
            }

            var steps = ((request.To - start).Ticks / interval.Ticks) + 1;
            var alerts = await labels.OfAsync(found, cancellation).ConfigureAwait(false);
            return alerts.Count * steps > BacktestLimits.MaxReplaySteps
                ? throw new LimitExceededException("MaxReplaySteps", BacktestLimits.MaxReplaySteps, alerts.Count * steps, $"evaluations times series of {replayed.Group}/{rule.Name}")
                : alerts;
        }
    }
}
