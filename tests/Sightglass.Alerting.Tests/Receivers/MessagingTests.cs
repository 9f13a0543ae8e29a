using System.Text.Json;
using Sightglass.Alerting.Receivers;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Templates;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Tests.Receivers;

public sealed class MessagingTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly NotificationTemplates Templates = new([], TimeProvider.System);

    [Fact]
    public async Task PagerDuty_triggers_and_resolves_under_one_key()
    {
        using var server = new HttpReceiver();
        var configuration = Read($"pagerduty_configs: [{{routing_key: r, url: '{server.Url}v2', details: {{firing: mine, extra: '{{{{ .Status }}}}'}}, links: [{{href: 'http://l', text: t}}, {{text: none}}]}}]");
        using var notifier = new PagerDutyNotifier(configuration, Templates);
        await notifier.SendAsync(Message(false), CancellationToken.None);
        await notifier.SendAsync(Message(true), CancellationToken.None);
        var requests = server.Requests.ToArray();
        requests[0].Path.ShouldBe("/v2");
        var json = Json(requests[0].Body);
        (Text(json, "routing_key"), Text(json, "event_action"), Text(json, "client_url")).ShouldBe(("r", "trigger", "http://sight:4300/#/alerts?receiver=team"));
        var payload = json.GetProperty("payload");
        (Text(payload, "summary"), Text(payload, "severity"), Text(payload, "source")).ShouldBe(("[FIRING:1] A (critical)", "critical", "Sightglass"));
        var details = payload.GetProperty("custom_details");
        (Text(details, "firing"), Text(details, "extra"), details.GetProperty("num_firing").GetInt32(), Text(details, "value"), Text(details, "threshold")).ShouldBe(("mine", "firing", 1, "0.95", "0.9"));
        details.GetProperty("resolved").GetArrayLength().ShouldBe(0);
        Text(details.GetProperty("labels"), "severity").ShouldBe("critical");
        json.GetProperty("links").GetArrayLength().ShouldBe(1);
        var resolved = Json(requests[1].Body);
        (Text(resolved, "event_action"), Text(resolved, "dedup_key")).ShouldBe(("resolve", Text(json, "dedup_key")));
        Text(json, "dedup_key").Length.ShouldBe(64);
    }

    [Fact]
    public void PagerDuty_takes_a_service_key_as_the_older_API()
    {
        using var notifier = new PagerDutyNotifier(Read("pagerduty_configs: [{service_key: s}]"), Templates);
        var json = Json(notifier.Body(Message(false), "s", isVersion1: true, whole: true));
        (Text(json, "service_key"), Text(json, "event_type"), Text(json, "description")).ShouldBe(("s", "trigger", "[FIRING:1] A (critical)"));
        Text(Json(notifier.Body(Message(false), "s", isVersion1: false, whole: false)).GetProperty("payload").GetProperty("custom_details"), "error").ShouldContain("512KB");
    }

    [Fact]
    public async Task Opsgenie_opens_updates_and_closes()
    {
        using var server = new HttpReceiver();
        var configuration = Read($"opsgenie_configs: [{{api_key: k, api_url: '{server.Url}', update_alerts: true, tags: 'a,,b', priority: P1, responders: [{{type: teams, name: 'x,y'}}, {{type: user, username: u}}]}}]");
        using var notifier = new OpsgenieNotifier(configuration, Templates);
        await notifier.SendAsync(Message(false), CancellationToken.None);
        await notifier.SendAsync(Message(true), CancellationToken.None);
        var requests = server.Requests.ToArray();
        var json = Json(requests[0].Body);
        var alias = Text(json, "alias");
        requests.Select(static r => r.Path).ShouldBe(["/v2/alerts", $"/v2/alerts/{alias}/message", $"/v2/alerts/{alias}/description", $"/v2/alerts/{alias}/close"]);
        requests[0].Authorization.ShouldBe("GenieKey k");
        json.GetProperty("tags").GetArrayLength().ShouldBe(2);
        json.GetProperty("responders").GetRawText().ShouldBe("""[{"name":"x","type":"team"},{"name":"y","type":"team"},{"username":"u","type":"user"}]""");
        (Text(json, "message"), Text(json, "priority"), Text(json.GetProperty("details"), "severity")).ShouldBe(("[FIRING:1] A (critical)", "P1", "critical"));
        Text(Json(requests[3].Body), "source").ShouldContain("http://sight:4300");
    }

    [Theory]
    [InlineData("msteams", "themeColor", "8C1A1A", "2DC72D")]
    [InlineData("msteamsv2", "attachments", "Attention", "Good")]
    [InlineData("discord", "embeds", "10038562", "3066993")]
    public async Task Chats_show_whether_it_fires(string kind, string key, string firing, string resolved)
    {
        using var server = new HttpReceiver();
        using var notifier = new ChatNotifier(Read($"{kind}_configs: [{{webhook_url: '{server.Url}hook'}}]"), Templates);
        await notifier.SendAsync(Message(false), CancellationToken.None);
        await notifier.SendAsync(Message(true), CancellationToken.None);
        var bodies = server.Requests.Select(static r => r.Body).ToArray();
        Json(bodies[0]).GetProperty(key).GetRawText().ShouldContain(firing);
        Json(bodies[1]).GetProperty(key).GetRawText().ShouldContain(resolved);
        bodies[0].ShouldContain("[FIRING:1] A (critical)");
        bodies[0].ShouldContain("Alerts Firing:");
    }

    [Fact]
    public async Task Telegram_sends_HTML_that_is_escaped_and_tells_no_token()
    {
        using var server = new HttpReceiver();
        using var notifier = new ChatNotifier(Read($"telegram_configs: [{{bot_token: secret-token, chat_id: -5, message_thread_id: 7, api_url: '{server.Url}', message: '{{{{ .CommonAnnotations.summary }}}}'}}]"), Templates);
        await notifier.SendAsync(Message(false), CancellationToken.None);
        var request = server.Requests.Single();
        request.Path.ShouldBe("/botsecret-token/sendMessage");
        request.Body.ShouldBe("""{"chat_id":"-5","text":"disk &lt;b&gt;","parse_mode":"HTML","disable_web_page_preview":true,"disable_notification":false,"message_thread_id":7}""");
        server.Answers.Enqueue((400, server.Url + "botsecret-token/sendMessage is wrong"));
        (await Should.ThrowAsync<DeliveryException>(() => notifier.SendAsync(Message(false), CancellationToken.None))).Message.ShouldNotContain("secret-token");
    }

    [Fact]
    public async Task Pushover_gets_its_parameters_in_the_address()
    {
        using var server = new HttpReceiver();
        using var notifier = new PushoverNotifier(Read("pushover_configs: [{user_key: u, token: t, retry: 2m, ttl: 1h}]"), Templates, server.Url + "1/messages.json");
        await notifier.SendAsync(Message(false), CancellationToken.None);
        server.Requests.Single().Path.ShouldBe("/1/messages.json");
    }

    [Theory]
    [InlineData("telegram_configs: [{bot_token: t, chat_id: 1, parse_mode: Rich}]", "unknown parse_mode")]
    [InlineData("pagerduty_configs: [{routing_key: r, url: 'ftp://x'}]", "want an http or https URL")]
    [InlineData("pagerduty_configs: [{}]", "missing service or routing key")]
    [InlineData("pushover_configs: [{user_key: u, token: t, retry: soon}]", "want a duration")]
    [InlineData("opsgenie_configs: [{api_key: k, update_alerts: maybe}]", "want true or false")]
    public void What_is_not_right_is_refused(string yaml, string expected) => Should.Throw<AlertingConfigurationException>(() => Read(yaml)).Message.ShouldContain(expected);

    [Theory]
    [InlineData("abc", 3, "abc")]
    [InlineData("abcd", 3, "ab…")]
    [InlineData("😀😀😀", 2, "😀…")]
    [InlineData("", 3, "")]
    public void Long_texts_are_cut_between_characters(string text, int length, string expected) => JsonBody.Shorten(text, length).ShouldBe(expected);

    private static JsonElement Json(ReadOnlyMemory<byte> body) => JsonDocument.Parse(body).RootElement;

    private static JsonElement Json(string body) => JsonDocument.Parse(body).RootElement;

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static MessagingConfiguration Read(string yaml) =>
        (MessagingConfiguration)AlertmanagerConfigurationLoader.Load("a.yml", $"route: {{receiver: a}}\nreceivers:\n- name: a\n  {yaml}\n", ".").Receivers[0].Integrations.Single();

    private static NotificationMessage Message(bool resolved)
    {
        var alert = new Alert
        {
            Labels = LabelSet.Of("alertname", "A", "severity", "critical"),
            Annotations = LabelSet.Of("summary", "disk <b>"),
            StartsAt = Start,
            EndsAt = Start.AddHours(1),
            UpdatedAt = Start,
            GeneratorUrl = "http://sight/graph",
            Value = 0.95,
            Threshold = "0.9",
        };
        return new NotificationMessage("team", "{}:{}", LabelSet.Of("alertname", "A"), [(alert, resolved)], new Uri("http://sight:4300/"));
    }
}
