using Sightglass.Alerting.History;
using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Tests.Rules;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.TestKit;

namespace Sightglass.Alerting.Tests.History;

/// <summary>What rules tell of their alerts beside the ordinary way from pending to resolved.</summary>
public sealed class RuleEventsTests : IDisposedAsync
{
    private const string Rules = """
        groups:
        - name: g
          interval: 10s
          limit: 2
          rules:
          - {alert: High, expr: x > 1, for: 10s}
          - {alert: Low, expr: y > 1}
        """;

    private readonly ManualTimeProvider _time = new();
    private readonly StateStore _state = new();
    private readonly Engine _engine = new();
    private RuleManager _manager;

    public RuleEventsTests() => _manager = Start(Rules);

    [Fact]
    public async Task Alerts_of_a_rule_that_is_gone_are_over()
    {
        _engine.Values["x > 1"] = ["a"];
        _engine.Values["y > 1"] = ["b"];
        await Step();
        _manager.Update([Load(Rules.Replace("  - {alert: Low, expr: y > 1}", string.Empty, StringComparison.Ordinal))]);
        await Step();
        _manager.Update([]);
        Told().ShouldBe(["High a Pending", "Low b Pending", "Low b Firing", "Low b Resolved the rule is gone", "High a Firing", "High a Resolved the rule is gone"]);
        _state.Load().ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_stored_and_cannot_be_taken_up_is_over_since_it_was_last_seen()
    {
        _engine.Values["x > 1"] = ["a"];
        _engine.Values["y > 1"] = ["b"];
        await Step();
        var seen = _time.GetUtcNow();
        await _manager.DisposeAsync();
        _time.Advance(TimeSpan.FromHours(2));
        _manager = Start(Rules.Replace("  - {alert: Low, expr: y > 1}", string.Empty, StringComparison.Ordinal));
        _engine.Values.Clear();
        await Step();
        Told().Skip(3).ShouldBe(["High a Cleared the server was away for too long", "Low b Resolved the rule is gone"]);
        _state.Events[^1].At.ShouldBeInRange(seen - TimeSpan.FromSeconds(10), seen);
        await _manager.DisposeAsync();
        _manager = Start("groups: []");
        _state.Load().ShouldBeEmpty();
        Told().Count.ShouldBe(5);
    }

    [Fact]
    public async Task Stored_alerts_of_a_group_that_is_gone_are_over()
    {
        _engine.Values["y > 1"] = ["b"];
        await Step();
        await _manager.DisposeAsync();
        _manager = Start("groups: []");
        Told().ShouldBe(["Low b Pending", "Low b Firing", "Low b Resolved the rule is gone"]);
        _state.Load().ShouldBeEmpty();
    }

    [Fact]
    public async Task Above_the_limit_alerts_end_once_and_none_begins()
    {
        _engine.Values["y > 1"] = ["b"];
        await Step();
        _engine.Values["y > 1"] = ["b", "c", "d"];
        await Step();
        await Step();
        Told().ShouldBe(["Low b Pending", "Low b Firing", "Low b Resolved the rule has more alerts than its limit"]);
    }

    [Fact]
    public async Task What_happens_while_the_store_fails_is_told_later()
    {
        _state.Fails = true;
        _engine.Values["y > 1"] = ["b"];
        await Step();
        Told().ShouldBeEmpty();
        _state.Fails = false;
        _engine.Values.Clear();
        await Step();
        Told().ShouldBe(["Low b Pending", "Low b Firing", "Low b Resolved"]);
    }

    public async ValueTask DisposeAsync() => await _manager.DisposeAsync();

    private static RuleFile Load(string text) => new RuleFileLoader().Load("r.yml", text);

    private List<string> Told() => [.. _state.Events.Select(static e => $"{e.AlertName} {e.Labels["i"]} {e.Kind} {e.Detail}".TrimEnd())];

    private RuleManager Start(string rules)
    {
        var manager = new RuleManager(new RuleManagerOptions { Engine = _engine, Samples = static _ => { }, Alerts = static _ => { }, State = _state, Time = _time, Failed = static (_, e) => throw e });
        manager.Update([Load(rules)]);
        return manager;
    }

    private async Task Step()
    {
        var before = Iterations();
        _time.Advance(TimeSpan.FromSeconds(10));
        await Wait.Until(() => Iterations() > before && _time.PendingTimers >= 1);
    }

    private double Iterations() => _manager.Metrics().Single(static m => m.Name == "prometheus_rule_group_iterations_total").Value;

    private sealed class Engine : IRuleQueryEngine
    {
        public Dictionary<string, string[]> Values { get; } = [];

        public IReadOnlyList<RuleSample> Query(string expression, DateTimeOffset at, CancellationToken cancellation) =>
            [.. Values.GetValueOrDefault(expression, []).Select(static i => new RuleSample(LabelSet.Of("i", i), 5))];
    }

    private sealed class StateStore : IAlertStateStore
    {
        private readonly MemoryAlertStateStore _inner = new();

        public bool Fails { get; set; }

        public IReadOnlyList<AlertEvent> Events => _inner.Events;

        public IReadOnlyList<StoredAlert> Load() => _inner.Load();

        public void Save(string group, IReadOnlyList<StoredAlert> alerts, IReadOnlyList<AlertEvent> events)
        {
            if (Fails)
            {
                throw new StorageFailedException("no space left on device");
            }

            _inner.Save(group, alerts, events);
        }
    }
}
