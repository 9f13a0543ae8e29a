using System.Text;
using System.Text.Json;
using Sightglass.Server.Tests.Prometheus;

namespace Sightglass.Server.Tests.Loki;

public sealed class LokiDeletionApiTests
{
    private const string Path = "/loki/api/v1/delete";
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
    [InlineData("start=1", "query not set")]
    [InlineData("query=%7Ba=%22b%22%7D", "start time not set")]
    [InlineData("query=%7Ba=%22b%22%7D&start=x", "could not parse 'start' parameter")]
    [InlineData("query=%7Ba=%22b%22%7D&start=1&end=2999-01-01T00:00:00Z", "deletes in the future are not allowed")]
    [InlineData("query=%7Ba=%22b%22%7D&start=20&end=10", "start time can't be greater than end time")]
    [InlineData("query=%7Ba&start=1", "parse error")]
    [InlineData("query=%7Ba=%22b%22%7D%20%7C%20json&start=1", "a deletion takes a stream selector and line filters")]
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
        }
    }

    private static async Task Push(RunningServer server, string line, long timeMs)
    {
        var body = $$$"""{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"a"}}]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"{{{timeMs}}}000000","body":{"stringValue":"{{{line}}}"}}]}]}]}""";
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        (await server.SendAsync(HttpMethod.Post, "/v1/logs", content)).Status.ShouldBe(200);
    }

    private static async Task<List<string?>> Lines(RunningServer server)
    {
        var data = await server.DataAsync($"/loki/api/v1/query_range?query={Uri.EscapeDataString("{service_name=\"a\"}")}");
        return [.. data.GetProperty("result").EnumerateArray().SelectMany(s => s.GetProperty("values").EnumerateArray()).Select(v => v[1].GetString())];
    }
}
