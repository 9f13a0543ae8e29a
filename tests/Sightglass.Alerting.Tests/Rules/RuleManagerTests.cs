using System.Collections.Concurrent;
using Sightglass.Alerting.History;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Rules;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.TestKit;

namespace Sightglass.Alerting.Tests.Rules;

public sealed class RuleManagerTests : IDisposedAsync
{
    private const string Rules = """
        groups:
        - name: g
          interval: 10s
          rules:
          - record: job:x:sum
            expr: sum(x)
          - alert: High
            expr: x > 1
            for: 20s
            keep_firing_for: 20s
            labels: {severity: critical}
            annotations: {summary: '{{ $labels.instance }} is at {{ $value }}'}
        """;

    private readonly ManualTimeProvider _time = new();
    private readonly MemoryAlertStateStore _state = new();
    private readonly ConcurrentQueue<RecordedSample> _samples = new();
    private readonly ConcurrentQueue<PostedAlert> _alerts = new();
    private readonly ScriptedEngine _engine = new();
    private readonly List<RuleManager> _managers = [];

    [Fact]
    public async Task An_alert_goes_pending_firing_kept_and_resolved()
    {
        var manager = Start(Rules);
        _engine.Values["x > 1"] = [Sample("a", 5)];
        await Step(manager);
        View(manager).Alerts.ShouldHaveSingleItem().State.ShouldBe(AlertState.Pending);
        View(manager).Alerts[0].Annotations["summary"].ShouldBe("a is at 5");
        _alerts.ShouldBeEmpty();
        await Step(manager);
        await Step(manager);
        View(manager).State.ShouldBe(AlertState.Firing);
        var fired = _alerts.ShouldHaveSingleItem();
        fired.Labels.ShouldBe(LabelSet.Of("alertname", "High", "instance", "a", "severity", "critical"));
        fired.EndsAt.ShouldBe(_state.Events[1].At + TimeSpan.FromMinutes(4));

        _engine.Values["x > 1"] = [];
        await Step(manager);
        View(manager).Alerts[0].KeepFiringSince.ShouldNotBeNull();
        await Step(manager);
        View(manager).State.ShouldBe(AlertState.Firing);
        await Step(manager);
        View(manager).Alerts.ShouldBeEmpty();
        _alerts.Count.ShouldBe(2);
        _alerts.Last().EndsAt.ShouldBe(_state.Events[2].At);
        _state.Events.Select(static e => e.Kind).ShouldBe([AlertEventKind.Pending, AlertEventKind.Firing, AlertEventKind.Resolved]);
        _state.Events.ShouldAllBe(e => e.Labels == fired.Labels && e.RuleGroup == "g" && e.Actor == "g" && e.Value == 5);
    }

    [Fact]
    public async Task Series_of_alerts_and_recordings_are_written_and_end_with_a_stale_marker()
    {
        var manager = Start(Rules);
        _engine.Values["x > 1"] = [Sample("a", 5)];
        _engine.Values["sum(x)"] = [new RuleSample(LabelSet.Empty, 9)];
        await Step(manager);
        _samples.Select(static s => s.Labels.Name).ShouldBe(["job:x:sum", "ALERTS", "ALERTS_FOR_STATE"], ignoreOrder: true);
        _samples.First(static s => s.Labels.Name == "ALERTS").Labels["alertstate"].ShouldBe("pending");
        _samples.Clear();
        _engine.Values.Clear();
        await Step(manager);
        _samples.Count.ShouldBe(3);
        _samples.ShouldAllBe(static s => BitConverter.DoubleToInt64Bits(s.Value) == 0x7ff0000000000002);
    }

    [Fact]
    public async Task A_firing_alert_is_told_again_after_the_resend_delay()
    {
        var manager = Start(Rules.Replace("    for: 20s\n", string.Empty, StringComparison.Ordinal));
        _engine.Values["x > 1"] = [Sample("a", 5)];
        for (var i = 0; i < 8; i++)
        {
            await Step(manager);
        }

        _alerts.Count.ShouldBe(2);
        (_alerts.Last().EndsAt - _alerts.First().EndsAt).ShouldBe(TimeSpan.FromSeconds(70));
    }

