using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd.Alertmanager;

/// <summary>What alerting of the built server withstands: dead receivers, a kill beside a notification, hosts that are not allowed.</summary>
public sealed class TrustTests
{
    [Fact]
    public async Task A_receiver_that_hangs_delays_no_other_and_the_watchdog_is_told()
    {
        using var folder = new TemporaryFolder();
        using var web = new HttpSink();
        using var silent = new TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        var dead = ((System.Net.IPEndPoint)silent.LocalEndpoint).Port;
        await using var server = await StartAsync(folder, $$"""
            alerting: { watchdog_labels: { cluster: a } }
            alertmanager:
              route:
                receiver: both
                group_by: [alertname]
                group_wait: 0s
                group_interval: 1s
                routes: [ { receiver: deadman, matchers: [ alertname = Watchdog ] } ]
              receivers:
              - name: both
                webhook_configs: [ { url: 'http://127.0.0.1:{{dead}}/' }, { url: 'http://127.0.0.1:{{web.Port}}/alive' } ]
              - name: deadman
                webhook_configs: [ { url: 'http://127.0.0.1:{{web.Port}}/deadman' } ]
            """);
        await PostAsync(server, "First", "one");
        await web.Until(static m => m.StartsWith("/alive", StringComparison.Ordinal) && m.Contains("First", StringComparison.Ordinal));
        await PostAsync(server, "First", "two");
        await web.Until(static m => m.StartsWith("/alive", StringComparison.Ordinal) && m.Contains("\"two\"", StringComparison.Ordinal));
        await PostAsync(server, "Second", "one");
        await web.Until(static m => m.StartsWith("/alive", StringComparison.Ordinal) && m.Contains("Second", StringComparison.Ordinal));
        await web.Until(static m => m.StartsWith("/deadman", StringComparison.Ordinal) && m.Contains("Watchdog", StringComparison.Ordinal) && m.Contains("\"cluster\":\"a\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_was_told_before_a_kill_is_not_told_again_and_what_was_due_is()
    {
        using var folder = new TemporaryFolder();
        using var web = new HttpSink();
        var configuration = $$"""
            alertmanager:
              route:
                receiver: a
                group_by: [alertname]
                group_wait: 0s
                group_interval: 1s
              receivers: [ { name: a, webhook_configs: [ { url: 'http://127.0.0.1:{{web.Port}}/' } ] } ]
            """;
        for (var round = 0; round < 5; round++)
        {
            await using var server = await StartAsync(folder, configuration);
            for (var known = 0; known <= round; known++)
            {
                await PostAsync(server, $"Round{known}", "x");
            }

            // The newest is due; the kill comes as soon as it is recorded, the others must stay quiet.
            var name = $"Round{round}";
            await web.Until(m => m.Contains(name, StringComparison.Ordinal));
            await server.UntilAsync("/sightglass/v1/notifications", n => n.GetProperty("notifications").EnumerateArray().Count(static x => x.GetProperty("status").GetString() == "sent") == round + 1);
            await server.KillAsync();
        }

        web.Count.ShouldBe(5);
    }

    [Fact]
    public async Task Hosts_that_are_not_allowed_get_nothing_and_secrets_are_not_shown()
    {
        using var folder = new TemporaryFolder();
        using var web = new HttpSink();
        await using var server = await StartAsync(folder, $$"""
            alerting: { allowed_hosts: [hooks.example.com] }
            alertmanager:
              route: { receiver: a, group_wait: 0s }
              receivers: [ { name: a, webhook_configs: [ { url: 'http://127.0.0.1:{{web.Port}}/s3cret-token', http_config: { authorization: { credentials: t0psecret } } } ] } ]
            """);
        await PostAsync(server, "A", "x");
        var list = await server.UntilAsync("/sightglass/v1/notifications", static n => n.GetProperty("notifications").EnumerateArray().Any(static x => x.GetProperty("status").GetString() == "failed"));
        list.GetProperty("notifications")[0].GetProperty("error").GetString().ShouldBe("host 127.0.0.1 is not in alerting.allowed_hosts");
        web.Count.ShouldBe(0);
        var shown = list.GetRawText() + await server.Http.GetStringAsync(new Uri("api/v2/status", UriKind.Relative)) + server.Errors;
        shown.ShouldNotContain("s3cret-token");
        shown.ShouldNotContain("t0psecret");
    }

    private static async Task<ServerProcess> StartAsync(TemporaryFolder folder, string configuration)
    {
        await File.WriteAllTextAsync(folder.PathOf("config.yml"), configuration);
        return await ServerProcess.StartAsync(folder.PathOf("data"), "--config", folder.PathOf("config.yml"));
    }

    private static async Task PostAsync(ServerProcess server, string name, string instance)
    {
        var body = new JsonArray(new JsonObject { ["labels"] = new JsonObject { ["alertname"] = name, ["instance"] = instance } });
        using var answer = await server.Http.PostAsJsonAsync(new Uri("api/v2/alerts", UriKind.Relative), body);
        ((int)answer.StatusCode).ShouldBe(200);
    }
}
