using System.Text.Json;
using Sightglass.Alerting.Escalation;
using Sightglass.Alerting.OnCall;
using Sightglass.Alerting.Receivers;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Silences;
using Sightglass.Alerting.Templates;
using Sightglass.Alerting.Tests.Receivers;
using Sightglass.Alerting.Tests.Routing;
using Sightglass.Core.Model;
using Sightglass.TestKit;

namespace Sightglass.Alerting.Tests.Escalation;

/// <summary>What receivers are told of acknowledging: a link to do it, and that it was done.</summary>
public sealed class AcknowledgeMessagesTests : IDisposedAsync
{
    private const string Link = "http://here/sightglass/ack?t=abc_-";
    private readonly ManualTimeProvider _time = new();
    private readonly MemoryNotificationStore _notifications = new();
    private readonly HttpReceiver _http = new();
    private readonly System.Collections.Concurrent.ConcurrentQueue<string> _failures = new();
    private AlertDispatcher? _dispatcher;

    [Fact]
    public void Default_messages_carry_the_link_where_there_is_one_and_nothing_else_where_there_is_none()
    {
        var templates = new NotificationTemplates([], _time);
        foreach (var link in new[] { Link, string.Empty })
        {
            var message = new NotificationMessage("r", "k", LabelSet.Empty, [(Alert(), false)], new Uri("http://here/")) { AcknowledgeUrl = link };
            var webhook = JsonDocument.Parse(WebhookNotifierBody(message)).RootElement;
            webhook.TryGetProperty("acknowledgeURL", out var url).ShouldBe(link.Length > 0);
            (link.Length == 0 ? string.Empty : url.GetString()).ShouldBe(link);
            templates.Text("{{ .AcknowledgeURL }}", message.Data).ShouldBe(link);
            templates.Text("""{{ template "telegram.default.message" . }}""", message.Data).Contains("Acknowledge: " + Link, StringComparison.Ordinal).ShouldBe(link.Length > 0);
            templates.Html("""{{ template "email.default.html" . }}""", message.Data).Contains(">Acknowledge</a>", StringComparison.Ordinal).ShouldBe(link.Length > 0);
        }
    }

