using System.Text;
using System.Text.Json;
using Sightglass.Alerting.Escalation;
using Sightglass.Server.State;
using Sightglass.Server.Tests.Prometheus;

namespace Sightglass.Server.Tests.People;

public sealed class PeopleApiTests
{
    private const string Configuration = """
        server: {external_url: 'http://sight.example/x/'}
        alertmanager:
          route: {receiver: nobody, group_wait: 0s, group_interval: 5s}
          receivers: [{name: nobody}, {name: pager, webhook_configs: [{url: 'http://127.0.0.1:1/'}]}]
        people: [{name: ana, contacts: [pager]}, {name: ben, contacts: [pager]}]
        oncall:
        - {name: first, time_zone: Europe/Berlin, layers: [{start: 2026-01-05T09:00, handover: monday 09:00, people: [ana, ben]}]}
        - {name: later, layers: [{start: 2190-01-01, people: [ana]}]}
        escalation: {policies: [{name: page, steps: [{notify: [first]}, {after: 1h, notify: [ana]}]}], default: {critical: page}}
        """;

    [Fact]
    public async Task An_alert_escalates_is_acknowledged_and_taken_back()
    {
        await using var server = await RunningServer.StartAsync(Configuration);
        var fingerprint = await FireAsync(server, "Down");
        await UntilAsync(server, "/sightglass/v1/escalations", static e => e.GetProperty("escalations") is { } all && all.GetArrayLength() == 1 && all[0].GetProperty("told").GetArrayLength() == 1);
        var escalation = (await GetAsync(server, "/sightglass/v1/escalations")).GetProperty("escalations")[0];
        Text(escalation, "policy", "state").ShouldBe(["page", "running"]);
        escalation.GetProperty("next").GetProperty("notify")[0].GetString().ShouldBe("ana");
        escalation.GetProperty("alerts")[0].GetProperty("fingerprint").GetString().ShouldBe(fingerprint);

        var made = await PostAsync(server, "/sightglass/v1/alerts/acknowledgements", $$"""{"fingerprint":"{{fingerprint}}","by":"ana","comment":"mine","expires":"2h"}""");
        Text(made.GetProperty("acknowledgements")[0], "fingerprint", "by", "comment").ShouldBe([fingerprint, "ana", "mine"]);
        made.GetProperty("acknowledgements")[0].GetProperty("expiresAt").ValueKind.ShouldBe(JsonValueKind.String);
        (await GetAsync(server, "/sightglass/v1/escalations")).GetProperty("escalations")[0].GetProperty("state").GetString().ShouldBe("acknowledged");
        await UntilAsync(server, "/sightglass/v1/alerts/timeline?kind=acknowledged", static t => t.GetProperty("events").GetArrayLength() == 1);

        // Alertmanager's API says nothing of it.
        (await GetAsync(server, "/api/v2/alerts"))[0].GetProperty("status").GetProperty("state").GetString().ShouldBe("active");
        (await server.SendAsync(HttpMethod.Delete, $"/sightglass/v1/alerts/acknowledgements/{fingerprint}?by=ana")).Status.ShouldBe(204);
        (await server.SendAsync(HttpMethod.Delete, $"/sightglass/v1/alerts/acknowledgements/{fingerprint}")).Status.ShouldBe(404);
        (await GetAsync(server, "/sightglass/v1/alerts/acknowledgements")).GetProperty("acknowledgements").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData("/sightglass/v1/alerts/acknowledgements", "{}", 400, "by has to be set")]
    [InlineData("/sightglass/v1/alerts/acknowledgements", "[]", 400, "body: want an object")]
    [InlineData("/sightglass/v1/alerts/acknowledgements", "{", 400, "body:")]
    [InlineData("/sightglass/v1/alerts/acknowledgements", """{"by":"a"}""", 400, "either fingerprints or matchers")]
    [InlineData("/sightglass/v1/alerts/acknowledgements", """{"by":"a","fingerprint":"1","matchers":["a=b"]}""", 400, "either fingerprints or matchers")]
    [InlineData("/sightglass/v1/alerts/acknowledgements", """{"by":"a","fingerprint":"1"}""", 404, "no alert that fires is meant")]
    [InlineData("/sightglass/v1/alerts/acknowledgements", """{"by":"a","matchers":["a=~\".*\""]}""", 400, "at least one must not match the empty string")]
    [InlineData("/sightglass/v1/alerts/acknowledgements", """{"by":"a","matchers":["="]}""", 400, "")]
    [InlineData("/sightglass/v1/alerts/acknowledgements", """{"by":"a","matchers":"a=b"}""", 400, "matchers: want a list of texts")]
    [InlineData("/sightglass/v1/alerts/acknowledgements", """{"by":"a","fingerprint":"1","expires":"yesterday"}""", 400, "expires: got")]
    [InlineData("/sightglass/v1/alerts/acknowledgements", """{"by":"a","fingerprint":"1","expires":"2020-01-01T00:00:00Z"}""", 400, "a time to come")]
    [InlineData("/sightglass/v1/alerts/acknowledgements", """{"by":"a","fingerprint":"1","who":"b"}""", 400, "unknown key")]
    [InlineData("/sightglass/v1/alerts/acknowledgements", """{"by":7,"fingerprint":"1"}""", 400, "by: want a text")]
    [InlineData("/sightglass/v1/oncall/none/overrides", """{"person":"ana","to":"2099-01-01T00:00:00Z","by":"a"}""", 404, "no rotation")]
    [InlineData("/sightglass/v1/oncall/first/overrides", """{"person":"eve","to":"2099-01-01T00:00:00Z","by":"a"}""", 400, "no person")]
    [InlineData("/sightglass/v1/oncall/first/overrides", """{"person":"ana","by":"a"}""", 400, "to has to be set")]
    [InlineData("/sightglass/v1/oncall/first/overrides", """{"person":"ana","to":"2020-01-01T00:00:00Z","by":"a"}""", 400, "to: want a time")]
    [InlineData("/sightglass/v1/oncall/first/overrides", """{"person":"ana","to":"2099-01-01T00:00:00Z","by":"a"}""", 400, "at most 366 days")]
    public async Task What_is_asked_wrongly_is_refused_with_a_reason(string path, string body, int status, string reason)
    {
        await using var server = await RunningServer.StartAsync(Configuration);
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        var answer = await server.SendAsync(HttpMethod.Post, path, content);
        answer.Status.ShouldBe(status, answer.Body);
        JsonDocument.Parse(answer.Body).RootElement.GetProperty("error").GetString()!.ShouldContain(reason);
    }

