using System.Globalization;
using Sightglass.Alerting.Receivers;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Templates;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Tests.Receivers;

/// <summary>After which answers a message is tried again. The table is what Alertmanager 0.33.1 did, receiver by receiver, with a server that gives these answers.</summary>
public sealed class RetryCodesTests
{
    private static readonly int[] Statuses = [400, 401, 403, 404, 408, 413, 429, 500, 501, 502, 503, 504];

    [Theory]
    [InlineData("webhook_configs: [{url: 'URL'}]", "")]
    [InlineData("slack_configs: [{api_url: 'URL', channel: c}]", "")]
    [InlineData("pagerduty_configs: [{routing_key: k, url: 'URL'}]", "429")]
    [InlineData("pagerduty_configs: [{service_key: k, url: 'URL', HTTP}]", "403")]
    [InlineData("opsgenie_configs: [{api_key: k, api_url: 'URL'}]", "429")]
    [InlineData("victorops_configs: [{api_key: k, routing_key: r, api_url: 'URL'}]", "")]
    [InlineData("wechat_configs: [{api_secret: k, corp_id: r, api_url: 'URL'}]", "400 401 403 404 408 413 429")]
    [InlineData("sns_configs: [{api_url: 'URL', topic_arn: t, sigv4: {access_key: a, secret_key: b, region: r}}]", "")]
    [InlineData("telegram_configs: [{api_url: 'URL', bot_token: b, chat_id: 1}]", "400 401 403 404 408 413 429")]
    [InlineData("discord_configs: [{webhook_url: 'URL'}]", "")]
    [InlineData("webex_configs: [{api_url: 'URL', room_id: r, http_config: {authorization: {credentials: x}}}]", "")]
    [InlineData("msteams_configs: [{webhook_url: 'URL'}]", "")]
    [InlineData("msteamsv2_configs: [{webhook_url: 'URL'}]", "")]
    [InlineData("jira_configs: [{api_url: 'URL', project: p, issue_type: t, api_type: datacenter}]", "429")]
    [InlineData("rocketchat_configs: [{api_url: 'URL', token: a, token_id: b, channel: c}]", "")]
    [InlineData("mattermost_configs: [{webhook_url: 'URL'}]", "")]
    [InlineData("incidentio_configs: [{url: 'URL', alert_source_token: x}]", "429")]
    [InlineData("pushover_configs: [{token: a, user_key: b, HTTP}]", "")]
    public async Task Messages_are_tried_again_after_the_answers_after_which_Alertmanager_does(string integration, string clientErrors)
    {
        using var server = new HttpReceiver();
        // Where the address is fixed it is reached through a proxy, with whatever certificate.
        using var proxied = new TlsReceiver("x");
        var yaml = integration.Replace("URL", server.Url, StringComparison.Ordinal)
            .Replace("HTTP", $"http_config: {{proxy_url: 'http://127.0.0.1:{proxied.ProxyPort}', tls_config: {{insecure_skip_verify: true}}}}", StringComparison.Ordinal);
        using var notifier = (IDisposable)Notifiers.Of(
            AlertmanagerConfigurationLoader.Load("a.yml", $"route: {{receiver: a}}\nreceivers:\n- name: a\n  {yaml}\n", ".").Receivers[0].Integrations[0], new NotificationTemplates([], TimeProvider.System), TimeProvider.System);
        var recoverable = new List<int>();
        foreach (var status in Statuses)
        {
            server.Answers.Clear();
            if (integration.StartsWith("wechat", StringComparison.Ordinal) && status == Statuses[0])
            {
                server.Answers.Enqueue((200, """{"access_token":"TOK"}"""));
            }

            server.Answers.Enqueue((status, "{}"));
            proxied.Status = status;
            var error = await Should.ThrowAsync<DeliveryException>(() => ((INotifier)notifier).SendAsync(Message(), CancellationToken.None));
            error.Message.ShouldContain(status.ToString(CultureInfo.InvariantCulture));
            if (error.Recoverable)
            {
                recoverable.Add(status);
            }
        }

        string.Join(' ', recoverable).ShouldBe((clientErrors + " 500 501 502 503 504").TrimStart());
    }

    [Theory]
    [InlineData(429, 7, true)]
    [InlineData(429, null, false)]
    [InlineData(403, 7, false)]
    public void A_server_that_says_when_to_come_back_is_believed(int status, int? after, bool expected) =>
        RetryCodes.ServerErrors.Contains(new HttpReply(status, string.Empty, string.Empty, after is { } s ? TimeSpan.FromSeconds(s) : null)).ShouldBe(expected);

    private static NotificationMessage Message()
    {
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var alert = new Alert { Labels = LabelSet.Of("alertname", "A"), Annotations = LabelSet.Empty, StartsAt = now, EndsAt = now, UpdatedAt = now, GeneratorUrl = string.Empty };
        return new NotificationMessage("a", "{}:{}", LabelSet.Empty, [(alert, false)], new Uri("http://sight/"));
    }
}