    [Fact]
    public async Task An_incident_is_acknowledged_when_everything_in_it_is()
    {
        Start();
        _dispatcher!.Post([Posted("1"), Posted("2"), Posted("3")]);
        _time.Advance(TimeSpan.Zero);
        await Events(1);
        _dispatcher.Acknowledge(static a => a.Labels["instance"] == "1", "ana", string.Empty, null);
        _dispatcher.Post([Posted("2") with { EndsAt = _time.GetUtcNow() }]);
        _dispatcher.Acknowledge(static a => a.Labels["instance"] == "3", "ana", string.Empty, null);
        var events = await Events(2);
        events.Select(static e => e.GetProperty("event_action").GetString()).ShouldBe(["trigger", "acknowledge"]);
        events[1].GetProperty("dedup_key").GetString().ShouldBe(events[0].GetProperty("dedup_key").GetString());
        events[0].GetProperty("links")[0].GetProperty("href").GetString()!.ShouldStartWith("http://here/sightglass/ack?t=");
        events[1].TryGetProperty("links", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Opsgenie_hears_of_it_too()
    {
        Start("opsgenie_configs: [{api_key: k, api_url: 'URL', source: us}]");
        _dispatcher!.Post([Posted("1"), Posted("2")]);
        _time.Advance(TimeSpan.Zero);
        await Events(1);
        _dispatcher.Acknowledge(static a => a.Labels["instance"] == "1", "ana", string.Empty, null);
        _dispatcher.Acknowledge(static a => a.Labels["instance"] == "2", "ben", string.Empty, null);
        var events = await Events(2);
        var requests = _http.Requests.ToArray();
        requests[1].Path.ShouldBe($"/v2/alerts/{events[0].GetProperty("alias").GetString()}/acknowledge");
        requests[1].Authorization.ShouldBe("GenieKey k");
        events[1].GetRawText().ShouldBe("""{"user":"ana, ben","source":"us"}""");
    }

    [Fact]
    public async Task A_Slack_message_that_is_changed_says_who_has_it()
    {
        _http.Answers.Enqueue((200, """{"ok":true,"channel":"C1","ts":"1.5"}"""));
        _http.Answers.Enqueue((200, """{"ok":true,"channel":"C1","ts":"1.5"}"""));
        Start("slack_configs: [{app_token: t, app_url: 'URLchat.postMessage', channel: c, update_message: true}]");
        _dispatcher!.Post([Posted("1")]);
        _time.Advance(TimeSpan.Zero);
        await Events(1);
        _dispatcher.Acknowledge(static _ => true, "<!channel>", string.Empty, null);
        var events = await Events(2);
        _http.Requests.Select(static r => r.Path).ShouldBe(["/chat.postMessage", "/chat.update"]);
        events[1].GetProperty("ts").GetString().ShouldBe("1.5");
        events[1].GetProperty("channel").GetString().ShouldBe("C1");
        var attachments = events[1].GetProperty("attachments").EnumerateArray().ToArray();
        attachments[^1].GetProperty("text").GetString().ShouldBe("Acknowledged by &lt;!channel&gt;");
        attachments[0].TryGetProperty("actions", out _).ShouldBeFalse();
        events[0].GetProperty("attachments")[0].GetProperty("actions")[0].GetProperty("text").GetString().ShouldBe("Acknowledge");
    }

    [Fact]
    public async Task A_Slack_message_that_cannot_be_changed_is_not_followed_by_another()
    {
        Start("slack_configs: [{api_url: 'URLhook', channel: c}]\n  pagerduty_configs: [{routing_key: k}]");
        _dispatcher!.Post([Posted("1")]);
        _time.Advance(TimeSpan.Zero);
        await Events(2);
        _dispatcher.Acknowledge(static _ => true, "ana", string.Empty, null);
        await Events(3);
        _http.Requests.Count(static r => r.Path == "/hook").ShouldBe(1);
    }

    public async ValueTask DisposeAsync()
    {
        if (_dispatcher is not null)
        {
            await _dispatcher.DisposeAsync();
        }

        _http.Dispose();
    }

    private static string WebhookNotifierBody(NotificationMessage message) => System.Text.Encoding.UTF8.GetString(WebhookNotifier.Body(message, "4").Span);

    private static PostedAlert Posted(string instance) => new() { Labels = LabelSet.Of("alertname", "Down", "instance", instance) };

    private static Alert Alert() => new() { Labels = LabelSet.Of("alertname", "Down"), Annotations = LabelSet.Empty, StartsAt = default, EndsAt = default, UpdatedAt = default, GeneratorUrl = string.Empty };

    private void Start(string integrations = "pagerduty_configs: [{routing_key: k}]")
    {
        var alertmanager = AlertmanagerConfigurationLoader.Load("a.yml", $$"""
            global: {pagerduty_url: '{{_http.Url}}pd'}
            route: {receiver: pd, group_by: [alertname], group_wait: 0s}
            receivers:
            - name: pd
              {{integrations.Replace("URL", _http.Url, StringComparison.Ordinal)}}
            """, ".");
        _dispatcher = new AlertDispatcher(new AlertDispatcherOptions
        {
            Configuration = alertmanager,
            Notifications = _notifications,
            Silences = new SilenceRegistry(new MemorySilenceStore(), _time),
            Time = _time,
            Failed = (what, e) => _failures.Enqueue($"{what}: {e}"),
            Escalation = new EscalationOptions
            {
                Configuration = EscalationReader.Read(new YamlFile("c.yml").Read("acknowledge: {}", "c"), alertmanager),
                Store = new MemoryEscalationStore(),
                Acknowledgements = new AcknowledgementRegistry(new MemoryAcknowledgementStore()),
                Overrides = new OverrideRegistry(new MemoryOverrideStore(), _time),
                Links = new AcknowledgeLinks(new byte[32], new Uri("http://here/")),
            },
        });
    }

    private async Task<JsonElement[]> Events(int count)
    {
        await Wait.Until(() => !_failures.IsEmpty || _http.Requests.Count >= count && _notifications.List(9).Count(static r => r.Status == NotificationStatus.Sent) >= count);
        _failures.ShouldBeEmpty();
        return [.. _http.Requests.Select(static r => JsonDocument.Parse(r.Body).RootElement)];
    }
}
