using System.Text.Json;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Silences;
using Sightglass.Alerting.Tests.Receivers;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.TestKit;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Alerting.Tests.Routing;

public sealed class DispatcherTests : IDisposedAsync
{
    private const string Config = """
        global: {resolve_timeout: 9m}
        route:
          receiver: hook
          group_by: [alertname]
          group_wait: 30s
          group_interval: 5m
          repeat_interval: 1h
        inhibit_rules:
        - {source_matchers: [severity=critical], target_matchers: [severity=warning], equal: [cluster]}
        receivers:
        - name: hook
          webhook_configs: [{url: 'URLtoken'}]
        """;

    private readonly ManualTimeProvider _time = new();
    private readonly MemoryNotificationStore _store = new();
    private readonly HttpReceiver _http = new();
    private readonly SilenceRegistry _silences;
    private AlertDispatcher? _dispatcher;

    public DispatcherTests() => _silences = new SilenceRegistry(new MemorySilenceStore(), _time);

    [Fact]
    public async Task A_group_waits_then_tells_changes_and_repeats()
    {
        Start(Config);
        Fire("a", "1");
        _time.Advance(TimeSpan.FromSeconds(10));
        Fire("a", "2");
        _time.Advance(TimeSpan.FromSeconds(19));
        _http.Requests.ShouldBeEmpty();
        _time.Advance(TimeSpan.FromSeconds(1));
        (await Message(1)).GetProperty("alerts").GetArrayLength().ShouldBe(2);

        await Quiet(TimeSpan.FromMinutes(5), () => Fire("a", "1", "2"));
        Fire("a", "1", "2", "3");
        _time.Advance(TimeSpan.FromMinutes(5));
        (await Message(2)).GetProperty("alerts").GetArrayLength().ShouldBe(3);
        for (var i = 0; i < 12; i++)
        {
            await Quiet(TimeSpan.FromMinutes(5), () => Fire("a", "1", "2", "3"));
        }

        Fire("a", "1", "2", "3");
        _time.Advance(TimeSpan.FromMinutes(5));
        (await Message(3)).GetProperty("status").GetString().ShouldBe("firing");
    }

