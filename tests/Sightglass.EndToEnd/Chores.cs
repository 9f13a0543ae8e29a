using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Sightglass.EndToEnd;

/// <summary>
/// What an operator does to a loaded server, over and over: samples are written and deleted again (which writes out memory and makes parts to merge),
/// deletions are cleaned, lines are deleted, snapshots are made.
/// </summary>
internal sealed class Chores
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(30);
    private readonly HashSet<int> _deleted = [];
    private readonly HashSet<int> _kept = [];
    private int _next;

    /// <summary>The last snapshot that was confirmed, and what had been acknowledged before it was asked for.</summary>
    public (string Name, SortedSet<int> Contents)? LastSnapshot { get; private set; }

    /// <summary>Rounds that were come through; every third makes a snapshot.</summary>
    public int Rounds { get; private set; }

    /// <summary>Goes on until told to stop or the server is gone.</summary>
    public async Task RunAsync(ServerProcess server, long start, Func<SortedSet<int>> acknowledged, CancellationToken stop)
    {
        try
        {
            for (; !stop.IsCancellationRequested; Rounds++)
            {
                await Gauges(server, start);
                await Task.Delay(Pause, CancellationToken.None);
                if (Rounds % 3 == 1)
                {
                    await Post(server, "/api/v1/admin/tsdb/clean_tombstones");
                }
                else if (Rounds % 3 == 2)
                {
                    var contents = acknowledged();
                    if (await Post(server, "/api/v1/admin/tsdb/snapshot") is { } answer)
                    {
                        LastSnapshot = (JsonDocument.Parse(answer).RootElement.GetProperty("data").GetProperty("name").GetString()!, contents);
                    }
                }
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or System.Net.Sockets.SocketException or OperationCanceledException)
        {
            // The server was killed: of what was asked last nobody knows whether it was done.
        }
    }

    /// <summary>What was deleted stays deleted, what was written after a deletion or beside it is there, and what is past its retention is not.</summary>
    public async Task CheckAsync(ServerProcess server, long start, int seed)
    {
        await Post(server, $"/api/v1/admin/tsdb/delete_series?match[]={Uri.EscapeDataString("nothing_of_that_name")}");
        var answer = await server.GetAsync($"/api/v1/query?query={Uri.EscapeDataString("chore_number[2h]")}&time={(start + 3_600_000) / 1000}");
        var got = answer.GetProperty("data").GetProperty("result").EnumerateArray()
            .SelectMany(s => s.GetProperty("values").EnumerateArray()).Select(v => int.Parse(v[1].GetString()!, CultureInfo.InvariantCulture)).ToHashSet();
        got.Intersect(_deleted).ShouldBeEmpty($"what was deleted does not come back, seed {seed}");
        _kept.Except(got).ShouldBeEmpty($"what was written after a deletion stays, seed {seed}");
        answer = await server.GetAsync($"/api/v1/query?query={Uri.EscapeDataString("count_over_time(old_number[1d])")}");
        answer.GetProperty("data").GetProperty("result").GetArrayLength().ShouldBe(0, $"what is past its retention is not seen, seed {seed}");
    }

    // Two samples at distinct times; the range of the first is deleted, and a third is written into it.
    private async Task Gauges(ServerProcess server, long start)
    {
        var number = _next;
        _next += 3;
        var time = start + (number * 2);
        var acknowledged = await Gauge(server, "chore.number", time, number) && await Gauge(server, "chore.number", time + 3, number + 1);
        await Gauge(server, "old.number", start - 7_200_000, number);
        if (!acknowledged)
        {
            return;
        }

        var at = (time / 1000m).ToString(CultureInfo.InvariantCulture);
        if (await Post(server, $"/api/v1/admin/tsdb/delete_series?match[]=chore_number&start={at}&end={at}") is null)
        {
            return;
        }

        _deleted.Add(number);
        _kept.Add(number + 1);
        if (await Gauge(server, "chore.number", time, number + 2))
        {
            _kept.Add(number + 2);
        }
    }

    private static async Task<bool> Gauge(ServerProcess server, string name, long time, int value)
    {
        var body = $"{{\"resourceMetrics\":[{{\"scopeMetrics\":[{{\"metrics\":[{{\"name\":\"{name}\",\"gauge\":{{\"dataPoints\":[{{\"timeUnixNano\":\"{time}000000\",\"asInt\":\"{value}\"}}]}}}}]}}]}}]}}";
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await server.Otlp.PostAsync(new Uri("/v1/metrics", UriKind.Relative), content);
        return answer.StatusCode == HttpStatusCode.OK;
    }

    private static async Task<string?> Post(ServerProcess server, string path)
    {
        using var answer = await server.Http.PostAsync(new Uri(path, UriKind.Relative), null);
        return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync() : null;
    }
}
