using System.Globalization;
using System.Text;
using System.Text.Json;
using Sightglass.Server.Tests.Prometheus;

namespace Sightglass.Server.Tests.Alerting;

/// <summary>Agreements, objectives that services make by themselves, and what is made of spans, through the whole server.</summary>
public sealed class SlaApiTests
{
    private const string Configuration = """
        global: {evaluation_interval: 1s}
        slas:
        - name: shop
          service: web
          display_name: <Shop> & co
          time_zone: Europe/Berlin
          slot: 1m
          targets:
            uptime: {objective: 99.9, indicator: {ratio: {errors: 'requests_total{code="500"}', total: requests_total}}}
            error_rate: {at_most: 1, indicator: {spans: {}}}
        - {name: none, service: other, targets: {uptime: {objective: 99}}}
        slos:
        - {name: spans, service: web, objective: 90, window: 1d, indicator: {spans: {threshold: 300ms}}}
        rule_files: ['r.yml']
        """;

    private const string Rules = """
        groups:
        - name: spans
          interval: 1s
          query_language: traceql
          rules:
          - {alert: Slow, expr: '{ kind = server } | max_over_time(duration) by (resource.service.name) > 500ms with(window=30m)'}
          - {record: 'spans:count', expr: '{} | count_over_time() with(window=30m)'}
        """;

    [Fact]
    public async Task What_was_promised_is_compared_with_what_was_achieved()
    {
        await using var server = await RunningServer.StartAsync(Configuration, ("r.yml", Rules));
        var now = DateTimeOffset.UtcNow;
        for (var minute = 0; minute <= 20; minute++)
        {
            foreach (var (code, count) in new[] { ("500", Math.Max(0, minute - 10) * 30), ("200", minute * 60) })
            {
                await server.PushGaugeAsync("requests_total", count, now.AddMinutes(minute - 20).ToUnixTimeMilliseconds(), ("code", code));
                await server.PushGaugeAsync("requests_total", count + (code == "500" ? Math.Max(0, minute - 10) * 15 : 30), now.AddMinutes(minute - 20).AddSeconds(30).ToUnixTimeMilliseconds(), ("code", code));
            }
        }

        await SendSpansAsync(server, now);
        var sla = await GetAsync(server, "/sightglass/v1/slas/shop");
        sla.GetProperty("state").GetString().ShouldBe("missed");
        var period = sla.GetProperty("period");
        period.GetProperty("timeZone").GetString().ShouldBe("Europe/Berlin");
        period.GetProperty("complete").GetBoolean().ShouldBeFalse();
        var uptime = sla.GetProperty("targets")[0];
        uptime.GetProperty("promised").GetDouble().ShouldBe(0.999);
        uptime.GetProperty("missedMinutes").GetDouble().ShouldBeInRange(7, 11);
        uptime.GetProperty("incidentCount").GetInt32().ShouldBeGreaterThan(0);
        sla.GetProperty("incidents")[0].GetProperty("kind").GetString().ShouldBe("uptime");
        sla.GetProperty("gaps").GetArrayLength().ShouldBeGreaterThan(0);
        sla.GetProperty("days").GetArrayLength().ShouldBeGreaterThan(0);
        var spans = sla.GetProperty("targets")[1];
        spans.GetProperty("kind").GetString().ShouldBe("error_rate");
        spans.GetProperty("achieved").GetDouble().ShouldBe(0.25, 1e-9);
        spans.GetProperty("requests").GetDouble().ShouldBe(4);

        var all = (await GetAsync(server, "/sightglass/v1/slas")).GetProperty("slas").EnumerateArray().ToArray();
        all.Select(static s => s.GetProperty("state").GetString()).ShouldBe(["missed", "no_data"]);
        all[0].TryGetProperty("days", out _).ShouldBeFalse();
        (await GetAsync(server, "/sightglass/v1/slas?service=other")).GetProperty("slas").GetArrayLength().ShouldBe(1);

        foreach (var (path, status) in new[] { ("slas/nobody", 404), ("slas/shop?period=2026-13", 400), ("slas/shop?period=2999-01", 400), ("slas/shop/report.html?period=x", 400) })
        {
            var (got, body) = await server.SendAsync(HttpMethod.Get, "/sightglass/v1/" + path);
            got.ShouldBe(status, body);
            JsonDocument.Parse(body).RootElement.GetProperty("error").GetString().ShouldNotBeNullOrEmpty();
        }

        using var page = await server.Client.GetAsync(new Uri("/sightglass/v1/slas/shop/report.html", UriKind.Relative));
        page.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        page.Headers.GetValues("Content-Security-Policy").Single().ShouldStartWith("default-src 'none'; style-src 'sha256-");
        var html = await page.Content.ReadAsStringAsync();
        html.ShouldContain("&lt;Shop&gt; &amp; co");
        html.ShouldNotContain("<script", Case.Insensitive);
        html.ShouldNotContain("style=");
        html.ShouldContain("up 99.9% of the time");
    }