    [Fact]
    public async Task Rotations_have_shifts_overrides_and_calendars()
    {
        await using var server = await RunningServer.StartAsync(Configuration);
        var all = await GetAsync(server, "/sightglass/v1/oncall?at=2026-03-30T07:00:00Z");
        var first = all.GetProperty("rotations")[0];
        Text(first.GetProperty("now"), "person", "from", "to", "layer").ShouldBe(["ana", "2026-03-30T07:00:00Z", "2026-04-06T07:00:00Z", "layer 1"]);
        Text(first.GetProperty("next"), "person", "from", "to").ShouldBe(["ben", "2026-04-06T07:00:00Z", "2026-04-13T07:00:00Z"]);
        all.GetProperty("rotations")[1].GetProperty("now").ValueKind.ShouldBe(JsonValueKind.Null);

        var to = DateTimeOffset.UtcNow.AddHours(3).ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);
        var made = await PostAsync(server, "/sightglass/v1/oncall/later/overrides", $$"""{"person":"ben","to":"{{to}}","by":"ana","comment":"swap"}""", 201);
        var later = await GetAsync(server, "/sightglass/v1/oncall/later");
        later.GetProperty("now").GetProperty("override").GetString().ShouldBe(made.GetProperty("id").GetString());
        Text(later.GetProperty("overrides")[0], "person", "createdBy", "comment", "to").ShouldBe(["ben", "ana", "swap", to]);
        (await GetAsync(server, "/sightglass/v1/people")).GetProperty("people")[1].GetProperty("onCall").EnumerateArray().Select(static r => r.GetString()).ShouldContain("later");

        var calendar = await server.SendAsync(HttpMethod.Get, "/sightglass/v1/oncall/later.ics");
        calendar.Body.ShouldContain("SUMMARY:ben on call: later\r\n");
        (await server.SendAsync(HttpMethod.Get, "/sightglass/v1/people/ben.ics")).Body.ShouldContain("SUMMARY:ben on call: first\r\n");
        (await server.SendAsync(HttpMethod.Delete, $"/sightglass/v1/oncall/first/overrides/{made.GetProperty("id").GetString()}")).Status.ShouldBe(404);
        (await server.SendAsync(HttpMethod.Delete, $"/sightglass/v1/oncall/later/overrides/{made.GetProperty("id").GetString()}")).Status.ShouldBe(204);
        (await GetAsync(server, "/sightglass/v1/oncall/later")).GetProperty("now").ValueKind.ShouldBe(JsonValueKind.Null);
        foreach (var path in new[] { "oncall/none", "oncall/none.ics", "people/eve.ics", })
        {
            (await server.SendAsync(HttpMethod.Get, "/sightglass/v1/" + path)).Status.ShouldBe(404);
        }

