using Sightglass.TestKit;

namespace Sightglass.EndToEnd.Differential;

/// <summary>A server without samples of its own that reads a real prometheus' by <c>remote_read</c> answers as that one does: floats and native histograms.</summary>
public sealed class RemoteReadTests
{
    private static readonly string[] Names =
    [
        "requests_total", "temperature", "load", "latency_seconds_bucket", "nh_seconds", "nh_gauge", "nh_custom", "mixed", "http.server.ticks", "größe", "target_info",
    ];

    [ModernPrometheusFact]
    public async Task What_another_server_has_is_answered_as_it_does()
    {
        using var folder = new TemporaryFolder();
        await using var prometheus = await PrometheusProcess.StartAsync(
            folder.PathOf("prometheus"), "global: { evaluation_interval: 1m }\nstorage: { tsdb: { out_of_order_time_window: 3h } }\n", "--enable-feature=native-histograms");
        var end = (DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 60 * 60) - 900;
        var start = end - 7_200;
        var random = new Random(ServerPair.Setting("SIGHTGLASS_SEED", 45));
        List<TestSeries> series = [.. TestSeriesSet.Make(start * 1_000, end * 1_000, random), .. ModernSeriesSet.Make(start * 1_000, end * 1_000, random)];

        // Two and two slices change places: chunks overlap.
        foreach (var slice in Enumerable.Range(0, 12).Select(i => i ^ 1))
        {
            var from = (start * 1_000) + (slice * 600_000L);
            await ServerPair.WriteAsync(prometheus.Http, series.Select(s => s.Between(from, from + 600_000)));
        }

        await File.WriteAllTextAsync(folder.PathOf("config.yml"), $"remote_read: [ {{ url: '{prometheus.Http.BaseAddress}api/v1/read', read_recent: true }} ]\n");
        await using var server = await ServerProcess.StartAsync(folder.PathOf("data"), "--config", folder.PathOf("config.yml"));
        foreach (var name in Names)
        {
            foreach (var (expression, at) in ((string, long)[])[($"{{__name__=\"{name}\"}}[2h]", end), ($"{{__name__=\"{name}\"}}[17m]", end - 1_234), ($"sum(count_over_time({{__name__=\"{name}\"}}[10m]))", end - 777)])
            {
                var path = $"query?query={Uri.EscapeDataString(expression)}&time={at}";
                Answers.Difference(await ServerPair.AskAsync(server.Http, path), await ServerPair.AskAsync(prometheus.Http, path), 1e-9, texts: false).ShouldBeNull(expression);
            }
        }
    }
}
