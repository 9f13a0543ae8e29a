using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Prometheus;

/// <summary>What Grafana's Prometheus data source sends for dashboards that people use, and when it is set up.</summary>
public sealed class GrafanaTests : IAsyncLifetime
{
    private readonly long _now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    private RunningServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await RunningServer.StartAsync(string.Empty);
        foreach (var (name, value) in new[] { ("node_uname_info", 1.0), ("node_load1", 0.5), ("node_time_seconds", _now / 1000.0), ("node_boot_time_seconds", 1e9), ("node_memory_MemTotal_bytes", 1e10), ("apache_up", 1) })
        {
            await _server.PushGaugeAsync(name, value, _now, ("job", "node"), ("instance", "n:9100"), ("nodename", "n"));
        }
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [SharedTheory]
    [InlineData("node-exporter-full.json", 250)]
    [InlineData("apache-full.json", 20)]
    public async Task Every_query_of_a_dashboard_is_answered(string file, int atLeast)
    {
        using var dashboard = JsonDocument.Parse(await File.ReadAllTextAsync(SharedInput.PathOf(Path.Combine("data", "dashboards", file))));
        var failed = new List<string>();
        var sent = 0;
        foreach (var target in Targets(dashboard.RootElement.GetProperty("panels")))
        {
            var query = Fill(target.GetProperty("expr").GetString()!);
            sent++;
            if (!Flag(target, "instant") || Flag(target, "range"))
            {
                await Post("/api/v1/query_range", failed, ("query", query), ("start", Seconds(_now - 3_600_000)), ("end", Seconds(_now)), ("step", "15"));
            }

            if (Flag(target, "instant"))
            {
                await Post("/api/v1/query", failed, ("query", query), ("time", Seconds(_now)));
            }

            if (Flag(target, "exemplar"))
            {
                await Post("/api/v1/query_exemplars", failed, ("query", query), ("start", Seconds(_now - 3_600_000)), ("end", Seconds(_now)));
            }
        }

        failed.ShouldBeEmpty();
        sent.ShouldBeGreaterThanOrEqualTo(atLeast);
    }

    [Fact]
    public async Task A_data_source_is_found_alive()
    {
        var failed = new List<string>();
        (await Post("/api/v1/query", failed, ("query", "1+1"), ("time", "4"))).ShouldContain("[4,\"2\"]");
        (await _server.DataAsync("/api/v1/status/buildinfo")).GetProperty("version").GetString()!.ShouldStartWith("3.");
        (await _server.DataAsync("/api/v1/rules")).TryGetProperty("groups", out _).ShouldBeTrue();
        (await _server.DataAsync("/api/v1/metadata?limit=40000")).ValueKind.ShouldBe(JsonValueKind.Object);
        failed.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/api/v1/labels", "\"nodename\"")]
    [InlineData("/api/v1/labels?match[]=node_uname_info", "\"instance\"")]
    [InlineData("/api/v1/label/__name__/values", "\"node_load1\"")]
    [InlineData("/api/v1/label/job/values?match[]=node_uname_info", "[\"node\"]")]
    [InlineData("/api/v1/label/instance/values?match[]=node_uname_info{job=\"node\",nodename=\"n\"}&limit=40000", "[\"n:9100\"]")]
    [InlineData("/api/v1/series?match[]=node_uname_info", "\"nodename\":\"n\"")]
    [InlineData("/api/v1/format_query?query=sum(node_load1)by(job)", "sum by (job) (node_load1)")]
    [InlineData("/api/v1/parse_query?query=rate(node_load1[5m])", "\"type\":\"matrixSelector\"")]
    public async Task Its_builder_finds_names_and_values(string path, string part)
    {
        var range = $"{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}start={Seconds(_now - 3_600_000)}&end={Seconds(_now)}";
        (await _server.DataAsync(path + range)).GetRawText().ShouldContain(part);
    }

    [Theory]
    [InlineData("/api/v1/labels", "match[]", "node_uname_info")]
    [InlineData("/api/v1/series", "match[]", "node_uname_info")]
    [InlineData("/api/v1/query_exemplars", "query", "node_uname_info")]
    [InlineData("/prometheus/api/v1/query", "query", "node_uname_info")]
    public async Task Long_requests_come_as_forms(string path, string name, string value)
    {
        var failed = new List<string>();
        await Post(path, failed, (name, value), ("start", Seconds(_now - 3_600_000)), ("end", Seconds(_now)));
        failed.ShouldBeEmpty();
    }

    private static IEnumerable<JsonElement> Targets(JsonElement panels)
    {
        foreach (var panel in panels.EnumerateArray())
        {
            foreach (var target in panel.TryGetProperty("targets", out var targets) ? targets.EnumerateArray() : default)
            {
                if (target.TryGetProperty("expr", out _))
                {
                    yield return target;
                }
            }

            foreach (var target in panel.TryGetProperty("panels", out var inner) ? Targets(inner) : [])
            {
                yield return target;
            }
        }
    }

    private static string Fill(string expression) => Regex.Replace(expression, @"\$\{?(__\w+|job|node|instance)\}?", match => match.Groups[1].Value switch
    {
        "__rate_interval" => "1m0s",
        "__interval" => "15s",
        "__range" => "1h",
        "job" => "node",
        _ => "n:9100",
    });

    private static bool Flag(JsonElement target, string name) => target.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static string Seconds(long milliseconds) => (milliseconds / 1000.0).ToString("F3", CultureInfo.InvariantCulture);

    private async Task<string> Post(string path, List<string> failed, params (string Name, string Value)[] form)
    {
        using var content = new FormUrlEncodedContent(form.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        var (status, body) = await _server.SendAsync(HttpMethod.Post, path, content);
        if (status != 200 || !body.StartsWith("{\"status\":\"success\"", StringComparison.Ordinal))
        {
            failed.Add($"{path} {string.Join('&', form.Select(f => $"{f.Name}={f.Value}"))}: {status} {body}");
        }

        return body;
    }
}
