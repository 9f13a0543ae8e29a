using System.Globalization;
using System.Text;

namespace Sightglass.EndToEnd.Alertmanager;

/// <summary>
/// Routing trees, inhibition and a schedule of alerts from a seed. The moments at which groups are told stand apart from those at which
/// something happens by a tenth of a second at least (in units of two seconds: alerts at .0 and .3, waits end in .6 or .9 or .0, ends of
/// alerts in .15 and .45, of silences in .75, reloads at .5), so that two servers cannot differ by a race. When calm, alerts end only at the
/// end and none is older than it says: Alertmanagers before 0.31 keep a group whose alerts are over for a while, and tell what comes next by
/// its clock.
/// </summary>
internal sealed class ScenarioGenerator(int seed, bool isCalm)
{
    private static readonly TimeSpan Unit = TimeSpan.FromSeconds(2);
    private static readonly string[] Names = ["HighLatency", "InstanceDown", "DiskFull", "Errors"];
    private static readonly string[] Severities = ["critical", "warning", "info"];
    private static readonly string[] Teams = ["shop", "pay", ""];

    /// <summary>No alert is both: of several sources the newer ones look at one only, which may be one that is a target too.</summary>
    private static readonly string[] Inhibitions =
    [
        "source_matchers: ['severity=\"critical\"']\n  target_matchers: ['severity=~\"warning|info\"']",
        "source_matchers: ['alertname=\"InstanceDown\"']\n  target_matchers: ['alertname!=\"InstanceDown\"', 'team=~\".+\"']",
        "source_matchers: ['team!~\"shop|pay\"']\n  target_matchers: ['team=~\"shop|pay\"']",
    ];

    private static readonly string[] GroupKeys = ["alertname", "team", "severity", "instance"];

    private const int Units = 9;
    private const int LastFiring = 6;

    private readonly Random _random = new(seed);
    private int _receivers;

    public static TimeSpan Of(double units) => Unit * units;

    public Scenario Make()
    {
        var first = Configuration();
        var steps = new List<Step>();
        var known = new List<Dictionary<string, string>>();
        for (var i = 0; i < Units; i++)
        {
            var at = i + (_random.Next(4) == 0 ? 0.3 : 0);
            if (_random.Next(6) > 0)
            {
                steps.Add(new PostStep(Of(at), Batch(at, known)));
            }

            if (_random.Next(6) == 0)
            {
                var name = "s" + i.ToString(CultureInfo.InvariantCulture);
                steps.Add(new SilenceStep(Of(at + 0.03), name, [Matcher(), ("alertname", ".+", true, true)], Of(i + _random.Next(1, 4) + 0.75)));
                if (_random.Next(3) == 0)
                {
                    steps.Add(new ExpireStep(Of(i + 0.75), name));
                }
            }

            if (i > 2 && i < Units - 2 && !isCalm && _random.Next(10) == 0)
            {
                steps.Add(new ReloadStep(Of(i + 0.5), _random.Next(2) == 0 ? first : Configuration()));
            }
            else if (_random.Next(4) == 0)
            {
                steps.Add(new LookStep(Of(i + 0.5)));
            }
        }

        return new Scenario(first, [.. steps.OrderBy(static s => s.At)], Of(Units + 2.5));
    }

    private static string Seconds(double units) => ((int)Math.Round(Of(units).TotalMilliseconds)).ToString(CultureInfo.InvariantCulture) + "ms";

    private T Pick<T>(IReadOnlyList<T> list) => list[_random.Next(list.Count)];

    /// <summary>
    /// The newer Alertmanagers take the alerts of one body at once: of two with the same labels either is last, and one that is told at
    /// once may go without the others.
    /// </summary>
    private List<ScenarioAlert> Batch(double at, List<Dictionary<string, string>> known)
    {
        var batch = Enumerable.Range(0, _random.Next(1, 5)).Select(_ => Alert(at, known)).ToList()
            .DistinctBy(static a => string.Join(',', a.Labels.OrderBy(static l => l.Key, StringComparer.Ordinal))).ToList();
        return batch.Find(a => a.Starts < Of(at - 1)) is { } old ? [old] : batch;
    }

    private ScenarioAlert Alert(double at, List<Dictionary<string, string>> known)
    {
        Dictionary<string, string> labels;
        if (known.Count > 0 && (_random.Next(5) < 3 || (isCalm && at > LastFiring)))
        {
            labels = Pick(known);
        }
        else
        {
            labels = new Dictionary<string, string> { ["alertname"] = Pick(Names), ["severity"] = Pick(Severities), ["instance"] = "host-" + _random.Next(1, 4).ToString(CultureInfo.InvariantCulture), ["job"] = "node" };
            if (Pick(Teams) is { Length: > 0 } team)
            {
                labels["team"] = team;
            }

            known.Add(labels);
        }

        var annotations = new Dictionary<string, string> { ["summary"] = $"{labels["alertname"]} on {labels["instance"]}" };
        if (_random.Next(3) == 0)
        {
            annotations["value"] = at.ToString(CultureInfo.InvariantCulture);
        }

        // Beginnings long past are told at once: only those at .0 may have them, or the moments would meet.
        var isWhole = at == Math.Floor(at);
        var starts = _random.Next(4) switch { 0 when isWhole => Of(at - 30.05), 1 => Of(at - 0.02), _ => (TimeSpan?)null };
        TimeSpan? ends = _random.Next(6) switch
        {
            0 or 1 => null,
            2 => Of(at + 60),
            3 => Of(Math.Floor(at) + _random.Next(1, 3) + 0.15),
            _ => Of(at - 0.01),
        };
        // An alert with an end to come and no beginning begins now, as Alertmanager's documentation has it; its code makes it begin at its end.
        if (isCalm)
        {
            return new ScenarioAlert(labels, annotations, Of(at - 0.02), at > LastFiring ? Of(at - 0.01) : Of(at + 60));
        }

        return new ScenarioAlert(labels, annotations, ends < starts ? null : ends > Of(at) ? starts ?? Of(at - 0.02) : starts, ends);
    }

