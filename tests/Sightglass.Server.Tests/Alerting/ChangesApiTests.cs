using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Sightglass.Server.Tests.Alerting;

public sealed class ChangesApiTests
{
    private const string Routes = "route: {receiver: a}\nreceivers: [{name: a}]";

    private static readonly long Now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    [Fact]
    public async Task Deployments_lines_exceptions_and_other_alerts_around_the_start_are_told()
    {
        await using var server = await AlertingServer.StartAsync(Routes);
        var start = Now - 600_000;
        await Logs(server, "1.0", [.. Enumerable.Range(0, 60).Select(i => (start - ((60 - i) * 60_000L), "info", $"request {i} served", (string?)null))]);
        await Logs(server, "2.0", [.. Enumerable.Range(0, 10).Select(i => (start - 120_000 + (i * 30_000L), "error", $"cannot reach db{i} at all", (string?)"DbException"))]);
        await Post(server, "Other", start - 60_000);
        await Post(server, "Slow", start, ",\"service_name\":\"shop\"");
        var events = await server.UntilAsync("/sightglass/v1/alerts/timeline?alertname=Slow", static a => a.GetProperty("events").GetArrayLength() == 1);
        var fingerprint = events.GetProperty("events")[0].GetProperty("fingerprint").GetString();
        var answer = await server.GetAsync($"/sightglass/v1/alerts/changes?fingerprint={fingerprint}");
        answer.GetProperty("partial").GetRawText().ShouldBe("[]");
        answer.GetProperty("services").GetRawText().ShouldBe("[\"shop\"]");
        var changes = answer.GetProperty("changes").EnumerateArray().ToList();
        One(changes, "alert").GetProperty("what").GetString().ShouldBe("Other began to fire");
        One(changes, "deployment").GetProperty("what").GetString().ShouldBe("shop reports version 2.0 after 1.0");
        var errors = changes.Where(static c => c.GetProperty("kind").GetString() == "error").Select(static c => c.GetProperty("what").GetString()!).ToList();
        errors.ShouldContain(static e => e.EndsWith("of DbException, none before", StringComparison.Ordinal));
        errors.ShouldContain(static e => e.StartsWith("10 new lines of level error: cannot reach", StringComparison.Ordinal));
        changes.Select(static c => c.GetProperty("at").GetDateTimeOffset()).ShouldBeInOrder();

        // What is told can be asked for.
        foreach (var query in changes.Select(static c => c.GetProperty("query")).Where(static q => q.ValueKind == JsonValueKind.Object && q.GetProperty("language").GetString() == "logql"))
        {
            var path = $"/loki/api/v1/query_range?query={Uri.EscapeDataString(query.GetProperty("expression").GetString()!)}&start={query.GetProperty("start")}&end={query.GetProperty("end")}&step=60";
            (await server.GetAsync(path)).GetProperty("data").GetProperty("result").GetArrayLength().ShouldBeGreaterThan(0, path);
        }
    }

    [Fact]
    public async Task Services_beside_that_fail_more_or_are_slower_are_told()
    {
        await using var server = await AlertingServer.StartAsync(Routes);
        var start = Now - 600_000;
        var spans = new StringBuilder();
        for (var i = 0; i < 40; i++)
        {
            // Since five minutes before the start the database fails, and the front that calls the shop waits.
            var at = start - (i * 60_000L) + 120_000;
            var bad = at > start - 300_000;
            spans.Append(Span("front", i, 1, 0, at, bad ? 900 : 30, false)).Append(',').Append(Span("shop", i, 2, 1, at, 20, false)).Append(',').Append(Span("db", i, 3, 2, at, 10, bad)).Append(',');
        }

        await server.PostAsync("/v1/traces", $"{{\"resourceSpans\":[{spans.ToString().TrimEnd(',')}]}}");
        await Post(server, "Slow", start, ",\"job\":\"prod/shop\"");
        var events = await server.UntilAsync("/sightglass/v1/alerts/timeline?alertname=Slow", static a => a.GetProperty("events").GetArrayLength() == 1);
        var answer = await server.GetAsync($"/sightglass/v1/alerts/changes?fingerprint={events.GetProperty("events")[0].GetProperty("fingerprint").GetString()}&window=20m");
        answer.GetProperty("partial").GetRawText().ShouldBe("[]");
        answer.GetProperty("neighbours").EnumerateArray().Select(static n => $"{n.GetProperty("direction")} {n.GetProperty("service")} {n.GetProperty("failsMore")} {n.GetProperty("isSlower")}").ShouldBe(["upstream front False True", "downstream db True False"]);
        var changes = answer.GetProperty("changes").EnumerateArray().ToList();
        One(changes, "downstream").GetProperty("what").GetString()!.ShouldStartWith("db, which is called by shop: ");
        One(changes, "upstream").GetProperty("what").GetString()!.ShouldContain("95 of 100 are answered within");
    }

