using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Sightglass.TestKit;
using Xunit.Abstractions;

namespace Sightglass.EndToEnd.Alertmanager;

/// <summary>The same alerts at the same time under the same configuration, through an Alertmanager and through the built server: receivers get the same.</summary>
public sealed class AlertmanagerComparisonTests(ITestOutputHelper output)
{
    /// <summary>Seeds of long runs by hand, such as <c>1-200</c>; the suite has a few.</summary>
    private static readonly string? Seeds = Environment.GetEnvironmentVariable("SIGHTGLASS_ALERTMANAGER_SEEDS");

    private const int AtATime = 5;

    /// <summary>How much later than the other a message may come: the machine also does other things.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(900);

    /// <summary>By the clock, so by hand, and on a machine that does nothing else: each seed takes half a minute.</summary>
    [AlertmanagerFact(needsSeeds: true)]
    public async Task Random_routing_trees_tell_the_same()
    {
        var bounds = Seeds!.Split('-').Select(static s => int.Parse(s, CultureInfo.InvariantCulture)).ToArray();
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
            route: { receiver: r, group_by: [shard], group_wait: 3s, group_interval: 3s, repeat_interval: 1h }
            receivers: [ { name: r, webhook_configs: [ { url: 'SINK/r', max_alerts: 10 } ] } ]
            """;
        var alerts = Enumerable.Range(0, 1000).Select(static i => new ScenarioAlert(
            new Dictionary<string, string> { ["alertname"] = "Flood", ["shard"] = (i % 7).ToString(CultureInfo.InvariantCulture), ["instance"] = $"host-{i}" },
            new Dictionary<string, string> { ["summary"] = $"number {i}" }, TimeSpan.Zero, TimeSpan.FromHours(1))).ToList();
        await CompareAsync(Configuration, [alerts, alerts.ConvertAll(static a => a with { Ends = TimeSpan.FromMilliseconds(1) })]);
    }

    [AlertmanagerTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(8)]
    public async Task Routing_trees_make_the_same_groups(int seed)
    {
        var generator = new ScenarioGenerator(seed, isCalm: true);
        var configuration = Regex.Replace(Regex.Replace(generator.Make().Configuration, "(repeat_interval|resolve_timeout): [0-9]+ms", "$1: 1h"), "group_wait: [0-9]+ms", "group_wait: 3s");
        var alerts = (from name in (string[])["HighLatency", "InstanceDown", "DiskFull", "Errors"]
                      from severity in (string[])["critical", "warning", "info"]
                      from team in (string[])["shop", ""]
                      select new ScenarioAlert(
                          new Dictionary<string, string> { ["alertname"] = name, ["severity"] = severity, ["team"] = team, ["instance"] = "host-" + severity[0], ["job"] = "node" },
                          new Dictionary<string, string> { ["summary"] = name }, TimeSpan.Zero, TimeSpan.FromHours(1))).ToList();
        await CompareAsync(configuration, [alerts]);
    }

    private static Scenario Make(int seed) => new ScenarioGenerator(seed, isCalm: !AlertmanagerProcess.EndsGroups).Make();

    /// <summary>Posts bodies one after another, each when both have told all of the one before, and compares what was told; not when.</summary>
    private static Task CompareAsync(string configuration, IReadOnlyList<IReadOnlyList<ScenarioAlert>> posts) => WithBothAsync(configuration, async (theirs, ours) =>
    {
        var beginning = TimeProvider.System.GetUtcNow();
        foreach (var post in posts)
        {
            var before = theirs.Arrivals.Count;
            await Task.WhenAll(theirs.PlayAsync(new Scenario(configuration, [new PostStep(TimeSpan.Zero, post)], TimeSpan.Zero), beginning), ours.PlayAsync(new Scenario(configuration, [new PostStep(TimeSpan.Zero, post)], TimeSpan.Zero), beginning));
            await UntilQuietAsync(theirs, before);
            await UntilQuietAsync(ours, before);
        }

        ScenarioComparison.Differences(theirs, ours, TimeSpan.FromMinutes(1)).ShouldBeEmpty();
    });

    /// <summary>Waits until something arrived and nothing more did for longer than any group waits.</summary>
    private static async Task UntilQuietAsync(ScenarioRun run, int before)
    {
        var (count, since) = (before, TimeProvider.System.GetTimestamp());
        while (run.Arrivals.Count == before || TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromSeconds(5))
        {
            TimeProvider.System.GetElapsedTime(since).ShouldBeLessThan(TimeSpan.FromSeconds(60), "nothing arrives");
            if (run.Arrivals.Count != count)
            {
                (count, since) = (run.Arrivals.Count, TimeProvider.System.GetTimestamp());
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }

    /// <summary>Plays a scenario on both at one time.</summary>
    private static async Task<List<string>> CompareAsync(Scenario scenario)
    {
        var differences = new List<string>();
        await WithBothAsync(scenario.Configuration, async (theirs, ours) =>
        {
            var beginning = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(2);
            await Task.WhenAll(theirs.PlayAsync(scenario, beginning), ours.PlayAsync(scenario, beginning));
            differences = ScenarioComparison.Differences(theirs, ours, Tolerance);
        });
        return differences;
    }

    private static async Task WithBothAsync(string configuration, Func<ScenarioRun, ScenarioRun, Task> work)
    {
        using var folder = new TemporaryFolder();
        using var theirSink = new WebhookRecorder();
        using var ourSink = new WebhookRecorder();
        var (theirFile, ourFile) = (folder.PathOf("theirs.yml"), folder.PathOf("ours.yml"));
        await File.WriteAllTextAsync(theirFile, ScenarioRun.Resolve(configuration, theirSink));
        await File.WriteAllTextAsync(ourFile, ScenarioRun.Resolve(configuration, ourSink));
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

        await work(theirs, ours);
    }
}
