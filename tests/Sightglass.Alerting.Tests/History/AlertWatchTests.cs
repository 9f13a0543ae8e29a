using Sightglass.Alerting.History;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Silences;
using Sightglass.Alerting.Tests.Routing;
using Sightglass.Core.Model;
using Sightglass.TestKit;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Alerting.Tests.History;

public sealed class AlertWatchTests : IDisposedAsync
{
    private const string Config = """
        global: {resolve_timeout: 5m}
        route:
          receiver: nobody
          group_by: [alertname]
          routes: [{matchers: [team=night], mute_time_intervals: [january]}]
        time_intervals: [{name: january, time_intervals: [{months: [january]}]}]
        inhibit_rules:
        - {source_matchers: [severity=critical], target_matchers: [severity=warning], equal: [cluster]}
        receivers: [{name: nobody}]
        """;

    private readonly ManualTimeProvider _time = new();
    private readonly MemoryAlertTimeline _timeline = new();
    private readonly MemorySilenceStore _silenceStore = new();
    private readonly DateTimeOffset _start;
    private SilenceRegistry _silences;
    private AlertDispatcher _dispatcher;

    public AlertWatchTests()
    {
        _start = _time.GetUtcNow();
        (_silences, _dispatcher) = Start();
    }

    [Fact]
    public async Task An_alert_from_outside_begins_and_ends_once()
    {
        Post("a", link: "http://prom:9090/graph?x=1");
        _time.Advance(TimeSpan.FromMinutes(1));
        Post("a", link: "http://prom:9090/graph?x=1");
        await Restart();
        Post("a", link: "http://prom:9090/graph?x=1");
        Post("a", link: "http://prom:9090/graph?x=1", ends: _time.GetUtcNow());
        Post("a", link: "http://prom:9090/graph?x=1", ends: _time.GetUtcNow());
        Told().ShouldBe(["0 Firing prom:9090", "60 Resolved prom:9090"]);
    }

    [Fact]
    public void One_that_nobody_repeats_ends_after_the_resolve_timeout()
    {
        Post("a");
        _time.Advance(TimeSpan.FromMinutes(6));
        Told().ShouldBe(["0 Firing api", "300 Resolved api not heard of within resolve_timeout"]);
        Post("a");
        Told().Count.ShouldBe(3);
    }

    [Fact]
    public async Task One_that_nobody_repeats_after_a_restart_ends_too()
    {
        Post("a");
        await Restart();
        _time.Advance(TimeSpan.FromMinutes(4));
        Told().Count.ShouldBe(1);
        _time.Advance(TimeSpan.FromMinutes(2));
        Told().ShouldBe(["0 Firing api", "330 Resolved api not heard of since the server started"]);
    }

