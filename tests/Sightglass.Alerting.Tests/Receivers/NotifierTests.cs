using System.Text;
using System.Text.Json;
using Sightglass.Alerting.Receivers;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Templates;
using Sightglass.Core.Model;
using Sightglass.TestKit;

namespace Sightglass.Alerting.Tests.Receivers;

public sealed class NotifierTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly NotificationTemplates Templates = new([], TimeProvider.System);

    [Fact]
    public async Task Webhook_posts_version_4_with_the_credentials_of_the_configuration()
    {
        using var server = new HttpReceiver();
        var configuration = Integration<WebhookConfiguration>($"webhook_configs: [{{url: '{server.Url}a', max_alerts: 1, http_config: {{authorization: {{credentials: tok}}}}}}]");
        using var notifier = new WebhookNotifier(configuration, Templates);
        await notifier.SendAsync(Message(), CancellationToken.None);
        var (path, body, authorization) = server.Requests.Single();
        (path, authorization).ShouldBe(("/a", "Bearer tok"));
        using var json = JsonDocument.Parse(body);
        json.RootElement.EnumerateObject().Select(static p => p.Name).ShouldBe(
            ["receiver", "status", "alerts", "notification_reason", "groupLabels", "commonLabels", "commonAnnotations", "externalURL", "version", "groupKey", "truncatedAlerts"]);
        json.RootElement.GetProperty("truncatedAlerts").GetInt32().ShouldBe(1);
        json.RootElement.GetProperty("receiver").GetString().ShouldBe("team\\.x");
        json.RootElement.GetProperty("alerts")[0].GetProperty("endsAt").GetString().ShouldBe("0001-01-01T00:00:00Z");
    }

    [Fact]
    public async Task Webhook_sends_basic_authentication()
    {
        using var server = new HttpReceiver();
        using var notifier = new WebhookNotifier(Integration<WebhookConfiguration>($"webhook_configs: [{{url: '{server.Url}', http_config: {{basic_auth: {{username: u, password: p}}}}}}]"), Templates);
        await notifier.SendAsync(Message(), CancellationToken.None);
        server.Requests.Single().Authorization.ShouldBe("Basic dTpw");
    }

    [Fact]
    public async Task Slack_posts_an_attachment_and_reads_errors_of_the_API()
    {
        using var server = new HttpReceiver();
        using var notifier = new SlackNotifier(Integration<SlackConfiguration>($"slack_configs: [{{api_url: '{server.Url}', channel: '#a', short_fields: true, fields: [{{title: T, value: '{{{{ .Status }}}}'}}]}}]"), Templates);
        await notifier.SendAsync(Message(), CancellationToken.None);
        using var json = JsonDocument.Parse(server.Requests.Single().Body);
        var attachment = json.RootElement.GetProperty("attachments")[0];
        attachment.GetProperty("title").GetString().ShouldBe("[FIRING:1] A (web)");
        attachment.GetProperty("color").GetString().ShouldBe("#36a64f");
        attachment.GetProperty("title_link").GetString().ShouldBe("http://sight:4300/#/alerts?receiver=team%5C.x");
        attachment.GetProperty("fields")[0].GetProperty("short").GetBoolean().ShouldBeTrue();
        json.RootElement.GetProperty("attachments").GetArrayLength().ShouldBe(1);
        server.Answers.Enqueue((200, "{\"ok\":false,\"error\":\"channel_not_found\"}"));
        (await Should.ThrowAsync<DeliveryException>(() => notifier.SendAsync(Message(), CancellationToken.None))).Message.ShouldBe("error response from Slack: channel_not_found");
    }

    [SharedFact]
    public async Task The_seed_configuration_mails_and_posts_what_it_says()
    {
        using var smtp = new SmtpReceiver();
        using var http = new HttpReceiver();
        var text = File.ReadAllText(SharedInput.PathOf("data/configs/seed-alertmanager.yml"))
            .Replace("localhost:587", $"127.0.0.1:{smtp.Port}'\n  smtp_require_tls: false #'", StringComparison.Ordinal).Replace("https://hooks.slack.com/services/...", http.Url, StringComparison.Ordinal);
        var receiver = AlertmanagerConfigurationLoader.Load("seed.yml", text, ".").Receivers[1];
        await Email((EmailConfiguration)receiver.Integrations[0]).SendAsync(Message(), CancellationToken.None);
        var mail = smtp.Messages.Single();
        mail.ShouldContain("Subject: CRITICAL: A\n");
        mail.ShouldContain("Alert: disk =C3=BCber 90% <b>");
        mail.ShouldNotContain("text/html");
        using var slack = new SlackNotifier((SlackConfiguration)receiver.Integrations[1], Templates);
        await slack.SendAsync(Message(), CancellationToken.None);
        http.Requests.Single().Body.ShouldContain("\"title\":\"Critical Alert\"");
    }

    [Fact]
    public async Task Email_goes_through_STARTTLS_with_PLAIN_and_carries_text_and_HTML()
    {
        using var server = new SmtpReceiver(tls: true, "PLAIN LOGIN");
        var configuration = Mail(server, "auth_username: u, auth_password: p, text: \".dot\\n..two {{ .Status }}\", headers: {Subject: 'ü {{ .CommonLabels.job }}'}, tls_config: {insecure_skip_verify: true}");
        await Email(configuration).SendAsync(Message(), CancellationToken.None);
        server.Commands.ShouldContain("STARTTLS");
        server.Commands.ShouldContain("AUTH PLAIN " + Convert.ToBase64String("\0u\0p"u8));
        server.Commands.ShouldContain("MAIL FROM:<from@example.org>");
        var mail = server.Messages.Single();
        mail.ShouldContain("Subject: =?utf-8?B?" + Convert.ToBase64String(Encoding.UTF8.GetBytes("ü web")) + "?=");
        mail.ShouldContain("\n.dot\n..two firing\n");
        mail.ShouldContain("Content-Type: text/html; charset=UTF-8");
        mail.ShouldContain("&lt;b&gt;");
    }

    [Theory]
    [InlineData("daily", "-2026-01-01@sightglass>")]
    [InlineData("none", "-@sightglass>")]
    public void Mails_of_a_group_are_threaded(string byDate, string end)
    {
        var configuration = Integration<EmailConfiguration>($"email_configs: [{{to: a@b.c, from: a@b.c, smarthost: 'x:25', threading: {{enabled: true, thread_by_date: {byDate}}}}}]");
        var text = EmailMessage.Write(configuration, Templates, Message().Data, new("a@b.c"), [new("a@b.c")], "{}:{}", Start);
        var reference = text.Split("\r\n").Single(static l => l.StartsWith("References: <alert-", StringComparison.Ordinal));
        reference.ShouldEndWith(end);
        text.ShouldContain("In-Reply-To" + reference["References".Length..]);
    }

    [Theory]
    [InlineData("cert_file: x", "exactly one of key or key_file")]
    [InlineData("key: x", "exactly one of cert or cert_file")]
    [InlineData("min_version: TLS9", "want TLS10, TLS11, TLS12 or TLS13")]
    [InlineData("min_version: TLS13, max_version: TLS12", "greater than or equal")]
    [InlineData("ca: x, ca_file: y", "at most one of ca & ca_file")]
    public void TLS_settings_are_checked(string tls, string expected) => Should.Throw<AlertingConfigurationException>(
        () => Integration<WebhookConfiguration>($"webhook_configs: [{{url: 'http://x/', http_config: {{tls_config: {{{tls}}}}}}}]")).Message.ShouldContain(expected);

    [Fact]
    public async Task A_certificate_that_is_not_there_fails_the_message()
    {
        using var notifier = new WebhookNotifier(Integration<WebhookConfiguration>("webhook_configs: [{url: 'https://127.0.0.1:1/', http_config: {tls_config: {ca_file: /nowhere, min_version: TLS13}}}]"), Templates);
        (await Should.ThrowAsync<DeliveryException>(() => notifier.SendAsync(Message(), CancellationToken.None))).Message.ShouldContain("/nowhere");
    }

    [Theory]
    [InlineData("LOGIN", "auth_password: p", "p")]
    [InlineData("CRAM-MD5", "auth_secret: p", "u ")]
    public async Task Email_authenticates(string mechanism, string secret, string expected)
    {
        using var server = new SmtpReceiver(mechanisms: mechanism);
        await Email(Mail(server, $"auth_username: u, require_tls: false, {secret}")).SendAsync(Message(), CancellationToken.None);
        server.Commands.ShouldContain(c => c == expected || (mechanism == "CRAM-MD5" && c.StartsWith("u ", StringComparison.Ordinal) && c.Length == 34));
    }

    [Theory]
    [InlineData("450 try later", true)]
    [InlineData("550 no such user", false)]
    public async Task A_refused_recipient_is_an_error(string answer, bool recoverable)
    {
        using var server = new SmtpReceiver { RecipientAnswer = answer };
        var error = await Should.ThrowAsync<DeliveryException>(() => Email(Mail(server, "require_tls: false")).SendAsync(Message(), CancellationToken.None));
        (error.Recoverable, error.Message.Contains(answer, StringComparison.Ordinal)).ShouldBe((recoverable, true));
    }

    [Fact]
    public async Task Email_is_not_sent_in_the_clear_unless_that_is_allowed()
    {
        using var server = new SmtpReceiver();
        (await Should.ThrowAsync<DeliveryException>(() => Email(Mail(server, "hello: h")).SendAsync(Message(), CancellationToken.None))).Message.ShouldContain("STARTTLS");
    }

    [Theory]
    [InlineData("a\r\nBcc: x@y", "a Bcc: x@y")]
    [InlineData("plain", "plain")]
    [InlineData("\0a\tb", "ab")]
    public void Header_text_cannot_add_headers(string value, string expected) => EmailMessage.Encode(value).ShouldBe(expected);

    [Fact]
    public void Long_lines_of_a_body_are_broken_and_read_back()
    {
        var text = string.Concat(Enumerable.Repeat("ä=b ", 60)) + " \nend ";
        var encoded = EmailMessage.QuotedPrintable(text);
        encoded.Split("\r\n").ShouldAllBe(static l => l.Length <= 76);
        var decoded = System.Text.RegularExpressions.Regex.Replace(
            encoded.Replace("=\r\n", string.Empty, StringComparison.Ordinal), "=([0-9A-F]{2})", static m => ((char)Convert.ToByte(m.Groups[1].Value, 16)).ToString());
        Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(decoded)).ReplaceLineEndings("\n").ShouldBe(text);
    }

    [Fact]
    public void Bodies_escape_what_is_not_plain()
    {
        var encoded = EmailMessage.QuotedPrintable("ä=b");
        encoded.ShouldContain("=C3=A4=3Db");
    }

    [Fact]
    public void Secrets_do_not_print()
    {
        var secret = new Secret("hunter2");
        $"{secret} {new SecretSource(secret, null)}".ShouldNotContain("hunter2");
        secret.Redact("say hunter2!").ShouldBe("say <secret>!");
    }

    private static EmailNotifier Email(EmailConfiguration configuration) => new(configuration, Templates, new ManualTimeProvider());

    private static EmailConfiguration Mail(SmtpReceiver server, string more) =>
        Integration<EmailConfiguration>($"email_configs: [{{to: 'a@example.org, B <b@example.org>', from: 'from@example.org', smarthost: '127.0.0.1:{server.Port}', {more}}}]");

    private static T Integration<T>(string yaml)
        where T : IntegrationConfiguration =>
        (T)AlertmanagerConfigurationLoader.Load("a.yml", $"route: {{receiver: a}}\nreceivers:\n- name: a\n  {yaml}\n", ".").Receivers[0].Integrations.Single();

    private static NotificationMessage Message()
    {
        Alert Make(string instance) => new()
        {
            Labels = LabelSet.Of("alertname", "A", "job", "web", "instance", instance),
            Annotations = LabelSet.Of("summary", "disk über 90% <b>"),
            StartsAt = Start,
            EndsAt = Start.AddHours(1),
            UpdatedAt = Start,
            GeneratorUrl = "http://sight/graph",
        };
        return new NotificationMessage("team.x", "{}:{}", LabelSet.Of("alertname", "A"), [(Make("1"), false), (Make("2"), true)], new Uri("http://sight:4300/"));
    }
}
