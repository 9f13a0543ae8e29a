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

    /// <summary>Fingerprints of the alerts that keep one silent: the first of each rule.</summary>
    public List<string> InhibitedBy(LabelSet labels)
    {
        var by = new List<string>();
        foreach (var (rule, sources) in _rules)
        {
            if (sources.Count == 0 || !Matches(rule.Target, labels) || !sources.TryGetValue(Key(rule, labels), out var candidates))
            {
                continue;
            }

            // An alert that is source and target of the rule is not kept silent by others that are both.
            var isBoth = Matches(rule.Source, labels);
            var source = candidates.Find(a => !isBoth || !Matches(rule.Target, a.Labels));
            if (source is not null && !by.Contains(source.Fingerprint))
            {
                by.Add(source.Fingerprint);
            }
        }

        return by;
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
