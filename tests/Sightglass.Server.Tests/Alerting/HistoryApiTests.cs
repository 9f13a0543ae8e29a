using System.Net;
using System.Text.Json;

namespace Sightglass.Server.Tests.Alerting;

public sealed class HistoryApiTests
{
    private const string Rules = """
        groups:
        - name: g
          interval: 200ms
          rules:
          - alert: Up
            expr: label_replace(vector(2), "host", "a", "", "") > 1
            labels: {severity: critical}
            annotations: {summary: 'at {{ $value }}', runbook_url: 'https://runbooks.example/up'}
        """;

    private const string Routes = """
        route: {receiver: hook, group_by: [alertname], group_wait: 0s, group_interval: 1s}
        inhibit_rules: [{source_matchers: [alertname=Up], target_matchers: [alertname=Low]}]
        receivers: [{name: hook, webhook_configs: [{url: 'http://127.0.0.1:9/'}]}]
        """;

    [Fact]
    public async Task Timeline_detail_and_noise_tell_of_one_alert_of_a_rule_and_one_from_outside()
    {
        await using var server = await AlertingServer.StartAsync(Routes, Rules);
        await server.UntilAsync("/sightglass/v1/alerts/timeline?kind=firing", static a => Events(a).Count == 1);
        var silence = new { matchers = new[] { new { name = "alertname", value = "Up", isRegex = false } }, startsAt = "2020-01-01T00:00:00Z", endsAt = "2100-01-01T00:00:00Z", createdBy = "ada", comment = "known" };
        await server.PostAsync("/api/v2/silences", JsonSerializer.Serialize(silence));
        await server.PostAsync("/api/v2/alerts", """[{"labels":{"alertname":"Low","host":"b"},"generatorURL":"http://prom:9090/graph"}]""");
        var all = await server.UntilAsync("/sightglass/v1/alerts/timeline?limit=1000", static a => Events(a).Any(static e => Kind(e) == "inhibited") && Events(a).Any(static e => Kind(e) == "silenced"));
        var events = Events(all);
        var firing = events.Single(static e => Kind(e) == "firing" && Name(e) == "Up");
        (firing.GetProperty("actor").GetString(), firing.GetProperty("ruleGroup").GetString(), firing.GetProperty("value").GetDouble()).ShouldBe(("g", "g", 2));
        var outside = events.Single(static e => Kind(e) == "firing" && Name(e) == "Low");
        outside.GetProperty("actor").GetString().ShouldBe("prom:9090");
        events.Single(static e => Kind(e) == "silenced").GetProperty("actor").GetString().ShouldBe("ada");
        events.Single(static e => Kind(e) == "silenced").GetProperty("detail").GetString()!.ShouldEndWith(": known");
        events.Single(static e => Kind(e) == "inhibited").GetProperty("actor").GetString().ShouldBe("Up");

        var page = await server.GetAsync("/sightglass/v1/alerts/timeline?limit=1");
        var next = await server.GetAsync($"/sightglass/v1/alerts/timeline?limit=1&cursor={page.GetProperty("next").GetString()}");
        next.GetProperty("events")[0].GetRawText().ShouldNotBe(page.GetProperty("events")[0].GetRawText());
        Events(await server.GetAsync("/sightglass/v1/alerts/timeline?alertname=Low&kind=firing,inhibited")).Select(Kind).Order(StringComparer.Ordinal).ShouldBe(["firing", "inhibited"]);
        Events(await server.GetAsync("/sightglass/v1/alerts/timeline?match[]=%7Bhost%3D%22b%22%7D&kind=firing")).Select(Name).ShouldBe(["Low"]);
        Events(await server.GetAsync("/sightglass/v1/alerts/timeline?to=2020-01-01T00:00:00Z")).ShouldBeEmpty();

        var fingerprint = firing.GetProperty("fingerprint").GetString();
        var detail = await server.GetAsync($"/sightglass/v1/alerts/{fingerprint}");
        (detail.GetProperty("state").GetString(), detail.GetProperty("runbookUrl").GetString(), detail.GetProperty("annotations").GetProperty("summary").GetString()).ShouldBe(("firing", "https://runbooks.example/up", "at 2"));
        detail.GetProperty("rule").GetProperty("name").GetString().ShouldBe("Up");
        detail.GetProperty("silencedBy")[0].GetProperty("createdBy").GetString().ShouldBe("ada");
        detail.GetProperty("episodes")[0].GetProperty("end").ValueKind.ShouldBe(JsonValueKind.Null);
        detail.GetProperty("episodes")[0].GetProperty("silenced").GetBoolean().ShouldBeTrue();
        var query = detail.GetProperty("query");
        (query.GetProperty("operator").GetString(), query.GetProperty("threshold").GetDouble(), query.GetProperty("series").GetRawText()).ShouldBe((">", 1, """{"host":"a"}"""));
        query.GetProperty("expression").GetString()!.ShouldStartWith("label_replace(vector(2)");

        await server.PostAsync("/api/v2/alerts", """[{"labels":{"alertname":"Low","host":"b"},"endsAt":"2020-01-02T00:00:00Z","startsAt":"2020-01-01T00:00:00Z"}]""");
        await server.UntilAsync("/sightglass/v1/alerts/timeline?kind=resolved", static a => Events(a).Count == 1);
        detail = await server.GetAsync($"/sightglass/v1/alerts/{outside.GetProperty("fingerprint").GetString()}");
        (detail.GetProperty("state").GetString(), detail.GetProperty("rule").ValueKind, detail.GetProperty("episodeCount").GetInt32()).ShouldBe(("inactive", JsonValueKind.Null, 1));
        detail.GetProperty("query").GetProperty("expression").GetString().ShouldBe("ALERTS{alertname=\"Low\", host=\"b\"}");
        detail.GetProperty("episodes")[0].GetProperty("inhibited").GetBoolean().ShouldBeTrue();

        var noise = await server.GetAsync("/sightglass/v1/alerts/noise");
        noise.GetProperty("complete").GetBoolean().ShouldBeTrue();
        noise.GetProperty("alerts").EnumerateArray().Select(static a => $"{a.GetProperty("alertname")} {a.GetProperty("episodes")}").Order(StringComparer.Ordinal).ShouldBe(["Low 1", "Up 1"]);
        noise.GetProperty("flapSeconds").GetDouble().ShouldBe(900);
    }