    [Fact]
    public async Task A_dead_receiver_holds_up_no_other_of_its_group()
    {
        using var dead = new SilentServer();
        Start(Config.Replace("webhook_configs: [{url: 'URLtoken'}]", $"webhook_configs: [{{url: 'URLtoken'}}, {{url: 'http://127.0.0.1:{dead.Port}/'}}]", StringComparison.Ordinal).Replace("group_interval: 5m", "group_interval: 1s", StringComparison.Ordinal));
        Fire("a", "1");
        _time.Advance(TimeSpan.FromSeconds(30));
        await Message(1);
        await dead.Connected;
        Fire("a", "2");
        _time.Advance(TimeSpan.FromSeconds(1));
        (await Message(2)).GetProperty("alerts").GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task While_a_receiver_hangs_its_group_is_looked_at_when_there_is_a_reason_and_not_all_the_time()
    {
        using var dead = new SilentServer();
        var clock = new CountingClock(_time);
        Start(Config.Replace("webhook_configs: [{url: 'URLtoken'}]", $"webhook_configs: [{{url: 'http://127.0.0.1:{dead.Port}/'}}, {{url: 'URLtoken'}}]", StringComparison.Ordinal).Replace("group_interval: 5m", "group_interval: 1s", StringComparison.Ordinal), clock);
        Fire("a", "1");
        _time.Advance(TimeSpan.FromSeconds(30));
        await Message(1);
        await dead.Connected;
        for (var i = 2; i < 9; i++)
        {
            Fire("a", $"{i}");
            _time.Advance(TimeSpan.FromSeconds(1));
            await Message(i);
        }

        clock.Reads.ShouldBeLessThan(400);
    }

    [Fact]
    public async Task A_store_that_fails_keeps_no_message_back()
    {
        _store.Failure = new StorageFailedException("disk full");
        Start(Config);
        Fire("a", "1");
        _time.Advance(TimeSpan.FromSeconds(30));
        await Wait.Until(() => _http.Requests.Count == 1);
        await _dispatcher!.FlushesFinished();
        Fire("a", "2");
        _time.Advance(TimeSpan.FromMinutes(5));
        await Wait.Until(() => _http.Requests.Count == 2);
        await _dispatcher.FlushesFinished();
        await Quiet(TimeSpan.FromMinutes(5), () => Fire("a", "1", "2"));
    }

    [Fact]
    public async Task What_was_told_while_the_store_failed_is_stored_when_it_works_again()
    {
        _store.Failure = new StorageFailedException("disk full");
        Start(Config);
        Fire("a", "1");
        _time.Advance(TimeSpan.FromSeconds(30));
        await Wait.Until(() => _http.Requests.Count == 1);
        await _dispatcher!.FlushesFinished();
        _store.LoadLog(_time.GetUtcNow()).ShouldBeEmpty();
        _store.Failure = null;
        _time.Advance(TimeSpan.FromSeconds(30));
        _store.LoadLog(_time.GetUtcNow()).ShouldHaveSingleItem().Firing.Count.ShouldBe(1);
    }

    [Fact]
    public void Nodes_with_the_same_matchers_have_groups_of_their_own()
    {
        Start(Config.Replace("  repeat_interval: 1h", "  repeat_interval: 1h\n  routes: [{matchers: [severity=low], continue: true}, {matchers: [severity=low], group_by: [instance]}, {matchers: [severity=low]}]", StringComparison.Ordinal));
        _dispatcher!.Post([new PostedAlert { Labels = LabelSet.Of("alertname", "a", "severity", "low"), EndsAt = _time.GetUtcNow() + TimeSpan.FromHours(1) }]);
        _dispatcher.Groups().Count.ShouldBe(2);
        _dispatcher.Groups().Select(static g => g.Key).ShouldBe(["{}/{severity=\"low\"}:{}", "{}/{severity=\"low\"}:{alertname=\"a\"}"]);
    }

    [Fact]
    public async Task A_group_that_is_over_waits_again_when_it_comes_back()
    {
        Start(Config);
        Fire("a", "1");
        _time.Advance(TimeSpan.FromSeconds(30));
        await Message(1);
        Resolve("a", "1");
        _time.Advance(TimeSpan.FromMinutes(5));
        (await Message(2)).GetProperty("notification_reason").GetString().ShouldBe("all alerts resolved");
        await _dispatcher!.FlushesFinished();
        Fire("a", "1");
        _time.Advance(TimeSpan.FromSeconds(30));
        (await Message(3)).GetProperty("notification_reason").GetString().ShouldBe("first notification");
    }

    [Fact]
    public async Task Resolved_alerts_are_told_once_and_fire_anew_after()
    {
        Start(Config);
        Fire("a", "1");
        _time.Advance(TimeSpan.FromSeconds(30));
        await Message(1);
        Resolve("a", "1");
        _time.Advance(TimeSpan.FromMinutes(5));
        var resolved = await Message(2);
        resolved.GetProperty("status").GetString().ShouldBe("resolved");
        resolved.GetProperty("alerts")[0].GetProperty("endsAt").GetString().ShouldBe("2026-01-01T00:00:30Z");
        await Quiet(TimeSpan.FromMinutes(5), () => { });
        Fire("a", "1");
        await _time.AdvanceAsync(TimeSpan.FromMinutes(5), _dispatcher!.FlushesFinished);
        (await Message(3)).GetProperty("status").GetString().ShouldBe("firing");
    }

    [Fact]
    public async Task An_alert_without_an_end_is_over_after_the_resolve_timeout()
    {
        Start(Config);
        Fire("a", "1");
        _time.Advance(TimeSpan.FromSeconds(30));
        await Message(1);
        await Quiet(TimeSpan.FromMinutes(5), static () => { });
        _time.Advance(TimeSpan.FromMinutes(5));
        (await Message(2)).GetProperty("status").GetString().ShouldBe("resolved");
    }

    [Fact]
    public async Task What_was_told_is_not_told_again_after_a_restart()
    {
        Start(Config);
        Fire("a", "1");
        _time.Advance(TimeSpan.FromSeconds(30));
        await Message(1);
        await _dispatcher!.DisposeAsync();
        Start(Config);
        await Quiet(TimeSpan.FromSeconds(30), () => Fire("a", "1"));
        Resolve("a", "1");
        _time.Advance(TimeSpan.FromMinutes(5));
        (await Message(2)).GetProperty("status").GetString().ShouldBe("resolved");
    }

    [Fact]
    public async Task A_receiver_that_fails_is_tried_again_and_every_attempt_is_counted()
    {
        Start(Config);
        _http.Answers.Enqueue((500, "oops"));
        _http.Answers.Enqueue((503, "slow down"));
        Fire("a", "1");
        _time.Advance(TimeSpan.FromSeconds(30));
        // The clock stands during an attempt, or its time would run out.
        await Wait.Until(() => _time.UntilNextTimer == TimeSpan.FromMilliseconds(500));
        _store.List(1)[0].Error.ShouldBe("unexpected status code 500: oops");
        _store.List(1)[0].Attempts.ShouldBe(1);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        await Wait.Until(() => _time.UntilNextTimer == TimeSpan.FromMilliseconds(750));
        _time.Advance(TimeSpan.FromMilliseconds(750));
        await Wait.Until(() => _store.List(1)[0].Status == NotificationStatus.Sent);
        _store.List(1)[0].Attempts.ShouldBe(3);
        _store.Seen[0].ShouldBe(NotificationStatus.Pending);
    }

    [Fact]
    public async Task A_refused_message_fails_at_once_and_is_tried_at_the_next_flush_without_showing_the_address()
    {
        Start(Config);
        _http.Answers.Enqueue((404, $"no {_http.Url}token here"));
        Fire("a", "1");
        _time.Advance(TimeSpan.FromSeconds(30));
        await Wait.Until(() => _store.List(1) is [{ Status: NotificationStatus.Failed }]);
        _store.List(1)[0].Error.ShouldBe("unexpected status code 404: no <secret> here");
        Fire("a", "1");
        _time.Advance(TimeSpan.FromMinutes(5));
        await Message(2);
        await Wait.Until(() => _store.List(1)[0].Status == NotificationStatus.Sent);
    }

    [Fact]
    public async Task A_dead_receiver_is_given_up_at_the_next_flush_and_delays_nobody()
    {
        Start(Config.Replace("URLtoken", "http://127.0.0.1:1/secret-path", StringComparison.Ordinal));
        Fire("a", "1");
        _time.Advance(TimeSpan.FromSeconds(30));
        await AdvanceUntil(() => _store.List(9).Any(static r => r.Status == NotificationStatus.Failed), TimeSpan.FromSeconds(1));
        var failed = _store.List(9).First(static r => r.Status == NotificationStatus.Failed);
        failed.Attempts.ShouldBeGreaterThan(1);
        failed.Error.ShouldContain("gave up");
        failed.Error.ShouldNotContain("secret-path");
    }

    [Fact]
    public async Task Silences_and_inhibition_keep_alerts_back_and_say_so()
    {
        Start(Config);
        var id = _silences.Set(new Silence { Id = string.Empty, Matchers = [new LabelMatcher(MatchType.Equal, "instance", "2")], StartsAt = _time.GetUtcNow(), EndsAt = _time.GetUtcNow().AddHours(1), CreatedBy = "me", Comment = "c" });
        _dispatcher!.Post([Alert("a", "1", "critical"), Alert("a", "2", "critical"), Alert("a", "3", "warning")]);
        _time.Advance(TimeSpan.FromSeconds(30));
        (await Message(1)).GetProperty("alerts").EnumerateArray().ShouldHaveSingleItem().GetProperty("labels").GetProperty("instance").GetString().ShouldBe("1");
        var alerts = _dispatcher.Alerts();
        alerts.Single(static a => a.Alert.Labels["instance"] == "2").SilencedBy.ShouldBe([id]);
        alerts.Single(static a => a.Alert.Labels["instance"] == "3").InhibitedBy.Count.ShouldBe(1);
        alerts.Single(static a => a.Alert.Labels["instance"] == "1").InhibitedBy.ShouldBeEmpty();
        _dispatcher.Groups().ShouldHaveSingleItem().Alerts.Count.ShouldBe(3);
        _silences.Expire(id);
        _dispatcher.Post([Alert("a", "1", "critical"), Alert("a", "2", "critical")]);
        _time.Advance(TimeSpan.FromMinutes(5));
        (await Message(2)).GetProperty("alerts").GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task A_muted_route_is_silent_until_its_interval_is_over()
    {
        Start(Config.Replace("inhibit_rules:", "  routes: [{mute_time_intervals: [night]}]\ntime_intervals: [{name: night, time_intervals: [{times: [{start_time: '00:00', end_time: '00:08'}]}]}]\ninhibit_rules:", StringComparison.Ordinal));
        Fire("a", "1");
        await Quiet(TimeSpan.FromSeconds(30), () => { });
        _dispatcher!.Alerts()[0].MutedBy.ShouldBe(["night"]);
        await Quiet(TimeSpan.FromMinutes(5), () => Fire("a", "1"));
        Fire("a", "1");
        _time.Advance(TimeSpan.FromMinutes(5));
        await Message(1);
    }

    [Fact]
    public async Task A_new_configuration_routes_the_same_alerts_without_telling_them_again()
    {
        Start(Config);
        Fire("a", "1");
        _time.Advance(TimeSpan.FromSeconds(30));
        await Message(1);
        _dispatcher!.Update(Load(Config.Replace("group_wait: 30s", "group_wait: 10s", StringComparison.Ordinal)));
        await Quiet(TimeSpan.FromSeconds(30), () => { });
        _dispatcher.Groups().ShouldHaveSingleItem();
    }

    [Fact]
    public void Overlapping_reports_keep_the_earliest_start()
    {
        Start(Config);
        var start = _time.GetUtcNow();
        Fire("a", "1");
        _time.Advance(TimeSpan.FromSeconds(5));
        Fire("a", "1");
        _dispatcher!.Alerts().ShouldHaveSingleItem().Alert.StartsAt.ShouldBe(start);
    }

    [Fact]
    public void Fingerprints_are_those_of_Alertmanager() =>
        new Alert
        {
            Labels = LabelSet.Of("alertname", "A", "cluster", "c1", "instance", "i1", "severity", "critical"),
            Annotations = LabelSet.Empty,
            StartsAt = default,
            EndsAt = default,
            UpdatedAt = default,
            GeneratorUrl = string.Empty,
        }.Fingerprint.ShouldBe("68e19148f160d404");

    public async ValueTask DisposeAsync()
    {
        if (_dispatcher is not null)
        {
            await _dispatcher.DisposeAsync();
        }

        _http.Dispose();
    }

    private static PostedAlert Alert(string name, string instance, string severity) =>
        new() { Labels = LabelSet.Of("alertname", name, "instance", instance, "severity", severity), Annotations = LabelSet.Of("summary", "s") };

    private void Start(string config, TimeProvider? clock = null) => _dispatcher = new AlertDispatcher(new AlertDispatcherOptions
    {
        Configuration = Load(config),
        Notifications = _store,
        Silences = _silences,
        Time = clock ?? _time,
    });

    private AlertmanagerConfiguration Load(string config) => AlertmanagerConfigurationLoader.Load("a.yml", config.Replace("URL", _http.Url, StringComparison.Ordinal), ".");

    private void Fire(string name, params string[] instances) => _dispatcher!.Post([.. instances.Select(i => Alert(name, i, "none"))]);

    private void Resolve(string name, string instance) => _dispatcher!.Post([Alert(name, instance, "none") with { EndsAt = _time.GetUtcNow() }]);

    private async Task<JsonElement> Message(int number)
    {
        await Wait.Until(() => _http.Requests.Count >= number && _store.List(99).Count(static r => r.Status != NotificationStatus.Pending) >= number);
        _http.Requests.Count.ShouldBe(number);
        return JsonDocument.Parse(_http.Requests.ElementAt(number - 1).Body).RootElement;
    }

    /// <summary>Lets time pass, with alerts kept alive, in which nothing may be told.</summary>
    private async Task Quiet(TimeSpan time, Action keepAlive)
    {
        var before = _http.Requests.Count;
        keepAlive();
        await _time.AdvanceAsync(time, _dispatcher!.FlushesFinished);
        _http.Requests.Count.ShouldBe(before);
    }

    private async Task AdvanceUntil(Func<bool> condition, TimeSpan step) => await Wait.Until(() =>
    {
        if (condition())
        {
            return true;
        }

        _time.Advance(step);
        return false;
    });

    private sealed class CountingClock(ManualTimeProvider inner) : TimeProvider
    {
        private int _reads;

        public int Reads => Volatile.Read(ref _reads);

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override DateTimeOffset GetUtcNow()
        {
            Interlocked.Increment(ref _reads);
            return inner.GetUtcNow();
        }

        public override long GetTimestamp() => inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => inner.CreateTimer(callback, state, dueTime, period);
    }
}
