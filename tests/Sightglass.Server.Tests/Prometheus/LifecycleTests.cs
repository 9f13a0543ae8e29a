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
    [InlineData("global: { external_labels: { a: b } }\n", "global.external_labels cannot change without a restart")]
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
