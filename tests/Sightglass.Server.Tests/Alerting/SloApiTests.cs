using System.Text.Json;
using Sightglass.Server.CommandLine;
using Sightglass.Server.Tests.Prometheus;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Alerting;

public sealed class SloApiTests
{
    private const string Configuration = """
        global: {evaluation_interval: 1s}
        slos:
        - {name: shop, service: web, objective: 99, window: 1h, labels: {team: a}, indicator: {ratio: {errors: 'requests_total{code="500"}', total: requests_total}}}
        - {name: quiet, service: web, objective: 99.9}
        slo_files: ['*.slo.yml']
        """;

    private const string OpenSlo = """
        apiVersion: openslo/v1
        kind: SLO
        metadata: {name: latency, displayName: Fast}
        spec:
          service: front
          indicator: {metadata: {name: i}, spec: {thresholdMetric: {metricSource: {type: Prometheus, spec: {query: latency_seconds}}}}}
          timeWindow: [{duration: 1M, calendar: {startTime: '2026-01-01 00:00:00', timeZone: UTC}}]
          objectives: [{op: lte, value: 0.5, target: 0.9}]
        """;

    [Fact]
    public async Task Objectives_are_evaluated_and_told_of()
    {
        await using var server = await RunningServer.StartAsync(Configuration, ("front.slo.yml", OpenSlo));
        var now = DateTimeOffset.UtcNow;
        for (var minute = 0; minute <= 20; minute++)
        {
            foreach (var (code, route, perMinute) in new[] { ("500", "/pay", 6), ("500", "/cart", 2), ("200", "/pay", 42), ("200", "/cart", 50) })
            {
                await server.PushGaugeAsync("requests_total", minute * perMinute, now.AddMinutes(minute - 20).ToUnixTimeMilliseconds(), ("code", code), ("route", route));
            }
        }

        var one = await GetAsync(server, "/sightglass/v1/slos/shop?by=route");
        one.GetProperty("state").GetString().ShouldBe("exhausted");
        one.GetProperty("sli").GetDouble().ShouldBe(0.92, 1e-6);
        one.GetProperty("budgetRemaining").GetDouble().ShouldBe(-7, 1e-3);
        one.GetProperty("exhaustedAt").GetString().ShouldNotBeNull();
        one.GetProperty("labels").GetProperty("team").GetString().ShouldBe("a");
        one.GetProperty("burnRates")[0].GetProperty("long").GetDouble().ShouldBe(8, 1e-3);
        one.GetProperty("burnRates")[1].GetProperty("tooFast").GetBoolean().ShouldBeTrue();
        var culprits = one.GetProperty("culprits")[0];
        culprits.GetProperty("values")[0].GetProperty("value").GetString().ShouldBe("/pay");
        culprits.GetProperty("values")[0].GetProperty("share").GetDouble().ShouldBe(0.75, 1e-6);

        // The queries of a chart, over the window asked for.
        var queries = await GetAsync(server, "/sightglass/v1/slos/shop/queries?window=10m");
        queries.GetProperty("language").GetString().ShouldBe("promql");
        queries.GetProperty("windowSeconds").GetDouble().ShouldBe(600);
        foreach (var (query, value) in new[] { ("errorRatio", 0.08), ("errorRate", 8 / 60.0), ("totalRate", 100 / 60.0) })
        {
            var found = (await server.DataAsync($"/api/v1/query?query={Uri.EscapeDataString(queries.GetProperty(query).GetString()!)}")).GetProperty("result")[0].GetProperty("value")[1].GetString();
            double.Parse(found!, System.Globalization.CultureInfo.InvariantCulture).ShouldBe(value, value * 0.2);
        }

        (await server.SendAsync(HttpMethod.Get, "/sightglass/v1/slos/shop/queries?window=0")).Status.ShouldBe(400);

        var all = (await GetAsync(server, "/sightglass/v1/slos")).GetProperty("slos").EnumerateArray().ToArray();
        all.Select(static s => s.GetProperty("name").GetString()).ShouldBe(["shop", "quiet", "latency"]);
        all[1].GetProperty("state").GetString().ShouldBe("no_data");
        all[1].GetProperty("budgetRemaining").GetDouble().ShouldBe(1);
        all[2].GetProperty("window").GetProperty("end").GetString().ShouldEndWith("-01T00:00:00Z");
        (await GetAsync(server, "/sightglass/v1/slos?service=front")).GetProperty("slos").GetArrayLength().ShouldBe(1);
        (await server.SendAsync(HttpMethod.Get, "/sightglass/v1/slos/none")).Status.ShouldBe(404);

        var groups = (await server.DataAsync("/api/v1/rules")).GetProperty("groups").EnumerateArray().Select(static g => g.GetProperty("name").GetString()).ToArray();
        groups.ShouldContain("slo-shop-page");
        groups.ShouldContain("slo-latency-budget");

        server.Write("sightglass.yml", "slos: []");
        (await server.ReloadAsync()).ShouldBeNull();
        (await GetAsync(server, "/sightglass/v1/slos")).GetProperty("slos").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public void The_commands_know_the_files()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.PathOf("front.slo.yml"), OpenSlo);
        File.WriteAllText(folder.PathOf("c.yml"), Configuration);
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var check = new FileCheck(output, errors, true, false, Sightglass.Alerting.Rules.NameValidation.Utf8);
        check.Check(folder.PathOf("front.slo.yml"), null).ShouldBe(0, errors.ToString());
        check.Check(folder.PathOf("c.yml"), null).ShouldBe(0, errors.ToString());
        output.ToString().ShouldContain("front.slo.yml: OpenSLO, 1 objective");
        output.ToString().ShouldContain("0 log sources, 3 objectives");
        File.WriteAllText(folder.PathOf("bad.yml"), OpenSlo.Replace("value: 0.5", "value: x", StringComparison.Ordinal));
        check.Check(folder.PathOf("bad.yml"), null).ShouldBe(1);
        errors.ToString().ShouldContain("bad.yml:8: value: got \"x\", want a number");

        foreach (var (file, groups) in new[] { ("front.slo.yml", 3), ("c.yml", 9) })
        {
            using var rules = new StringWriter();
            SloCommand.Rules(folder.PathOf(file), rules).ShouldBe(0);
            new Sightglass.Alerting.Rules.RuleFileLoader().Load("r.yml", rules.ToString()).Groups.Count.ShouldBe(groups);
        }
    }

    private static async Task<JsonElement> GetAsync(RunningServer server, string path)
    {
        var (status, body) = await server.SendAsync(HttpMethod.Get, path);
        status.ShouldBe(200, body);
        return JsonDocument.Parse(body).RootElement;
    }
}
