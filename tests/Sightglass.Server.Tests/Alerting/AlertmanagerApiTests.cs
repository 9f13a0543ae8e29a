using System.Net;
using System.Text.Json;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Alerting;

public sealed class AlertmanagerApiTests : IAsyncLifetime
{
    private const string Configuration = """
        route:
          receiver: all
          group_by: [alertname]
          group_wait: 1h
          routes: [{receiver: night, matchers: [team="b"], group_by: ['...']}]
        receivers: [{name: all}, {name: night, labels: {team: b}}]
        inhibit_rules: [{source_matchers: [severity="critical"], target_matchers: [severity="warning"], equal: [instance]}]
        """;

    private AlertingServer _server = null!;

    public async Task InitializeAsync() => _server = await AlertingServer.StartAsync(Configuration);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [SharedFact]
    public async Task Every_answer_is_as_the_OpenAPI_file_says()
    {
        await Post("""{"labels":{"alertname":"A","severity":"critical","instance":"i"},"annotations":{"s":"ü"},"generatorURL":"http://x/"}""", """{"labels":{"alertname":"B","team":"b"}}""");
        await _server.PostAsync("/api/v2/silences", Silence("alertname", "B"));
        foreach (var prefix in new[] { "/api/v2", "/alertmanager/api/v2" })
        {
            OpenApiSchema.Check(await _server.GetAsync($"{prefix}/status"), "alertmanagerStatus");
            OpenApiSchema.Check(await _server.GetAsync($"{prefix}/alerts"), "gettableAlerts");
            OpenApiSchema.Check(await _server.GetAsync($"{prefix}/alerts/groups"), "alertGroups");
            OpenApiSchema.Check(await _server.GetAsync($"{prefix}/silences"), "gettableSilences");
            foreach (var receiver in (await _server.GetAsync($"{prefix}/receivers")).EnumerateArray())
            {
                OpenApiSchema.Check(receiver, "receiver");
            }
        }

        (await _server.GetAsync("/api/v2/alerts")).GetArrayLength().ShouldBe(2);
        (await _server.GetAsync("/api/v2/silences")).GetArrayLength().ShouldBe(1);
    }

    [Theory]
    [InlineData("", "A A2 B")]
    [InlineData("filter=alertname=A", "A")]
    [InlineData("filter=alertname%3D~%22A.*%22", "A A2")]
    [InlineData("filter=alertname%3D~%22A.*%22&filter=severity!=critical", "A2")]
    [InlineData("receiver=night", "B")]
    [InlineData("receiver=nig", "")]
    [InlineData("receiver_matchers=team=b", "B")]
    [InlineData("silenced=false", "A A2")]
    [InlineData("inhibited=false", "A B")]
    [InlineData("active=false", "A2 B")]
    [InlineData("active=false&silenced=false&inhibited=false", "")]
    public async Task Alerts_are_filtered(string query, string expected)
    {
        await PostThree();
        Names(await _server.GetAsync("/api/v2/alerts?" + query)).ShouldBe(expected);
    }

    [Fact]
    public async Task Groups_are_those_of_the_routes_and_say_what_is_suppressed()
    {
        await PostThree();
        var groups = (await _server.GetAsync("/api/v2/alerts/groups")).EnumerateArray().ToList();
        groups.Select(static g => $"{g.GetProperty("receiver").GetProperty("name")} {g.GetProperty("labels")} {Names(g.GetProperty("alerts"))}").ShouldBe(
            ["all {\"alertname\":\"A\"} A", "all {\"alertname\":\"A2\"} A2", "night {\"alertname\":\"B\",\"team\":\"b\"} B"]);
        var status = groups[1].GetProperty("alerts")[0].GetProperty("status");
        (status.GetProperty("state").GetString(), status.GetProperty("inhibitedBy").GetArrayLength()).ShouldBe(("suppressed", 1));
        groups[2].GetProperty("alerts")[0].GetProperty("status").GetProperty("silencedBy").GetArrayLength().ShouldBe(1);
        Names((await _server.GetAsync("/api/v2/alerts/groups?silenced=false&inhibited=false"))[0].GetProperty("alerts")).ShouldBe("A");
    }

    [Fact]
    public async Task An_alert_ends_when_its_end_is_posted()
    {
        await Post("""{"labels":{"alertname":"A"}}""");
        Names(await _server.GetAsync("/api/v2/alerts")).ShouldBe("A");
        await Post("""{"labels":{"alertname":"A"},"startsAt":"2020-01-01T00:00:00Z","endsAt":"2020-01-01T01:00:00Z"}""");
        Names(await _server.GetAsync("/api/v2/alerts")).ShouldBe(string.Empty);
    }

