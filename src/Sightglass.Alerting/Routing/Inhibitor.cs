using Sightglass.Core.Model;

namespace Sightglass.Alerting.Routing;

/// <summary>Says which alerts are silent because others fire. Built for one set of alerts.</summary>
internal sealed class Inhibitor
{
    private readonly List<(InhibitRule Rule, Dictionary<string, List<Alert>> Sources)> _rules = [];

    public Inhibitor(IReadOnlyList<InhibitRule> rules, IEnumerable<Alert> alerts, DateTimeOffset now)
    {
        var firing = rules.Count == 0 ? [] : alerts.Where(a => !a.IsResolvedAt(now)).ToList();
        foreach (var rule in rules)
        {
            var sources = new Dictionary<string, List<Alert>>(StringComparer.Ordinal);
            foreach (var alert in firing)
            {
                if (Matches(rule.Source, alert.Labels))
                {
                    var key = Key(rule, alert.Labels);
                    if (!sources.TryGetValue(key, out var list))
                    {
                        sources.Add(key, list = []);
                    }

                    list.Add(alert);
                }
            }

            _rules.Add((rule, sources));
        }
    }

    /// <summary>The fingerprint of the alert that keeps one silent, that of the first rule that does; or nothing.</summary>
    public List<string> InhibitedBy(LabelSet labels)
    {
        foreach (var (rule, sources) in _rules)
        {
            if (sources.Count == 0 || !Matches(rule.Target, labels) || !sources.TryGetValue(Key(rule, labels), out var candidates))
            {
                continue;
            }

            // An alert that is source and target of the rule is not kept silent by others that are both.
            var isBoth = Matches(rule.Source, labels);
            var source = candidates.Find(a => !isBoth || !Matches(rule.Target, a.Labels));
            if (source is not null)
            {
                return [source.Fingerprint];
            }
        }

        return [];
    }

    private static bool Matches(IReadOnlyList<LabelMatcher> matchers, LabelSet labels)
    {
        foreach (var matcher in matchers)
        {
            if (!matcher.Matches(labels[matcher.Name]))
            {
                return false;
            }
        }

        return true;
    }

    private static string Key(InhibitRule rule, LabelSet labels) => string.Join('\u00ff', rule.Equal.Select(l => labels[l]));
}
