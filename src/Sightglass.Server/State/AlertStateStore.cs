using Sightglass.Alerting.History;
using Sightglass.Alerting.Rules;

namespace Sightglass.Server.State;

/// <summary>Alerts of rules in <c>state.db</c>; what happened to them goes to the timeline in the same transaction.</summary>
internal sealed class AlertStateStore(StateDatabase database, AlertTimelineStore timeline) : IAlertStateStore
{
    public IReadOnlyList<StoredAlert> Load() => database.Read(
        "SELECT rule_group, rule, labels, annotations, state, value, active_at, fired_at, resolved_at, keep_firing_since, saved_at FROM alert_states",
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
            KeepFiringSince = row.TimeOrNull(9),
            SavedAt = row.Time(10),
        });

    public void Save(string group, IReadOnlyList<StoredAlert> alerts, IReadOnlyList<AlertEvent> events) => database.Write(commands =>
    {
        commands.Execute("DELETE FROM alert_states WHERE rule_group = $group", ("$group", group));
        foreach (var alert in alerts)
        {
            commands.Execute(
                """
                INSERT INTO alert_states (rule_group, rule, labels, annotations, state, value, active_at, fired_at, resolved_at, keep_firing_since, saved_at)
                VALUES ($group, $rule, $labels, $annotations, $state, $value, $active, $fired, $resolved, $keep, $saved)
                """,
                ("$group", alert.Group), ("$rule", alert.Rule), ("$labels", StateJson.Labels(alert.Labels)), ("$annotations", StateJson.Labels(alert.Annotations)),
                ("$state", (int)alert.State), ("$value", alert.Value), ("$active", alert.ActiveAt), ("$fired", alert.FiredAt), ("$resolved", alert.ResolvedAt),
                ("$keep", alert.KeepFiringSince), ("$saved", alert.SavedAt));
        }

        timeline.Put(commands, events);
    });
}
