using System.Diagnostics;
using System.Text.Json;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd.Differential;

/// <summary>Debian's node exporter, scraped by this server and by Debian's prometheus with the same configuration: the same series, rules and end.</summary>
public sealed class NodeExporterTests
{
    private const string Exporter = "/usr/bin/prometheus-node-exporter";

    private static readonly string[] Queries =
    [
        "up{job='node'}", "scrape_samples_scraped{job='node'}", "scrape_samples_post_metric_relabeling{job='node'}", "scrape_duration_seconds{job='node'} >= bool 0",
        "scrape_series_added{job='node'} >= bool 0", "count by (__name__) ({job='node'})", "node_memory_MemTotal_bytes", "node_uname_info", "count by (mode) (node_cpu_seconds_total)",
        "node_filesystem_size_bytes", "node_boot_time_seconds", "sum(node_cpu_seconds_total)", "node_exporter_build_info", "node_time_seconds", "count({__name__=~'go_.*',job='node'})",
        "node_filefd_maximum", "node_network_mtu_bytes", "node_scrape_collector_success", "node_load1 >= bool 0", "topk(3, node_filesystem_size_bytes)", "max(node_procs_running) >= bool 0",
        "count by (device) (node_disk_reads_completed_total)", "node_network_up", "absent(node_nothing)", "label_replace(node_boot_time_seconds, 'x', '$1', 'instance', '(.*):.*')", "count(node_time_zone_offset_seconds)",
    ];

    [PrometheusFact]
    public async Task Series_rules_and_the_end_are_those_of_prometheus()
    {
        using var folder = new TemporaryFolder();
        var port = FreePort.Take();
        using var exporter = Process.Start(new ProcessStartInfo(Exporter, $"--web.listen-address=127.0.0.1:{port}") { RedirectStandardError = true })!;
        try
        {
            exporter.BeginErrorReadLine();
            var rules = SharedInput.Folder is null ? string.Empty : $"rule_files: ['{SharedInput.PathOf("data/rules")}/*.yml']";
            var configuration = $$"""
                global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
                {{rules}}
                scrape_configs:
                - job_name: node
                  static_configs: [ { targets: ['127.0.0.1:{{port}}'], labels: { rack: r1 } } ]
                  relabel_configs: [ { source_labels: [rack], target_label: place, replacement: 'hall-$1' } ]
                  metric_relabel_configs: [ { source_labels: [__name__], regex: 'go_.*', action: drop } ]
                """;
            File.WriteAllText(folder.PathOf("config.yml"), configuration);
            await using var server = await ServerProcess.StartAsync(folder.PathOf("data"), "--config", folder.PathOf("config.yml"));
            await using var prometheus = await PrometheusProcess.StartAsync(folder.PathOf("prometheus"), configuration);
            foreach (var client in (HttpClient[])[server.Http, prometheus.Http])
            {
                await Until(async () => (await Ask(client, "/api/v1/query?query=up{job=%22node%22}==1")).GetProperty("data").GetProperty("result").GetArrayLength() == 1 ? null : "not scraped yet");
            }

            foreach (var query in Queries)
            {
                await Agree(server, prometheus, $"/api/v1/query?query={Uri.EscapeDataString(query)}", (a, b) => Answers.Difference(a, b, 0.05, texts: false, times: false));
            }

            await Agree(server, prometheus, "/api/v1/rules", (a, b) => string.Join('\n', Rules(a).Except(Rules(b)).Concat(Rules(b).Except(Rules(a)))) is { Length: > 0 } text ? text : null);
            exporter.Kill();
            foreach (var client in (HttpClient[])[server.Http, prometheus.Http])
            {
                await Until(async () => (await Ask(client, "/api/v1/query?query=count(node_boot_time_seconds)")).GetProperty("data").GetProperty("result").GetArrayLength() == 0 ? null : "not stale");
                (await Ask(client, "/api/v1/query?query=up{job=%22node%22}")).GetProperty("data").GetProperty("result")[0].GetProperty("value")[1].GetString().ShouldBe("0");
            }
        }
        finally
        {
            exporter.Kill();
        }
    }

    private static IEnumerable<string> Rules(JsonElement answer) => answer.GetProperty("data").GetProperty("groups").EnumerateArray().SelectMany(g => g.GetProperty("rules").EnumerateArray()
        .Select(r => $"{Path.GetFileName(g.GetProperty("file").GetString())} {g.GetProperty("name")} {r.GetProperty("name")} {r.GetProperty("health")} {(r.TryGetProperty("state", out var state) ? state : default)}"));

    private static Task Agree(ServerProcess server, PrometheusProcess prometheus, string path, Func<JsonElement, JsonElement, string?> difference) =>
        Until(async () => difference(await Ask(server.Http, path), await Ask(prometheus.Http, path)) is { } text ? $"{Uri.UnescapeDataString(path)}: {text}" : null);

    private static async Task Until(Func<Task<string?>> difference)
    {
        var patience = Stopwatch.StartNew();
        while (await difference() is { } text)
        {
            patience.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60), text);
            await Task.Delay(TimeSpan.FromMilliseconds(250));
        }
    }

    private static async Task<JsonElement> Ask(HttpClient client, string path) => JsonDocument.Parse(await client.GetByteArrayAsync(new Uri(path, UriKind.Relative))).RootElement;
}
