using System.Globalization;
using Sightglass.Alerting.History;
using Sightglass.Alerting.Rules;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Server.State;

/// <summary>
/// The history of alerts in <c>state.db</c>. Labels are kept once an alert (<c>alert_series</c>); what lasts is kept apart (<c>alert_open</c>), so
/// that a start does not read the history.
/// </summary>
internal sealed class AlertTimelineStore : IAlertTimeline
{
    /// <summary>Events kept: a year and more for most, bounded where a thousand alerts flap.</summary>
    public const int MaxEvents = 500_000;

    /// <summary>Appended events between two prunings.</summary>
    private const int PruneEvery = 1_000;

    /// <summary>Age of events that are kept.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromDays(400);

    private const string Columns = "e.at, e.id, e.series, s.fingerprint, s.labels, e.kind, e.actor, e.detail, e.value, e.rule_group";

    private readonly StateDatabase _database;
    private readonly TimeProvider _time;
    private int _sincePruned = PruneEvery;

    /// <summary>Takes up the store; a history of the form before is taken over once.</summary>
    public AlertTimelineStore(StateDatabase database, TimeProvider time)
    {
        (_database, _time) = (database, time);
        if (database.Read("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'alert_history'", static row => row.Text(0)).Count > 0)
        {
            TakeOver();
        }
    }

    public void Append(IReadOnlyList<AlertEvent> events)
    {
        if (events.Count > 0)
        {
            _database.Write(commands => Put(commands, events));
        }
    }

    /// <summary>Adds events within a transaction that stores what they are about.</summary>
    public void Put(StateCommands commands, IReadOnlyList<AlertEvent> events)
    {
        foreach (var e in events)
        {
            var of = ("$fingerprint", (object?)e.Fingerprint);
            commands.Execute(
                "INSERT INTO alert_series (fingerprint, alertname, labels) VALUES ($fingerprint, $name, $labels) ON CONFLICT (fingerprint) DO NOTHING",
                of, ("$name", e.AlertName), ("$labels", StateJson.Labels(e.Labels)));
            commands.Execute(
                """
                INSERT INTO alert_events (at, series, alertname, kind, actor, detail, value, rule_group)
                SELECT $at, id, alertname, $kind, $actor, $detail, $value, $group FROM alert_series WHERE fingerprint = $fingerprint
                """,
                of, ("$at", e.At), ("$kind", (int)e.Kind), ("$actor", e.Actor), ("$detail", e.Detail), ("$value", e.Value), ("$group", e.RuleGroup));
            if (e.Kind.Ends() is { Count: > 0 } ended)
            {
                // A silence may be told before the rule tells the firing that it silences: what began at one time with it stays.
                commands.Execute(
                    """
                    DELETE FROM alert_open WHERE fingerprint = $fingerprint AND kind IN (SELECT value FROM json_each($kinds)) AND at <= $at
                    AND (at < $at OR $kind <> $firing OR kind <= $firing)
                    """,
                    of, ("$kinds", Numbers(ended.Select(static k => (long)k))), ("$at", e.At), ("$kind", (int)e.Kind), ("$firing", (int)AlertEventKind.Firing));
            }

            if (e.Kind.Lasts())
            {
                commands.Execute(
                    "INSERT OR REPLACE INTO alert_open VALUES ($fingerprint, $kind, $detail, $at, $labels, $actor, $value, $group)",
                    of, ("$kind", (int)e.Kind), ("$detail", e.Detail), ("$at", e.At), ("$labels", StateJson.Labels(e.Labels)), ("$actor", e.Actor), ("$value", e.Value), ("$group", e.RuleGroup));
            }
        }

        _sincePruned += events.Count;
        if (_sincePruned >= PruneEvery)
        {
            _sincePruned = 0;
            Prune(commands, _time.GetUtcNow());
        }
    }

    public AlertEventPage List(AlertEventFilter filter)
    {
        var where = new List<string>();
        var parameters = new List<(string, object?)> { ("$limit", filter.Limit + 1) };
        void Narrow(string condition, string name, object? value)
        {
            where.Add(condition);
            parameters.Add((name, value));
        }

        if (filter.AlertName is { } alertName)
        {
            Narrow("e.alertname = $name", "$name", alertName);
        }

        if (filter.Fingerprint is { } fingerprint)
        {
            Narrow("e.series = (SELECT id FROM alert_series WHERE fingerprint = $fingerprint)", "$fingerprint", fingerprint);
        }

        if (filter.Selectors.Count > 0)
        {
            Narrow("e.series IN (SELECT value FROM json_each($series))", "$series", Numbers(SeriesOf(filter)));
        }

        if (filter.Kinds.Count > 0)
        {
            Narrow("e.kind IN (SELECT value FROM json_each($kinds))", "$kinds", Numbers(filter.Kinds.Select(static k => (long)k)));
        }

        if (filter.From is { } from)
        {
            Narrow("e.at >= $from", "$from", from);
        }

        if (filter.To is { } to)
        {
            Narrow("e.at <= $to", "$to", to);
        }

        if (filter.Cursor is { } cursor)
        {
            var (at, id) = EventCursor.Read(cursor);
            where.Add(filter.Ascending ? "(e.at, e.id) > ($after, $afterId)" : "(e.at, e.id) < ($after, $afterId)");
            parameters.AddRange([("$after", at), ("$afterId", id)]);
        }

        var conditions = where.Count == 0 ? string.Empty : $"WHERE {string.Join(" AND ", where)}";
        var order = filter.Ascending ? "e.at, e.id" : "e.at DESC, e.id DESC";
        var labels = new Dictionary<long, LabelSet>();
        var rows = _database.Read(
            $"SELECT {Columns} FROM alert_events e JOIN alert_series s ON s.id = e.series {conditions} ORDER BY {order} LIMIT $limit", row => Read(row, labels), [.. parameters]);
        if (rows.Count <= filter.Limit)
        {
            return new AlertEventPage([.. rows.Select(static r => r.Event)], null);
        }

        rows.RemoveAt(filter.Limit);
        return new AlertEventPage([.. rows.Select(static r => r.Event)], EventCursor.Write(rows[^1].Event.At, rows[^1].Id));
    }

