using Sightglass.Alerting.Rules;

namespace Sightglass.Server.State;

/// <summary>Alerts of rules and the history of their states, in <c>state.db</c>.</summary>
internal sealed class AlertStateStore(StateDatabase database) : IAlertStateStore
{
    /// <summary>Changes kept: months for most, bounded for a rule that flaps.</summary>
    private const int MaxHistory = 100_000;

    public IReadOnlyList<StoredAlert> Load() => database.Read(
        "SELECT rule_group, rule, labels, annotations, state, value, active_at, fired_at, resolved_at, last_sent_at, keep_firing_since, saved_at FROM alert_states",
        static row => new StoredAlert
        {
            Group = row.Text(0),
            Rule = row.Text(1),
            Labels = StateJson.Labels(row.Text(2)),
            Annotations = StateJson.Labels(row.Text(3)),
            State = (AlertState)row.Int(4),
            Value = row.Number(5),
            ActiveAt = row.Time(6),
            FiredAt = row.TimeOrNull(7),
            ResolvedAt = row.TimeOrNull(8),
            LastSentAt = row.TimeOrNull(9),
            KeepFiringSince = row.TimeOrNull(10),
            SavedAt = row.Time(11),
        });

    public void Save(string group, IReadOnlyList<StoredAlert> alerts, IReadOnlyList<AlertChange> changes) => database.Write(commands =>
    {
        commands.Execute("DELETE FROM alert_states WHERE rule_group = $group", ("$group", group));
        foreach (var alert in alerts)
        {
            commands.Execute(
                "INSERT INTO alert_states VALUES ($group, $rule, $labels, $annotations, $state, $value, $active, $fired, $resolved, $sent, $keep, $saved)",
                ("$group", alert.Group), ("$rule", alert.Rule), ("$labels", StateJson.Labels(alert.Labels)), ("$annotations", StateJson.Labels(alert.Annotations)),
                ("$state", (int)alert.State), ("$value", alert.Value), ("$active", alert.ActiveAt), ("$fired", alert.FiredAt), ("$resolved", alert.ResolvedAt),
                ("$sent", alert.LastSentAt), ("$keep", alert.KeepFiringSince), ("$saved", alert.SavedAt));
        }

        foreach (var change in changes)
        {
            commands.Execute(
                "INSERT INTO alert_history (at, rule_group, alertname, labels, from_state, to_state, value) VALUES ($at, $group, $name, $labels, $from, $to, $value)",
                ("$at", change.At), ("$group", change.RuleGroup), ("$name", change.AlertName), ("$labels", StateJson.Labels(change.Labels)),
                ("$from", (int)change.From), ("$to", (int)change.To), ("$value", change.Value));
        }

        if (changes.Count > 0)
        {
            commands.Execute("DELETE FROM alert_history WHERE id <= (SELECT MAX(id) FROM alert_history) - $max", ("$max", MaxHistory));
        }
    });

    public IReadOnlyList<AlertChange> History(int limit) => database.Read(
        "SELECT at, rule_group, alertname, labels, from_state, to_state, value FROM alert_history ORDER BY id DESC LIMIT $limit",
        static row => new AlertChange(row.Time(0), row.Text(1), row.Text(2), StateJson.Labels(row.Text(3)), (AlertState)row.Int(4), (AlertState)row.Int(5), row.Number(6)),
        ("$limit", limit));
}