    [Fact]
    public async Task Rules_and_objectives_are_evaluated_over_spans()
    {
        await using var server = await RunningServer.StartAsync(Configuration, ("r.yml", Rules));
        await SendSpansAsync(server, DateTimeOffset.UtcNow);
        var alert = await UntilAsync(async () => (await server.DataAsync("/api/v1/alerts")).GetProperty("alerts").EnumerateArray().FirstOrDefault(static a => a.GetProperty("labels").GetProperty("alertname").GetString() == "Slow"));
        alert.GetProperty("labels").GetProperty("resource_service_name").GetString().ShouldBe("web");
        double.Parse(alert.GetProperty("value").GetString()!, CultureInfo.InvariantCulture).ShouldBe(0.8);
        (await ValueAsync(server, "spans:count")).ShouldBe(4);
        (await ValueAsync(server, "slo:total:rate2m{slo='spans'}")).ShouldBe(4);
        (await ValueAsync(server, "slo:errors:rate2m{slo='spans'}")).ShouldBe(2);
        var slo = await GetAsync(server, "/sightglass/v1/slos/spans");
        slo.GetProperty("name").GetString().ShouldBe("spans");

        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var range = await GetAsync(server, $"/tempo/api/metrics/query_range?q={Uri.EscapeDataString("{} | count_over_time() by (status)")}&start={now - 600}&end={now}&step=60s");
        range.GetProperty("series").EnumerateArray().Select(static s => s.GetProperty("promLabels").GetString()).ShouldBe(["{status=\"error\"}", "{status=\"unset\"}"]);
        range.GetProperty("series")[1].GetProperty("samples").EnumerateArray().Sum(static s => s.GetProperty("value").GetDouble()).ShouldBe(3);
    }

