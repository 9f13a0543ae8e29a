using System.Net;
using System.Text.Json;

namespace Sightglass.Server.Tests.Alerting;

public sealed class BacktestApiTests
{
    private const string Routes = "route: {receiver: a}\nreceivers: [{name: a}]";

    private const string Rules = """
        groups:
        - name: g
          interval: 1m
          rules:
          - {alert: Late, expr: vector(time()) > 1767226800, for: 5m, labels: {severity: page}}
          - {alert: Never, expr: vector(1) > 2}
          - {record: r, expr: vector(1)}
          - {alert: Logs, expr: 'sum(count_over_time({a="b"}[1m])) > 1', query_language: logql}
        """;

    [Fact]
    public async Task A_rule_file_is_replayed_with_other_thresholds_and_waits()
    {
        await using var server = await AlertingServer.StartAsync(Routes);
        var answer = await Test(server, new { rules = Rules, from = "2026-01-01T00:00:00Z", to = "2026-01-01T01:00:00Z" });
        var rules = answer.GetProperty("rules").EnumerateArray().ToList();
        rules.Select(static r => r.GetProperty("name").GetString()).ShouldBe(["Late", "Never", "r", "Logs"]);
        var late = rules[0];
        late.GetProperty("summary").GetRawText().ShouldBe("""{"fired":1,"totalSeconds":2040,"longestSeconds":2040,"flaps":0,"series":1}""");
        late.GetProperty("threshold").GetDouble().ShouldBe(1767226800);
        late.GetProperty("episodes")[0].GetProperty("start").GetString().ShouldBe("2026-01-01T00:26:00Z");
        late.GetProperty("episodes")[0].GetProperty("end").ValueKind.ShouldBe(JsonValueKind.Null);
        late.GetProperty("alternatives").EnumerateArray().Select(static a => $"{a.GetProperty("threshold")} {a.GetProperty("forSeconds")} {a.GetProperty("summary").GetProperty("totalSeconds")}").ShouldBe(
            [" 0 2340", " 150 2160", " 600 1740", "1590504120 300 3300", "1943949480 300 0"]);
        rules[2].GetProperty("skipped").GetString()!.ShouldStartWith("a recording rule");
        (rules[3].GetProperty("language").GetString(), rules[3].GetProperty("summary").GetProperty("fired").GetInt32()).ShouldBe(("logql", 0));
    }

    [Fact]
    public async Task A_rule_in_force_is_replayed_with_what_is_asked_for()
    {
        await using var server = await AlertingServer.StartAsync(Routes, Rules);
        var answer = await Test(server, new { group = "g", rule = "Late", from = 1767225600, to = "2026-01-01T01:00:00Z", thresholds = new[] { 1767228600.0 }, @for = new[] { "1m" } });
        var late = answer.GetProperty("rules").EnumerateArray().ShouldHaveSingleItem();
        late.GetProperty("alternatives").EnumerateArray().Select(static a => $"{a.GetProperty("threshold")} {a.GetProperty("forSeconds")} {a.GetProperty("summary").GetProperty("totalSeconds")}").ShouldBe([" 60 2280", "1767228600 300 240"]);
    }

