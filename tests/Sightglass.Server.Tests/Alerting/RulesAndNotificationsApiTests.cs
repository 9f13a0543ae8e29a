using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Sightglass.Server.Tests.Alerting;

public sealed class RulesAndNotificationsApiTests
{
    private const string Rules = """
        groups:
        - name: g
          interval: 200ms
          limit: 7
          rules:
          - alert: Up
            expr: vector(2) > 1
            labels: {severity: critical}
            annotations: {summary: 'at {{ $value }}'}
          - alert: Waiting
            expr: vector(1)
            for: 1h
          - record: one
            expr: vector(1)
            labels: {a: b}
          - alert: Broken
            expr: label_replace(vector(1), "a", "$1", "b", "(") > 0
        """;

    [Fact]
    public async Task Rules_alerts_notifications_and_history_tell_the_same_story()
    {
        using var refusing = new TcpListener(IPAddress.Loopback, 0);
        refusing.Start();
        var port = ((IPEndPoint)refusing.LocalEndpoint).Port;
        refusing.Stop();
        await using var server = await AlertingServer.StartAsync(
            $"route: {{receiver: hook, group_by: [alertname], group_wait: 0s}}\nreceivers: [{{name: hook, webhook_configs: [{{url: 'http://127.0.0.1:{port}/'}}]}}]", Rules);
        var alerts = await server.UntilAsync("/api/v1/alerts", static a => a.GetProperty("data").GetProperty("alerts").GetArrayLength() == 2);
        alerts.GetProperty("status").GetString().ShouldBe("success");
        alerts.GetProperty("data").GetProperty("alerts").EnumerateArray().Select(Shown).ShouldBe(["firing 2e+00 {\"alertname\":\"Up\",\"severity\":\"critical\"}", "pending 1e+00 {\"alertname\":\"Waiting\"}"]);

        var group = (await server.UntilAsync("/prometheus/api/v1/rules", static a => Group(a).GetProperty("rules").EnumerateArray().All(static r => r.GetProperty("health").GetString() != "unknown")));
        Group(group).GetProperty("limit").GetInt32().ShouldBe(7);
        Group(group).GetProperty("interval").GetDouble().ShouldBe(0.2);
        Group(group).GetProperty("file").GetString()!.ShouldEndWith("rules.yml");
        var rules = Group(group).GetProperty("rules").EnumerateArray().ToList();
        rules.Select(static r => $"{r.GetProperty("type")} {r.GetProperty("name")} {r.GetProperty("health")}").ShouldBe(["alerting Up ok", "alerting Waiting ok", "recording one ok", "alerting Broken err"]);
        rules[0].GetProperty("alerts")[0].GetProperty("annotations").GetProperty("summary").GetString().ShouldBe("at 2");
        rules[1].GetProperty("duration").GetDouble().ShouldBe(3600);
        rules[2].TryGetProperty("alerts", out _).ShouldBeFalse();
        rules[3].GetProperty("lastError").GetString()!.ShouldContain("(");

        var details = (await server.GetAsync("/sightglass/v1/rules?name=Up")).GetProperty("rules");
        details.GetArrayLength().ShouldBe(1);
        details[0].GetProperty("language").GetString().ShouldBe("promql");
        details[0].GetProperty("index").GetInt32().ShouldBe(0);
        details[0].GetProperty("comparisons").GetRawText().ShouldBe("""[{"expression":"vector(2)","operator":">","threshold":1}]""");
        (await server.GetAsync("/sightglass/v1/rules")).GetProperty("rules").GetArrayLength().ShouldBe(4);

        var notification = (await server.UntilAsync("/sightglass/v1/notifications?alertname=Up", static n =>
            n.GetProperty("notifications").GetArrayLength() > 0 && n.GetProperty("notifications")[0].GetProperty("attempts").GetInt32() > 0 && n.GetProperty("notifications")[0].GetProperty("error").GetString() != string.Empty))
            .GetProperty("notifications")[0];
        (notification.GetProperty("receiver").GetString(), notification.GetProperty("integration").GetString(), notification.GetProperty("status").GetString()).ShouldBe(("hook", "webhook", "pending"));
        notification.GetProperty("error").GetString()!.ShouldNotContain("127.0.0.1");
        notification.GetProperty("alerts").EnumerateArray().Select(static a => a.GetProperty("labels").GetProperty("alertname").GetString()).ShouldContain("Up");
        (await server.GetAsync("/sightglass/v1/alerts/history")).GetProperty("changes").EnumerateArray()
            .Select(static c => $"{c.GetProperty("alertname")} {c.GetProperty("from")} {c.GetProperty("to")}").Order(StringComparer.Ordinal)
            .ShouldBe(["Up inactive pending", "Up pending firing", "Waiting inactive pending"]);
        await server.SendAsync(HttpMethod.Get, "/sightglass/v1/notifications?limit=0", HttpStatusCode.BadRequest);
        await server.SendAsync(HttpMethod.Get, "/sightglass/v1/alerts/history?limit=x", HttpStatusCode.BadRequest);
        await server.SendAsync(HttpMethod.Get, "/api/v1/rules?type=x", HttpStatusCode.BadRequest);
    }

    private static JsonElement Group(JsonElement answer) => answer.GetProperty("data").GetProperty("groups")[0];

    private static string Shown(JsonElement alert) => $"{alert.GetProperty("state")} {alert.GetProperty("value")} {alert.GetProperty("labels")}";
}
