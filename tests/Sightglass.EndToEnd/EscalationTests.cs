using System.Text;
using Sightglass.EndToEnd.Alertmanager;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd;

/// <summary>A real server that escalates to webhooks and is killed between its steps.</summary>
public sealed class EscalationTests
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Over_a_kill_no_step_is_told_twice_and_none_is_left_out_and_the_link_stops_it()
    {
        using var folder = new TemporaryFolder();
        using var hooks = new WebhookRecorder();
        await File.WriteAllTextAsync(folder.PathOf("c.yml"), $$"""
            alertmanager:
              global: {resolve_timeout: 5m}
              route: {receiver: nobody, group_wait: 0s, group_interval: 1s}
              receivers:
              - {name: nobody}
              - {name: ana-phone, webhook_configs: [{url: '{{hooks.Address}}/ana'}]}
              - {name: ben-phone, webhook_configs: [{url: '{{hooks.Address}}/ben'}]}
              - {name: boss, webhook_configs: [{url: '{{hooks.Address}}/boss'}]}
            people: [{name: ana, contacts: [ana-phone]}, {name: ben, contacts: [ben-phone]}]
            oncall: [{name: first, time_zone: Europe/Berlin, layers: [{start: 2026-01-01, length: 52w, people: [ana]}]}]
            escalation:
              policies: [{name: page, steps: [{notify: [first]}, {after: 3s, notify: [ben]}, {after: 3s, notify: [ana, ben]}, {after: 10m, notify: [boss]}]}]
              default: {critical: page}
            """);
        string[] arguments = ["--config", folder.PathOf("c.yml")];
        await using (var server = await ServerProcess.StartAsync(folder.PathOf("data"), arguments))
        {
            await PostAsync(server, "/api/v2/alerts", """[{"labels":{"alertname":"Down","severity":"critical"},"annotations":{"summary":"s"}}]""");
            await SentAsync(server, 1);
            await server.KillAsync();
        }

        await using (var server = await ServerProcess.StartAsync(folder.PathOf("data"), arguments))
        {
            await SentAsync(server, 2);
            await server.KillAsync();
        }

        await using var last = await ServerProcess.StartAsync(folder.PathOf("data"), arguments);
        await SentAsync(last, 4);
        hooks.Arrivals.Select(static a => a.Path).Order(StringComparer.Ordinal).ShouldBe(["/ana", "/ana", "/ben", "/ben"]);
        hooks.Arrivals[0].Path.ShouldBe("/ana");
        hooks.Arrivals[1].Path.ShouldBe("/ben");
        hooks.Arrivals.ShouldAllBe(static a => a.Body["version"]!.GetValue<string>() == "4" && a.Body["status"]!.GetValue<string>() == "firing");

        // The link that the first process made, signed with the key that all three share. The alert has to be known again for it.
        await PostAsync(last, "/api/v2/alerts", $$"""[{"labels":{"alertname":"Down","severity":"critical"},"startsAt":"{{hooks.Arrivals[0].Body["alerts"]![0]!["startsAt"]}}"}]""");
        var link = new Uri(hooks.Arrivals[0].Body["acknowledgeURL"]!.GetValue<string>()).PathAndQuery;
        (await last.Http.GetStringAsync(new Uri(link, UriKind.Relative))).ShouldContain("Acknowledge this alert?");
        (await last.GetAsync("/sightglass/v1/escalations")).GetProperty("escalations")[0].GetProperty("state").GetString().ShouldBe("running");
        using var form = new FormUrlEncodedContent([new("by", "ana")]);
        using var pressed = await last.Http.PostAsync(new Uri(link, UriKind.Relative), form);
        (await pressed.Content.ReadAsStringAsync()).ShouldContain("acknowledged by ana");
        (await last.GetAsync("/sightglass/v1/escalations")).GetProperty("escalations")[0].GetProperty("state").GetString().ShouldBe("acknowledged");

        await PostAsync(last, "/api/v2/alerts", $$"""[{"labels":{"alertname":"Down","severity":"critical"},"startsAt":"{{hooks.Arrivals[0].Body["alerts"]![0]!["startsAt"]}}","endsAt":"{{DateTimeOffset.UtcNow:O}}"}]""");
        await Until(() => hooks.Arrivals.Count == 6);
        hooks.Arrivals.TakeLast(2).ShouldAllBe(static a => a.Body["status"]!.GetValue<string>() == "resolved");
        await last.UntilAsync("/sightglass/v1/escalations", static e => e.GetProperty("escalations").GetArrayLength() == 0);
    }

    /// <summary>Waits until messages have arrived and are known to have: what is killed in between may come twice.</summary>
    private static Task<System.Text.Json.JsonElement> SentAsync(ServerProcess server, int count) => server.UntilAsync(
        "/sightglass/v1/notifications",
        n => n.GetProperty("notifications") is var all && all.GetArrayLength() >= count && all.EnumerateArray().All(static r => r.GetProperty("status").GetString() == "sent"));

    private static async Task PostAsync(ServerProcess server, string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await server.Http.PostAsync(new Uri(path, UriKind.Relative), content);
        response.EnsureSuccessStatusCode();
    }

    private static async Task Until(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!condition())
        {
            patience.IsCancellationRequested.ShouldBeFalse("what was waited for did not come");
            await Task.Delay(PollInterval);
        }
    }
}
