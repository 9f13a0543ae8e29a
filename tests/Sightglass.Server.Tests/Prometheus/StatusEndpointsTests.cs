namespace Sightglass.Server.Tests.Prometheus;

public sealed class StatusEndpointsTests : IAsyncLifetime
{
    private const string Configuration = """
        global:
          scrape_interval: 59s   # a comment
          external_labels: { region: eu }
        scrape_configs:
          - job_name: guarded
            basic_auth: { username: u, password: topsecret }
            static_configs: [ { targets: ['127.0.0.1:1'] } ]
          - job_name: tokened
            authorization: { credentials: alsosecret }
          - job_name: dropped
            static_configs: [ { targets: ['127.0.0.1:2'] } ]
            relabel_configs: [ { action: drop, source_labels: [__address__] } ]
        """;

    private RunningServer _server = null!;

    public async Task InitializeAsync() => _server = await RunningServer.StartAsync(Configuration);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task The_configuration_is_shown_without_its_secrets()
    {
        var yaml = (await _server.DataAsync("/api/v1/status/config")).GetProperty("yaml").GetString()!;
        yaml.ShouldContain("job_name: guarded");
        yaml.ShouldContain("password: <secret>");
        yaml.ShouldContain("credentials: <secret>");
        yaml.ShouldNotContain("topsecret");
        yaml.ShouldNotContain("alsosecret");
    }

    [Theory]
    [InlineData("/api/v1/status/flags", "config.file", "storage.tsdb.path", "storage.tsdb.retention.time", "query.timeout", "query.max-samples", "query.lookback-delta", "web.enable-admin-api", "web.enable-lifecycle", "web.listen-address")]
    [InlineData("/prometheus/api/v1/status/runtimeinfo", "startTime", "CWD", "hostname", "serverTime", "reloadConfigSuccess", "lastConfigTime", "corruptionCount", "goroutineCount", "GOMAXPROCS", "GOMEMLIMIT", "GOGC", "GODEBUG", "storageRetention")]
    [InlineData("/api/v1/status/buildinfo", "version", "revision", "branch", "buildUser", "buildDate", "goVersion")]
    [InlineData("/api/v1/status/walreplay", "min", "max", "current")]
    [InlineData("/api/v1/status/tsdb", "headStats", "seriesCountByMetricName", "labelValueCountByLabelName", "memoryInBytesByLabelName", "seriesCountByLabelValuePair")]
    [InlineData("/api/v1/targets", "activeTargets", "droppedTargets", "droppedTargetCounts")]
    [InlineData("/api/v1/alertmanagers", "activeAlertmanagers", "droppedAlertmanagers")]
    public async Task An_answer_has_Prometheus_fields(string path, params string[] fields)
    {
        var data = await _server.DataAsync(path);
        foreach (var field in fields)
        {
            data.TryGetProperty(field, out _).ShouldBeTrue(field);
        }
    }

    [Fact]
    public async Task Cardinality_is_counted_over_the_recent_series()
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        await _server.PushGaugeAsync("crowded", 1, now, ("shop", "aa"));
        await _server.PushGaugeAsync("crowded", 1, now, ("shop", "bbb"));
        await _server.PushGaugeAsync("crowded", 1, now, ("shop", "bbb"), ("floor", "1"));
        var data = await _server.DataAsync("/api/v1/status/tsdb?limit=1000");
        data.GetProperty("seriesCountByMetricName").EnumerateArray().Single(e => e.GetProperty("name").GetString() == "crowded").GetProperty("value").GetInt32().ShouldBe(3);
        data.GetProperty("seriesCountByLabelValuePair").EnumerateArray().Single(e => e.GetProperty("name").GetString() == "shop=bbb").GetProperty("value").GetInt32().ShouldBe(2);
        data.GetProperty("labelValueCountByLabelName").EnumerateArray().Single(e => e.GetProperty("name").GetString() == "shop").GetProperty("value").GetInt32().ShouldBe(2);
        data.GetProperty("memoryInBytesByLabelName").EnumerateArray().Single(e => e.GetProperty("name").GetString() == "shop").GetProperty("value").GetInt32().ShouldBe(8);
        (await _server.DataAsync("/api/v1/status/tsdb?limit=1")).GetProperty("seriesCountByLabelValuePair").GetArrayLength().ShouldBe(1);
    }

    [Theory]
    [InlineData("/api/v1/status/tsdb?limit=0", "limit must be a positive number")]
    [InlineData("/api/v1/status/tsdb?limit=x", "limit must be a positive number")]
    [InlineData("/api/v1/targets/metadata?match_target={", "invalid parameter \\\"match_target\\\": 1:2: parse error: unexpected end of input inside braces")]
    [InlineData("/api/v1/targets/metadata?limit=x", "limit must be a number")]
    public async Task A_wrong_parameter_is_told(string path, string message)
    {
        var (status, body) = await _server.SendAsync(HttpMethod.Get, path);
        status.ShouldBe(400);
        body.ShouldBe($$"""{"status":"error","errorType":"bad_data","error":"{{message}}"}""");
    }

    [Fact]
    public async Task Targets_are_filtered_by_state_and_pool()
    {
        (await _server.DataAsync("/api/v1/scrape_pools")).GetRawText().ShouldBe("""{"scrapePools":["dropped","guarded","sightglass","tokened"]}""");
        var dropped = await _server.DataAsync("/api/v1/targets?state=dropped");
        dropped.GetProperty("activeTargets").GetArrayLength().ShouldBe(0);
        dropped.GetProperty("droppedTargets")[0].GetProperty("discoveredLabels").GetRawText().ShouldBe(
            """{"__address__":"127.0.0.1:2","__metrics_path__":"/metrics","__scheme__":"http","__scrape_interval__":"59s","__scrape_timeout__":"10s","job":"dropped"}""");
        dropped.GetProperty("droppedTargetCounts").GetRawText().ShouldBe("""{"dropped":1,"guarded":0,"sightglass":0,"tokened":0}""");
        var active = await _server.DataAsync("/api/v1/targets?state=active&scrapePool=guarded");
        active.GetProperty("droppedTargetCounts").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        active.GetProperty("activeTargets").EnumerateArray().Select(t => t.GetProperty("scrapePool").GetString()).ShouldBe(["guarded"]);
        active.GetProperty("activeTargets")[0].GetProperty("scrapeInterval").GetString().ShouldBe("59s");
    }

    [Theory]
    [InlineData("/api/v1/admin/tsdb/snapshot")]
    [InlineData("/api/v1/admin/tsdb/clean_tombstones")]
    [InlineData("/prometheus/api/v1/admin/tsdb/delete_series")]
    public async Task Admin_endpoints_are_off(string path) =>
        (await _server.SendAsync(HttpMethod.Post, path)).ShouldBe((503, """{"status":"error","errorType":"unavailable","error":"admin APIs disabled"}"""));

    [Theory]
    [InlineData("POST", "/-/reload", 403, "Lifecycle API is not enabled.")]
    [InlineData("PUT", "/prometheus/-/quit", 403, "Lifecycle API is not enabled.")]
    [InlineData("GET", "/-/reload", 405, "Only POST or PUT requests allowed")]
    [InlineData("GET", "/-/quit", 405, "Only POST or PUT requests allowed")]
    public async Task The_lifecycle_is_nobodys_business_unless_enabled(string method, string path, int status, string body) =>
        (await _server.SendAsync(new HttpMethod(method), path)).ShouldBe((status, body));
}
