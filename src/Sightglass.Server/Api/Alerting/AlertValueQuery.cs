using System.Text.Json;
using Sightglass.Alerting.Rules;
using Sightglass.Core.Model;

namespace Sightglass.Server.Api.Alerting;

/// <summary>The range query that shows an alert's value around its last episode.</summary>
internal static class AlertValueQuery
{
    private const int Points = 250;

    private static readonly TimeSpan Around = TimeSpan.FromHours(1);
    private static readonly TimeSpan ShortestStep = TimeSpan.FromSeconds(5);

    /// <summary>Writes the query: what the rule compares, else its whole expression; <c>ALERTS</c> where no rule is known.</summary>
    public static void Write(Utf8JsonWriter json, FoundAlert alert, LabelSet externalLabels, DateTimeOffset now)
    {
        var comparison = alert.Rule is null ? null : RuleComparison.Of(alert.Rule) is [var first, ..] ? first : null;
        var (start, end) = Range(alert, now);
        var step = TimeSpan.FromSeconds(Math.Max(ShortestStep.TotalSeconds, Math.Ceiling((end - start).TotalSeconds / Points)));
        json.WriteStartObject("query");
        json.WriteString("language", (alert.Rule?.Language ?? RuleLanguage.PromQL).Name());
        json.WriteString("expression", comparison?.Expression ?? alert.Rule?.Query ?? $"ALERTS{{{string.Join(", ", alert.Labels.Select(static l => new LabelMatcher(Core.Model.MatchType.Equal, l.Name, l.Value)))}}}");
        json.WriteString("start", ApiTime.Nano(start));
        json.WriteString("end", ApiTime.Nano(end));
        json.WriteNumber("stepSeconds", step.TotalSeconds);
        RulesApi.WriteLabels(json, "series", Series(alert, externalLabels));
        if (comparison is not null)
        {
            json.WriteString("operator", comparison.Operator);
        }
        else
        {
            json.WriteNull("operator");
        }

        OwnAnswer.WriteNumber(json, "threshold", comparison?.Threshold);
        json.WriteEndObject();
    }

    /// <summary>The labels that the alert's series has in the answer: without those that the rule and this server add.</summary>
    private static LabelSet Series(FoundAlert alert, LabelSet externalLabels)
    {
        if (alert.Rule is null)
        {
            return alert.Labels;
        }

        var series = new LabelSetBuilder(alert.Present?.Labels ?? alert.Labels).Remove("alertname");
        foreach (var label in alert.Rule.Labels)
        {
            series.Remove(label.Name);
        }

        foreach (var label in alert.Present is null ? externalLabels : LabelSet.Empty)
        {
            series.Remove(label.Name);
        }

        return series.Build();
    }

    private static (DateTimeOffset Start, DateTimeOffset End) Range(FoundAlert alert, DateTimeOffset now)
    {
        var last = alert.Episodes.Count > 0 ? alert.Episodes[^1] : null;
        var end = (last?.End ?? now) + Around;
        return ((last?.Start ?? now) - Around, end < now ? end : now);
    }
}
