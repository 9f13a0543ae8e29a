using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sightglass.Server.Tests.Prometheus;

namespace Sightglass.Server.Tests.People;

public sealed class IncidentWebhooksTests
{
    private const string PagerDuty = "/sightglass/v1/alerts/acknowledgements/pagerduty";
    private const string Opsgenie = "/sightglass/v1/alerts/acknowledgements/opsgenie";

    private const string Configuration = """
        alertmanager:
          route: {receiver: nobody, group_wait: 0s, group_interval: 5s, group_by: [alertname]}
          receivers: [{name: nobody}, {name: pager, webhook_configs: [{url: 'http://127.0.0.1:1/'}]}]
        people: [{name: ana, contacts: [pager]}]
        escalation: {policies: [{name: page, steps: [{notify: [ana]}, {after: 1h, notify: [ana]}]}], default: {critical: page}}
        acknowledge: {pagerduty: {secret: s3cret}, opsgenie: {token: t0ken}}
        """;

    [Fact]
    public async Task An_incident_acknowledged_in_PagerDuty_is_acknowledged_here_and_taken_back_with_it()
    {
        await using var server = await RunningServer.StartAsync(Configuration);
        await FireAsync(server, "Down", "a");
        await FireAsync(server, "Other", "a");
        var key = Key(await EscalationAsync(server, "Down"));

        // Other incidents, other events and alerts that begin later are not meant.
        foreach (var other in new[] { Event(new string('0', 64)), Event("baf7cf21b1da41b4b0221008339ff357"), Event(key, "incident.annotated"), Event(key, at: "2020-01-01T00:00:00Z"), "{}", "[]", """{"event":{"event_type":"pagey.ping","data":{"message":"Hello"}}}""" })
        {
            (await SendAsync(server, other)).ShouldBe(204, other);
        }

        (await AcknowledgedAsync(server)).ShouldBeEmpty();
        (await SendAsync(server, Event(key))).ShouldBe(204);
        (await AcknowledgedAsync(server)).ShouldBe(["Down Earline Greenholt in pagerduty"]);
        (await SendAsync(server, Event(key, by: "Somebody else"))).ShouldBe(204);
        (await AcknowledgedAsync(server)).ShouldBe(["Down Earline Greenholt in pagerduty"]);
        (await EscalationAsync(server, "Down")).GetProperty("state").GetString().ShouldBe("acknowledged");
        (await EscalationAsync(server, "Other")).GetProperty("state").GetString().ShouldBe("running");
        (await SendAsync(server, Event(key, "incident.unacknowledged"))).ShouldBe(204);
        (await AcknowledgedAsync(server)).ShouldBeEmpty();
        (await SendAsync(server, Event(key, by: string.Empty))).ShouldBe(204);
        (await AcknowledgedAsync(server)).ShouldBe(["Down pagerduty in pagerduty"]);
    }

    [Fact]
    public async Task What_was_acknowledged_here_is_not_taken_back_there()
    {
        await using var server = await RunningServer.StartAsync(Configuration);
        await FireAsync(server, "Down", "a");
        var key = Key(await EscalationAsync(server, "Down"));
        using var mine = new StringContent("""{"matchers":["alertname=Down"],"by":"ben"}""", Encoding.UTF8, "application/json");
        (await server.SendAsync(HttpMethod.Post, "/sightglass/v1/alerts/acknowledgements", mine)).Status.ShouldBe(200);
        (await SendAsync(server, Event(key))).ShouldBe(204);
        (await SendAsync(server, Event(key, "incident.unacknowledged"))).ShouldBe(204);
        (await AcknowledgedAsync(server)).ShouldBe(["Down ben "]);
    }