    public IReadOnlyList<AlertEvent> Open() => _database.Read(
        "SELECT at, fingerprint, labels, kind, actor, detail, value, rule_group FROM alert_open ORDER BY at, kind",
        static row => new AlertEvent(row.Time(0), row.Text(1), StateJson.Labels(row.Text(2)), (AlertEventKind)row.Int(3), row.Text(4), row.Text(5), row.NumberOrNull(6)) { RuleGroup = row.Text(7) });

    public IReadOnlyList<AlertEvent> FiringAt(DateTimeOffset at)
    {
        var labels = new Dictionary<long, LabelSet>();
        return [.. _database.Read(
            $"""
            SELECT {Columns} FROM alert_series s JOIN alert_events e ON e.id = (
                SELECT id FROM alert_events WHERE series = s.id AND at < $at AND kind IN ($firing, $resolved) ORDER BY at DESC, kind = $firing DESC, id DESC LIMIT 1)
            WHERE e.kind = $firing ORDER BY e.at, e.id
            """,
            row => Read(row, labels).Event, ("$at", at), ("$firing", (int)AlertEventKind.Firing), ("$resolved", (int)AlertEventKind.Resolved))];
    }

    private static (long Id, AlertEvent Event) Read(StateRow row, Dictionary<long, LabelSet> known)
    {
        var series = row.Long(2);
        if (!known.TryGetValue(series, out var labels))
        {
            known.Add(series, labels = StateJson.Labels(row.Text(4)));
        }

        return (row.Long(1), new AlertEvent(row.Time(0), row.Text(3), labels, (AlertEventKind)row.Int(5), row.Text(6), row.Text(7), row.NumberOrNull(8)) { RuleGroup = row.Text(9) });
    }

    private List<long> SeriesOf(AlertEventFilter filter) =>
        [.. _database.Read("SELECT id, labels FROM alert_series WHERE $name IS NULL OR alertname = $name", static row => (Id: row.Long(0), Labels: StateJson.Labels(row.Text(1))), ("$name", filter.AlertName))
            .Where(s => filter.Selectors.Any(set => set.All(m => m.Matches(s.Labels[m.Name]))))
            .Select(static s => s.Id)];

    private static string Numbers(IEnumerable<long> numbers) => $"[{string.Join(',', numbers.Select(static n => n.ToString(CultureInfo.InvariantCulture)))}]";

    private void TakeOver()
    {
        var events = _database.Read(
            "SELECT at, rule_group, labels, from_state, to_state, value FROM alert_history ORDER BY id",
            static row =>
            {
                var kind = ((AlertState)row.Int(3), (AlertState)row.Int(4)) switch
                {
                    (_, AlertState.Pending) => AlertEventKind.Pending,
                    (_, AlertState.Firing) => AlertEventKind.Firing,
                    (AlertState.Firing, _) => AlertEventKind.Resolved,
                    _ => AlertEventKind.Cleared,
                };
                return AlertEvent.Of(StateJson.Labels(row.Text(2)), row.Time(0), kind, row.Text(1), value: row.NumberOrNull(5)) with { RuleGroup = row.Text(1) };
            });
        try
        {
            _database.Write(commands =>
            {
                Put(commands, events);
                commands.Execute("DROP TABLE alert_history");
            });
        }
        catch (StorageFailedException)
        {
            // A full disk: the next start takes it over.
        }
    }

    private static void Prune(StateCommands commands, DateTimeOffset now)
    {
        commands.Execute("DELETE FROM alert_events WHERE id <= (SELECT MAX(id) FROM alert_events) - $max", ("$max", MaxEvents));
        commands.Execute("DELETE FROM alert_events WHERE at < $oldest", ("$oldest", now - MaxAge));
        commands.Execute("DELETE FROM alert_series WHERE NOT EXISTS (SELECT 1 FROM alert_events WHERE series = alert_series.id)");
    }
}