    [Fact]
    public async Task A_firing_alert_is_told_at_the_first_evaluation_after_a_restart()
    {
        var rules = Rules.Replace("    for: 20s\n", string.Empty, StringComparison.Ordinal);
        var manager = Start(rules);
        _engine.Values["x > 1"] = [Sample("a", 5)];
        await Step(manager);
        _alerts.Count.ShouldBe(1);
        await manager.DisposeAsync();
        manager = Start(rules);
        await Step(manager);
        _alerts.Count.ShouldBe(2);
        _alerts.Last().StartsAt.ShouldBe(_alerts.First().StartsAt);
    }

    [Fact]
    public async Task State_survives_a_restart_and_the_gap_does_not_count_as_pending()
    {
        var manager = Start(Rules);
        _engine.Values["x > 1"] = [Sample("a", 5), Sample("b", 6)];
        await Step(manager);
        await Step(manager);
        await manager.DisposeAsync();
        _time.Advance(TimeSpan.FromMinutes(5));
        manager = Start(Rules);
        await Step(manager);
        View(manager).Alerts.Select(static a => a.State).ShouldBe([AlertState.Pending, AlertState.Pending]);
        await Step(manager);
        View(manager).Alerts.Select(static a => a.State).ShouldBe([AlertState.Firing, AlertState.Firing]);
        await manager.DisposeAsync();
        _engine.Values.Clear();
        _time.Advance(TimeSpan.FromMinutes(5));
        manager = Start(Rules.Replace("    keep_firing_for: 20s\n", string.Empty, StringComparison.Ordinal));
        await Step(manager);
        View(manager).Alerts.ShouldBeEmpty();
        _alerts.TakeLast(2).ShouldAllBe(a => a.EndsAt <= _time.GetUtcNow());
    }

    [Fact]
    public async Task An_error_is_shown_and_the_other_rules_go_on()
    {
        var manager = Start(Rules);
        _engine.Values["x > 1"] = [Sample("a", 5)];
        _engine.Fails.TryAdd("sum(x)", new QueryException(QueryErrorKind.Execution, "too much"));
        await Step(manager);
        var rules = manager.Groups()[0].Rules;
        (rules[0].Health, rules[0].LastError).ShouldBe((RuleHealth.Err, "too much"));
        rules[1].Health.ShouldBe(RuleHealth.Ok);
        Metric(manager, "prometheus_rule_evaluation_failures_total").ShouldBe(1);
        Metric(manager, "prometheus_rule_evaluations_total").ShouldBe(2);
    }

    [Fact]
    public async Task More_alerts_than_the_limit_are_an_error_and_none_is_told()
    {
        var manager = Start(Rules.Replace("interval: 10s", "interval: 10s\n  limit: 1", StringComparison.Ordinal).Replace("    for: 20s\n", string.Empty, StringComparison.Ordinal));
        _engine.Values["x > 1"] = [Sample("a", 5), Sample("b", 5)];
        await Step(manager);
        manager.Groups()[0].Rules[1].LastError.ShouldBe("exceeded limit of 1 with 2 alerts");
        _alerts.ShouldNotContain(static a => a.Labels["alertname"] == "High");
    }

    [Fact]
    public async Task A_rule_that_cannot_be_evaluated_is_an_alert_until_it_can()
    {
        var manager = Start(Rules.Replace("interval: 10s", "interval: 10s\n  limit: 1", StringComparison.Ordinal).Replace("    for: 20s\n", string.Empty, StringComparison.Ordinal));
        _engine.Values["x > 1"] = [Sample("a", 5), Sample("b", 5)];
        await Step(manager);
        await Step(manager);
        var failed = _alerts.Single();
        (failed.Labels["alertname"], failed.Labels["rule"], failed.Labels["severity"]).ShouldBe(("RuleEvaluationFailed", "High", "warning"));
        failed.Annotations["description"].ShouldContain("exceeded limit of 1 with 2 alerts");
        failed.EndsAt!.Value.ShouldBeGreaterThan(_time.GetUtcNow());
        _engine.Values["x > 1"] = [Sample("a", 5)];
        await Step(manager);
        _alerts.Count(a => a.Labels["alertname"] == "RuleEvaluationFailed" && a.EndsAt <= _time.GetUtcNow() && a.StartsAt == failed.StartsAt).ShouldBe(1);
    }

