using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Prometheus.RemoteRead;

/// <summary>A fact that needs a Prometheus on this machine; skipped with a sentence where there is none.</summary>
public sealed class PrometheusFactAttribute : FactAttribute
{
    internal const string Executable = "/usr/bin/prometheus";

    public PrometheusFactAttribute()
    {
        if (!File.Exists(Executable))
        {
            Skip = $"no {Executable} on this machine";
        }
    }
}

/// <summary>A real Prometheus reads from this server, and scrapes its federation.</summary>
public sealed class RealPrometheusTests
{
    [PrometheusFact]
    public async Task It_queries_what_only_this_server_has()
    {
        await using var server = await RunningServer.StartAsync("global: { external_labels: { region: eu } }\n");
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        for (var i = 0; i < 200; i++)
        {
            await server.PushGaugeAsync("kept_here", i, now - ((200 - i) * 1000), ("shop", i % 2 == 0 ? "a" : "b"));
        }

        await using var prometheus = await RealPrometheus.StartAsync(server.Client.BaseAddress!);
        var query = $"/api/v1/query?query={Uri.EscapeDataString("sum by (region) (sum_over_time(kept_here[10m]))")}&time={(now / 1000.0).ToString("F3", CultureInfo.InvariantCulture)}";
        var answer = await prometheus.GetAsync(query, body => body.Contains("\"metric\"", StringComparison.Ordinal));
        var result = answer.GetProperty("data").GetProperty("result")[0];
        result.GetProperty("metric").GetRawText().ShouldBe("""{"region":"eu"}""");
        result.GetProperty("value")[1].GetString().ShouldBe("19900");

        await server.PushGaugeAsync("scraped_over", 42, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        await prometheus.GetAsync("/api/v1/query?query=up", body => body.Contains("\"1\"", StringComparison.Ordinal) && body.Contains("\"job\":\"federate\"", StringComparison.Ordinal));
    }

    private sealed class RealPrometheus(Process process, TemporaryFolder folder, HttpClient client) : IAsyncDisposable
    {
        public static async Task<RealPrometheus> StartAsync(Uri server)
        {
            var folder = new TemporaryFolder();
            await File.WriteAllTextAsync(folder.PathOf("prometheus.yml"), $"""
                global:
                  scrape_interval: 1s
                remote_read:
                  - url: {server}api/v1/read
                    read_recent: true
                scrape_configs:
                  - job_name: federate
                    metrics_path: /federate
                    honor_labels: true
                    params:
                      'match[]': ['scraped_over']
                    static_configs: [ {'{'} targets: ['{server.Authority}'] {'}'} ]
                """);
            var port = FreePort.Take();
            var start = new ProcessStartInfo(PrometheusFactAttribute.Executable) { RedirectStandardError = true, RedirectStandardOutput = true };
            foreach (var argument in new[] { $"--config.file={folder.PathOf("prometheus.yml")}", $"--storage.tsdb.path={folder.PathOf("data")}", $"--web.listen-address=127.0.0.1:{port}", "--log.level=error" })
            {
                start.ArgumentList.Add(argument);
            }

            var process = Process.Start(start)!;
            process.BeginErrorReadLine();
            process.BeginOutputReadLine();
            return new RealPrometheus(process, folder, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") });
        }

        /// <summary>Asks until the answer is as wanted.</summary>
        public async Task<JsonElement> GetAsync(string path, Func<string, bool> wanted)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (true)
            {
                try
                {
                    var body = await client.GetStringAsync(new Uri(path, UriKind.Relative), patience.Token);
                    if (wanted(body))
                    {
                        return JsonDocument.Parse(body).RootElement;
                    }
                }
                catch (HttpRequestException)
                {
                    // It has not started yet.
                }

                await Task.Delay(100, patience.Token);
            }
        }

        public async ValueTask DisposeAsync()
        {
            client.Dispose();
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
            folder.Dispose();
        }
    }
}