    [Fact]
    public async Task A_service_that_counts_for_itself_has_objectives()
    {
        await using var server = await RunningServer.StartAsync("global: {evaluation_interval: 1s}\nslo_defaults: {objective: 99.5, latency: {threshold: 200ms}}");
        var now = DateTimeOffset.UtcNow;
        for (var minute = 0; minute <= 10; minute++)
        {
            var at = now.AddMinutes(minute - 10).ToUnixTimeMilliseconds();
            await server.PushGaugeAsync("sli_availability_total", minute * 100, at, ("service", "pay"), ("status", "success"));
            await server.PushGaugeAsync("sli_availability_total", 0, at, ("service", "quiet"), ("status", "success"));
            await server.PushGaugeAsync("sli_latency_seconds_count", minute * 100, at, ("service", "pay"));
            await server.PushGaugeAsync("sli_latency_seconds_bucket", minute * 90, at, ("service", "pay"), ("le", "0.2"));
        }

        (await server.ReloadAsync()).ShouldBeNull();
        var slos = (await GetAsync(server, "/sightglass/v1/slos")).GetProperty("slos").EnumerateArray().ToArray();
        slos.Select(static s => s.GetProperty("name").GetString()).ShouldBe(["pay-availability", "pay-latency", "quiet-availability"]);
        slos[0].GetProperty("objective").GetDouble().ShouldBe(0.995);
        slos[1].GetProperty("sli").GetDouble().ShouldBe(0.9, 1e-6);
        slos[2].GetProperty("state").GetString().ShouldBe("no_data");
        slos[2].GetProperty("budgetRemaining").GetDouble().ShouldBe(1);
        slos[1].GetProperty("budgetRemaining").GetDouble().ShouldBe(-9, 1e-6);
        (await server.DataAsync("/api/v1/rules")).GetProperty("groups").EnumerateArray().Select(static g => g.GetProperty("name").GetString()).ShouldContain("slo-quiet-availability-budget");

        // What somebody wrote is in place of what is made.
        server.Write("sightglass.yml", "global: {evaluation_interval: 1s}\nslos: [{name: mine, service: pay, objective: 90}]");
        (await server.ReloadAsync()).ShouldBeNull();
        (await GetAsync(server, "/sightglass/v1/slos")).GetProperty("slos").EnumerateArray().Select(static s => s.GetProperty("name").GetString()).ShouldBe(["mine", "quiet-availability"]);
        server.Write("sightglass.yml", "slo_defaults: {enabled: false}");
        (await server.ReloadAsync()).ShouldBeNull();
        (await GetAsync(server, "/sightglass/v1/slos")).GetProperty("slos").GetArrayLength().ShouldBe(0);
    }

    // Four spans of servers a minute ago, of which one failed and two took 400 and 800 ms.
    private static async Task SendSpansAsync(RunningServer server, DateTimeOffset now)
    {
        var start = now.AddMinutes(-1).ToUnixTimeMilliseconds();
        var spans = string.Join(',', new[] { (1, 100, 0), (2, 200, 2), (3, 400, 0), (4, 800, 0) }.Select(s =>
            $$$"""{"traceId":"5b8efff798038103d269b633813fc6{{{s.Item1:00}}}","spanId":"eee19b7ec3c1b1{{{s.Item1:00}}}","name":"get","kind":2,"startTimeUnixNano":"{{{start}}}000000","endTimeUnixNano":"{{{start + s.Item2}}}000000","status":{"code":{{{s.Item3}}}}}"""));
        using var content = new StringContent(
            $$$"""{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"web"}}]},"scopeSpans":[{"spans":[{{{spans}}}]}]}]}""", Encoding.UTF8, "application/json");
        var (status, answer) = await server.SendAsync(HttpMethod.Post, "/v1/traces", content);
        status.ShouldBe(200, answer);
    }

    private static Task<double> ValueAsync(RunningServer server, string query) => UntilAsync(async () =>
        (await server.DataAsync("/api/v1/query?query=" + Uri.EscapeDataString(query))).GetProperty("result") is { } result && result.GetArrayLength() > 0
            ? double.Parse(result[0].GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture)
            : (double?)null);

    private static async Task<double> UntilAsync(Func<Task<double?>> ask)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (await ask() is { } value)
            {
                return value;
            }

            attempt.ShouldBeLessThan(600);
            await Task.Delay(50);
        }
    }

    private static async Task<JsonElement> UntilAsync(Func<Task<JsonElement>> ask)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (await ask() is { ValueKind: not JsonValueKind.Undefined } value)
            {
                return value;
            }

            attempt.ShouldBeLessThan(600);
            await Task.Delay(50);
        }
    }

    private static async Task<JsonElement> GetAsync(RunningServer server, string path)
    {
        var (status, body) = await server.SendAsync(HttpMethod.Get, path);
        status.ShouldBe(200, body);
        return JsonDocument.Parse(body).RootElement;
    }
}
