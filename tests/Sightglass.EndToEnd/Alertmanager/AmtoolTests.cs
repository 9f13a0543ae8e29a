using System.Text.Json;
using Sightglass.EndToEnd.Differential;
using Sightglass.EndToEnd.Receivers;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd.Alertmanager;

/// <summary>The commands of the real amtool, and alerts that a real Prometheus sends.</summary>
public sealed class AmtoolTests
{
    private const string Amtool = "/usr/bin/amtool";

    private const string Alertmanager = """
        route:
          receiver: everybody
          group_by: [alertname]
          group_wait: 0s
          group_interval: 1s
          routes:
          - receiver: database
            matchers: [ team = db ]
        receivers:
        - name: everybody
        - name: database
          webhook_configs: [ { url: 'WEB' } ]
        """;

    [AlertmanagerFact]
    public async Task Amtool_works_on_what_a_prometheus_sends()
    {
        if (!File.Exists(PrometheusProcess.Executable) || !File.Exists(Amtool))
        {
            throw new InvalidOperationException($"{PrometheusProcess.Executable} and {Amtool} come in the packages that test.sh installs");
        }

        using var folder = new TemporaryFolder();
        using var web = new HttpSink();
        var file = folder.PathOf("alertmanager.yml");
        await File.WriteAllTextAsync(file, Alertmanager.Replace("WEB", $"http://127.0.0.1:{web.Port}/", StringComparison.Ordinal));
        await File.WriteAllTextAsync(folder.PathOf("config.yml"), "alertmanager: alertmanager.yml\n");
        await using var server = await ServerProcess.StartAsync(folder.PathOf("data"), "--config", folder.PathOf("config.yml"));
        await File.WriteAllTextAsync(folder.PathOf("rules.yml"), """
            groups:
            - name: a
              rules:
              - alert: Slow
                expr: vector(7) > 5
                labels: { team: db, severity: warning }
                annotations: { summary: 'it is {{ $value }}' }
            """);
        // It finds Alertmanagers some seconds after its start, and would speak of the alert again a minute after the first time.
        await using var prometheus = await PrometheusProcess.StartAsync(folder.PathOf("prometheus"), $$"""
            global: { evaluation_interval: 1s, external_labels: { region: eu } }
            rule_files: [ '{{folder.PathOf("rules.yml")}}' ]
            alerting: { alertmanagers: [ { static_configs: [ { targets: [ '{{server.Http.BaseAddress!.Authority}}' ] } ] } ] }
            """, "--rules.alert.resend-delay=1s");
        await web.Until(static m => m.Contains("\"Slow\"", StringComparison.Ordinal) && m.Contains("it is 7", StringComparison.Ordinal) && m.Contains("\"region\":\"eu\"", StringComparison.Ordinal));

        Task<string> Run(params string[] arguments) => Agent.RunAsync(folder.FullPath, Amtool, ["--alertmanager.url", server.Http.BaseAddress!.ToString(), .. arguments]);

        (await NamesAsync(Run("alert", "query", "-o", "json", "team=db"))).ShouldBe(["Slow"]);
        (await NamesAsync(Run("alert", "query", "-o", "json", "team!=db", "alertname=~\"S.*\""))).ShouldBeEmpty();
        await Run("alert", "add", "Extra", "team=web", "--annotation=summary=by hand");
        (await NamesAsync(Run("alert", "query", "-o", "json"))).ShouldBe(["Extra", "Slow"], ignoreOrder: true);
        (await Run("alert", "query", "-o", "extended", "alertname=Extra")).ShouldContain("by hand");

        var id = (await Run("silence", "add", "alertname=Slow", "-a", "ann", "-c", "known", "-d", "1h")).Trim();
        (await Run("silence", "query", "-q")).Trim().ShouldBe(id);
        (await NamesAsync(Run("alert", "query", "-o", "json"))).ShouldBe(["Extra"]);
        (await NamesAsync(Run("alert", "query", "-o", "json", "--silenced"))).ShouldBe(["Slow"]);
        await Run("silence", "update", "-c", "still known", "-d", "2h", id);
        var kept = await Run("silence", "query", "-o", "json");
        JsonDocument.Parse(kept).RootElement.EnumerateArray().ShouldHaveSingleItem().GetProperty("comment").GetString().ShouldBe("still known");
        var exported = folder.PathOf("silences.json");
        await File.WriteAllTextAsync(exported, kept);
        foreach (var silence in (await Run("silence", "query", "-q")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            await Run("silence", "expire", silence);
        }

        (await Run("silence", "query", "-q")).ShouldBeEmpty();
        (await NamesAsync(Run("alert", "query", "-o", "json"))).ShouldContain("Slow");
        await Run("silence", "import", "-f", exported);
        (await NamesAsync(Run("alert", "query", "-o", "json", "--silenced"))).ShouldBe(["Slow"]);

        (await Run("config", "routes", "test", "team=db")).Trim().ShouldBe("database");
        (await Run("config", "routes", "test", "team=web")).Trim().ShouldBe("everybody");
        (await Run("config", "routes", "show")).ShouldContain("database");
        (await Run("config", "show")).ShouldContain("group_interval: 1s");
        (await Run("check-config", file)).ShouldContain("2 receivers");
        await Run("cluster", "show");
    }

    private static async Task<string[]> NamesAsync(Task<string> json) =>
        [.. JsonDocument.Parse(await json).RootElement.EnumerateArray().Select(static a => a.GetProperty("labels").GetProperty("alertname").GetString()!)];
}
