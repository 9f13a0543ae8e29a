using System.Text;
using System.Text.Json;
using Sightglass.Server.Tests.Prometheus;

namespace Sightglass.Server.Tests.Loki;

public sealed class LokiDeletionApiTests
{
    private const string Path = "/loki/api/v1/delete";
    private const string SpanPath = "/sightglass/v1/traces/delete";
    private readonly long _now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    [Fact]
    public async Task Lines_are_deleted_listed_and_taken_back()
    {
        await using var server = await RunningServer.StartAsync("server: { enable_admin_api: true }");
        for (var i = 0; i < 4; i++)
        {
            await Push(server, i % 2 == 0 ? "keep" : "secret", _now - 10_000 + i);
        }

        (await server.SendAsync(HttpMethod.Post, $"{Path}?start={(_now / 1000) - 60}&query={Uri.EscapeDataString("{service_name=\"a\"} |= \"secret\"")}")).ShouldBe((204, string.Empty));
        (await Lines(server)).ShouldBe(["keep", "keep"]);
        await Push(server, "secret of later", _now - 10_000);
        (await Lines(server)).Count.ShouldBe(3);
        var entry = JsonDocument.Parse((await server.SendAsync(HttpMethod.Get, Path)).Body).RootElement.EnumerateArray().Single();
        entry.GetProperty("query").GetString().ShouldBe("{service_name=\"a\"} |= \"secret\"");
        entry.GetProperty("status").GetString().ShouldBe("received");
        entry.GetProperty("start_time").GetDouble().ShouldBe((_now / 1000) - 60);
        var id = entry.GetProperty("request_id").GetString();
        (await server.SendAsync(HttpMethod.Delete, $"{Path}?request_id=x")).ShouldBe((404, "could not find delete request with given id\n"));
        (await server.SendAsync(HttpMethod.Delete, Path)).ShouldBe((400, "request_id not set\n"));
        (await server.SendAsync(HttpMethod.Delete, $"{Path}?request_id={id}")).Status.ShouldBe(204);
        (await Lines(server)).Count.ShouldBe(5);
        (await server.SendAsync(HttpMethod.Get, Path)).Body.ShouldBe("[]");
    }

    [Theory]
    [InlineData("| json | level=\"debug\"", "{\"level\":\"error\",\"took\":\"5ms\"}|lvl=debug took=1s")]
    [InlineData("| json | __error__=\"\"", "lvl=debug took=1s")]
    [InlineData("| logfmt | took > 500ms", "{\"level\":\"debug\",\"took\":\"2s\"}|{\"level\":\"error\",\"took\":\"5ms\"}")]
    [InlineData("|= \"took\" | json took, level | __error__=\"\" | took >= 5ms | level != \"debug\"", "{\"level\":\"debug\",\"took\":\"2s\"}|lvl=debug took=1s")]
    [InlineData("| n = \"2\"", "{\"level\":\"debug\",\"took\":\"2s\"}|{\"level\":\"error\",\"took\":\"5ms\"}")]
    [InlineData("| detected_level=\"debug\"", "{\"level\":\"error\",\"took\":\"5ms\"}")]
    [InlineData("| line_format \"{{ __line__ | len }}\" |= \"17\"", "{\"level\":\"debug\",\"took\":\"2s\"}|{\"level\":\"error\",\"took\":\"5ms\"}")]
    [InlineData("|> \"<_>=<_> <_>\"", "{\"level\":\"debug\",\"took\":\"2s\"}|{\"level\":\"error\",\"took\":\"5ms\"}")]
    [InlineData("| drop level", "")]
    public async Task Lines_are_deleted_by_any_pipeline(string stages, string want)
    {
        await using var server = await RunningServer.StartAsync("server: { enable_admin_api: true }");
        await Push(server, """{"level":"debug","took":"2s"}""", _now - 10_000);
        await Push(server, """{"level":"error","took":"5ms"}""", _now - 9_000);
        await Push(server, "lvl=debug took=1s", _now - 8_000, "2");
        (await server.SendAsync(HttpMethod.Post, $"{Path}?start={(_now / 1000) - 60}&query={Uri.EscapeDataString("{service_name=\"a\"} " + stages)}")).ShouldBe((204, string.Empty));
        string.Join('|', (await Lines(server)).Order(StringComparer.Ordinal)).ShouldBe(string.Join('|', want.Split('|').Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("{ trace:id = \"2\" }", "s1,s3,s4")]
    [InlineData("{ trace:id = \"00000000000000000000000000000002\" || name = \"s4\" }", "s1,s3")]
    [InlineData("{ resource.service.name = \"a\" && name =~ \"s[13]\" }", "s2,s4")]
    [InlineData("{ resource.service.name = \"b\" }", "s1,s2,s3,s4")]
    [InlineData("{ }", "")]
    public async Task Spans_are_deleted_by_a_filter(string query, string want)
    {
        await using var server = await RunningServer.StartAsync("server: { enable_admin_api: true }");
        for (var i = 1; i <= 4; i++)
        {
            var body = $$$"""{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"a"}}]},"scopeSpans":[{"spans":[{"traceId":"{{{i:x32}}}","spanId":"{{{i:x16}}}","name":"s{{{i}}}","startTimeUnixNano":"{{{_now - 1000}}}000000","endTimeUnixNano":"{{{_now - 999}}}000000"}]}]}]}""";
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            (await server.SendAsync(HttpMethod.Post, "/v1/traces", content)).Status.ShouldBe(200);
        }

        (await server.SendAsync(HttpMethod.Post, $"{SpanPath}?start={(_now / 1000) - 60}&query={Uri.EscapeDataString(query)}")).ShouldBe((204, string.Empty));
        var found = JsonDocument.Parse((await server.SendAsync(HttpMethod.Get, $"/tempo/api/search?q={Uri.EscapeDataString("{ }")}&start={(_now / 1000) - 60}&end={(_now / 1000) + 60}")).Body).RootElement;
        string.Join(',', found.GetProperty("traces").EnumerateArray().Select(static t => t.GetProperty("rootTraceName").GetString()).Order(StringComparer.Ordinal)).ShouldBe(want);
        (await server.SendAsync(HttpMethod.Get, Path)).Body.ShouldBe("[]");
        var entry = JsonDocument.Parse((await server.SendAsync(HttpMethod.Get, SpanPath)).Body).RootElement.EnumerateArray().Single();
        entry.GetProperty("query").GetString().ShouldBe(query);
        (await server.SendAsync(HttpMethod.Delete, $"{Path}?request_id={entry.GetProperty("request_id").GetString()}")).Status.ShouldBe(404);
    }

    [Theory]
    [InlineData("{ a=\"b\" } | json", "")]
    [InlineData("{ name = \"x\" } | count() > 2", "a deletion takes one filter")]
    [InlineData("{ trace:rootName = \"x\" }", "a deletion takes conditions")]
    [InlineData("{ trace:id = \"x\" }", "hexadecimal digits")]
    [InlineData("{ trace:id =~ \".*\" }", "a deletion takes conditions")]
    [InlineData("{ } | rate()", "a deletion takes one filter")]
    public async Task Spans_that_the_store_cannot_tell_are_not_deleted(string query, string error)
    {
        await using var server = await RunningServer.StartAsync("server: { enable_admin_api: true }");
        var (status, body) = await server.SendAsync(HttpMethod.Post, $"{SpanPath}?start=1&query={Uri.EscapeDataString(query)}");
        status.ShouldBe(400, body);
        body.ShouldContain(error);
    }

    [Theory]
    [InlineData("start=1", "query not set")]
    [InlineData("query=%7Ba=%22b%22%7D", "start time not set")]
    [InlineData("query=%7Ba=%22b%22%7D&start=x", "could not parse 'start' parameter")]
    [InlineData("query=%7Ba=%22b%22%7D&start=1&end=2999-01-01T00:00:00Z", "deletes in the future are not allowed")]
    [InlineData("query=%7Ba=%22b%22%7D&start=20&end=10", "start time can't be greater than end time")]
    [InlineData("query=%7Ba&start=1", "parse error")]
    [InlineData("query=%7Ba=%22b%22%7D%20%7C%20json%20%7C%20x&start=1", "parse error")]
    [InlineData("query=rate(%7Ba=%22b%22%7D[5m])&start=1", "got a metric query")]
    public async Task What_cannot_be_read_is_refused(string request, string error)
    {
        await using var server = await RunningServer.StartAsync("server: { enable_admin_api: true }");
        var (status, body) = await server.SendAsync(HttpMethod.Post, $"{Path}?{request}");
        status.ShouldBe(400, body);
        body.ShouldContain(error);
    }

    [Fact]
    public async Task It_is_off_unless_the_admin_api_is_on()
    {
        await using var server = await RunningServer.StartAsync(string.Empty);
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete])
        {
            var (status, body) = await server.SendAsync(method, Path);
            status.ShouldBe(403);
            body.ShouldStartWith("deletion is not available for this tenant");
            (await server.SendAsync(method, SpanPath)).Status.ShouldBe(403);
        }
    }

    private static async Task Push(RunningServer server, string line, long timeMs, string? n = null)
    {
        var attributes = n is null ? string.Empty : $$$""","attributes":[{"key":"n","value":{"stringValue":"{{{n}}}"}}]""";
        var body = $$$"""{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"a"}}]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"{{{timeMs}}}000000","body":{"stringValue":{{{JsonSerializer.Serialize(line)}}}}{{{attributes}}}}]}]}]}""";
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        (await server.SendAsync(HttpMethod.Post, "/v1/logs", content)).Status.ShouldBe(200);
    }

    private static async Task<List<string?>> Lines(RunningServer server)
    {
        var data = await server.DataAsync($"/loki/api/v1/query_range?query={Uri.EscapeDataString("{service_name=\"a\"}")}");
        return [.. data.GetProperty("result").EnumerateArray().SelectMany(s => s.GetProperty("values").EnumerateArray()).Select(v => v[1].GetString())];
    }
}