    [Fact]
    public async Task A_silence_is_made_changed_found_and_expired()
    {
        var id = (await _server.PostAsync("/api/v2/silences", Silence("alertname", "A"))).GetProperty("silenceID").GetString()!;
        var silence = await _server.GetAsync("/api/v2/silence/" + id);
        (silence.GetProperty("status").GetProperty("state").GetString(), silence.GetProperty("comment").GetString()).ShouldBe(("active", "c"));
        (await _server.GetAsync("/api/v2/silences?filter=alertname=A")).GetArrayLength().ShouldBe(1);
        (await _server.GetAsync("/api/v2/silences?filter=alertname=B")).GetArrayLength().ShouldBe(0);
        var changed = Silence("alertname", "A").Replace("\"comment\":\"c\"", $"\"id\":\"{id}\",\"comment\":\"d\"", StringComparison.Ordinal)
            .Replace("2020-01-01T00:00:00Z", silence.GetProperty("startsAt").GetString(), StringComparison.Ordinal);
        (await _server.PostAsync("/api/v2/silences", changed)).GetProperty("silenceID").GetString().ShouldBe(id);
        (await _server.GetAsync("/api/v2/silence/" + id)).GetProperty("comment").GetString().ShouldBe("d");
        await _server.SendAsync(HttpMethod.Delete, "/api/v2/silence/" + id, HttpStatusCode.OK);
        (await _server.GetAsync("/api/v2/silence/" + id)).GetProperty("status").GetProperty("state").GetString().ShouldBe("expired");
        (await _server.GetAsync("/api/v2/silences?expired=false")).GetArrayLength().ShouldBe(0);
        await _server.SendAsync(HttpMethod.Get, "/api/v2/silence/4c1c1b9e-0000-4000-8000-000000000000", HttpStatusCode.NotFound);
        await _server.SendAsync(HttpMethod.Delete, "/api/v2/silence/4c1c1b9e-0000-4000-8000-000000000000", HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("/api/v2/alerts", "{}", "want a list")]
    [InlineData("/api/v2/alerts", "[{\"annotations\":{}}]", "labels in body is required")]
    [InlineData("/api/v2/alerts", "[{\"labels\":{\"a\":1}}]", "must be of type string")]
    [InlineData("/api/v2/alerts", "[{\"labels\":{}}]", "at least one label")]
    [InlineData("/api/v2/alerts", "[{\"labels\":{\"a\":\"b\"},\"startsAt\":\"2020-01-02T00:00:00Z\",\"endsAt\":\"2020-01-01T00:00:00Z\"}]", "start time must be before end time")]
    [InlineData("/api/v2/alerts", "[", "parsing body failed")]
    [InlineData("/api/v2/silences", "{}", "matchers")]
    [InlineData("/api/v2/silences", "{\"matchers\":[],\"startsAt\":\"2020-01-01T00:00:00Z\",\"endsAt\":\"2120-01-01T00:00:00Z\",\"createdBy\":\"m\",\"comment\":\"c\"}", "matcher")]
    public async Task Bad_bodies_are_refused(string path, string body, string part) =>
        (await _server.PostAsync(path, body, HttpStatusCode.BadRequest)).GetString()!.ShouldContain(part);

    [Theory]
    [InlineData("/api/v2/alerts?filter=a")]
    [InlineData("/api/v2/alerts?active=maybe")]
    [InlineData("/api/v2/alerts?receiver=(")]
    [InlineData("/api/v2/silences?filter=%7B")]
    public async Task Bad_parameters_are_refused(string path) => await _server.SendAsync(HttpMethod.Get, path, HttpStatusCode.BadRequest);

    private static string Names(JsonElement alerts) => string.Join(' ', alerts.EnumerateArray().Select(static a => a.GetProperty("labels").GetProperty("alertname").GetString()).Order(StringComparer.Ordinal));

    private static string Silence(string name, string value) =>
        $$"""{"matchers":[{"name":"{{name}}","value":"{{value}}","isRegex":false}],"startsAt":"2020-01-01T00:00:00Z","endsAt":"2120-01-01T00:00:00Z","createdBy":"m","comment":"c"}""";

    private async Task PostThree()
    {
        await Post(
            """{"labels":{"alertname":"A","severity":"critical","instance":"i"}}""",
            """{"labels":{"alertname":"A2","severity":"warning","instance":"i"}}""",
            """{"labels":{"alertname":"B","team":"b"}}""");
        await _server.PostAsync("/api/v2/silences", Silence("alertname", "B"));
    }

    private async Task Post(params string[] alerts) => await _server.PostAsync("/api/v2/alerts", $"[{string.Join(',', alerts)}]");
}
