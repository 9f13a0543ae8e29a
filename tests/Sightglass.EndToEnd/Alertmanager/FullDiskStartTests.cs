using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd.Alertmanager;

/// <summary>A server that was killed on a disk that is full comes back on it, answers, tells and refuses, and goes on when there is room.</summary>
public sealed class FullDiskStartTests
{
    /// <summary>What the state sets aside for itself.</summary>
    private const long ReserveBytes = 2 << 20;

    private const string Held = "{ alert: Held, expr: held >= 1 }";

    private const string Stale = "{ alert: Stale, expr: time() - timestamp(held) > 5 }";

    [SmallDiskFact]
    public async Task A_server_starts_on_a_full_disk_and_goes_on_when_there_is_room()
    {
        using var disk = SmallDisk.Mount(48 << 20);
        using var folder = new TemporaryFolder();
        using var web = new HttpSink();
        var data = disk.PathOf("data");
        string[] arguments = ["--config", await ConfigureAsync(folder, web)];
        await using (var server = await ServerProcess.StartAsync(data, arguments))
        {
            await PushAllAsync(server, 1, HttpStatusCode.OK);
            await web.Until(static m => Says(m, "firing", "Held"));
            await UntilToldAsync(server, "Held");
            await UntilReservedAsync(data);
            disk.LeaveOnly(0);
            await server.KillAsync();
        }

        // Not before: on a slow machine the first server would tell it right before the kill, and the second once more.
        await WriteRulesAsync(folder, Held, Stale);
        disk.LeaveOnly(0);
        await using (var server = await ServerProcess.StartAsync(data, arguments))
        {
            // What is stored is answered, and that nothing comes any more is seen.
            await ShouldHoldAsync(server, 1);
            await web.Until(static m => Says(m, "firing", "StorageNotWritable") && m.Contains("\"store\":\"disk\"", StringComparison.Ordinal));
            await web.Until(static m => Says(m, "firing", "StorageNotWritable") && m.Contains("\"store\":\"metrics\"", StringComparison.Ordinal));
            await web.Until(static m => Says(m, "firing", "Stale"));
            await PushAllAsync(server, 2, HttpStatusCode.ServiceUnavailable);
            await ShouldHoldAsync(server, 1);
            (await server.Http.GetAsync(new Uri("-/ready", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);

            // The state has room of its own: what people do is kept, and so is what was told.
            await PostAsync(server, "Outside");
            await web.Until(static m => Says(m, "firing", "Outside"));
            await SilenceAsync(server);
            var status = (await server.GetAsync("/sightglass/v1/status")).GetProperty("storage").GetProperty("notWritable").EnumerateArray().Select(static s => s.GetProperty("store").GetString()).ToArray();
            status.ShouldContain("metrics");
            status.ShouldNotContain("state");
            await UntilToldAsync(server, "Outside");
            await server.KillAsync();
        }

        disk.LeaveOnly(0);
        await using (var server = await ServerProcess.StartAsync(data, arguments))
        {
            await ShouldHoldAsync(server, 1);
            await PostAsync(server, "Outside");
            (await server.GetAsync("/api/v2/silences")).GetArrayLength().ShouldBe(1);
            await PushAllAsync(server, 2, HttpStatusCode.ServiceUnavailable);

            await server.UntilAsync("/api/v1/rules", static r => r.GetProperty("data").GetProperty("groups")[0].GetProperty("rules")[1].GetProperty("state").GetString() == "firing");
            web.Messages(static m => Says(m, "firing", "Stale")).ShouldBe(1, $"told while it was full; {(await server.GetAsync("/sightglass/v1/notifications")).GetRawText()}");

            disk.MakeRoom();
            await UntilTakenAsync(server, 3);
            await server.UntilAsync("/api/v1/rules", static r => r.GetProperty("data").GetProperty("groups")[0].GetProperty("rules")[1].GetProperty("state").GetString() == "inactive");
            await ShouldHoldAsync(server, 3);
            await web.Until(static m => Says(m, "resolved", "StorageNotWritable") && m.Contains("\"store\":\"metrics\"", StringComparison.Ordinal));
            await server.KillAsync();
        }

        await using var again = await ServerProcess.StartAsync(data, arguments);
        await ShouldHoldAsync(again, 3);
        (await again.GetAsync("/api/v2/silences")).GetArrayLength().ShouldBe(1);
        web.Messages(static m => Says(m, "firing", "Held")).ShouldBe(1, "told before the disk was full");
        web.Messages(static m => Says(m, "firing", "Outside")).ShouldBe(1, "told while it was full");
        again.Errors.ShouldNotContain("lost");
    }

    private static Task WriteRulesAsync(TemporaryFolder folder, params string[] rules) =>
        File.WriteAllTextAsync(folder.PathOf("rules.yml"), $"groups:\n- name: g\n  interval: 1s\n  rules:\n{string.Concat(rules.Select(static r => $"  - {r}\n"))}");

    private static async Task<string> ConfigureAsync(TemporaryFolder folder, HttpSink web)
    {
        await WriteRulesAsync(folder, Held);
        await File.WriteAllTextAsync(folder.PathOf("config.yml"), $$"""
            global: { scrape_interval: 1s }
            rule_files: [ rules.yml ]
            alertmanager:
              route: { receiver: a, group_by: [ alertname, store ], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }
              receivers: [ { name: a, webhook_configs: [ { url: 'http://127.0.0.1:{{web.Port}}/' } ] } ]
            """);
        return folder.PathOf("config.yml");
    }

    /// <summary>Waits until a message is known to have arrived: one that arrives right before a kill is told again.</summary>
    private static Task<JsonElement> UntilToldAsync(ServerProcess server, string name) => server.UntilAsync(
        "/sightglass/v1/notifications", n => n.GetRawText().Contains(name, StringComparison.Ordinal) && !n.GetRawText().Contains("pending", StringComparison.Ordinal));

    private static async Task UntilReservedAsync(string data)
    {
        for (var i = 0; new FileInfo(Path.Combine(data, "state.db-wal")).Length < ReserveBytes; i++)
        {
            i.ShouldBeLessThan(300);
            await Task.Delay(100);
        }
    }

    private static bool Says(string message, string status, string name)
    {
        var json = JsonDocument.Parse(message[message.IndexOf('{', StringComparison.Ordinal)..]).RootElement;
        return json.GetProperty("status").GetString() == status && json.GetProperty("alerts").EnumerateArray().Any(a => a.GetProperty("labels").GetProperty("alertname").GetString() == name);
    }

    /// <summary>One sample, one log record and one span with a number.</summary>
    private static async Task<HttpStatusCode[]> PushAsync(ServerProcess server, int number)
    {
        var nano = $"{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}000000";
        var statuses = new List<HttpStatusCode>();
        foreach (var (path, body) in new[]
        {
            ("loki/api/v1/push", $"{{\"streams\":[{{\"stream\":{{\"app\":\"held\"}},\"values\":[[\"{nano}\",\"line {number}\"]]}}]}}"),
            ("v1/traces", $"{{\"resourceSpans\":[{{\"scopeSpans\":[{{\"spans\":[{{\"traceId\":\"{number:x32}\",\"spanId\":\"{number:x16}\",\"name\":\"n\",\"startTimeUnixNano\":\"{nano}\",\"endTimeUnixNano\":\"{nano}\"}}]}}]}}]}}"),
            ("v1/metrics", $"{{\"resourceMetrics\":[{{\"scopeMetrics\":[{{\"metrics\":[{{\"name\":\"held\",\"gauge\":{{\"dataPoints\":[{{\"asDouble\":{number},\"timeUnixNano\":\"{nano}\"}}]}}}}]}}]}}]}}"),
        })
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await server.Http.PostAsync(new Uri(path, UriKind.Relative), content);
            statuses.Add(answer.StatusCode == HttpStatusCode.NoContent ? HttpStatusCode.OK : answer.StatusCode);
        }

        return [.. statuses];
    }

    private static async Task PushAllAsync(ServerProcess server, int number, HttpStatusCode want) => (await PushAsync(server, number)).ShouldAllBe(s => s == want);

    /// <summary>Pushes again and again, as senders do, until all is taken.</summary>
    private static async Task UntilTakenAsync(ServerProcess server, int number)
    {
        for (var i = 0; (await PushAsync(server, number)).Any(static s => s != HttpStatusCode.OK); i++)
        {
            i.ShouldBeLessThan(300, server.Errors);
            await Task.Delay(100);
        }
    }

    private static async Task ShouldHoldAsync(ServerProcess server, int number)
    {
        await server.UntilAsync("/api/v1/query?query=held", q => q.GetProperty("data").GetProperty("result")[0].GetProperty("value")[1].GetString() == $"{number}");
        await server.UntilAsync("/loki/api/v1/query_range?query=%7Bapp%3D%22held%22%7D", q => q.GetProperty("data").GetRawText().Contains($"line {number}", StringComparison.Ordinal));
        (await server.Http.GetAsync(new Uri($"tempo/api/traces/{number:x32}", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task PostAsync(ServerProcess server, string name)
    {
        var body = new JsonArray(new JsonObject { ["labels"] = new JsonObject { ["alertname"] = name } });
        using var answer = await server.Http.PostAsJsonAsync(new Uri("api/v2/alerts", UriKind.Relative), body);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task SilenceAsync(ServerProcess server)
    {
        using var content = new StringContent(
            $$"""{"matchers":[{"name":"alertname","value":"Other","isRegex":false}],"startsAt":"{{DateTimeOffset.UtcNow:O}}","endsAt":"{{DateTimeOffset.UtcNow.AddHours(1):O}}","createdBy":"a","comment":"c"}""", Encoding.UTF8, "application/json");
        using var answer = await server.Http.PostAsync(new Uri("api/v2/silences", UriKind.Relative), content);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
