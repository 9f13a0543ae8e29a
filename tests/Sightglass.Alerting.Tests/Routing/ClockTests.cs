using System.Text.Json;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Silences;
using Sightglass.Alerting.Tests.Receivers;
using Sightglass.Core.Model;
using Sightglass.TestKit;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Alerting.Tests.Routing;

/// <summary>The clock is set, forwards and backwards, by a minute, hours and days: nothing is told twice, nothing is lost.</summary>
public sealed class ClockTests : IDisposedAsync
{
    private const string Config = """
        route:
          receiver: hook
          group_by: [alertname]
          group_wait: 30s
          group_interval: 5m
          repeat_interval: 1h
          routes:
          - {receiver: hook, matchers: [alertname=night], mute_time_intervals: [night]}
        time_intervals:
        - name: night
          time_intervals: [{times: [{start_time: '02:00', end_time: '04:00'}]}]
        receivers:
        - name: hook
          webhook_configs: [{url: 'URL'}]
        """;

    private readonly ManualTimeProvider _time = new();
    private readonly MemoryNotificationStore _store = new();
    private readonly HttpReceiver _http = new();
    private readonly SilenceRegistry _silences;
    private AlertDispatcher _dispatcher;

    public ClockTests()
    {
        _silences = new SilenceRegistry(new MemorySilenceStore(), _time);
        _dispatcher = Start();
    }

    public static TheoryData<double> Hours => [-26, -3, -0.02, 0.02, 3, 26];

    [Theory]
    [MemberData(nameof(Hours))]
    public async Task A_group_waits_as_long_as_it_says(double hours)
    {
        Fire("a", "1");
        _time.Advance(TimeSpan.FromSeconds(10));
        _time.Set(TimeSpan.FromHours(hours));
        // Somebody looks: that must not end the alert either.
        _dispatcher.Alerts().Count.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(19));
        await Told(0);
        _time.Advance(TimeSpan.FromSeconds(1));
        (await Told(1)).ShouldBe("firing 1");
    }

    [Theory]
    [MemberData(nameof(Hours))]
    public async Task Repeats_come_after_the_time_that_has_passed(double hours)
    {
        Fire("a", "1");
        _time.Advance(TimeSpan.FromSeconds(30));
        (await Told(1)).ShouldBe("firing 1");
        await Pass(TimeSpan.FromMinutes(30));
        _time.Set(TimeSpan.FromHours(hours));
        await Pass(TimeSpan.FromMinutes(30));
        await Told(1);
        await Pass(TimeSpan.FromMinutes(10));
        (await Told(2)).ShouldBe("firing 1");
        await Pass(TimeSpan.FromMinutes(50));
        await Told(2);
    }

    [Theory]
    [MemberData(nameof(Hours))]
    public async Task An_alert_that_nobody_ended_goes_on_and_ends_when_it_is_not_heard_of_any_more(double hours)
    {
        Fire("a", "1");
        _time.Advance(TimeSpan.FromSeconds(30));
        await Told(1);
        _time.Advance(TimeSpan.FromMinutes(4));
        Fire("a", "1");
        _time.Set(TimeSpan.FromHours(hours));
        // A flush before the alert is handed in again by the new clock.
        _time.Advance(TimeSpan.FromMinutes(1));
        await _dispatcher.FlushesFinished();
        await Told(1);
        _dispatcher.Alerts().Single().Alert.Labels["instance"].ShouldBe("1");
        _time.Advance(TimeSpan.FromMinutes(5));
        (await Told(2)).ShouldBe("resolved 1");
        _dispatcher.Alerts().ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Hours))]
    public async Task An_alert_that_is_over_stays_over(double hours)
    {
        Fire("a", "1");
        _time.Advance(TimeSpan.FromSeconds(30));
        await Told(1);
        _dispatcher.Post([Alert("a", "1") with { EndsAt = _time.GetUtcNow() }]);
        _time.Set(TimeSpan.FromHours(hours));
        _dispatcher.Alerts().ShouldBeEmpty();
        _time.Advance(TimeSpan.FromMinutes(5));
        (await Told(2)).ShouldBe("resolved 1");
        _time.Advance(TimeSpan.FromMinutes(10));
        await Told(2);
    }

    [Fact]
    public async Task Silences_and_time_intervals_follow_the_clock()
    {
        _silences.Set(new Silence
        {
            Id = string.Empty,
            Matchers = [new LabelMatcher(MatchType.Equal, "alertname", "silent")],
            StartsAt = _time.GetUtcNow().AddHours(2),
            EndsAt = _time.GetUtcNow().AddHours(4),
            CreatedBy = "me",
            Comment = "c",
        });
        Fire("night", "1");
        Fire("silent", "1");
        // At midnight nothing is quiet; the clock was wrong, it is three.
        _time.Set(TimeSpan.FromHours(3));
        Fire("night", "1");
        Fire("silent", "1");
        _time.Advance(TimeSpan.FromSeconds(30));
        await _dispatcher.FlushesFinished();
        await Told(0);
        // And back again.
        _time.Set(TimeSpan.FromHours(-3));
        _time.Advance(TimeSpan.FromMinutes(4));
        Fire("night", "1");
        Fire("silent", "1");
        _time.Advance(TimeSpan.FromMinutes(1));
        await Told(2);
    }

    [Theory]
    [InlineData(-26)]
    [InlineData(-3)]
    public async Task What_was_told_before_a_restart_under_a_later_clock_is_not_told_again_and_repeats_in_time(double hours)
    {
        Fire("a", "1");
        _time.Advance(TimeSpan.FromSeconds(30));
        await Told(1);
        await _dispatcher.DisposeAsync();
        _time.Set(TimeSpan.FromHours(hours));
        _dispatcher = Start();
        await Pass(TimeSpan.FromMinutes(55));
        await Told(1);
        await Pass(TimeSpan.FromMinutes(15));
        (await Told(2)).ShouldBe("firing 1");
    }

    public async ValueTask DisposeAsync()
    {
        await _dispatcher.DisposeAsync();
        _http.Dispose();
    }

    private static PostedAlert Alert(string name, string instance) => new() { Labels = LabelSet.Of("alertname", name, "instance", instance) };

    private AlertDispatcher Start() => new(new AlertDispatcherOptions
    {
        Configuration = AlertmanagerConfigurationLoader.Load("a.yml", Config.Replace("URL", _http.Url, StringComparison.Ordinal), "."),
        Notifications = _store,
        Silences = _silences,
        Time = _time,
    });

    private void Fire(string name, string instance) => _dispatcher.Post([Alert(name, instance)]);

    /// <summary>Lets time pass while the alert goes on.</summary>
    private async Task Pass(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMinutes(1))
        {
            Fire("a", "1");
            await _time.AdvanceAsync(TimeSpan.FromMinutes(1), _dispatcher.FlushesFinished);
        }
    }

    /// <summary>Exactly so many messages have been sent; status and number of alerts of the last.</summary>
    private async Task<string> Told(int count)
    {
        await Wait.Until(() => _http.Requests.Count >= count && _store.List(999).Count(static r => r.Status == NotificationStatus.Sent) >= count);
        await _dispatcher.FlushesFinished();
        _http.Requests.Count.ShouldBe(count);
        if (count == 0)
        {
            return string.Empty;
        }

        var message = JsonDocument.Parse(_http.Requests.Last().Body).RootElement;
        return $"{message.GetProperty("status").GetString()} {message.GetProperty("alerts").GetArrayLength()}";
    }
}