    [Fact]
    public async Task An_evaluation_that_takes_too_long_counts_as_missed()
    {
        var manager = Start(Rules);
        await Step(manager);
        _engine.OnQuery = () =>
        {
            _engine.OnQuery = null;
            _time.Advance(TimeSpan.FromSeconds(35));
        };
        await Step(manager);
        await Step(manager);
        Metric(manager, "prometheus_rule_group_iterations_missed_total").ShouldBeGreaterThanOrEqualTo(3);
    }

    [Fact]
    public async Task An_unchanged_group_keeps_its_state_over_a_reload_and_a_changed_one_that_of_equal_rules()
    {
        var manager = Start(Rules);
        _engine.Values["x > 1"] = [Sample("a", 5)];
        await Step(manager);
        manager.Update([Load(Rules)]);
        View(manager).Alerts.ShouldHaveSingleItem();
        manager.Update([Load(Rules.Replace("for: 20s", "for: 30s", StringComparison.Ordinal))]);
        View(manager).Alerts.ShouldHaveSingleItem();
        _samples.Clear();
        manager.Update([]);
        manager.Groups().ShouldBeEmpty();
        _samples.ShouldAllBe(static s => double.IsNaN(s.Value));
    }

    [Fact]
    public async Task A_template_that_fails_says_so_in_the_alert()
    {
        var manager = Start(Rules.Replace("{{ $labels.instance }} is at {{ $value }}", "{{ $.Nope }}", StringComparison.Ordinal));
        _engine.Values["x > 1"] = [Sample("a", 5)];
        await Step(manager);
        View(manager).Alerts[0].Annotations["summary"].ShouldStartWith("<error expanding template: ");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var manager in _managers)
        {
            await manager.DisposeAsync();
        }
    }

    private static RuleSample Sample(string instance, double value) => new(LabelSet.Of("__name__", "x", "instance", instance), value);

    private static RuleFile Load(string text) => new RuleFileLoader().Load("r.yml", text);

    private static RuleView View(RuleManager manager) => manager.Groups()[0].Rules[1];

    private static double Metric(RuleManager manager, string name) => manager.Metrics().Single(m => m.Name == name).Value;

    private RuleManager Start(string rules)
    {
        var manager = new RuleManager(new RuleManagerOptions
        {
            Engine = _engine,
            Samples = samples => samples.ToList().ForEach(_samples.Enqueue),
            Alerts = alerts => alerts.ToList().ForEach(_alerts.Enqueue),
            State = _state,
            Time = _time,
            Failed = static (_, e) => throw e,
        });
        _managers.Add(manager);
        manager.Update([Load(rules)]);
        return manager;
    }

    /// <summary>Moves the clock by one interval and waits until the evaluation is over and the next one is set up.</summary>
    private async Task Step(RuleManager manager)
    {
        var before = Metric(manager, "prometheus_rule_group_iterations_total");
        _time.Advance(TimeSpan.FromSeconds(10));
        await Wait.Until(() => Metric(manager, "prometheus_rule_group_iterations_total") > before && _time.PendingTimers >= 1);
    }

    private sealed class ScriptedEngine : IRuleQueryEngine
    {
        public ConcurrentDictionary<string, RuleSample[]> Values { get; } = new();

        public ConcurrentDictionary<string, Exception> Fails { get; } = new();

        public Action? OnQuery { get; set; }

        public IReadOnlyList<RuleSample> Query(string expression, DateTimeOffset at, CancellationToken cancellation)
        {
            OnQuery?.Invoke();
            return Fails.TryGetValue(expression, out var error) ? throw error : Values.GetValueOrDefault(expression, []);
        }
    }
}
