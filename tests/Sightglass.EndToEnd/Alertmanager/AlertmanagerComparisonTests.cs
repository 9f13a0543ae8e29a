using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Sightglass.TestKit;
using Xunit.Abstractions;

namespace Sightglass.EndToEnd.Alertmanager;

/// <summary>The same alerts at the same time under the same configuration, through an Alertmanager and through the built server: receivers get the same.</summary>
public sealed class AlertmanagerComparisonTests(ITestOutputHelper output)
{
    /// <summary>Seeds of long runs by hand, such as <c>1-200</c>; the suite has a few.</summary>
    private static readonly string? Seeds = Environment.GetEnvironmentVariable("SIGHTGLASS_ALERTMANAGER_SEEDS");

    private const int AtATime = 5;

    [AlertmanagerFact]
    public async Task Random_routing_trees_tell_the_same()
    {
        var bounds = (Seeds ?? "1-4").Split('-').Select(static s => int.Parse(s, CultureInfo.InvariantCulture)).ToArray();
        using var slots = new SemaphoreSlim(AtATime);
        var failures = await Task.WhenAll(Enumerable.Range(bounds[0], bounds[^1] - bounds[0] + 1).Select(async seed =>
        {
            await slots.WaitAsync();
            try
            {
                return (Seed: seed, Differences: await CompareAsync(Make(seed)));
            }
            finally
            {
                slots.Release();
            }
        }));
        foreach (var (seed, differences) in failures.Where(static f => f.Differences.Count > 0))
        {
            output.WriteLine($"seed {seed}\n{Make(seed).Configuration}\n{string.Join('\n', differences)}\n");
        }

        failures.Where(static f => f.Differences.Count > 0).Select(static f => f.Seed).ShouldBeEmpty();
    }

    [AlertmanagerFact]
    public async Task A_thousand_alerts_at_once_make_the_same_groups()
    {
        const string Configuration = """
            route: { receiver: r, group_by: [shard], group_wait: 1s, group_interval: 2s, repeat_interval: 1h }
            receivers: [ { name: r, webhook_configs: [ { url: 'SINK/r', max_alerts: 10 } ] } ]
            """;
        var alerts = Enumerable.Range(0, 1000).Select(static i => new ScenarioAlert(
            new Dictionary<string, string> { ["alertname"] = "Flood", ["shard"] = (i % 7).ToString(CultureInfo.InvariantCulture), ["instance"] = $"host-{i}" },
            new Dictionary<string, string> { ["summary"] = $"number {i}" }, null, null)).ToList();
        var resolved = alerts.ConvertAll(static a => a with { Starts = TimeSpan.FromSeconds(-1), Ends = TimeSpan.FromSeconds(3.9) });
        var scenario = new Scenario(Configuration, [new PostStep(TimeSpan.Zero, alerts), new PostStep(TimeSpan.FromSeconds(4), resolved)], TimeSpan.FromSeconds(8));
        (await CompareAsync(scenario)).ShouldBeEmpty();
    }

    private static Scenario Make(int seed) => new ScenarioGenerator(seed, isCalm: !AlertmanagerProcess.EndsGroups).Make();

    /// <summary>Plays a scenario on both at one time.</summary>
    internal static async Task<List<string>> CompareAsync(Scenario scenario)
    {
        using var folder = new TemporaryFolder();
        using var theirSink = new WebhookRecorder();
        using var ourSink = new WebhookRecorder();
        var (theirFile, ourFile) = (folder.PathOf("theirs.yml"), folder.PathOf("ours.yml"));
        await File.WriteAllTextAsync(theirFile, ScenarioRun.Resolve(scenario.Configuration, theirSink));
        await File.WriteAllTextAsync(ourFile, ScenarioRun.Resolve(scenario.Configuration, ourSink));
        await File.WriteAllTextAsync(folder.PathOf("config.yml"), "server: { enable_lifecycle: true }\nalertmanager: ours.yml\n");
        await using var alertmanager = await AlertmanagerProcess.StartAsync(folder.PathOf("am"), theirFile);
        await using var server = await ServerProcess.StartAsync(folder.PathOf("data"), "--config", folder.PathOf("config.yml"));
        var theirs = new ScenarioRun(alertmanager.Http, text => File.WriteAllText(theirFile, text), theirSink);
        var ours = new ScenarioRun(server.Http, text => File.WriteAllText(ourFile, text), ourSink);
        foreach (var http in (HttpClient[])[alertmanager.Http, server.Http])
        {
            // Over before it begins, so that nobody is told: what a first request costs is not compared.
            using var answer = await http.PostAsJsonAsync(new Uri("api/v2/alerts", UriKind.Relative), new JsonArray(new JsonObject { ["labels"] = new JsonObject { ["warm"] = "up" }, ["endsAt"] = "2020-01-01T00:00:00Z" }));
        }

        var beginning = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(2);
        await Task.WhenAll(theirs.PlayAsync(scenario, beginning), ours.PlayAsync(scenario, beginning));
        return ScenarioComparison.Differences(theirs, ours);
    }
}