    [Fact]
    public async Task An_alert_of_a_rule_is_told_by_its_rule_alone()
    {
        Post("a", group: "g");
        await Restart();
        Post("a", group: "g");
        Post("a", group: "g", ends: _time.GetUtcNow());
        _time.Advance(TimeSpan.FromMinutes(10));
        _timeline.Events.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_silence_is_told_once_with_who_made_it_and_again_for_the_next_episode()
    {
        Post("a");
        _time.Advance(TimeSpan.FromSeconds(10));
        var id = Silence("a", TimeSpan.FromMinutes(4));
        _time.Advance(TimeSpan.FromSeconds(10));
        Post("a");
        await Restart();
        Post("a");
        _time.Advance(TimeSpan.FromSeconds(1));
        Post("a", ends: _time.GetUtcNow());
        _time.Advance(TimeSpan.FromSeconds(1));
        Post("a");
        _time.Advance(TimeSpan.FromMinutes(4));
        Post("a");
        Told().ShouldBe([
            "0 Firing api", $"10 Silenced me {id}: holidays", "21 Resolved api", "22 Firing api", $"22 Silenced me {id}: holidays", $"262 Unsilenced  {id}: holidays"]);
    }

    [Fact]
    public async Task A_silence_told_before_the_rule_tells_the_firing_is_told_once_over_a_restart()
    {
        Silence("a", TimeSpan.FromHours(1));
        Post("a", group: "g", starts: _start);
        _timeline.Append([AlertEvent.Of(LabelSet.Of("alertname", "a"), _start, AlertEventKind.Firing, "g") with { RuleGroup = "g" }]);
        await Restart();
        Post("a", group: "g", starts: _start);
        _timeline.Events.Select(static e => e.Kind).ShouldBe([AlertEventKind.Silenced, AlertEventKind.Firing]);
        await Restart();
        _time.Advance(TimeSpan.FromMinutes(1));
        Post("a", group: "g", starts: _time.GetUtcNow());
        _timeline.Events.Select(static e => e.Kind).ShouldBe([AlertEventKind.Silenced, AlertEventKind.Firing, AlertEventKind.Silenced], "it is another episode");
    }

    [Fact]
    public void Inhibition_is_told_with_the_alert_that_inhibits()
    {
        Post("low", labels: ["severity", "warning", "cluster", "c"]);
        Post("high", labels: ["severity", "critical", "cluster", "c"]);
        Post("low", labels: ["severity", "warning", "cluster", "c"]);
        Post("low", labels: ["severity", "warning", "cluster", "c"]);
        var by = AlertEvent.FingerprintOf(LabelSet.Of("alertname", "high", "severity", "critical", "cluster", "c"));
        Told().ShouldBe(["0 Firing api", "0 Firing api", $"0 Inhibited high {by}"]);
        Post("high", labels: ["severity", "critical", "cluster", "c"], ends: _time.GetUtcNow());
        Post("low", labels: ["severity", "warning", "cluster", "c"]);
        Told()[^1].ShouldBe($"0 Uninhibited  {by}");
    }

    [Fact]
    public void Muting_is_told_with_its_interval()
    {
        Post("a", labels: ["team", "night"]);
        Post("a", labels: ["team", "night"]);
        Told().ShouldBe(["0 Firing api", "0 Muted january january"]);
    }

    [Fact]
    public async Task A_store_that_fails_keeps_nothing_back_and_gets_everything_later()
    {
        var reports = new List<string>();
        await using var queue = new AlertTimelineQueue(_timeline, _time, reports.Add);
        _timeline.Fails = true;
        queue.Append([AlertEvent.Of(LabelSet.Of("alertname", "a"), _start, AlertEventKind.Firing)]);
        queue.Append([AlertEvent.Of(LabelSet.Of("alertname", "b"), _start, AlertEventKind.Firing)]);
        await Wait.Until(() => reports.Count == 1 && _time.PendingTimers > 1);
        _timeline.Fails = false;
        _time.Advance(TimeSpan.FromSeconds(5));
        await Wait.Until(() => _timeline.Events.Count == 2);
        reports.ShouldBe(["history of alerts: no space left on device"]);
        queue.DroppedTotal.ShouldBe(0);
    }

    [Fact]
    public async Task Too_many_waiting_events_are_counted()
    {
        await using var queue = new AlertTimelineQueue(_timeline, _time);
        _timeline.Fails = true;
        queue.Append([.. Enumerable.Repeat(AlertEvent.Of(LabelSet.Empty, _start, AlertEventKind.Firing), AlertingLimits.MaxWaitingEvents + 2_000)]);
        queue.DroppedTotal.ShouldBeInRange(1_000, 2_000);
        _timeline.Fails = false;
    }

    [Fact]
    public void Every_kind_has_a_name_of_its_own()
    {
        var kinds = Enum.GetValues<AlertEventKind>();
        kinds.Select(static k => AlertEventKinds.Parse(k.Name())).ShouldBe(kinds.Select(static k => (AlertEventKind?)k));
        AlertEventKinds.All.Distinct().Count().ShouldBe(kinds.Length);
        AlertEventKinds.Parse("x").ShouldBeNull();
    }

    public async ValueTask DisposeAsync() => await _dispatcher.DisposeAsync();

    private (SilenceRegistry, AlertDispatcher) Start()
    {
        var silences = new SilenceRegistry(_silenceStore, _time);
        return (silences, new AlertDispatcher(new AlertDispatcherOptions
        {
            Configuration = AlertmanagerConfigurationLoader.Load("a.yml", Config, "."),
            Notifications = new MemoryNotificationStore(),
            Silences = silences,
            Timeline = _timeline,
            Time = _time,
        }));
    }

    private async Task Restart()
    {
        await _dispatcher.DisposeAsync();
        (_silences, _dispatcher) = Start();
    }

    private string Silence(string name, TimeSpan length) => _silences.Set(new Silence
    {
        Id = string.Empty,
        Matchers = [new LabelMatcher(MatchType.Equal, "alertname", name)],
        StartsAt = _time.GetUtcNow(),
        EndsAt = _time.GetUtcNow() + length,
        CreatedBy = "me",
        Comment = "holidays",
    });

    private void Post(string name, string[]? labels = null, string link = "", string group = "", DateTimeOffset? starts = null, DateTimeOffset? ends = null) => _dispatcher.Post(
        [new PostedAlert { Labels = LabelSet.Of([.. new[] { "alertname", name }, .. labels ?? []]), GeneratorUrl = link, RuleGroup = group, StartsAt = starts, EndsAt = ends }]);

    private List<string> Told() => [.. _timeline.Events.Select(e => $"{(e.At - _start).TotalSeconds} {e.Kind} {e.Actor} {e.Detail}".TrimEnd())];
}