    [Theory]
    [InlineData("timeline?limit=0", "limit: got \"0\", want 1 to 1000")]
    [InlineData("timeline?limit=1001", "limit: got \"1001\", want 1 to 1000")]
    [InlineData("timeline?cursor=x", "cursor: not one that an answer gave")]
    [InlineData("timeline?kind=x", "kind: got \"x\", want one of pending, firing,")]
    [InlineData("timeline?from=x", "invalid parameter \"from\"")]
    [InlineData("timeline?match[]=%7B", "")]
    [InlineData("noise?from=20&to=10", "from: not before to")]
    [InlineData("noise?flap=x", "flap: got \"x\", want a duration such as 15m")]
    [InlineData("noise?support=0", "support: got 0, want 1 or more")]
    [InlineData("history?cursor=-", "cursor:")]
    public async Task What_is_not_understood_is_refused_with_a_sentence(string path, string error)
    {
        await using var server = await AlertingServer.StartAsync(Routes);
        (await server.SendAsync(HttpMethod.Get, $"/sightglass/v1/alerts/{path}", HttpStatusCode.BadRequest)).GetProperty("error").GetString()!.ShouldStartWith(error);
    }

    [Fact]
    public async Task An_alert_that_nobody_knows_is_not_found()
    {
        await using var server = await AlertingServer.StartAsync(Routes);
        (await server.SendAsync(HttpMethod.Get, "/sightglass/v1/alerts/0123456789abcdef", HttpStatusCode.NotFound)).GetProperty("error").GetString().ShouldBe("no alert of this fingerprint is known");
        (await server.SendAsync(HttpMethod.Get, "/sightglass/v1/notifications?status=x", HttpStatusCode.BadRequest)).GetProperty("error").GetString().ShouldBe("status: got \"x\", want pending, sent or failed");
    }

    private static List<JsonElement> Events(JsonElement answer) => [.. answer.GetProperty("events").EnumerateArray()];

    private static string Kind(JsonElement e) => e.GetProperty("kind").GetString()!;

    private static string Name(JsonElement e) => e.GetProperty("labels").GetProperty("alertname").GetString()!;
}
