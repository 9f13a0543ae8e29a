using System.Text.Json;
using Sightglass.Alerting.Receivers;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Templates;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Tests.Receivers;

/// <summary>Services beside chats and pagers. The bodies were compared with those of Alertmanager 0.33.1.</summary>
public sealed class MoreReceiversTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly NotificationTemplates Templates = new([], TimeProvider.System);
    private readonly HttpReceiver _server = new();

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task VictorOps_names_the_incident_by_the_group()
    {
        await SendAsync("victorops_configs: [{api_key: KEY, routing_key: 'r-{{ .Status }}', api_url: 'URLv', message_type: odd, monitoring_tool: mt, state_message: sm, entity_display_name: ed, custom_fields: {foo: '{{ .Status }}'}}]", false, true);
        var requests = _server.Requests.ToArray();
        requests.Select(static r => r.Path).ShouldBe(["/v/KEY/r-firing", "/v/KEY/r-resolved"]);
        requests[0].Body.ShouldBe($$"""{"entity_display_name":"ed","entity_id":"{{JsonBody.Hash("{}:{}")}}","foo":"firing","message_type":"CRITICAL","monitoring_tool":"mt","state_message":"sm"}""");
        Json(requests[1].Body).GetProperty("message_type").GetString().ShouldBe("RECOVERY");
    }

    [Fact]
    public async Task WeChat_fetches_a_token_once()
    {
        _server.Answers.Enqueue((200, """{"access_token":"TOK"}"""));
        _server.Answers.Enqueue((200, """{"errcode":0}"""));
        _server.Answers.Enqueue((200, """{"errcode":42001,"errmsg":"access_token expired"}"""));
        using var notifier = (IDisposable)Notifier("wechat_configs: [{api_secret: SEC, corp_id: CORP, api_url: 'URL', message: m, to_user: u}]");
        await ((INotifier)notifier).SendAsync(Message(false), CancellationToken.None);
        var error = await Should.ThrowAsync<DeliveryException>(() => ((INotifier)notifier).SendAsync(Message(false), CancellationToken.None));
        error.Recoverable.ShouldBeTrue();
        var requests = _server.Requests.ToArray();
        requests.Select(static r => r.Path).ShouldBe(["/gettoken", "/message/send", "/message/send"]);
        requests[1].Body.ShouldBe("""{"text":{"content":"m"},"touser":"u","safe":"0","msgtype":"text","markdown":{"content":""}}""");
    }

    [Fact]
    public async Task Sns_publishes_a_signed_form()
    {
        await SendAsync("sns_configs: [{api_url: 'URLsns/', sigv4: {access_key: AK, secret_key: SK, region: eu-west-1}, topic_arn: 'arn:aws:sns:eu-west-1:1:t.fifo', subject: 's {{ .Status }}', message: 'm <&> ü', attributes: {a: b}}]", false);
        var request = _server.Requests.Single();
        var hash = JsonBody.Hash("{}:{}");
        request.Body.ShouldBe("Action=Publish&Message=m+%3C%26%3E+%C3%BC&MessageAttributes.entry.1.Name=a&MessageAttributes.entry.1.Value.DataType=String&MessageAttributes.entry.1.Value.StringValue=b"
            + $"&MessageDeduplicationId={hash}&MessageGroupId={hash}&Subject=s+firing&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A1%3At.fifo&Version=2010-03-31");
        request.Authorization.ShouldStartWith("AWS4-HMAC-SHA256 Credential=AK/20");
        request.Authorization.ShouldContain("/eu-west-1/sns/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=");
    }

    [Fact]
    public void Signatures_are_those_of_the_published_suite()
    {
        // "post-x-www-form-urlencoded" of AWS' Signature Version 4 test suite.
        var headers = AwsSignature.Sign(new Uri("https://example.amazonaws.com/"), "application/x-www-form-urlencoded", "Param1=value1"u8, "us-east-1", "service",
            new AwsCredentials("AKIDEXAMPLE", new Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), null), new DateTimeOffset(2015, 8, 30, 12, 36, 0, TimeSpan.Zero));
        headers[1].Value.Reveal().ShouldBe("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=content-type;host;x-amz-date, "
            + "Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
    }

    [Fact]
    public async Task Jira_makes_an_issue_changes_it_and_resolves_it()
    {
        const string Found = """{"issues":[{"key":"P-1","fields":{"status":{"statusCategory":{"key":"new"}}}}]}""";
        foreach (var answer in (string[])["""{"issues":[]}""", "{}", Found, "{}", """{"transitions":[{"id":"31","name":"Done"}]}""", "{}"])
        {
            _server.Answers.Enqueue((200, answer));
        }

        await SendAsync("jira_configs: [{api_url: 'URLrest/api/2', project: P, issue_type: Bug, summary: 'S {{ .Status }}', description: D, labels: [z, a], priority: High, resolve_transition: Done, reopen_transition: Open, reopen_duration: 90m, wont_fix_resolution: Nope, fields: {customfield_1: {value: red}, n: 3}}]", false, true);
        var requests = _server.Requests.ToArray();
        requests.Select(static r => r.Path).ShouldBe(["/rest/api/2/search", "/rest/api/2/issue", "/rest/api/2/search", "/rest/api/2/issue/P-1", "/rest/api/2/issue/P-1/transitions", "/rest/api/2/issue/P-1/transitions"]);
        var label = $"ALERT{{{JsonBody.Hash("{}:{}")}}}";
        Json(requests[0].Body).GetProperty("jql").GetString().ShouldBe($"(resolution is EMPTY or resolution != \"Nope\") and (resolutiondate is EMPTY OR resolutiondate >= -90m) and project=\"P\" and labels=\"{label}\" order by status ASC,resolutiondate DESC");
        requests[1].Body.ShouldBe($$$"""{"fields":{"customfield_1":{"value":"red"},"description":"D","issuetype":{"name":"Bug"},"labels":["{{{label}}}","a","z"],"n":3,"priority":{"name":"High"},"project":{"key":"P"},"summary":"S firing"}}""");
        requests[5].Body.ShouldBe("""{"transition":{"id":"31"}}""");
    }

    [Theory]
    [InlineData("webex_configs: [{api_url: 'URL', room_id: R, message: m, http_config: {authorization: {credentials: C}}}]", """{"markdown":"m","roomId":"R"}""")]
    [InlineData("rocketchat_configs: [{api_url: 'URL', token: T, token_id: I, channel: c, title: t, title_link: l, text: x, short_fields: true, fields: [{title: a, value: b}, {title: c, value: d, short: false}], actions: [{type: x, text: t, url: u, msg: m}]}]",
        """{"channel":"c","attachments":[{"title":"t","title_link":"l","text":"x","color":"red","fields":[{"title":"a","value":"b","short":true},{"title":"c","value":"d","short":false}],"actions":[{"type":"button","is_webview":false,"msg_in_chat_window":false,"text":"t","url":"u","msg":"m"}]}]}""")]
    [InlineData("mattermost_configs: [{webhook_url: 'URL', channel: c, username: u, text: t, props: {card: k}, priority: {priority: Important, requested_ack: true, persistent_notifications: true}, attachments: [{text: x, fields: [{title: a, value: b, short: true}, {title: a, value: b}]}]}]",
        """{"text":"t","channel":"c","username":"u","attachments":[{"text":"x","fields":[{"title":"a","value":"b","short":true},{"title":"a","value":"b"}]}],"props":{"card":"k"},"priority":{"priority":"important","requested_ack":true}}""")]
    public async Task Rooms_get_their_own_shape(string yaml, string expected)
    {
        _server.Answers.Enqueue((200, """{"success":true}"""));
        await SendAsync(yaml, false);
        _server.Requests.Single().Body.ShouldBe(expected);
    }

    [Fact]
    public async Task IncidentIo_gets_the_message_of_webhooks_with_its_token()
    {
        await SendAsync("incidentio_configs: [{url: 'URL', alert_source_token: TOK}]", false);
        var request = _server.Requests.Single();
        request.Authorization.ShouldBe("Bearer TOK");
        Json(request.Body).GetProperty("version").GetString().ShouldBe("1");
    }

    [Fact]
    public async Task Slack_changes_its_message_until_the_group_is_over()
    {
        using var notifier = new SlackNotifier((SlackConfiguration)Load($"slack_configs: [{{app_token: XO, app_url: '{_server.Url}api/chat.postMessage', channel: c, update_message: true}}]"), Templates);
        _server.Answers.Enqueue((200, """{"ok":true,"channel":"C123","ts":"17.5"}"""));
        _server.Answers.Enqueue((200, """{"ok":false,"error":"message_not_found"}"""));
        _server.Answers.Enqueue((200, """{"ok":true,"channel":"C123","ts":"18.0"}"""));
        var message = Message(false);
        await notifier.SendAsync(message, CancellationToken.None);
        message.Note.ShouldBe("C123 17.5");
        var second = Message(true);
        second.Note = message.Note;
        (await Should.ThrowAsync<DeliveryException>(() => notifier.SendAsync(second, CancellationToken.None))).Recoverable.ShouldBeTrue();
        await notifier.SendAsync(second, CancellationToken.None);
        var requests = _server.Requests.ToArray();
        requests.Select(static r => r.Path).ShouldBe(["/api/chat.postMessage", "/api/chat.update", "/api/chat.postMessage"]);
        var update = Json(requests[1].Body);
        (update.GetProperty("channel").GetString(), update.GetProperty("ts").GetString()).ShouldBe(("C123", "17.5"));
        second.Note.ShouldBe("C123 18.0");
    }

    [Fact]
    public async Task Webhooks_send_the_payload_that_is_written()
    {
        await SendAsync("webhook_configs: [{url: 'URL{{ .Status }}', payload: {count: '{{ len .Alerts }}', s: '{{ .Status }}', l: '{{ .CommonLabels | toJson }}', t: [1, two, '{{ .Status }}!'], 'k{{ .Status }}': ~, b: true}}]", false);
        _server.Requests.Single().Path.ShouldBe("/firing");
        _server.Requests.Single().Body.Trim().ShouldBe("""{"b":true,"count":1,"kfiring":null,"l":{"alertname":"A","severity":"critical"},"s":"firing","t":[1,"two","firing!"]}""");
    }

    [Theory]
    [InlineData("sns_configs: [{topic_arn: x, sigv4: {access_key: a}}]", "Access key and Secret Key")]
    [InlineData("sns_configs: [{topic_arn: x, phone_number: y}]", "must provide either")]
    [InlineData("jira_configs: [{project: p, issue_type: t}]", "no global Jira Cloud URL set")]
    [InlineData("jira_configs: [{project: p, issue_type: t, api_url: 'http://j', api_type: foo}]", "unknown api_type")]
    [InlineData("wechat_configs: [{api_secret: s, corp_id: c, message_type: foo}]", "does not match valid options")]
    [InlineData("victorops_configs: [{api_key: a, routing_key: r, custom_fields: {message_type: x}}]", "conflicts")]
    [InlineData("webex_configs: [{room_id: r}]", "missing webex_configs.http_config.authorization")]
    [InlineData("rocketchat_configs: [{channel: c}]", "no global Rocketchat TokenID")]
    [InlineData("rocketchat_configs: [{token: a, token_id: b, actions: [{image_url: i}]}]", "unknown key")]
    [InlineData("mattermost_configs: [{webhook_url: 'http://x', fields: [{title: a}]}]", "missing value in Mattermost field")]
    [InlineData("mattermost_configs: [{webhook_url: 'http://x', attachments: [{mrkdwn: b}]}]", "unknown key")]
    [InlineData("incidentio_configs: [{url: 'http://x', alert_source_token: t, http_config: {authorization: {credentials: x}}}]", "cannot specify alert_source_token")]
    [InlineData("slack_configs: [{api_url: 'http://x', channel: c, update_message: true}]", "update_message")]
    [InlineData("webhook_configs: [{url: 'http://x', http_config: {oauth2: {client_id: a}}}]", "token_url must be configured")]
    [InlineData("webhook_configs: [{url: 'http://x', http_config: {http_headers: {host: {values: [a]}}}}]", "is not allowed")]
    [InlineData("webhook_configs: [{url: 'http://x', http_config: {no_proxy: a}}]", "proxy_url must also be configured")]
    [InlineData("webhook_configs: [{url: 'http://{{ x }}'}]", "invalid template")]
    [InlineData("webhook_configs: [{url: 'http://x', max_alerts: -1}]", "want 0 or more")]
    [InlineData("mattermost_configs: [{webhook_url: x}]", "want an http or https URL")]
    [InlineData("telegram_configs: [{bot_token: t, chat_id: abc}]", "want a whole number")]
    [InlineData("telegram_configs: [{bot_token: t, chat_id: 1, chat_id_file: x}]", "at most one of chat_id")]
    [InlineData("pushover_configs: [{user_key: a, token: b, html: true, monospace: true}]", "at most one of monospace")]
    [InlineData("opsgenie_configs: [{api_key: a, responders: [{type: team}]}]", "has to have at least one")]
    [InlineData("opsgenie_configs: [{api_key: a, responders: [{name: x, type: foo}]}]", "does not match valid options")]
    [InlineData("pagerduty_configs: [{routing_key: a, images: [{foo: a}]}]", "unknown key")]
    public void What_Alertmanager_refuses_is_refused(string yaml, string expected) => Should.Throw<AlertingConfigurationException>(() => Load(yaml)).Message.ShouldContain(expected);

    [Theory]
    [InlineData("jira_configs: [{project: p, issue_type: t, api_url: 'http://j', summary: {template: x, enable_update: false}, description: {template: y}}]")]
    [InlineData("pagerduty_configs: [{routing_key: a, details: {a: b, c: {d: e}}}]")]
    [InlineData("email_configs: [{to: a@b, from: c@d, smarthost: ':25', auth_password: a, auth_password_file: b}]")]
    public void What_Alertmanager_takes_is_taken(string yaml) => Load(yaml).ShouldNotBeNull();

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    private static IntegrationConfiguration Load(string integrations) =>
        AlertmanagerConfigurationLoader.Load("a.yml", $"route: {{receiver: a}}\nreceivers:\n- name: a\n  {integrations}\n", ".").Receivers[0].Integrations[0];

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
        };
        return new NotificationMessage("team", "{}:{}", LabelSet.Of("alertname", "A"), [(alert, resolved)], new Uri("http://sight:4300/"));
    }

    private INotifier Notifier(string yaml) => Notifiers.Of(Load(yaml.Replace("URL", _server.Url, StringComparison.Ordinal)), Templates, TimeProvider.System);

    private async Task SendAsync(string yaml, params bool[] resolved)
    {
        var notifier = Notifier(yaml);
        foreach (var isResolved in resolved)
        {
            await notifier.SendAsync(Message(isResolved), CancellationToken.None);
        }

        (notifier as IDisposable)?.Dispose();
    }
}
