using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd.Alertmanager;

/// <summary>The disk with the data is really full: alerting goes on, says so, and all goes on when there is room again.</summary>
public sealed class FullDiskTests
{
    [SmallDiskFact]
    public async Task Alerting_goes_on_while_the_disk_is_full_and_storing_when_it_is_not_any_more()
    {
        using var disk = SmallDisk.Mount(32 << 20);
        using var folder = new TemporaryFolder();
        using var web = new HttpSink();
        await File.WriteAllTextAsync(folder.PathOf("rules.yml"), """
            groups:
            - name: g
              interval: 1s
              rules:
              - { record: held_twice, expr: 2 * held }
              - { alert: Held, expr: held == 1 }
              - { alert: Stale, expr: time() - timestamp(held) > 5 }
            """);
        await File.WriteAllTextAsync(folder.PathOf("config.yml"), $$"""
            global: { scrape_interval: 1s }
            rule_files: [ rules.yml ]
            alertmanager:
              route: { receiver: a, group_by: [ alertname, store ], group_wait: 0s, group_interval: 1s }
              receivers: [ { name: a, webhook_configs: [ { url: 'http://127.0.0.1:{{web.Port}}/' } ] } ]
            """);
        var data = disk.PathOf("data");
        await using (var server = await ServerProcess.StartAsync(data, "--config", folder.PathOf("config.yml")))
        {
            await UntilPushed(server, 1);
            await web.Until(static m => Says(m, "firing", "Held"));

            disk.LeaveOnly(0);
            await web.Until(static m => Says(m, "firing", "StorageNotWritable") && m.Contains("\"store\":\"metrics\"", StringComparison.Ordinal));
            // What was stored before is asked as ever, and that nothing comes any more is seen.
            await web.Until(static m => Says(m, "firing", "Stale"));
            await PostAsync(server, "Outside");
            await web.Until(static m => Says(m, "firing", "Outside"));
            (await PushAsync(server, 2)).ShouldBe(HttpStatusCode.ServiceUnavailable);
            (await server.GetAsync("/sightglass/v1/status")).GetProperty("storage").GetProperty("notWritable").EnumerateArray().Select(static s => s.GetProperty("store").GetString()).ShouldContain("metrics");
            (await server.Http.GetStringAsync(new Uri("metrics", UriKind.Relative))).ShouldContain("sightglass_storage_not_writable{store=\"metrics\"} 1");

            disk.MakeRoom();
            await UntilPushed(server, 3);
            await web.Until(static m => Says(m, "resolved", "StorageNotWritable") && m.Contains("\"store\":\"metrics\"", StringComparison.Ordinal));
            await web.Until(static m => Says(m, "resolved", "Stale"));
            await web.Until(static m => Says(m, "resolved", "Held"));
            await server.UntilAsync("/api/v1/query?query=held_twice", static q => q.GetProperty("data").GetProperty("result") is { } r && r.GetArrayLength() == 1 && r[0].GetProperty("value")[1].GetString() == "6");
            // Each store is writable again when it has been written to: metrics are not the only one that could not be.
            await server.UntilAsync("/sightglass/v1/status", static s => s.GetProperty("storage").GetProperty("notWritable").GetArrayLength() == 0);
            (await server.Http.GetStringAsync(new Uri("metrics", UriKind.Relative))).ShouldContain("sightglass_storage_not_writable{store=\"metrics\"} 0");
            await server.KillAsync();
        }

        // Nothing was lost of what was stored before and after.
        await using var again = await ServerProcess.StartAsync(data, "--config", folder.PathOf("config.yml"));
        var held = await again.GetAsync("/api/v1/query?query=count_values('v', last_over_time(held[5m]))");
        held.GetProperty("data").GetProperty("result")[0].GetProperty("metric").GetProperty("v").GetString().ShouldBe("3");
        web.Messages(static m => Says(m, "firing", "Held")).ShouldBe(1);
        web.Messages(static m => Says(m, "firing", "Outside")).ShouldBe(1);
    }

    private static bool Says(string message, string status, string name)
    {
        var json = JsonDocument.Parse(message[message.IndexOf('{', StringComparison.Ordinal)..]).RootElement;
        return json.GetProperty("status").GetString() == status && json.GetProperty("alerts").EnumerateArray().Any(a => a.GetProperty("labels").GetProperty("alertname").GetString() == name);
    }

    private static async Task<HttpStatusCode> PushAsync(ServerProcess server, int value)
    {
        using var body = new StringContent($"held {value}\n", Encoding.UTF8, "text/plain");
        using var answer = await server.Http.PostAsync(new Uri("metrics/job/x", UriKind.Relative), body);
        return answer.StatusCode;
    }

    /// <summary>Pushes, again and again while it is refused, until it can be asked for.</summary>
    private static async Task UntilPushed(ServerProcess server, int value)
    {
        for (var i = 0; await PushAsync(server, value) != HttpStatusCode.OK; i++)
        {
            i.ShouldBeLessThan(200);
            await Task.Delay(100);
        }

        await server.UntilAsync("/api/v1/query?query=held", q => q.GetProperty("data").GetProperty("result") is { } r && r.GetArrayLength() == 1 && r[0].GetProperty("value")[1].GetString() == $"{value}");
    }

    private static async Task PostAsync(ServerProcess server, string name)
    {
        var body = new JsonArray(new JsonObject { ["labels"] = new JsonObject { ["alertname"] = name } });
        using var answer = await server.Http.PostAsJsonAsync(new Uri("api/v2/alerts", UriKind.Relative), body);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
