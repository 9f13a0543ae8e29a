using Sightglass.Alerting.Routing;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Rules;

/// <summary>A rule that cannot be evaluated is itself an alert: <c>RuleEvaluationFailed</c>, until it can be again. Thread-safe.</summary>
internal sealed class RuleFailures(RuleGroupDefinition group, string file, RuleEnvironment environment, RuleManagerOptions options, TimeSpan interval)
{
    /// <summary>Valid for so many evaluations or tellings: one that is late does not end it.</summary>
    private const int Validity = 4;

    private readonly Dictionary<Rule, (DateTimeOffset Since, DateTimeOffset Told)> _failing = [];
    private readonly Lock _gate = new();

    /// <summary>The alert to tell after a failed evaluation, or null when it was told lately.</summary>
    public PostedAlert? Failed(Rule rule, DateTimeOffset at)
    {
        lock (_gate)
        {
            var known = _failing.TryGetValue(rule, out var state);
            if (known && at - state.Told < options.ResendDelay)
            {
                return null;
            }

            var since = known ? state.Since : at;
            _failing[rule] = (since, at);
            return Alert(rule, since, at + (Validity * (interval > options.ResendDelay ? interval : options.ResendDelay)));
        }
    }

    /// <summary>The end of the alert after an evaluation that succeeded, or null when there was none.</summary>
    public PostedAlert? Succeeded(Rule rule, DateTimeOffset at)
    {
        lock (_gate)
        {
            return _failing.Remove(rule, out var state) ? Alert(rule, state.Since, at) : null;
        }
    }

    private PostedAlert Alert(Rule rule, DateTimeOffset since, DateTimeOffset ends) => new()
    {
        Labels = environment.WithExternal(LabelSet.From(
        [
            new Label("alertname", "RuleEvaluationFailed"), new Label("rule", rule.Definition.Name), new Label("rule_group", group.Name), new Label("severity", "warning"),
        ])),
        Annotations = LabelSet.From(
        [
            new Label("summary", $"The rule {rule.Definition.Name} of the group {group.Name} cannot be evaluated"),
            new Label("description", $"{file}: {rule.LastError}"),
        ]),
        StartsAt = since,
        EndsAt = ends,
        RuleGroup = group.Name,
    };
}
