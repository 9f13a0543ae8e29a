using Sightglass.Alerting.Templates;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Rules.Backtest;

/// <summary>
/// Gives what an expression found the labels that the rule would have given it, templates included. A label that depends on the value makes several alerts
/// of one series, as it does in a running rule.
/// </summary>
internal sealed class ReplayedLabels(RuleDefinition rule, LabelSet externalLabels, Uri externalUrl, ReplayedQueries queries)
{
    /// <summary>What in a template makes it another text at another moment.</summary>
    private static readonly string[] OfTheMoment = ["alue", "now", "query"];

    private readonly RuleTemplate _template = new(externalUrl, externalLabels, queries.Ask);
    private readonly bool _hasTemplates = rule.Labels.Any(static l => l.Value.Contains("{{", StringComparison.Ordinal));
    private readonly bool _dependsOnMoment = rule.Labels.Any(static l =>
        l.Value.Contains("{{", StringComparison.Ordinal) && Array.Exists(OfTheMoment, word => l.Value.Contains(word, StringComparison.Ordinal)));

    /// <summary>The moments of each alert, in order.</summary>
    /// <exception cref="QueryException">Two series become one alert.</exception>
    /// <exception cref="LimitExceededException">There are too many templates to render.</exception>
    public async Task<IReadOnlyDictionary<LabelSet, IReadOnlyList<DateTimeOffset>>> OfAsync(IReadOnlyDictionary<LabelSet, IReadOnlyList<HeldMoment>> found, CancellationToken cancellation)
    {
        if (_dependsOnMoment)
        {
            var renders = found.Values.Sum(static m => (long)m.Count);
            if (renders > BacktestLimits.MaxTemplateRenders)
            {
                throw new LimitExceededException("MaxTemplateRenders", BacktestLimits.MaxTemplateRenders, renders, $"labels of {rule.Name} that depend on the moment: want a shorter range or a longer interval");
            }
        }

        var alerts = new Dictionary<LabelSet, List<DateTimeOffset>>();
        foreach (var (series, moments) in found)
        {
            if (!_dependsOnMoment)
            {
                if (moments.Count > 0)
                {
                    Add(alerts, await LabelsAsync(series, moments[0], cancellation).ConfigureAwait(false), moments.Select(static m => m.At));
                }

                continue;
            }

            foreach (var moment in moments)
            {
                Add(alerts, await LabelsAsync(series, moment, cancellation).ConfigureAwait(false), [moment.At]);
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

    private async ValueTask<LabelSet> LabelsAsync(LabelSet series, HeldMoment moment, CancellationToken cancellation)
    {
        LabelSet labels;
        do
        {
            labels = Labels(series, moment);
        }
        while (await queries.FetchAsync(cancellation).ConfigureAwait(false));

        return labels;
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
