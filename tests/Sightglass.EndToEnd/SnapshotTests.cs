using System.Globalization;
using System.Text;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd;

/// <summary>The executable's <c>snapshot</c> and <c>restore</c>, of a server under load and of a folder that none has open: what is restored answers the same.</summary>
public sealed class SnapshotTests
{
    private const int LoadedSnapshots = 3;

    [Fact]
    public async Task A_snapshot_under_load_has_everything_acknowledged_before_it()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.PathOf("c.yml"), "server: { enable_admin_api: true }");
        var start = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() - 600_000;
        var acknowledged = 0;
        var snapshots = new List<(string Name, int Acknowledged)>();
        await using (var server = await ServerProcess.StartAsync(folder.PathOf("data"), "--config", folder.PathOf("c.yml")))
        {
            using var stop = new CancellationTokenSource();
            var sender = Task.Run(async () =>
            {
                for (var number = 0; !stop.IsCancellationRequested; number++)
                {
                    await Send(server, start, number);
                    Volatile.Write(ref acknowledged, number + 1);
                }
            });
            for (var i = 0; i < LoadedSnapshots; i++)
            {
                var before = Volatile.Read(ref acknowledged);
                snapshots.Add((await ServerProcess.RunAsync("snapshot", "--server", server.Http.BaseAddress!.ToString()), before));
            }

            await stop.CancelAsync();
            await sender;
            await server.KillAsync();
        }

        var stopped = await ServerProcess.RunAsync("snapshot", "--data", folder.PathOf("data"));
        snapshots.Add((Path.GetFileName(stopped), acknowledged));
        foreach (var (name, least) in snapshots)
        {
            var restored = folder.PathOf("restored-" + name);
            await ServerProcess.RunAsync("restore", folder.PathOf($"data/snapshots/{name}"), "--data", restored);
            await using var copy = await ServerProcess.StartAsync(restored);
            var (lines, samples) = await Found(copy, start);
            lines.ShouldBe(Enumerable.Range(0, lines.Count), $"{name}: lines without a gap");
            samples.ShouldBe(Enumerable.Range(0, samples.Count), $"{name}: samples without a gap");
            lines.Count.ShouldBeInRange(least, acknowledged);
            samples.Count.ShouldBeInRange(least, acknowledged);
        }
    }

    private static async Task Send(ServerProcess server, long start, int number)
    {
        var nano = $"{start + number}000000";
        await Post(server, "/v1/logs", $"{{\"resourceLogs\":[{{\"resource\":{{\"attributes\":[{{\"key\":\"service.name\",\"value\":{{\"stringValue\":\"s\"}}}}]}},\"scopeLogs\":[{{\"logRecords\":[{{\"timeUnixNano\":\"{nano}\",\"body\":{{\"stringValue\":\"{number}\"}}}}]}}]}}]}}");
        await Post(server, "/v1/metrics", $"{{\"resourceMetrics\":[{{\"scopeMetrics\":[{{\"metrics\":[{{\"name\":\"s\",\"gauge\":{{\"dataPoints\":[{{\"timeUnixNano\":\"{nano}\",\"asInt\":\"{number}\"}}]}}}}]}}]}}]}}");
    }

    private static async Task Post(ServerProcess server, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await server.Otlp.PostAsync(new Uri(path, UriKind.Relative), content);
        answer.IsSuccessStatusCode.ShouldBeTrue();
    }

    private static async Task<(List<int> Lines, List<int> Samples)> Found(ServerProcess server, long start)
    {
        var logs = await server.GetAsync($"/loki/api/v1/query_range?query={Uri.EscapeDataString("{service_name=\"s\"}")}&limit=50000&direction=forward&start={start}000000&end={start + 3_600_000}000000");
        var metrics = await server.GetAsync($"/api/v1/query?query={Uri.EscapeDataString("s[2h]")}&time={(start + 3_600_000) / 1000}");
        List<int> Numbers(System.Text.Json.JsonElement answer) => [.. answer.GetProperty("data").GetProperty("result").EnumerateArray()
            .SelectMany(s => s.GetProperty("values").EnumerateArray()).Select(v => int.Parse(v[1].GetString()!, CultureInfo.InvariantCulture))];
        return (Numbers(logs), Numbers(metrics));
    }
}
