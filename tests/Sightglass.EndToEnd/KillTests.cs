using System.Net;
using System.Text;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd;

/// <summary>
/// What was acknowledged survives kill -9, nothing is there twice, and what was deleted does not come back. A loaded server that flushes, merges, deletes, drops
/// what is past a retention and makes snapshots is killed at random moments and started again over the same data;
/// <c>SIGHTGLASS_KILLS=20 dotnet test tests/Sightglass.EndToEnd --filter KillTests</c> does it twenty times.
/// </summary>
public sealed class KillTests
{
    private const int Senders = 3;
    private const int SliceMs = 40_000;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    [Fact]
    public async Task Acknowledged_is_kept_and_not_twice()
    {
        var kills = int.TryParse(Environment.GetEnvironmentVariable("SIGHTGLASS_KILLS"), out var wanted) ? Math.Max(wanted, 3) : 3;
        var seed = Environment.TickCount;
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        var data = folder.PathOf("data");
        await File.WriteAllTextAsync(folder.PathOf("c.yml"), """
            server: { enable_admin_api: true }
            storage: { retention: { max_disk: 50%, rules: [ { signal: metrics, selector: '{__name__="old_number"}', keep: 1h } ] } }
            """);
        var chores = new Chores();
        var start = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - 600_000;
        var next = 0;
        var acknowledged = new SortedSet<int>();
        var sent = new HashSet<int>();
        for (var kill = 0; kill < kills; kill++)
        {
            await using var server = await ServerProcess.StartAsync(data, "--config", folder.PathOf("c.yml"));
            using var stop = new CancellationTokenSource();
            var senders = Enumerable.Range(0, Senders).Select(_ => Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    var number = Interlocked.Increment(ref next);
                    lock (sent)
                    {
                        sent.Add(number);
                    }

                    try
                    {
                        if (await Send(server, number, start))
                        {
                            lock (acknowledged)
                            {
                                acknowledged.Add(number);
                            }
                        }
                    }
                    catch (Exception e) when (e is HttpRequestException or IOException or System.Net.Sockets.SocketException)
                    {
                        return;
                    }
                }
            })).ToArray();
            var choring = chores.RunAsync(server, start, () => Snapshot(acknowledged), stop.Token);
            var enough = random.Next(20, 300);
            var before = acknowledged.Count;
            var rounds = chores.Rounds;
            while (senders.Any(s => !s.IsCompleted))
            {
                lock (acknowledged)
                {
                    if (acknowledged.Count - before >= enough && chores.Rounds > rounds)
                    {
                        break;
                    }
                }

                await Task.Delay(PollInterval);
            }

            await server.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll(senders);
            await choring;
        }

        await using var last = await ServerProcess.StartAsync(data, "--config", folder.PathOf("c.yml"));
        await CheckLogs(last, acknowledged, sent, start, seed);
        await CheckMetrics(last, acknowledged, sent, start, seed);
        await CheckSpans(last, acknowledged, seed);
        await chores.CheckAsync(last, start, seed);
        var (name, contents) = chores.LastSnapshot.ShouldNotBeNull($"three kills see three rounds, seed {seed}");
        var restored = folder.PathOf("restored");
        await ServerProcess.RunAsync("restore", Path.Combine(data, "snapshots", name), "--data", restored);
        await using var copy = await ServerProcess.StartAsync(restored);
        await CheckLogs(copy, contents, sent, start, seed);
        await CheckMetrics(copy, contents, sent, start, seed);
    }

    private static SortedSet<int> Snapshot(SortedSet<int> acknowledged)
    {
        lock (acknowledged)
        {
            return [.. acknowledged];
        }
    }

    private static async Task<bool> Send(ServerProcess server, int number, long start)
    {
        var nano = $"{start + number}000000";
        var attributes = "\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"kill\"}}]}";
        var bodies = new[]
        {
            ("/v1/logs", $"{{\"resourceLogs\":[{{{attributes},\"scopeLogs\":[{{\"logRecords\":[{{\"timeUnixNano\":\"{nano}\",\"body\":{{\"stringValue\":\"line {number}\"}}}}]}}]}}]}}"),
            ("/v1/metrics", $"{{\"resourceMetrics\":[{{{attributes},\"scopeMetrics\":[{{\"metrics\":[{{\"name\":\"kill.number\",\"gauge\":{{\"dataPoints\":[{{\"timeUnixNano\":\"{nano}\",\"asInt\":\"{number}\"}}]}}}}]}}]}}]}}"),
            ("/v1/traces", $"{{\"resourceSpans\":[{{{attributes},\"scopeSpans\":[{{\"spans\":[{{\"traceId\":\"{number:x32}\",\"spanId\":\"{number:x16}\",\"name\":\"n\",\"startTimeUnixNano\":\"{nano}\",\"endTimeUnixNano\":\"{nano}\"}}]}}]}}]}}"),
        };
        foreach (var (path, body) in bodies)
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await server.Otlp.PostAsync(new Uri(path, UriKind.Relative), content);
            if (answer.StatusCode != HttpStatusCode.OK)
            {
                return false;
            }
        }

        return true;
    }

    private static async Task CheckLogs(ServerProcess server, SortedSet<int> acknowledged, HashSet<int> sent, long start, int seed)
    {
        // A line is a millisecond: slices that stay below the largest answer.
        var got = new List<int>();
        for (var from = start - 1000; from <= start + sent.Max(); from += SliceMs)
        {
            var answer = await server.GetAsync($"/loki/api/v1/query_range?query={Uri.EscapeDataString("{service_name=\"kill\"}")}&limit=50000&start={from}000000&end={from + SliceMs}000000");
            got.AddRange(answer.GetProperty("data").GetProperty("result").EnumerateArray()
                .SelectMany(s => s.GetProperty("values").EnumerateArray()).Select(v => int.Parse(v[1].GetString()!.AsSpan(5), System.Globalization.CultureInfo.InvariantCulture)));
        }

        got.Distinct().Count().ShouldBe(got.Count, $"nothing is there twice, seed {seed}");
        acknowledged.Except(got).ShouldBeEmpty($"acknowledged log lines are there, seed {seed}");
        got.Except(sent).ShouldBeEmpty($"nothing is there that was not sent, seed {seed}");
    }

    private static async Task CheckMetrics(ServerProcess server, SortedSet<int> acknowledged, HashSet<int> sent, long start, int seed)
    {
        var answer = await server.GetAsync($"/api/v1/query?query={Uri.EscapeDataString("kill_number[2h]")}&time={(start + 3_600_000) / 1000}");
        var got = answer.GetProperty("data").GetProperty("result")[0].GetProperty("values").EnumerateArray().Select(v => int.Parse(v[1].GetString()!, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        got.Distinct().Count().ShouldBe(got.Length, $"nothing is there twice, seed {seed}");
        acknowledged.Except(got).ShouldBeEmpty($"acknowledged samples are there, seed {seed}");
        got.Except(sent).ShouldBeEmpty($"nothing is there that was not sent, seed {seed}");
    }

    private static async Task CheckSpans(ServerProcess server, SortedSet<int> acknowledged, int seed)
    {
        foreach (var number in acknowledged.Where((_, i) => i % Math.Max(25, acknowledged.Count / 2_000) == 0))
        {
            using var answer = await server.Http.GetAsync(new Uri($"/tempo/api/v2/traces/{number:x32}", UriKind.Relative));
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, $"acknowledged span {number} is there, seed {seed}");
            (await answer.Content.ReadAsStringAsync()).Split("\"spanId\"").Length.ShouldBe(2, $"span {number} is there once, seed {seed}");
        }
    }
}
