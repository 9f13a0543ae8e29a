using System.Text.Json;
using Sightglass.Alerting.Escalation;
using Sightglass.Alerting.History;
using Sightglass.Alerting.OnCall;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Silences;
using Sightglass.Alerting.Tests.History;
using Sightglass.Alerting.Tests.Receivers;
using Sightglass.Alerting.Tests.Routing;
using Sightglass.Core.Model;
using Sightglass.TestKit;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Alerting.Tests.Escalation;

public sealed class EscalationTests : IDisposedAsync
{
    private const string Alertmanager = """
        global: {resolve_timeout: 9m}
        route: {receiver: hook, group_by: [alertname], group_wait: 0s, group_interval: 1m, repeat_interval: 1h}
        receivers:
        - {name: hook, webhook_configs: [{url: 'URLhook'}]}
        - {name: ana-phone, webhook_configs: [{url: 'URLana'}]}
        - {name: ben-phone, webhook_configs: [{url: 'URLben'}]}
        - {name: boss, webhook_configs: [{url: 'URLboss'}]}
        """;

    private const string People = """
        people:
        - {name: ana, contacts: [ana-phone]}
        - {name: ben, contacts: [ben-phone]}
        oncall:
        - name: first
          layers: [{start: 2026-01-01, length: 1d, people: [ana, ben]}]
        - name: later
          layers: [{start: 2027-01-01, people: [ana]}]
        escalation:
          policies:
          - name: page
            steps: [{notify: [first]}, {after: 5m, notify: [ben]}, {after: 10m, notify: [boss]}]
            repeat: 1
            repeat_after: 20m
          - {name: gap, steps: [{notify: [later]}, {after: 5m, notify: [boss]}]}
          default: {critical: page, gap: gap}
        """;

    private readonly ManualTimeProvider _time = new();
    private readonly MemoryNotificationStore _notifications = new();
    private readonly MemoryEscalationStore _escalations = new();
    private readonly AcknowledgementRegistry _acknowledgements = new(new MemoryAcknowledgementStore());
    private readonly MemoryAlertTimeline _timeline = new();
    private readonly HttpReceiver _http = new();
    private readonly SilenceRegistry _silences;
    private AlertDispatcher _dispatcher = null!;

    public EscalationTests()
    {
        _silences = new SilenceRegistry(new MemorySilenceStore(), _time);
        Start();
    }

