using Sightglass.Alerting.Rules;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Slo;

/// <summary>
/// Says how an objective stands, from the series that its rules recorded. Where they have not been evaluated yet the indicator itself is asked:
/// an objective has its history from the start.
/// </summary>
public sealed class SloEvaluator(IRuleQueryEngine metrics)
{
    private const int MaxCulprits = 10;

    /// <summary>The status at a moment.</summary>
    /// <exception cref="QueryException">A query of the indicator cannot be executed.</exception>
    public SloStatus Status(SloDefinition slo, DateTimeOffset at, CancellationToken cancellation)
    {
        var recorded = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var sample in metrics.Query($"{{__name__=~\"slo:.+\",{SloRules.SelectorOf(slo)[1..]}", at, cancellation))
        {
            recorded[sample.Labels.Name] = sample.Value;
        }

        var budget = (double)slo.Budget;
        var evaluated = recorded.ContainsKey(SloRules.PeriodError);
        double? Burn(TimeSpan window) =>
            recorded.TryGetValue(SloRules.RatioName(window), out var ratio) ? ratio / budget
            : evaluated || slo.Indicator.Language != RuleLanguage.PromQL ? null
            : Value(slo.Indicator.ErrorRatio(window), at, cancellation) / budget;
        var pairs = SloRules.PairsOf(slo);
        SloBurn[] burns = [.. pairs.Select(p => new SloBurn(p, Burn(p.Long), Burn(p.Short)))];
        var errors = evaluated ? recorded[SloRules.PeriodError]
            : slo.Indicator.Language != RuleLanguage.PromQL ? 0
            : Value(slo.Indicator.PeriodErrorRatio(slo.Window), at, cancellation) ?? 0;
        var remaining = 1 - (errors / budget);
        return new SloStatus
        {
            Slo = slo,
            State = remaining <= 0 ? SloState.Exhausted
                : burns.Any(static b => b.IsTooFast) ? SloState.Burning
                : burns.All(static b => b.Long is null && b.Short is null) ? SloState.NoData
                : SloState.Ok,
            WindowStart = slo.Window.Start(at),
            WindowEnd = slo.Window.End(at),
            Indicator = 1 - errors,
            IndicatorNow = burns[0].Short is { } now ? 1 - (now * budget) : null,
            BudgetRemaining = remaining,
            Burns = burns,
            ExhaustedAt = Forecast(slo.Window, at, remaining, burns[0].Long ?? 0),
        };
    }

    /// <summary>
    /// When a budget is used up that burns at a rate from now on, with the traffic of before. A rolling window forgets as much as it learns: at a
    /// rate of 1 or less something is always left.
    /// </summary>
    public static DateTimeOffset? Forecast(SloWindow window, DateTimeOffset now, double remaining, double burnRate)
    {
        if (remaining <= 0)
        {
            return now;
        }

        if (burnRate <= 1 || !double.IsFinite(burnRate))
        {
            return null;
        }

        var left = window.IsCalendar ? (now - window.Start(now)) * (remaining / (burnRate - 1)) : window.Length * (remaining / burnRate);
        return window.End(now) is { } end && now + left > end ? null : now + left;
    }

    /// <summary>
    /// What used the budget up: for each label that tells errors apart (or the one asked for) the values with the most errors in the window. Empty
    /// where the indicator counts no events, or there were no errors.
    /// </summary>
    /// <exception cref="QueryException">A query of the indicator cannot be executed.</exception>
    /// <exception cref="LimitExceededException">The indicator has more series than are looked at.</exception>
    public IReadOnlyList<SloCulprits> Culprits(SloDefinition slo, DateTimeOffset at, string? label, CancellationToken cancellation)
    {
        if (slo.Indicator is not EventIndicator { Language: RuleLanguage.PromQL } indicator)
        {
            return [];
        }

        var window = at - slo.Window.Start(at);
        var range = PromDuration.Format(TimeSpan.FromSeconds(Math.Max(60, Math.Ceiling(window.TotalSeconds))));
        var errors = new List<(LabelSet Labels, double Value)>();
        void Add(SloQuery query, int sign)
        {
            foreach (var sample in metrics.Query(query.Parts(range), at, cancellation))
            {
                if (errors.Count == SloLimits.MaxCulpritSeries)
                {
                    throw new LimitExceededException(nameof(SloLimits.MaxCulpritSeries), SloLimits.MaxCulpritSeries, errors.Count + 1, "too many series to say what used the budget up");
                }

                if (double.IsFinite(sample.Value))
                {
                    errors.Add((sample.Labels, sign * sample.Value * window.TotalSeconds));
                }
            }
        }

        Add(indicator.Bad ?? indicator.Total, 1);
        if (indicator.Good is { } good)
        {
            Add(good, -1);
        }

        string[] names = label is not null
            ? [label]
            : [.. errors.SelectMany(static e => e.Labels.Select(static l => l.Name)).Where(static n => n is not (LabelSet.MetricName or "le")).Distinct().Order(StringComparer.Ordinal)];
        return [.. names.Select(name => Of(name, errors, label is not null)).OfType<SloCulprits>()];
    }

    private static SloCulprits? Of(string label, List<(LabelSet Labels, double Value)> errors, bool asked)
    {
        var sums = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (labels, value) in errors)
        {
            sums[labels[label]] = sums.GetValueOrDefault(labels[label]) + value;
        }

        var total = sums.Values.Where(static v => v > 0).Sum();
        return (sums.Count < 2 && !asked) || total <= 0 ? null
            : new SloCulprits(label, [.. sums.Where(static s => s.Value > 0).OrderByDescending(static s => s.Value).Take(MaxCulprits).Select(s => new SloCulprit(s.Key, s.Value, s.Value / total))]);
    }

    // What is no number is no value: 0 divided by 0.
    private double? Value(string expression, DateTimeOffset at, CancellationToken cancellation) =>
        metrics.Query(expression, at, cancellation) is [{ } one, ..] && !double.IsNaN(one.Value) ? one.Value : null;
}