    [Fact]
    public async Task An_alert_of_no_service_says_so()
    {
        await using var server = await AlertingServer.StartAsync(Routes);
        await Post(server, "Alone", Now);
        var events = await server.UntilAsync("/sightglass/v1/alerts/timeline", static a => a.GetProperty("events").GetArrayLength() == 1);
        var answer = await server.GetAsync($"/sightglass/v1/alerts/changes?fingerprint={events.GetProperty("events")[0].GetProperty("fingerprint").GetString()}");
        (answer.GetProperty("complete").GetBoolean(), answer.GetProperty("partial")[0].GetProperty("section").GetString()).ShouldBe((false, "services"));
    }

    [Theory]
    [InlineData("", HttpStatusCode.BadRequest, "fingerprint: missing")]
    [InlineData("?fingerprint=0123456789abcdef", HttpStatusCode.NotFound, "no alert of this fingerprint is known")]
    [InlineData("?fingerprint=1&window=7h", HttpStatusCode.BadRequest, "MaxWindow")]
    public async Task What_is_not_understood_is_refused(string query, HttpStatusCode status, string error)
    {
        await using var server = await AlertingServer.StartAsync(Routes);
        (await server.SendAsync(HttpMethod.Get, $"/sightglass/v1/alerts/changes{query}", status)).GetProperty("error").GetString()!.ShouldContain(error);
    }

    private static JsonElement One(List<JsonElement> changes, string kind) => changes.Where(c => c.GetProperty("kind").GetString() == kind).ToList().ShouldHaveSingleItem();

    private static Task<JsonElement> Post(AlertingServer server, string name, long startMs, string labels = "") => server.PostAsync(
        "/api/v2/alerts", $"[{{\"labels\":{{\"alertname\":\"{name}\"{labels}}},\"startsAt\":\"{DateTimeOffset.FromUnixTimeMilliseconds(startMs):O}\"}}]");

    private static Task<JsonElement> Logs(AlertingServer server, string version, (long Ms, string Level, string Line, string? Exception)[] lines)
    {
        var records = string.Join(',', lines.Select(static l =>
            $"{{\"timeUnixNano\":\"{l.Ms}000000\",\"severityText\":\"{l.Level}\",\"body\":{{\"stringValue\":\"{l.Line}\"}},\"attributes\":[{(l.Exception is null ? string.Empty : Attribute("exception.type", l.Exception))}]}}"));
        return server.PostAsync("/v1/logs", $"{{\"resourceLogs\":[{{\"resource\":{{\"attributes\":[{Attribute("service.name", "shop")},{Attribute("service.version", version)}]}},\"scopeLogs\":[{{\"logRecords\":[{records}]}}]}}]}}");
    }

    private static string Span(string service, int trace, int id, int parent, long atMs, int ms, bool fails)
    {
        string Hex(int number, int digits) => number.ToString($"x{digits}", CultureInfo.InvariantCulture);
        return $"{{\"resource\":{{\"attributes\":[{Attribute("service.name", service)}]}},\"scopeSpans\":[{{\"spans\":[{{\"traceId\":\"{Hex(trace + 1, 32)}\",\"spanId\":\"{Hex(id, 16)}\",\"parentSpanId\":\"{(parent == 0 ? string.Empty : Hex(parent, 16))}\",\"name\":\"call\",\"kind\":2,"
            + $"\"startTimeUnixNano\":\"{atMs}000000\",\"endTimeUnixNano\":\"{atMs + ms}000000\",\"status\":{{\"code\":{(fails ? 2 : 1)}}}}}]}}]}}";
    }

    private static string Attribute(string name, string value) => $"{{\"key\":\"{name}\",\"value\":{{\"stringValue\":\"{value}\"}}}}";
}
