using System.Diagnostics;
using System.Text.Json;
using Sightglass.Server.Tests.Prometheus;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Alerting;

/// <summary>A fact that needs an Alertmanager on this machine; skipped with a sentence where there is none.</summary>
public sealed class AlertmanagerFactAttribute : FactAttribute
{
    internal const string Executable = "/usr/bin/prometheus-alertmanager";

    public AlertmanagerFactAttribute()
    {
        if (!File.Exists(Executable))
        {
            Skip = $"no {Executable} on this machine";
        }
    }
}

/// <summary>Alerts that are told to a real Alertmanager, as Prometheus' configuration asks for.</summary>
public sealed class OutsideAlertmanagerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [AlertmanagerFact]
    public async Task A_real_Alertmanager_hears_of_alerts_and_of_their_end()
    {
        using var folder = new TemporaryFolder();
        using var alertmanager = new RealAlertmanager(folder);
        await alertmanager.ReadyAsync();
        await using var server = await RunningServer.StartAsync(Configuration(alertmanager.Port), ("rules.yml", Rules));
        await server.PushGaugeAsync("load", 5, Now());
        var alerts = await UntilAsync(alertmanager.Client, "/api/v2/alerts", a => a.GetArrayLength() > 0);
        var labels = alerts[0].GetProperty("labels");
        labels.GetProperty("alertname").GetString().ShouldBe("High");
        labels.GetProperty("site").GetString().ShouldBe("north", "external labels are added");
        labels.TryGetProperty("replica", out _).ShouldBeFalse("alert_relabel_configs removes it");
        alerts[0].GetProperty("annotations").GetProperty("summary").GetString().ShouldBe("at 5");
        alerts[0].GetProperty("generatorURL").GetString()!.ShouldContain("g0.expr=load");
        var (starts, ends) = (alerts[0].GetProperty("startsAt").GetDateTimeOffset(), alerts[0].GetProperty("endsAt").GetDateTimeOffset());
        (ends - starts).ShouldBe(TimeSpan.FromMinutes(4), TimeSpan.FromSeconds(30), "valid for four times the resend delay");

        var known = await server.DataAsync("/api/v1/alertmanagers");
        known.GetProperty("activeAlertmanagers").EnumerateArray().Select(a => a.GetProperty("url").GetString()).ShouldBe([$"http://127.0.0.1:{alertmanager.Port}/api/v2/alerts"]);
        known.GetProperty("droppedAlertmanagers").EnumerateArray().Select(a => a.GetProperty("url").GetString()).ShouldBe(["http://127.0.0.1:1/api/v2/alerts"]);

        await server.PushGaugeAsync("load", 1, Now());
        await UntilAsync(alertmanager.Client, "/api/v2/alerts", a => a.GetArrayLength() == 0);
        var (_, metrics) = await server.SendAsync(HttpMethod.Get, "/metrics");
        metrics.ShouldContain("prometheus_notifications_alertmanagers_discovered 1");
        metrics.ShouldContain($"prometheus_notifications_errors_total{{alertmanager=\"http://127.0.0.1:{alertmanager.Port}/api/v2/alerts\"}} 0");
    }

    [Fact]
    public async Task An_example_of_Prometheus_is_read_as_it_is()
    {
        await using var server = await RunningServer.StartAsync("""
            global: { scrape_interval: 15s, evaluation_interval: 15s, external_labels: { monitor: example } }
            alerting:
              alertmanagers:
              - static_configs:
                - targets: ['localhost:9093']
            rule_files:
              # - "first_rules.yml"
            scrape_configs:
              - job_name: prometheus
                static_configs: [ { targets: ['localhost:9090'] } ]
            """);
        var known = await server.DataAsync("/api/v1/alertmanagers");
        known.GetProperty("activeAlertmanagers").GetRawText().ShouldBe("""[{"url":"http://localhost:9093/api/v2/alerts"}]""");
    }

    private const string Rules = """
        groups:
        - name: g
          interval: 1s
          rules: [ { alert: High, expr: load > 3, labels: { replica: a }, annotations: { summary: 'at {{ $value }}' } } ]
        """;

    private static string Configuration(int port) => $$"""
        global: { evaluation_interval: 1s, external_labels: { site: north } }
        rule_files: [rules.yml]
        alerting:
          alert_relabel_configs: [ { action: labeldrop, regex: replica } ]
          alertmanagers:
          - static_configs: [ { targets: ['127.0.0.1:{{port}}', '127.0.0.1:1'] } ]
            relabel_configs: [ { source_labels: [__address__], regex: '.*:1', action: drop } ]
        """;

    private static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    private static async Task<JsonElement> UntilAsync(HttpClient client, string path, Func<JsonElement, bool> holds)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var answer = JsonDocument.Parse(await client.GetStringAsync(new Uri(path, UriKind.Relative), patience.Token)).RootElement;
            if (holds(answer))
            {
                return answer;
            }

            await Task.Delay(100, patience.Token);
        }
    }

    private sealed class RealAlertmanager : IDisposable
    {
        private readonly Process _process;

        public RealAlertmanager(TemporaryFolder folder)
        {
            Port = FreePort.Take();
            File.WriteAllText(folder.PathOf("am.yml"), "route: { receiver: r }\nreceivers: [ { name: r } ]\n");
            var start = new ProcessStartInfo(AlertmanagerFactAttribute.Executable) { RedirectStandardError = true, RedirectStandardOutput = true };
            foreach (var argument in new[] { $"--config.file={folder.PathOf("am.yml")}", $"--storage.path={folder.PathOf("am")}", $"--web.listen-address=127.0.0.1:{Port}", "--cluster.listen-address=" })
            {
                start.ArgumentList.Add(argument);
            }

            _process = Process.Start(start)!;
            _process.BeginErrorReadLine();
            _process.BeginOutputReadLine();
            Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Port}/") };
        }

        public int Port { get; }

        public HttpClient Client { get; }

        public async Task ReadyAsync()
        {
            using var patience = new CancellationTokenSource(Patience);
            while (true)
            {
                try
                {
                    using var answer = await Client.GetAsync(new Uri("/-/ready", UriKind.Relative), patience.Token);
                    if (answer.IsSuccessStatusCode)
                    {
                        return;
                    }
                }
                catch (HttpRequestException)
                {
                    // Not there yet.
                }

                await Task.Delay(100, patience.Token);
            }
        }

        public void Dispose()
        {
            Client.Dispose();
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
