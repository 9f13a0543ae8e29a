using System.Text.Json;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Prometheus;

public sealed class QueryLogTests
{
    [Fact]
    public async Task Requests_and_rules_are_written_down_with_what_they_cost()
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("queries.log");
        var rules = "groups: [ { name: g, interval: 1s, rules: [ { record: r, expr: vector(7) } ] } ]";
        await using var server = await RunningServer.StartAsync($"global: {{ query_log_file: '{path}' }}\nrule_files: [rules.yml]\n", ("rules.yml", rules));
        (await server.SendAsync(HttpMethod.Get, "/api/v1/query?query=1%2B1&time=1600000000")).Status.ShouldBe(200);
        (await server.SendAsync(HttpMethod.Get, "/api/v1/query_range?query=vector(2)&start=1600000000&end=1600000060&step=15")).Status.ShouldBe(200);
        (await server.SendAsync(HttpMethod.Get, "/api/v1/query?query=label_replace(vector(1),%22a%22,%22b%22,%22c%22,%22(%22)")).Status.ShouldNotBe(200);
        JsonElement[] lines = [];
        for (var patience = 0; patience < 300 && !lines.Any(l => l.TryGetProperty("ruleGroup", out _)); patience++)
        {
            await Task.Delay(100);
            // What follows the last end of a line is being written.
            lines = [.. (await File.ReadAllTextAsync(path)).Split('\n')[..^1].Select(l => JsonDocument.Parse(l).RootElement)];
        }

        var instant = lines.First(l => Query(l) == "1+1");
        instant.GetProperty("msg").GetString().ShouldBe("promql query logged");
        instant.GetProperty("params").GetRawText().ShouldBe("""{"end":"2020-09-13T12:26:40.000Z","query":"1+1","start":"2020-09-13T12:26:40.000Z","step":0}""");
        instant.GetProperty("httpRequest").GetRawText().ShouldBe("""{"clientIP":"127.0.0.1","method":"GET","path":"/api/v1/query"}""");
        instant.GetProperty("stats").GetProperty("timings").GetProperty("evalTotalTime").GetDouble().ShouldBeGreaterThan(0);
        lines.First(l => Query(l) == "vector(2)").GetProperty("params").GetProperty("step").GetInt64().ShouldBe(15);
        lines.First(l => Query(l)!.StartsWith("label_replace", StringComparison.Ordinal)).GetProperty("error").GetString().ShouldNotBeNullOrEmpty();
        var rule = lines.First(l => Query(l) == "vector(7)");
        rule.GetProperty("ruleGroup").GetProperty("name").GetString().ShouldBe("g");
        rule.GetProperty("ruleGroup").GetProperty("file").GetString()!.ShouldEndWith("rules.yml");
        rule.TryGetProperty("httpRequest", out _).ShouldBeFalse();
    }

    private static string? Query(JsonElement line) => line.GetProperty("params").GetProperty("query").GetString();
}