    private (string, string, bool, bool) Matcher() => _random.Next(4) switch
    {
        0 => ("severity", Pick(Severities), true, false),
        1 => ("severity", Pick(Severities), false, false),
        2 => ("alertname", Pick(Names)[..4] + ".*", true, true),
        _ => ("team", "shop|pay", _random.Next(2) == 0, true),
    };

    private string Configuration()
    {
        _receivers = 0;
        var receivers = new StringBuilder();
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"global: {{ resolve_timeout: {Seconds(_random.Next(2, 5) + 0.15)} }}\nroute:\n");
        Route(text, receivers, 1, isRoot: true);
        text.Append("inhibit_rules:\n");
        for (var i = _random.Next(0, 3); i > 0; i--)
        {
            text.Append(CultureInfo.InvariantCulture, $"- {Pick(Inhibitions)}\n  equal: [{Pick(new[] { "instance", "alertname", "'alertname', 'team'", "" })}]\n");
        }

        text.Append("""
            time_intervals:
            - { name: always, time_intervals: [ { times: [ { start_time: '00:00', end_time: '24:00' } ] } ] }
            - { name: never, time_intervals: [ { years: ['1999'] } ] }
            - { name: weekdays, time_intervals: [ { weekdays: ['monday:friday'] } ] }
            receivers:

            """);
        return text.Append(receivers).ToString();
    }

    private static string Text((string Name, string Value, bool Equal, bool Regex) m) => $"{m.Name}{(m.Equal ? "=" : "!")}{(m.Regex ? "~" : m.Equal ? "" : "=")}\"{m.Value}\"";

    private void Route(StringBuilder text, StringBuilder receivers, int depth, bool isRoot)
    {
        var indent = new string(' ', depth * 2);
        var lines = new List<string>();
        if (isRoot || _random.Next(4) > 0)
        {
            lines.Add($"receiver: {Receiver(receivers)}");
        }

        if (isRoot || _random.Next(2) == 0)
        {
            lines.Add(_random.Next(6) == 0 ? "group_by: ['...']" : $"group_by: [{Labels()}]");
            lines.Add($"group_wait: {Seconds(Pick(new[] { 0.6, 1.6 }))}");
            lines.Add($"group_interval: {Seconds(Pick(new[] { 1.0, 2.0 }))}");
            lines.Add($"repeat_interval: {Pick(new[] { Seconds(2.45), Seconds(3.45), "1h" })}");
        }

        if (!isRoot)
        {
            lines.Add($"matchers: ['{Text(Matcher())}'{(_random.Next(4) == 0 ? $", '{Text(Matcher())}'" : string.Empty)}]");
            lines.Add($"continue: {(_random.Next(5) < 2 ? "true" : "false")}");
            if (_random.Next(5) == 0)
            {
                lines.Add($"{Pick(new[] { "mute", "active" })}_time_intervals: [{Pick(new[] { "always", "never", "weekdays", "never, weekdays" })}]");
            }
        }

        text.Append(isRoot ? indent : indent[..^2] + "- ").AppendJoin("\n" + indent, lines).Append('\n');
        var children = isRoot ? _random.Next(1, 5) : depth < 3 ? _random.Next(0, 3) : 0;
        if (children > 0)
        {
            text.Append(indent).Append("routes:\n");
            for (var i = 0; i < children; i++)
            {
                Route(text, receivers, depth + 1, isRoot: false);
            }
        }
    }

    /// <summary>No label at all is a group of everything; before 0.31 it meant those of the node above.</summary>
    private string Labels()
    {
        var labels = string.Join(", ", GroupKeys.Where(_ => _random.Next(3) == 0));
        return labels.Length == 0 && isCalm ? "alertname" : labels;
    }

    private string Receiver(StringBuilder receivers)
    {
        var name = $"r{++_receivers}.x";
        receivers.Append(CultureInfo.InvariantCulture, $"- name: {name}\n  webhook_configs:\n");
        for (var i = 0; i < (_random.Next(5) == 0 ? 2 : 1); i++)
        {
            receivers.Append(CultureInfo.InvariantCulture, $"  - {{ url: 'SINK/{name}/{i}', send_resolved: {(_random.Next(4) > 0 ? "true" : "false")}, max_alerts: {Pick(new[] { 0, 0, 0, 1, 2 })} }}\n");
        }

        return name;
    }
}
