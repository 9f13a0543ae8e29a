using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Silences;
using Sightglass.Alerting.Tests.Receivers;
using Sightglass.Core.Model;
using Sightglass.TestKit;

namespace Sightglass.Alerting.Tests.Routing;

/// <summary>Receivers whose answer comes byte by byte and never ends.</summary>
public sealed class DrippingReceiverTests : IDisposedAsync
{
    private readonly ManualTimeProvider _time = new();
    private readonly MemoryNotificationStore _store = new();
    private readonly HttpReceiver _http = new();
    private AlertDispatcher? _dispatcher;

    [Fact]
    public async Task Headers_that_drip_are_cut_by_MaxAttemptTime_and_delay_nobody_else()
    {
        using var drip = new DrippingServer("HTTP/1.1 200 OK\r\nX-Slow: ");
        Start(drip);
        Fire("1");
        await Wait.Until(() => drip.Requests == 1 && _http.Requests.Count == 1);
        Fire("2");
        _time.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromSeconds(31));
        drip.Requests.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(1));
        await Pass(TimeSpan.FromMilliseconds(500));
        await Wait.Until(() => drip.Requests == 2);
        Of("drip").Error.ShouldBe("no answer within 30s");
        Of("drip").Status.ShouldBe(NotificationStatus.Pending);
        // The other receiver of the group hears of the second alert meanwhile.
        _time.Advance(TimeSpan.FromMilliseconds(29_500));
        await Wait.Until(() => _store.List(99).Count(static r => r is { Receiver: "hook", Status: NotificationStatus.Sent }) == 2);
        Of("drip").Status.ShouldBe(NotificationStatus.Pending);
    }

    [Fact]
    public async Task A_body_that_drips_is_cut_by_MaxAnswerTime_and_the_message_has_arrived()
    {
        using var drip = new DrippingServer("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        Start(drip);
        Fire("1");
        await Wait.Until(() => drip.Requests == 1 && _http.Requests.Count == 1);
        await Pass(AlertingLimits.MaxAnswerTime);
        await Wait.Until(() => Of("drip").Status == NotificationStatus.Sent);
        Of("drip").Attempts.ShouldBe(1);
        (_time.GetUtcNow() - Of("drip").CreatedAt).ShouldBeLessThan(AlertingLimits.MaxAttemptTime);
        drip.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task A_refusal_that_drips_is_a_refusal()
    {
        using var drip = new DrippingServer("HTTP/1.1 400 No\r\nContent-Length: 100000\r\n\r\n");
        Start(drip);
        Fire("1");
        await Wait.Until(() => drip.Requests == 1);
        await Pass(AlertingLimits.MaxAnswerTime);
        await Wait.Until(() => Of("drip").Status == NotificationStatus.Failed);
        Of("drip").Error.ShouldStartWith("unexpected status code 400: x");
        Of("drip").Attempts.ShouldBe(1);
    }

    public async ValueTask DisposeAsync()
    {
        if (_dispatcher is not null)
        {
            await _dispatcher.DisposeAsync();
        }

        _http.Dispose();
    }

    /// <summary>The last notification of a receiver.</summary>
    private NotificationRecord Of(string receiver) => _store.List(99).Last(r => r.Receiver == receiver);

    private void Start(DrippingServer drip)
    {
        var configuration = AlertmanagerConfigurationLoader.Load("a.yml", $$"""
            route:
              receiver: drip
              group_by: [alertname]
              routes:
              - {receiver: drip, group_wait: 0s, group_interval: 10m, continue: true}
              - {receiver: hook, group_wait: 0s, group_interval: 1m}
            receivers:
            - name: drip
              webhook_configs: [{url: '{{drip.Url}}'}]
            - name: hook
              webhook_configs: [{url: '{{_http.Url}}'}]
            """, ".");
        _dispatcher = new AlertDispatcher(new AlertDispatcherOptions
        {
            Configuration = configuration,
            Notifications = _store,
            Silences = new SilenceRegistry(new MemorySilenceStore(), _time),
            Time = _time,
        });
    }

    private void Fire(string instance)
    {
        _dispatcher!.Post([new PostedAlert { Labels = LabelSet.Of("alertname", "A", "instance", instance), EndsAt = _time.GetUtcNow().AddHours(1) }]);
        _time.Advance(TimeSpan.Zero);
    }

    /// <summary>Lets a wait pass once it has begun; moved before, the clock would use up the time of what comes before it.</summary>
    private async Task Pass(TimeSpan wait)
    {
        await Wait.Until(() => _time.UntilNextTimer == wait);
        _time.Advance(wait);
    }
}
