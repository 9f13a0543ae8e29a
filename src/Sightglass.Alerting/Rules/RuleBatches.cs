using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.PromQL;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Alerting.Rules;

/// <summary>Splits the rules of a group into runs that may be evaluated at one time: none of a run reads what another of it writes.</summary>
internal static class RuleBatches
{
    private static readonly string[] OfAlerts = ["ALERTS", "ALERTS_FOR_STATE"];

    /// <summary>Runs in order; each holds positions of rules, in order.</summary>
    public static IReadOnlyList<IReadOnlyList<int>> Split(IReadOnlyList<RuleDefinition> rules)
    {
        var batches = new List<IReadOnlyList<int>>();
        var batch = new List<int>();
        var (reads, writes) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        var readsAll = false;
        for (var i = 0; i < rules.Count; i++)
        {
            var read = Read(rules[i]);
            var written = rules[i].Record is { } record ? [record] : OfAlerts;
            // Two rules that write the same name stay in their order, too; all alerting rules write ALERTS, each series of its own.
            var conflicts = read is null ? writes.Count > 0 : read.Overlaps(writes);
            conflicts |= readsAll || written.Any(reads.Contains) || (rules[i].Record is not null && writes.Contains(rules[i].Record!));
            if (conflicts)
            {
                batches.Add(batch);
                batch = [];
                reads.Clear();
                writes.Clear();
                readsAll = false;
            }

            batch.Add(i);
            readsAll |= read is null;
            reads.UnionWith(read ?? []);
            writes.UnionWith(written);
        }

        if (batch.Count > 0)
        {
            batches.Add(batch);
        }

        return batches;
    }

    /// <summary>The metrics that a rule reads, null when that may be any.</summary>
    private static HashSet<string>? Read(RuleDefinition rule)
    {
        if (rule.Language != RuleLanguage.PromQL)
        {
            return [];
        }

        if (rule.Labels.Concat(rule.Annotations).Any(static t => t.Value.Contains("query", StringComparison.Ordinal) && t.Value.Contains("{{", StringComparison.Ordinal)))
        {
            return null;
        }

        try
        {
            var names = new HashSet<string>(StringComparer.Ordinal);
            return Collect(PromQLParser.Parse(rule.Expression), names) ? names : null;
        }
        catch (QueryException)
        {
            // Written under other options of the language: nothing is known of it.
            return null;
        }
    }

    private static bool Collect(PromQLExpression expression, HashSet<string> names)
    {
        if (expression is VectorSelector selector)
        {
            var name = selector.Name.Length > 0 ? selector.Name
                : selector.Matchers.FirstOrDefault(static m => m.Name == LabelSet.MetricName && m.Type == MatchType.Equal)?.Value ?? string.Empty;
            names.Add(name);
            return name.Length > 0;
        }

        return expression.Children.All(c => Collect(c, names));
    }
}
