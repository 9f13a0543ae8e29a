using System.Net;
using System.Text;
using System.Text.Json;
using Sightglass.Alerting;
using Sightglass.Metrics.Limits;
using Sightglass.Server.Configuration;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Prometheus;

public sealed class CardinalityApiTests
{
    private const string Small = "global: { scrape_interval: 1h }\nlimits: { metrics: { max_new_series_per_minute: 1, new_series_burst: 3 } }\n";

    [Fact]
    public async Task The_explorer_answers_metrics_labels_values_pairs_and_churn()
    {
        await using var server = await RunningServer.StartAsync("global: { scrape_interval: 1h }\n");
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        await server.PushGaugeAsync("crowded", 1, now, ("shop", "aa"));
        await server.PushGaugeAsync("crowded", 1, now, ("shop", "bbb"));
        await server.PushGaugeAsync("crowded", 1, now, ("shop", "bbb"), ("floor", "1"));
        await server.PushGaugeAsync("old", 1, now - 7_200_000, ("shop", "aa"));
        var all = await GetAsync(server, "/sightglass/v1/cardinality?match[]={shop!=%22%22}&label=shop");
        all.GetProperty("series").GetInt64().ShouldBe(3);
        all.GetProperty("metrics").GetRawText().ShouldBe("""[{"name":"crowded","value":3}]""");
        all.GetProperty("values").GetRawText().ShouldBe("""[{"name":"bbb","value":2},{"name":"aa","value":1}]""");
        all.GetProperty("pairs")[0].GetRawText().ShouldBe("""{"label":"__name__","value":"crowded","series":3}""");
        all.GetProperty("labels").EnumerateArray().Single(l => l.GetProperty("name").GetString() == "shop").GetProperty("value").GetInt32().ShouldBe(2);
        all.GetProperty("labelSeries").EnumerateArray().Single(l => l.GetProperty("name").GetString() == "floor").GetProperty("value").GetInt32().ShouldBe(1);
        all.GetProperty("churn").EnumerateArray().Single(l => l.GetProperty("metric").GetString() == "crowded").GetProperty("newSeriesLastHour").GetInt32().ShouldBe(3);
        all.GetProperty("senders").EnumerateArray().ShouldContain(s => s.GetProperty("sender").GetString()!.EndsWith(" 127.0.0.1", StringComparison.Ordinal));
        all.GetProperty("verdicts").GetArrayLength().ShouldBe(0);
        var wide = await GetAsync(server, $"/sightglass/v1/cardinality?match[]={{shop!=%22%22}}&start={(now / 1000) - 10_000}&end={(now / 1000) + 1}");
        wide.GetProperty("series").GetInt64().ShouldBe(4);
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=x")]
    [InlineData("match[]={")]
    [InlineData("start=5&end=4")]
    public async Task A_wrong_parameter_is_told(string query)
    {
        await using var server = await RunningServer.StartAsync(string.Empty);
        (await server.SendAsync(HttpMethod.Get, $"/sightglass/v1/cardinality?{query}")).Status.ShouldBe(400);
    }

    [Fact]
    public async Task Otlp_hears_of_refused_points_in_its_partial_success_and_a_reload_lifts_the_limit()
    {
        await using var server = await RunningServer.StartAsync(Small);
        var (status, answer) = await PushAsync(server, 5, tenant: null);
        status.ShouldBe(200);
        var partial = JsonDocument.Parse(answer).RootElement.GetProperty("partialSuccess");
        partial.GetProperty("rejectedDataPoints").ToString().ShouldBe("2");
        partial.GetProperty("errorMessage").GetString()!.ShouldContain("max_new_series_per_minute is 1");
        (await PushAsync(server, 3, tenant: null)).Body.ShouldNotContain("rejectedDataPoints", Case.Sensitive, "known series go on");
        (await PushAsync(server, 3, tenant: "other")).Body.ShouldNotContain("rejectedDataPoints", Case.Sensitive, "a tenant has its own account");
        var verdict = (await GetAsync(server, "/sightglass/v1/cardinality")).GetProperty("verdicts").EnumerateArray().Single(v => v.GetProperty("sender").GetString()!.EndsWith("127.0.0.1", StringComparison.Ordinal));
        verdict.GetProperty("reason").GetString().ShouldBe("max_new_series_per_minute");
        verdict.GetProperty("refusedSamples").GetInt64().ShouldBe(2);
        var (_, metrics) = await server.SendAsync(HttpMethod.Get, "/metrics");
        metrics.ShouldContain("reason=\"max_new_series_per_minute\"} 2");

        server.Write("sightglass.yml", "global: { scrape_interval: 1h }\n");
        (await server.ReloadAsync()).ShouldBeNull();
        (await PushAsync(server, 50, tenant: null)).Body.ShouldNotContain("rejectedDataPoints");
    }

    [Theory]
    [InlineData("max_active_series_per_metric", "too many active series of metric \"m\": limits.metrics.max_active_series_per_metric is 3", null)]
    [InlineData("max_values_per_label", "too many values of label \"i\" (metric \"m\"): limits.metrics.max_values_per_label is 3", "i")]
    public async Task A_verdict_names_the_metric_or_the_label_that_is_over_and_a_reload_lifts_the_limit(string limit, string message, string? label)
    {
        await using var server = await RunningServer.StartAsync($"global: {{ scrape_interval: 1h }}\nlimits: {{ metrics: {{ {limit}: 3 }} }}\n");
        var (_, answer) = await PushAsync(server, 5, tenant: "wild");
        var partial = JsonDocument.Parse(answer).RootElement.GetProperty("partialSuccess");
        partial.GetProperty("rejectedDataPoints").ToString().ShouldBe("2");
        partial.GetProperty("errorMessage").GetString()!.ShouldContain(message);
        (await PushAsync(server, 3, tenant: "wild")).Body.ShouldNotContain("rejectedDataPoints", Case.Sensitive, "known series go on");
        var told = await GetAsync(server, "/sightglass/v1/cardinality");
        told.GetProperty("limits").GetProperty(limit).GetInt32().ShouldBe(3);
        var verdict = told.GetProperty("verdicts").EnumerateArray().Single(v => v.GetProperty("sender").GetString()!.Contains("wild", StringComparison.Ordinal));
        verdict.GetProperty("reason").GetString().ShouldBe(limit);
        verdict.GetProperty("metric").GetString().ShouldBe("m");
        (verdict.TryGetProperty("label", out var named) ? named.GetString() : null).ShouldBe(label);
        verdict.GetProperty("refusedSamples").GetInt64().ShouldBe(2);
        (await server.SendAsync(HttpMethod.Get, "/metrics")).Body.ShouldContain($"reason=\"{limit}\"}} 2");

        server.Write("sightglass.yml", $"global: {{ scrape_interval: 1h }}\nlimits: {{ metrics: {{ {limit}: 0 }} }}\n");
        (await server.ReloadAsync()).ShouldBeNull();
        (await PushAsync(server, 50, tenant: "wild")).Body.ShouldNotContain("rejectedDataPoints");
    }

    [Fact]
    public async Task A_target_over_the_limit_counts_as_failed_and_its_known_series_go_on()
    {
        var (listener, url) = FreePort.Listen();
        using var closed = (IDisposable)listener;
        var port = new Uri(url).Port;
        var series = 2;
        var serving = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    var context = await listener.GetContextAsync();
                    context.Response.ContentType = "text/plain; version=0.0.4";
                    var text = string.Concat(Enumerable.Range(0, Volatile.Read(ref series)).Select(i => $"m{{i=\"{i}\"}} {i}\n"));
                    await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(text));
                    context.Response.Close();
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // The test is over.
            }
        });
        await using var server = await RunningServer.StartAsync($$"""
            limits: { metrics: { max_new_series_per_minute: 1, new_series_burst: 10 } }
            scrape_configs: [ { job_name: wild, scrape_interval: 1s, static_configs: [ { targets: ['127.0.0.1:{{port}}'] } ] } ]
            """);
        await UntilAsync(server, "up{job=\"wild\"}", "1");
        Volatile.Write(ref series, 500);
        await UntilAsync(server, "up{job=\"wild\"}", "0");
        var target = (await server.DataAsync("/api/v1/targets?scrapePool=wild")).GetProperty("activeTargets")[0];
        target.GetProperty("health").GetString().ShouldBe("down");
        target.GetProperty("lastError").GetString()!.ShouldContain("too many new series of sender \"scrape wild\"");
        await UntilAsync(server, "m{i=\"1\"}", "1");
        listener.Stop();
        await serving;
    }

    [Theory]
    [InlineData("max_new_series_per_minute: -1", "want 0 (no limit)")]
    [InlineData("max_active_series_per_metric: -1", "max_active_series_per_metric: got -1, want 0 (no limit)")]
    [InlineData("max_values_per_label: 3000000000", "max_values_per_label: got 3000000000, want 0 (no limit)")]
    [InlineData("max_series: 1", "unknown key \"max_series\"")]
    public void Limits_are_checked(string text, string message) =>
        Should.Throw<AlertingConfigurationException>(() => ConfigurationLoader.Load("c.yml", $"limits: {{ metrics: {{ {text} }} }}")).Message.ShouldContain(message);

    [Fact]
    public void Limits_are_read() =>
        ConfigurationLoader.Load("c.yml", "limits: { metrics: { max_active_series: 4, max_active_series_per_sender: 3, max_active_series_per_metric: 6, max_values_per_label: 5, max_new_series_per_minute: 2, new_series_burst: 1 } }").SeriesLimits
            .ShouldBe(new SeriesLimits { MaxActiveSeries = 4, MaxActiveSeriesPerSender = 3, MaxActiveSeriesPerMetric = 6, MaxValuesPerLabel = 5, MaxNewSeriesPerMinute = 2, NewSeriesBurst = 1 });

    private static async Task UntilAsync(RunningServer server, string query, string value)
    {
        for (var patience = 0; patience < 300; patience++)
        {
            var result = (await server.DataAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}")).GetProperty("result");
            if (result.GetArrayLength() == 1 && result[0].GetProperty("value")[1].GetString() == value)
            {
                return;
            }

            await Task.Delay(100);
        }

        throw new TimeoutException($"{query} did not become {value}");
    }

    private static async Task<(int Status, string Body)> PushAsync(RunningServer server, int series, string? tenant)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var points = string.Join(',', Enumerable.Range(0, series).Select(i => $$$"""{"timeUnixNano":"{{{now}}}000000","asDouble":1,"attributes":[{"key":"i","value":{"stringValue":"{{{tenant}}}{{{i}}}"}}]}"""));
        using var content = new StringContent($$$"""{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","gauge":{"dataPoints":[{{{points}}}]}}]}]}]}""", Encoding.UTF8, "application/json");
        if (tenant is not null)
        {
            content.Headers.Add("X-Scope-OrgID", tenant);
        }

        return await server.SendAsync(HttpMethod.Post, "/v1/metrics", content);
    }

    private static async Task<JsonElement> GetAsync(RunningServer server, string path)
    {
        var (status, body) = await server.SendAsync(HttpMethod.Get, path);
        status.ShouldBe(200, body);
        return JsonDocument.Parse(body).RootElement;
    }
}
