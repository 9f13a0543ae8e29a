using System.Text.Json;

namespace Sightglass.Server.Tests.Prometheus;

public sealed class LifecycleTests
{
    private const string Start = "server: { enable_lifecycle: true }\n";

    [Fact]
    public async Task A_reload_puts_rules_and_jobs_in_force()
    {
        await using var server = await RunningServer.StartAsync(Start);
        (await server.DataAsync("/api/v1/rules")).GetRawText().ShouldBe("""{"groups":[]}""");
        server.Write("rules.yml", "groups: [ { name: g, rules: [ { record: 'a:b', expr: up } ] } ]");
        server.Write("sightglass.yml", Start + "rule_files: [ rules.yml ]\nscrape_configs: [ { job_name: new, static_configs: [ { targets: ['127.0.0.1:1'] } ] } ]\n");
        (await server.SendAsync(HttpMethod.Post, "/-/reload")).ShouldBe((200, string.Empty));
        (await server.DataAsync("/api/v1/rules")).GetProperty("groups")[0].GetProperty("name").GetString().ShouldBe("g");
        (await server.DataAsync("/api/v1/scrape_pools")).GetRawText().ShouldContain("\"new\"");
        (await server.DataAsync("/api/v1/targets?scrapePool=new")).GetProperty("activeTargets").GetArrayLength().ShouldBe(1);
        (await server.DataAsync("/api/v1/status/config")).GetProperty("yaml").GetString()!.ShouldContain("job_name: new");

        server.Write("sightglass.yml", Start);
        (await server.SendAsync(HttpMethod.Put, "/prometheus/-/reload")).Status.ShouldBe(200);
        (await server.DataAsync("/api/v1/targets?scrapePool=new")).GetProperty("activeTargets").GetArrayLength().ShouldBe(0);
        (await server.DataAsync("/api/v1/rules")).GetRawText().ShouldBe("""{"groups":[]}""");
    }

    [Theory]
    [InlineData("scrape_configs: [ { job_name: a, nonsense: 1 } ]\n", "unknown key \"nonsense\"")]
    [InlineData("rule_files: [ missing.yml ]\n", "no such file")]
    [InlineData("storage: { retention: { metrics: 2h } }\n", "storage.retention.metrics cannot change without a restart")]
    [InlineData("promql: { lookback_delta: 1m }\n", "promql cannot change without a restart")]
    public async Task A_configuration_with_an_error_changes_nothing(string addition, string error)
    {
        await using var server = await RunningServer.StartAsync(Start + "scrape_configs: [ { job_name: kept } ]\n");
        server.Write("sightglass.yml", Start + addition);
        var (status, body) = await server.SendAsync(HttpMethod.Post, "/-/reload");
        status.ShouldBe(500);
        body.ShouldStartWith("failed to reload config: ");
        body.ShouldContain(error);
        (await server.DataAsync("/api/v1/scrape_pools")).GetRawText().ShouldContain("kept");
        (await server.DataAsync("/api/v1/status/runtimeinfo")).GetProperty("reloadConfigSuccess").ValueKind.ShouldBe(JsonValueKind.False);

        server.Write("sightglass.yml", Start);
        (await server.ReloadAsync()).ShouldBeNull();
        (await server.DataAsync("/api/v1/status/runtimeinfo")).GetProperty("reloadConfigSuccess").ValueKind.ShouldBe(JsonValueKind.True);
    }