    [Theory]
    [InlineData("""{"from":"-1h"}""", HttpStatusCode.BadRequest, "rules: missing")]
    [InlineData("""{"group":"x","from":"-1h"}""", HttpStatusCode.NotFound, "no rule of this group and name")]
    [InlineData("""{"rules":"groups: []","from":"-1h"}""", HttpStatusCode.NotFound, "no rule of this group and name")]
    [InlineData("""{"rules":"groups: [{name: g, rules: [{alert: A, expr: '('}]}]","from":"-1h"}""", HttpStatusCode.BadRequest, "rules:1:")]
    [InlineData("""{"rules":"groups: [{name: g, rules: [{alert: A, expr: up}]}]"}""", HttpStatusCode.BadRequest, "from: missing")]
    [InlineData("""{"rules":"groups: [{name: g, rules: [{alert: A, expr: up}]}]","from":"-1h","to":"-2h"}""", HttpStatusCode.BadRequest, "from: not before to")]
    [InlineData("""{"rules":"groups: [{name: g, rules: [{alert: A, expr: up}]}]","from":"-500d"}""", HttpStatusCode.BadRequest, "days of a backtest")]
    [InlineData("""{"rules":"groups: [{name: g, interval: 1s, rules: [{alert: A, expr: up}]}]","from":"-300d"}""", HttpStatusCode.BadRequest, "evaluations of a backtest")]
    [InlineData("""{"rules":"groups: [{name: g, rules: [{alert: A, query_language: traceql, expr: '{} | rate() > 1'}]}]","from":"-60d"}""", HttpStatusCode.BadRequest, "evaluations of TraceQL rules")]
    [InlineData("""{"rules":"groups: [{name: g, interval: 10ms, rules: [{alert: A, expr: up}]}]","from":"-1h"}""", HttpStatusCode.BadRequest, "interval: got 10ms")]
    [InlineData("""{"rules":"groups: [{name: g, rules: [{alert: A, expr: up}]}]","from":"-1h","for":["x"]}""", HttpStatusCode.BadRequest, "for: got \"x\"")]
    [InlineData("""{"rules":"groups: [{name: g, rules: [{alert: A, expr: up}]}]","from":"-1h","thresholds":["x"]}""", HttpStatusCode.BadRequest, "thresholds: want numbers")]
    [InlineData("""{"rules":"groups: [{name: g, rules: [{alert: A, expr: up}]}]","from":"-1h","thresholds":[1,2,3,4,5,6,7,8,9,10,11]}""", HttpStatusCode.BadRequest, "too many thresholds")]
    [InlineData("""{"form":"-1h"}""", HttpStatusCode.BadRequest, "form: not known")]
    [InlineData("[]", HttpStatusCode.BadRequest, "body: want an object")]
    [InlineData("{", HttpStatusCode.BadRequest, "body:")]
    public async Task What_cannot_be_replayed_is_refused_with_a_sentence(string body, HttpStatusCode status, string error)
    {
        await using var server = await AlertingServer.StartAsync(Routes);
        (await server.PostAsync("/sightglass/v1/backtest", body, status)).GetProperty("error").GetString()!.ShouldContain(error);
    }

    [Fact]
    public async Task What_the_sender_calls_the_body_makes_no_difference()
    {
        await using var server = await AlertingServer.StartAsync(Routes);
        using var body = new StringContent("""{"rules":"groups: [{name: g, rules: [{alert: A, expr: vector(1)}]}]","from":"-1h"}""", System.Text.Encoding.UTF8, "application/x-www-form-urlencoded");
        using var answer = await server.Client.PostAsync(new Uri("/sightglass/v1/backtest", UriKind.Relative), body);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        await using var server = await AlertingServer.StartAsync(Routes);
        (await server.PostAsync("/sightglass/v1/backtest", new string(' ', 2 << 20), HttpStatusCode.BadRequest)).GetProperty("error").GetString()!.ShouldContain("MaxBodyBytes");
    }

    [Fact]
    public async Task A_rule_that_cannot_be_evaluated_says_so_and_the_others_are_replayed()
    {
        await using var server = await AlertingServer.StartAsync(Routes);
        var rules = (await Test(server, new
        {
            rules = "groups: [{name: g, interval: 1m, rules: [{alert: Broken, expr: 'label_replace(vector(1), \"a\", \"$1\", \"b\", \"(\") > 0'}, {alert: Fine, expr: vector(1)}]}]",
            from = "2026-01-01T00:00:00Z",
            to = "2026-01-01T00:10:00Z",
            thresholds = new[] { 2 },
        })).GetProperty("rules");
        rules[0].GetProperty("error").GetString()!.ShouldContain("(");
        rules[1].GetProperty("summary").GetProperty("fired").GetInt32().ShouldBe(1);
        rules[1].GetProperty("noThreshold").GetString().ShouldBe("its expression compares with no plain number");
    }

    private static Task<JsonElement> Test(AlertingServer server, object body) => server.PostAsync("/sightglass/v1/backtest", JsonSerializer.Serialize(body));
}