        (await server.SendAsync(HttpMethod.Get, "/sightglass/v1/oncall/first?from=2026-01-01T00:00:00Z&to=2028-01-01T00:00:00Z")).Body.ShouldContain("MaxRange");
    }

    [Fact]
    public async Task A_link_shows_what_it_is_for_and_acts_only_when_its_button_is_pressed()
    {
        await using var server = await RunningServer.StartAsync(Configuration);
        await FireAsync(server, "<script>alert(1)</script>");
        await UntilAsync(server, "/sightglass/v1/escalations", static e => e.GetProperty("escalations").GetArrayLength() == 1);
        string link;
        // The server has the file for itself.
        foreach (var suffix in (string[])[string.Empty, "-wal"])
        {
            File.Copy(server.PathOf("data/state.db" + suffix), server.PathOf("copy.db" + suffix));
        }

        using (var database = new StateDatabase(server.PathOf("copy.db")))
        {
            var key = (await GetAsync(server, "/sightglass/v1/escalations")).GetProperty("escalations")[0].GetProperty("groupKey").GetString()!;
            link = new AcknowledgeLinks(LinkKey.Read(database), new Uri("http://sight.example/x/")).For(key, "ana", DateTimeOffset.UtcNow, TimeSpan.FromHours(1));
        }

        link.ShouldStartWith("http://sight.example/x/sightglass/ack?t=");
        var path = link["http://sight.example/x".Length..];
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head })
        {
            var shown = await server.SendAsync(method, path);
            shown.Status.ShouldBe(200);
            shown.Body.ShouldNotContain("<script>alert");
        }

        (await server.SendAsync(HttpMethod.Get, path)).Body.ShouldContain("value=\"ana\"");
        (await GetAsync(server, "/sightglass/v1/alerts/acknowledgements")).GetProperty("acknowledgements").GetArrayLength().ShouldBe(0);
        foreach (var bad in new[] { path + "A", path[..^1], "/sightglass/ack", "/sightglass/ack?t=" + new string('a', 9000) })
        {
            (await server.SendAsync(HttpMethod.Get, bad)).Status.ShouldBe(403);
            (await server.SendAsync(HttpMethod.Post, bad)).Status.ShouldBe(403);
        }

        using var form = new FormUrlEncodedContent([new("by", "<b>Ana\r\n</b>"), new("comment", "on it")]);
        var done = await server.SendAsync(HttpMethod.Post, path, form);
        done.Status.ShouldBe(200);
        done.Body.ShouldContain("acknowledged by &lt;b&gt;Ana&lt;/b&gt;");
        Text((await GetAsync(server, "/sightglass/v1/alerts/acknowledgements")).GetProperty("acknowledgements")[0], "by", "comment").ShouldBe(["<b>Ana</b>", "on it"]);

        // Pressed again, it stays with who has it.
        using var again = new FormUrlEncodedContent([new("by", "Eve")]);
        (await server.SendAsync(HttpMethod.Post, path, again)).Status.ShouldBe(200);
        (await GetAsync(server, "/sightglass/v1/alerts/acknowledgements")).GetProperty("acknowledgements")[0].GetProperty("by").GetString().ShouldBe("<b>Ana</b>");
        using var large = new StringContent("by=" + new string('a', 20_000));
        (await server.SendAsync(HttpMethod.Post, path, large)).Status.ShouldBe(413);
    }

    private static async Task<string> FireAsync(RunningServer server, string name)
    {
        using var content = new StringContent($$$"""[{"labels":{"alertname":"{{{name}}}","severity":"critical"},"annotations":{"summary":"s"}}]""", Encoding.UTF8, "application/json");
        (await server.SendAsync(HttpMethod.Post, "/api/v2/alerts", content)).Status.ShouldBe(200);
        return (await GetAsync(server, "/api/v2/alerts"))[0].GetProperty("fingerprint").GetString()!;
    }

    private static async Task<JsonElement> GetAsync(RunningServer server, string path)
    {
        var (status, body) = await server.SendAsync(HttpMethod.Get, path);
        status.ShouldBe(200, body);
        return JsonDocument.Parse(body).RootElement;
    }

    private static async Task<JsonElement> PostAsync(RunningServer server, string path, string json, int expected = 200)
    {
        // As curl -d sends it.
        using var content = new StringContent(json, Encoding.UTF8, "application/x-www-form-urlencoded");
        var (status, body) = await server.SendAsync(HttpMethod.Post, path, content);
        status.ShouldBe(expected, body);
        return JsonDocument.Parse(body).RootElement;
    }

    private static async Task UntilAsync(RunningServer server, string path, Func<JsonElement, bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition(await GetAsync(server, path)))
        {
            patience.IsCancellationRequested.ShouldBeFalse($"{path} did not become what it should");
            await Task.Delay(50);
        }
    }

    private static string[] Text(JsonElement element, params string[] names) => [.. names.Select(n => element.GetProperty(n).GetString()!)];
}