    [Fact]
    public async Task A_reload_that_fails_in_a_way_that_nobody_thought_of_is_told_too()
    {
        await using var server = await RunningServer.StartAsync(Start);
        server.ReadFails = new InvalidOperationException("who would have thought");
        (await server.ReloadAsync()).ShouldBe("unexpected InvalidOperationException: who would have thought");
        (await server.SendAsync(HttpMethod.Post, "/-/reload")).Status.ShouldBe(500);
        (await server.DataAsync("/api/v1/status/runtimeinfo")).GetProperty("reloadConfigSuccess").ValueKind.ShouldBe(JsonValueKind.False);
        server.ReadFails = null;
        (await server.ReloadAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Global_settings_are_put_in_force_too()
    {
        const string Rules = "rule_files: [ rules.yml ]\n";
        await using var server = await RunningServer.StartAsync(Start);
        server.Write("rules.yml", "groups: [ { name: g, rules: [ { record: 'a:b', expr: up } ] } ]");
        server.Write("sightglass.yml", Start + Rules);
        (await server.ReloadAsync()).ShouldBeNull();
        (await server.DataAsync("/api/v1/rules")).GetProperty("groups")[0].GetProperty("interval").GetDouble().ShouldBe(15);

        await server.PushGaugeAsync("some_gauge", 1, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        server.Write("sightglass.yml", Start + Rules + "global: { evaluation_interval: 30s, external_labels: { a: b } }\n");
        (await server.ReloadAsync()).ShouldBeNull();
        (await server.DataAsync("/api/v1/rules")).GetProperty("groups")[0].GetProperty("interval").GetDouble().ShouldBe(30);
        (await server.SendAsync(HttpMethod.Get, "/federate?match[]=some_gauge")).Body.ShouldContain("some_gauge{a=\"b\",instance=\"\"} 1 ");
    }

    [Theory]
    [InlineData("/-/healthy")]
    [InlineData("/-/ready")]
    [InlineData("/prometheus/-/healthy")]
    [InlineData("/prometheus/-/ready")]
    public async Task Health_is_answered_to_probes(string path)
    {
        await using var server = await RunningServer.StartAsync(string.Empty);
        (await server.SendAsync(HttpMethod.Get, path)).Status.ShouldBe(200);
        (await server.SendAsync(HttpMethod.Head, path)).ShouldBe((200, string.Empty));
    }

    [Fact]
    public async Task A_long_query_fits_into_the_request_line()
    {
        await using var server = await RunningServer.StartAsync(string.Empty);
        var query = string.Join("%2B", Enumerable.Repeat("1", 100)) + new string('+', 20_000);
        (await server.SendAsync(HttpMethod.Get, $"/api/v1/query?query={query}")).Body.ShouldContain("\"100\"");
    }

    [Theory]
    [InlineData("type=x", "invalid parameter \\\"type\\\": not supported value \\\"x\\\"")]
    [InlineData("group_limit=x", "invalid parameter \\\"group_limit\\\": group_limit needs to be a valid number: strconv.ParseInt: parsing \\\"x\\\": invalid syntax")]
    [InlineData("group_limit=0", "invalid parameter \\\"group_limit\\\": group_limit needs to be greater than 0")]
    [InlineData("group_next_token=x", "invalid parameter \\\"group_next_token\\\": group_limit needs to be present in order to paginate over the groups")]
    [InlineData("group_limit=1&group_next_token=x", "invalid parameter \\\"group_next_token\\\": invalid group_next_token 'x'. were rule groups changed?")]
    [InlineData("exclude_alerts=x", "invalid parameter \\\"exclude_alerts\\\": error converting exclude_alerts: strconv.ParseBool: parsing \\\"x\\\": invalid syntax")]
    [InlineData("match[]={}", "match[] must contain at least one non-empty matcher")]
    public async Task A_wrong_parameter_of_rules_is_told(string query, string message)
    {
        await using var server = await RunningServer.StartAsync(string.Empty);
        (await server.SendAsync(HttpMethod.Get, $"/api/v1/rules?{query}")).ShouldBe((400, $$"""{"status":"error","errorType":"bad_data","error":"{{message}}"}"""));
    }

    [Fact]
    public async Task A_rule_is_shown_with_its_empty_labels_and_with_no_alerts_where_they_are_left_out()
    {
        await using var server = await RunningServer.StartAsync(Start);
        server.Write("r.yml", "groups:\n- { name: a, rules: [ { record: 'x:y', expr: up, labels: { team: '' } }, { alert: A, expr: up == 7, labels: { zone: z, team: '', area: a } } ] }\n");
        server.Write("sightglass.yml", Start + "rule_files: [ r.yml ]\n");
        (await server.ReloadAsync()).ShouldBeNull();
        async Task<string> Rule(string query, int index) => (await server.DataAsync($"/api/v1/rules?{query}")).GetProperty("groups")[0].GetProperty("rules")[index].GetRawText();
        (await Rule("", 0)).ShouldContain("\"labels\":{\"team\":\"\"}");
        (await Rule("", 1)).ShouldContain("\"labels\":{\"area\":\"a\",\"team\":\"\",\"zone\":\"z\"},\"annotations\":{},\"alerts\":[]");
        (await Rule("exclude_alerts=true", 1)).ShouldContain("\"alerts\":null");
    }

    [Fact]
    public async Task Rules_are_filtered_and_paged()
    {
        await using var server = await RunningServer.StartAsync(Start);
        server.Write("r.yml", "groups:\n- { name: a, rules: [ { record: 'x:y', expr: up, labels: { team: t } }, { alert: A, expr: up, labels: { team: t } } ] }\n- { name: b, rules: [ { alert: B, expr: up } ] }\n- { name: c, rules: [ { alert: C, expr: up } ] }\n");
        server.Write("sightglass.yml", Start + "rule_files: [ r.yml ]\n");
        (await server.ReloadAsync()).ShouldBeNull();
        async Task<string> Names(string query) => string.Join(' ', (await server.DataAsync($"/api/v1/rules?{query}")).GetProperty("groups").EnumerateArray()
            .Select(g => $"{g.GetProperty("name").GetString()}:{string.Join(',', g.GetProperty("rules").EnumerateArray().Select(r => r.GetProperty("name").GetString()))}"));
        (await Names("type=record")).ShouldBe("a:x:y");
        (await Names("type=alert")).ShouldBe("a:A b:B c:C");
        (await Names("rule_name[]=A&rule_name[]=C")).ShouldBe("a:A c:C");
        (await Names("rule_group[]=b")).ShouldBe("b:B");
        (await Names("file[]=nothing")).ShouldBe(string.Empty);
        (await Names("match[]={team=\"t\"}")).ShouldBe("a:x:y,A");
        (await Names("group_limit=2")).ShouldBe("a:x:y,A b:B");
        var token = (await server.DataAsync("/api/v1/rules?group_limit=2")).GetProperty("groupNextToken").GetString();
        (await Names($"group_limit=2&group_next_token={token}")).ShouldBe("c:C");
        (await server.DataAsync($"/api/v1/rules?group_limit=2&group_next_token={token}")).TryGetProperty("groupNextToken", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Quit_ends_the_process_after_the_answer()
    {
        await using var server = await RunningServer.StartAsync(Start);
        (await server.SendAsync(HttpMethod.Post, "/-/quit")).ShouldBe((200, "Requesting termination... Goodbye!"));
        await Eventually(() => server.QuitAsked);
    }

    private static async Task Eventually(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!condition())
        {
            await Task.Delay(5, patience.Token);
        }
    }
}