    [Fact]
    public async Task Steps_come_after_their_waits_then_again_and_then_no_more()
    {
        Fire();
        _time.Advance(TimeSpan.Zero);
        await Told("hook", "ana");
        await Pass(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        await Told("hook", "ana");
        await Pass(TimeSpan.FromSeconds(1));
        await Told("hook", "ana", "ben");
        await Pass(TimeSpan.FromMinutes(10));
        await Told("hook", "ana", "ben", "boss");
        await Pass(TimeSpan.FromMinutes(20));
        await Told("hook", "ana", "ben", "boss", "ana");
        await Pass(TimeSpan.FromMinutes(15));
        await Told("hook", "ana", "ben", "boss", "ana", "ben", "boss");
        _dispatcher.Escalations().ShouldHaveSingleItem().Standing.ShouldBe(EscalationStanding.Exhausted);
        _timeline.Events.Where(static e => e.Kind == AlertEventKind.Escalated).Select(static e => e.Detail).ShouldBe(
        [
            "policy page, step 1 of 3: ana (first) by ana-phone", "policy page, step 2 of 3: ben by ben-phone", "policy page, step 3 of 3: boss",
            "policy page, step 1 of 3, round 2: ana (first) by ana-phone", "policy page, step 2 of 3, round 2: ben by ben-phone", "policy page, step 3 of 3, round 2: boss",
        ]);
        _notifications.List(99).ShouldAllBe(static r => r.Status == NotificationStatus.Sent);
    }

    [Fact]
    public async Task Who_is_on_call_is_told_not_who_was()
    {
        _time.Advance(TimeSpan.FromDays(1));
        Fire();
        _time.Advance(TimeSpan.Zero);
        await Told("hook", "ben");
    }

    [Fact]
    public async Task An_acknowledged_alert_escalates_no_more_and_those_told_hear_when_it_is_over()
    {
        Fire();
        _time.Advance(TimeSpan.Zero);
        await Told("hook", "ana");
        _dispatcher.Acknowledge(static a => a.Labels["alertname"] == "Down", "ana", "on it", null).ShouldHaveSingleItem().By.ShouldBe("ana");
        _dispatcher.Escalations().ShouldHaveSingleItem().Standing.ShouldBe(EscalationStanding.Acknowledged);
        // Nor is it repeated to the route's receiver, an hour later.
        await Pass(TimeSpan.FromMinutes(90));
        await Told("hook", "ana");
        Resolve();
        await Pass(TimeSpan.FromMinutes(1), keep: false);
        await Told("hook", "ana", "ana", "hook");
        Last("ana").GetProperty("status").GetString().ShouldBe("resolved");
        await Wait.Until(() => _escalations.States.Length == 0);
        await Pass(TimeSpan.FromSeconds(30), keep: false);
        _dispatcher.Acknowledgements().ShouldBeEmpty();
        _timeline.Events.Single(static e => e.Kind == AlertEventKind.Acknowledged).Actor.ShouldBe("ana");

        // The next time it fires is another alert.
        Fire();
        _time.Advance(TimeSpan.Zero);
        await Told("hook", "ana", "ana", "hook", "ana", "hook");
    }

    [Fact]
    public async Task An_alert_that_joins_an_acknowledged_group_begins_it_anew_and_so_does_taking_back()
    {
        Fire();
        _time.Advance(TimeSpan.Zero);
        await Told("hook", "ana");
        var made = _dispatcher.Acknowledge(static _ => true, "ana", string.Empty, null);
        await Pass(TimeSpan.FromMinutes(6));
        await Told("hook", "ana");
        Fire("2");
        await Pass(TimeSpan.FromMinutes(1), "1", "2");
        await Told("hook", "ana", "ana", "hook");
        Last("ana").GetProperty("alerts").GetArrayLength().ShouldBe(1);
        _dispatcher.Acknowledge(static _ => true, "ben", string.Empty, null).Count.ShouldBe(2);
        await Pass(TimeSpan.FromSeconds(1), "1", "2");
        _dispatcher.Unacknowledge(made[0].Fingerprint, "ana");
        await Told("hook", "ana", "ana", "hook", "ana");
        _timeline.Events.Single(static e => e.Kind == AlertEventKind.Unacknowledged).Detail.ShouldBe("taken back");
        Should.Throw<Core.Errors.QueryException>(() => _dispatcher.Unacknowledge(made[0].Fingerprint, "ana"));
    }

    [Fact]
    public async Task An_acknowledgement_that_expires_lets_it_escalate()
    {
        Fire();
        _time.Advance(TimeSpan.Zero);
        await Told("hook", "ana");
        _dispatcher.Acknowledge(static _ => true, "ana", string.Empty, _time.GetUtcNow() + TimeSpan.FromMinutes(30));
        await Pass(TimeSpan.FromMinutes(29));
        await Told("hook", "ana");
        await Pass(TimeSpan.FromMinutes(2));
        await Told("hook", "ana", "ana");
    }

    [Fact]
    public async Task A_silence_holds_it_and_its_end_lets_it_go_on()
    {
        Fire();
        _time.Advance(TimeSpan.Zero);
        await Told("hook", "ana");
        var id = _silences.Set(new Silence { Id = string.Empty, Matchers = [new LabelMatcher(MatchType.Equal, "alertname", "Down")], StartsAt = _time.GetUtcNow(), EndsAt = _time.GetUtcNow().AddHours(3), CreatedBy = "me", Comment = "c" });
        await Pass(TimeSpan.FromMinutes(40));
        await Told("hook", "ana");
        _dispatcher.Escalations().ShouldHaveSingleItem().Standing.ShouldBe(EscalationStanding.Held);
        _silences.Expire(id);
        await Pass(TimeSpan.FromSeconds(15));
        await Told("hook", "ana", "ben");
    }

    [Fact]
    public async Task An_alert_that_is_over_before_the_next_step_is_told_as_over_and_not_as_firing()
    {
        Fire();
        _time.Advance(TimeSpan.Zero);
        await Told("hook", "ana");
        Resolve();
        await Pass(TimeSpan.FromMinutes(1), keep: false);
        await Told("hook", "ana", "ana", "hook");
        await Pass(TimeSpan.FromMinutes(30), keep: false);
        await Told("hook", "ana", "ana", "hook");
        _dispatcher.Escalations().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_thousand_alerts_of_a_group_wake_a_person_once()
    {
        _dispatcher.Post([.. Enumerable.Range(0, 1000).Select(i => Alert(i.ToString(System.Globalization.CultureInfo.InvariantCulture)))]);
        _time.Advance(TimeSpan.Zero);
        await Told("hook", "ana");
        Last("ana").GetProperty("alerts").GetArrayLength().ShouldBe(1000);
    }

    [Fact]
    public async Task A_step_that_reaches_nobody_is_not_waited_for()
    {
        Fire(severity: "gap");
        _time.Advance(TimeSpan.Zero);
        await Wait.Until(() => _dispatcher.Escalations() is [{ State.Begun.Count: 0 }]);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Told("boss", "hook");
        _timeline.Events.First(static e => e.Kind == AlertEventKind.Escalated).Detail.ShouldBe("policy gap, step 1 of 2: nobody is on call (later)");
    }

    [Fact]
    public async Task After_a_restart_nothing_is_told_twice_and_what_was_due_is_told()
    {
        Fire();
        _time.Advance(TimeSpan.Zero);
        await Told("hook", "ana");
        await Restart();
        Fire();
        await Pass(TimeSpan.FromMinutes(4));
        await Told("hook", "ana");
        await Restart();
        await _time.AdvanceAsync(TimeSpan.FromMinutes(3), Settled);
        // Nobody has said since the restart that it fires; it did when it was last heard of.
        await Told("hook", "ana", "ben");
        Fire();
        await Pass(TimeSpan.FromMinutes(7));
        await Told("hook", "ana", "ben");
        await Pass(TimeSpan.FromMinutes(1));
        await Told("hook", "ana", "ben", "boss");
    }

    [Fact]
    public async Task A_step_that_was_begun_and_not_told_is_told_after_the_restart_and_one_that_was_told_is_not()
    {
        Fire();
        _time.Advance(TimeSpan.Zero);
        await Told("hook", "ana");
        await Stored(static s => s.Begun.Count == 0);
        var state = _escalations.States.Single();
        var told = new BegunStep(state.StartedAt, 0, 0, [new EscalationContact("ana-phone", "ana", "first")]);
        _escalations.Save(state with { Begun = [told, told with { Step = 1, Contacts = [new EscalationContact("ben-phone", "ben", string.Empty)] }] });
        await _dispatcher.DisposeAsync();
        Start();
        _time.Advance(TimeSpan.Zero);
        await Told("hook", "ana", "ben");
        await Stored(static s => s.Begun.Count == 0);
    }

    [Fact]
    public async Task An_alert_that_ended_while_the_server_was_down_is_told_as_over()
    {
        Fire();
        _time.Advance(TimeSpan.Zero);
        await Told("hook", "ana");
        await Restart(TimeSpan.FromHours(2));
        Resolve();
        await Pass(TimeSpan.FromMinutes(2), keep: false);
        await Wait.Until(() => _http.Requests.Count(static r => r.Path == "/ana") == 2);
        Last("ana").GetProperty("status").GetString().ShouldBe("resolved");
        _http.Requests.ShouldNotContain(static r => r.Path == "/ben");
    }

    [Fact]
    public async Task After_long_away_nobody_is_woken_for_an_alert_that_nobody_speaks_of()
    {
        Fire();
        _time.Advance(TimeSpan.Zero);
        await Told("hook", "ana");
        await Restart(TimeSpan.FromHours(2));
        await Pass(TimeSpan.FromMinutes(8), keep: false);
        await Told("hook", "ana");
        await Pass(TimeSpan.FromMinutes(4), keep: false);
        await Told("hook", "ana", "ana");
        Last("ana").GetProperty("status").GetString().ShouldBe("resolved");
    }

    [Fact]
    public async Task After_a_short_while_away_it_is_told_though_nobody_speaks_of_the_alert()
    {
        Fire();
        _time.Advance(TimeSpan.Zero);
        await Told("hook", "ana");
        await Restart(TimeSpan.FromMinutes(20));
        await Pass(TimeSpan.FromSeconds(60), keep: false);
        await Told("hook", "ana");
        await Pass(TimeSpan.FromSeconds(16), keep: false);
        await Told("hook", "ana", "ben");
    }

    [Fact]
    public async Task A_wait_is_measured_and_not_read_from_the_clock()
    {
        // The clock is set forward by a day, then back: neither makes a step early or late.
        await _dispatcher.DisposeAsync();
        var clock = new JumpingClock(_time);
        Start(clock);
        Fire();
        _time.Advance(TimeSpan.Zero);
        await Told("hook", "ana");
        await Stored(static s => s.Begun.Count == 0);
        clock.Offset = TimeSpan.FromDays(-1);
        await Pass(TimeSpan.FromMinutes(4));
        await Told("hook", "ana");
        clock.Offset = TimeSpan.FromHours(1);
        await Pass(TimeSpan.FromSeconds(59));
        _http.Requests.Count(static r => r.Path == "/ben").ShouldBe(0);
        await Pass(TimeSpan.FromSeconds(1));
        await Wait.Until(() => _http.Requests.Count(static r => r.Path == "/ben") == 1);
        _http.Requests.Count(static r => r.Path == "/boss").ShouldBe(0);
    }

    public async ValueTask DisposeAsync()
    {
        await _dispatcher.DisposeAsync();
        _http.Dispose();
    }

    private static PostedAlert Alert(string instance, string severity = "critical") =>
        new() { Labels = LabelSet.Of("alertname", "Down", "instance", instance, "severity", severity), Annotations = LabelSet.Of("summary", "s") };

    private void Fire(string instance = "1", string severity = "critical") => _dispatcher.Post([Alert(instance, severity)]);

    private void Resolve() => _dispatcher.Post([Alert("1") with { EndsAt = _time.GetUtcNow() }]);

    private void Start(TimeProvider? clock = null)
    {
        var alertmanager = AlertmanagerConfigurationLoader.Load("a.yml", Alertmanager.Replace("URL", _http.Url, StringComparison.Ordinal), ".");
        clock ??= _time;
        _dispatcher = new AlertDispatcher(new AlertDispatcherOptions
        {
            Configuration = alertmanager,
            Notifications = _notifications,
            Silences = _silences,
            Timeline = _timeline,
            Time = clock,
            Failed = (what, e) => throw new InvalidOperationException(what, e),
            Escalation = new EscalationOptions
            {
                Configuration = EscalationReader.Read(new YamlFile("c.yml").Read(People, "c"), alertmanager),
                Store = _escalations,
                Acknowledgements = _acknowledgements,
                Overrides = new OverrideRegistry(new MemoryOverrideStore(), clock),
                Links = new AcknowledgeLinks(new byte[32], new Uri("http://here/")),
            },
        });
    }

    private async Task Restart(TimeSpan down = default)
    {
        await Stored(static s => s.Begun.Count == 0);
        await _dispatcher.DisposeAsync();
        _time.Advance(down);
        Start();
    }

    private Task Stored(Func<EscalationState, bool> condition) => Wait.Until(() => _escalations.States is [var state] && condition(state));

    /// <summary>Lets time pass in steps in which messages are sent, with the alerts kept alive.</summary>
    private async Task Pass(TimeSpan time, params string[] alerts)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromMinutes(1))
        {
            foreach (var alert in alerts.Length == 0 ? ["1"] : alerts)
            {
                Fire(alert);
            }

            await Move(left);
        }
    }

    private async Task Pass(TimeSpan time, bool keep)
    {
        keep.ShouldBeFalse();
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromMinutes(1))
        {
            await Move(left);
        }
    }

    private Task Move(TimeSpan left) => _time.AdvanceAsync(left < TimeSpan.FromMinutes(1) ? left : TimeSpan.FromMinutes(1), Settled);

    private async Task Settled()
    {
        await _dispatcher.FlushesFinished();
        await _dispatcher.EscalationsFinished();
    }

    /// <summary>Who was told, in any order within what is told together.</summary>
    private async Task Told(params string[] paths)
    {
        await Wait.Until(() => _http.Requests.Count >= paths.Length);
        await Settled();
        _http.Requests.Select(static r => r.Path[1..]).Order(StringComparer.Ordinal).ShouldBe(paths.Order(StringComparer.Ordinal));
    }

    private JsonElement Last(string path) => JsonDocument.Parse(_http.Requests.Last(r => r.Path == "/" + path).Body).RootElement;

    private sealed class JumpingClock(ManualTimeProvider inner) : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + Offset;

        public override long GetTimestamp() => inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => inner.CreateTimer(callback, state, dueTime, period);
    }
}
