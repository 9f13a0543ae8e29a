using Sightglass.Alerting.Templates;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Rules.Backtest;

/// <summary>
/// Gives what an expression found the labels that the rule would have given it, templates included. A label that depends on the value makes several alerts
/// of one series, as it does in a running rule.
/// </summary>
internal sealed class ReplayedLabels(RuleDefinition rule, LabelSet externalLabels, Uri externalUrl)
{
    private readonly RuleTemplate _template = new(externalUrl, externalLabels, static (_, _) => throw new TemplateFunctionException("query is not asked in a backtest"));
    private readonly bool _hasTemplates = rule.Labels.Any(static l => l.Value.Contains("{{", StringComparison.Ordinal));
    private readonly bool _dependsOnMoment = rule.Labels.Any(static l => l.Value.Contains("{{", StringComparison.Ordinal) && (l.Value.Contains("alue", StringComparison.Ordinal) || l.Value.Contains("now", StringComparison.Ordinal)));

    /// <summary>The moments of each alert, in order.</summary>
    /// <exception cref="QueryException">Two series become one alert.</exception>
    /// <exception cref="LimitExceededException">There are too many templates to render.</exception>
    public IReadOnlyDictionary<LabelSet, IReadOnlyList<DateTimeOffset>> Of(IReadOnlyDictionary<LabelSet, IReadOnlyList<HeldMoment>> found)
    {
        if (_dependsOnMoment)
        {
            var renders = found.Values.Sum(static m => (long)m.Count);
            if (renders > BacktestLimits.MaxTemplateRenders)
            {
                throw new LimitExceededException("MaxTemplateRenders", BacktestLimits.MaxTemplateRenders, renders, $"labels of {rule.Name} that depend on the value: want a shorter range or a longer interval");
            }
        }

        var alerts = new Dictionary<LabelSet, List<DateTimeOffset>>();
        foreach (var (series, moments) in found)
        {
            if (!_dependsOnMoment)
            {
                if (moments.Count > 0)
                {
                    Add(alerts, Labels(series, moments[0]), moments.Select(static m => m.At));
                }

                continue;
            }

            foreach (var moment in moments)
            {
                Add(alerts, Labels(series, moment), [moment.At]);
            }
        }

        foreach (var (_, moments) in alerts)
        {
            moments.Sort();
            for (var i = 1; i < moments.Count; i++)
            {
                if (moments[i] == moments[i - 1])
                {
                    throw new QueryException(QueryErrorKind.Execution, "vector contains metrics with the same labelset after applying alert labels");
                }
            }
        }

        return alerts.ToDictionary(static a => a.Key, static a => (IReadOnlyList<DateTimeOffset>)a.Value);
    }

    private static void Add(Dictionary<LabelSet, List<DateTimeOffset>> alerts, LabelSet labels, IEnumerable<DateTimeOffset> moments)
    {
        if (!alerts.TryGetValue(labels, out var known))
        {
            alerts.Add(labels, known = []);
        }

        known.AddRange(moments);
    }

    private LabelSet Labels(LabelSet series, HeldMoment moment)
    {
        var builder = new LabelSetBuilder(series.Without(LabelSet.MetricName));
        foreach (var label in rule.Labels)
        {
            builder.Set(label.Name, _hasTemplates ? Expand(label.Value, series, moment) : label.Value);
        }

        foreach (var name in rule.RemovedLabels)
        {
            builder.Remove(name);
        }

        return builder.Set("alertname", rule.Name).Build();
    }

    private string Expand(string text, LabelSet series, HeldMoment moment)
    {
        try
        {
            return _template.Render("__alert_" + rule.Name, text, series, moment.Value, moment.At);
        }
        catch (TemplateException e)
        {
            return $"<error expanding template: error executing template __alert_{rule.Name}: {e.Message}>";
        }
    }
}