    [Fact]
    public async Task An_alert_acknowledged_in_Opsgenie_is_acknowledged_here()
    {
        await using var server = await RunningServer.StartAsync(Configuration);
        await FireAsync(server, "Down", "a");
        // The incident of the group itself, which no escalation made.
        var key = Hash((await EscalationAsync(server, "Down")).GetProperty("groupKey").GetString()!);
        string Body(string action) => $$"""{"source":{"name":"web","type":"API"},"alert":{"alias":"{{key}}","alertId":"a-1","username":"fili@ghaz.com","message":"m"},"action":"{{action}}","integrationName":"w"}""";
        foreach (var wrong in (string?[])[null, "Bearer wrong", "Basic t0ken", "t0ken", "Bearer"])
        {
            (await SendAsync(server, Opsgenie, Body("Acknowledge"), "Authorization", wrong)).ShouldBe(401, wrong);
        }

        (await SendAsync(server, Opsgenie, Body("Create"), "Authorization", "Bearer t0ken")).ShouldBe(204);
        (await AcknowledgedAsync(server)).ShouldBeEmpty();
        (await SendAsync(server, Opsgenie, Body("Acknowledge"), "Authorization", "Bearer t0ken")).ShouldBe(204);
        (await AcknowledgedAsync(server)).ShouldBe(["Down fili@ghaz.com in opsgenie"]);
        (await SendAsync(server, Opsgenie, Body("UnAcknowledge"), "Authorization", "Bearer t0ken")).ShouldBe(204);
        (await AcknowledgedAsync(server)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_what_is_signed_is_taken_and_secrets_may_be_in_files()
    {
        await using var server = await RunningServer.StartAsync(Configuration);
        await FireAsync(server, "Down", "a");
        var body = Event(Key(await EscalationAsync(server, "Down")));
        foreach (var wrong in (string?[])[null, string.Empty, "v1=", Signature("wrong", body), Signature("s3cret", body + " "), Signature("s3cret", body)[3..], "v0=" + Signature("s3cret", body)[3..]])
        {
            (await SendAsync(server, PagerDuty, body, "X-PagerDuty-Signature", wrong)).ShouldBe(401, wrong);
        }

        (await SendAsync(server, PagerDuty, "no json", "X-PagerDuty-Signature", Signature("s3cret", "no json"))).ShouldBe(400);
        (await AcknowledgedAsync(server)).ShouldBeEmpty();
        server.Write("secret", "from a file\n");
        server.Write("sightglass.yml", Configuration.Replace("{secret: s3cret}, opsgenie: {token: t0ken}", $"{{secret_file: '{server.PathOf("secret")}'}}", StringComparison.Ordinal));
        (await server.ReloadAsync()).ShouldBeNull();
        (await SendAsync(server, PagerDuty, body, "X-PagerDuty-Signature", Signature("s3cret", body))).ShouldBe(401);
        (await SendAsync(server, Opsgenie, body, "Authorization", "Bearer t0ken")).ShouldBe(404);
        (await SendAsync(server, PagerDuty, body, "X-PagerDuty-Signature", $"{Signature("old", body)}, {Signature("from a file", body)}")).ShouldBe(204);
        (await AcknowledgedAsync(server)).ShouldHaveSingleItem();
        File.Delete(server.PathOf("secret"));
        (await SendAsync(server, PagerDuty, body, "X-PagerDuty-Signature", Signature("from a file", body))).ShouldBe(500);
    }

    private static string Key(JsonElement escalation) => Hash($"{escalation.GetProperty("groupKey").GetString()}/escalation=page");

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Signature(string secret, string body) => "v1=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(body)));

    private static string Event(string key, string type = "incident.acknowledged", string by = "Earline Greenholt", string? at = null) => $$"""
        {"event":{"id":"5ac64822","event_type":"{{type}}","resource_type":"incident","occurred_at":"{{at ?? DateTimeOffset.UtcNow.AddMinutes(1).ToString("O")}}",
        "agent":{"id":"PXPGF42","summary":"{{by}}","type":"user_reference"},"client":null,"data":{"id":"PT4KHLK","type":"incident","number":1234,"status":"acknowledged","incident_key":"{{key}}"} } }
        """;

    private static Task<int> SendAsync(RunningServer server, string body) => SendAsync(server, PagerDuty, body, "X-PagerDuty-Signature", Signature("s3cret", body));

    private static async Task<int> SendAsync(RunningServer server, string path, string body, string header, string? value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (value is not null)
        {
            request.Headers.TryAddWithoutValidation(header, value);
        }

        using var answer = await server.Client.SendAsync(request);
        return (int)answer.StatusCode;
    }

    private static async Task<string[]> AcknowledgedAsync(RunningServer server)
    {
        var (status, body) = await server.SendAsync(HttpMethod.Get, "/sightglass/v1/alerts/acknowledgements");
        status.ShouldBe(200, body);
        return [.. JsonDocument.Parse(body).RootElement.GetProperty("acknowledgements").EnumerateArray()
            .Select(static a => $"{a.GetProperty("labels").GetProperty("alertname").GetString()} {a.GetProperty("by").GetString()} {a.GetProperty("comment").GetString()}")];
    }

    private static async Task FireAsync(RunningServer server, string name, string host)
    {
        using var content = new StringContent($$$"""[{"labels":{"alertname":"{{{name}}}","host":"{{{host}}}","severity":"critical"}}]""", Encoding.UTF8, "application/json");
        (await server.SendAsync(HttpMethod.Post, "/api/v2/alerts", content)).Status.ShouldBe(200);
    }

    private static async Task<JsonElement> EscalationAsync(RunningServer server, string name)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            patience.IsCancellationRequested.ShouldBeFalse($"{name} does not escalate");
            var (_, body) = await server.SendAsync(HttpMethod.Get, "/sightglass/v1/escalations");
            foreach (var escalation in JsonDocument.Parse(body).RootElement.GetProperty("escalations").EnumerateArray())
            {
                if (escalation.GetProperty("groupKey").GetString()!.Contains($"\"{name}\"", StringComparison.Ordinal))
                {
                    return escalation;
                }
            }

            await Task.Delay(50);
        }
    }
}
