using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd;

/// <summary>OpenTelemetry's own examples go in over port 4318 and come back field by field, also after kill -9.</summary>
public sealed class OtlpTests
{
    private const string TraceHex = "5B8EFFF798038103D269B633813FC60C";

    [SharedFact]
    public async Task Examples_come_back_field_by_field_also_after_kill()
    {
        using var data = new TemporaryFolder();
        // Seconds of now in place of the examples' 2018; the nanoseconds stay as they are.
        var seconds = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 60;
        await using (var server = await ServerProcess.StartAsync(data.FullPath))
        {
            foreach (var (file, path) in new[] { ("metrics.json", "/v1/metrics"), ("logs.json", "/v1/logs"), ("events.json", "/v1/logs"), ("trace.json", "/v1/traces") })
            {
                var body = MoveTimes(await File.ReadAllTextAsync(SharedInput.PathOf($"conformance/otlp/{file}")), seconds);
                using var content = new StringContent(body, Encoding.UTF8, "application/json");
                using var answer = await server.Otlp.PostAsync(new Uri(path, UriKind.Relative), content);
                answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
                JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["partialSuccess"]?["errorMessage"].ShouldBeNull();
            }

            await CheckAll(server, seconds);
            await server.KillAsync();
        }

        await using var again = await ServerProcess.StartAsync(data.FullPath);
        await CheckAll(again, seconds);
    }

    // The examples' times are 1544712660 and 1544712661 seconds, with a fraction.
    private static string MoveTimes(string body, long seconds) =>
        body.Replace("1544712660", seconds.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("1544712661", (seconds + 1).ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static async Task CheckAll(ServerProcess server, long seconds)
    {
        await CheckMetrics(server);
        await CheckLogs(server, seconds);
        await CheckTrace(server, seconds);
    }

    private static async Task CheckMetrics(ServerProcess server)
    {
        async Task<JsonElement> One(string query)
        {
            var answer = await server.GetAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}");
            var result = answer.GetProperty("data").GetProperty("result");
            result.GetArrayLength().ShouldBe(1, $"{query}: {answer}");
            return result[0];
        }

        var counter = await One("my_counter_total");
        counter.GetProperty("value")[1].GetString().ShouldBe("5");
        var labels = counter.GetProperty("metric");
        labels.GetProperty("job").GetString().ShouldBe("my.service");
        labels.GetProperty("my_counter_attr").GetString().ShouldBe("some value");
        labels.TryGetProperty("otel_scope_name", out _).ShouldBeFalse();
        (await One("my_gauge_ratio")).GetProperty("value")[1].GetString().ShouldBe("10");
        (await One("my_histogram_count or my_histogram_ratio_count")).GetProperty("value")[1].GetString().ShouldBe("2");
        (await One("my_histogram_sum or my_histogram_ratio_sum")).GetProperty("value")[1].GetString().ShouldBe("2");
        (await One("{__name__=~\"my_histogram.*_bucket\", le=\"1\"} or {__name__=~\"my_histogram.*_bucket\", le=\"1.0\"}")).GetProperty("value")[1].GetString().ShouldBe("1");
        (await One("{__name__=~\"my_histogram.*_bucket\", le=\"+Inf\"}")).GetProperty("value")[1].GetString().ShouldBe("2");
        (await One("histogram_count({__name__=~\"my_exponential_histogram.*\"})")).GetProperty("value")[1].GetString().ShouldBe("3");
        (await One("histogram_sum({__name__=~\"my_exponential_histogram.*\"})")).GetProperty("value")[1].GetString().ShouldBe("10");
        var metadata = await server.GetAsync("/api/v1/metadata?metric=my_counter_total");
        var family = metadata.GetProperty("data").GetProperty("my_counter_total")[0];
        (family.GetProperty("type").GetString(), family.GetProperty("help").GetString()).ShouldBe(("counter", "I am a Counter"));
    }

    private static async Task CheckLogs(ServerProcess server, long seconds)
    {
        var answer = await server.GetAsync($"/loki/api/v1/query_range?query={Uri.EscapeDataString("{service_name=\"my.service\"}")}&start={seconds - 600}&end={seconds + 600}");
        var lines = answer.GetProperty("data").GetProperty("result").EnumerateArray()
            .SelectMany(s => s.GetProperty("values").EnumerateArray().Select(v => (Labels: s.GetProperty("stream"), Time: v[0].GetString(), Line: v[1].GetString()))).ToArray();
        lines.Length.ShouldBe(2);
        lines.ShouldAllBe(l => l.Time == $"{seconds}300000000");
        var log = lines.Single(l => l.Line == "Example log record").Labels;
        foreach (var (name, value) in new[]
        {
            ("service_name", "my.service"), ("scope_name", "my.library"), ("scope_version", "1.0.0"), ("severity_text", "Information"), ("severity_number", "10"),
            ("trace_id", TraceHex.ToLowerInvariant()), ("span_id", "eee19b7ec3c1b174"), ("string_attribute", "some string"), ("boolean_attribute", "true"), ("int_attribute", "10"),
            ("double_attribute", "637.704"), ("array_attribute", "[\"many\",\"values\"]"), ("map_attribute_some_map_key", "some value"), ("detected_level", "info"),
        })
        {
            log.TryGetProperty(name, out var got).ShouldBeTrue($"{name} is missing in {log}");
            got.GetString().ShouldBe(value, name);
        }

        var page = lines.Single(l => l.Line != "Example log record");
        page.Labels.GetProperty("event_attribute").GetString().ShouldBe("some event attribute");
        JsonDocument.Parse(page.Line!).RootElement.GetProperty("title").GetString().ShouldBe("Free Online GUID Generator");
    }

    private static async Task CheckTrace(ServerProcess server, long seconds)
    {
        var answer = await server.GetAsync($"/tempo/api/v2/traces/{TraceHex}");
        var resource = answer.GetProperty("trace").GetProperty("resourceSpans")[0];
        resource.GetProperty("resource").GetProperty("attributes")[0].GetProperty("value").GetProperty("stringValue").GetString().ShouldBe("my.service");
        var scope = resource.GetProperty("scopeSpans")[0];
        scope.GetProperty("scope").GetProperty("name").GetString().ShouldBe("my.library");
        scope.GetProperty("scope").GetProperty("version").GetString().ShouldBe("1.0.0");
        var span = scope.GetProperty("spans")[0];
        Convert.ToHexString(span.GetProperty("traceId").GetBytesFromBase64()).ShouldBe(TraceHex);
        Convert.ToHexString(span.GetProperty("spanId").GetBytesFromBase64()).ShouldBe("EEE19B7EC3C1B174");
        Convert.ToHexString(span.GetProperty("parentSpanId").GetBytesFromBase64()).ShouldBe("EEE19B7EC3C1B173");
        span.GetProperty("name").GetString().ShouldBe("I'm a server span");
        span.GetProperty("kind").GetString().ShouldBe("SPAN_KIND_SERVER");
        span.GetProperty("startTimeUnixNano").GetString().ShouldBe($"{seconds}000000000");
        span.GetProperty("endTimeUnixNano").GetString().ShouldBe($"{seconds + 1}000000000");
        span.GetProperty("attributes")[0].GetProperty("key").GetString().ShouldBe("my.span.attr");
        var found = await server.GetAsync($"/tempo/api/search?q={Uri.EscapeDataString("{ span.my.span.attr = \"some value\" && kind = server && duration = 1s }")}&start={seconds - 600}&end={seconds + 600}");
        found.GetProperty("traces").GetArrayLength().ShouldBe(1);
    }
}
