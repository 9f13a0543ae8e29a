using System.Net;
using System.Text;
using System.Text.Json;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL;
using Sightglass.Server.Api.Loki;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Loki;

public sealed class LokiApiTests : IAsyncLifetime
{
    // The manual clock's start.
    private const long Now = 1_767_225_600L * 1_000_000_000;
    private const long Second = 1_000_000_000;

    private readonly InMemoryEventStore _store = new();
    private ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        using var batch = LogBatch.Rent();
        for (var i = 0; i < 5; i++)
        {
            batch.AddAttribute("app"u8, AttributeType.String, i < 3 ? "b"u8 : "a"u8);
            var resource = batch.EndResource(ResourceKind.Labels);
            batch.AddAttribute("user"u8, AttributeType.String, Encoding.UTF8.GetBytes($"u{i}"));
            batch.AddRow(new LogRow { TimeUnixNano = Now - ((10 - i) * Second), Resource = resource, Scope = -1, BodyType = AttributeType.String, BodyBits = batch.AddText($"n={i}").Packed });
        }

        _store.Append(batch);
        _host = await ApiHost.StartAsync(r => LokiApi.Map(r, new LogQLEngine(_store, QueryLimits.Default), QueryLimits.Default, new ManualTimeProvider()));
    }

    public Task DisposeAsync() => _host.DisposeAsync().AsTask();

    private static string Path(string path, params (string Name, string Value)[] query) =>
        $"/loki/api/v1/{path}?{string.Join('&', query.Select(static q => $"{q.Name}={Uri.EscapeDataString(q.Value)}"))}";

    [Fact]
    public async Task Lines_come_as_streams_sorted_by_labels_newest_first()
    {
        var answer = await _host.GetAsync(Path("query_range", ("query", """{app=~".+"} | drop user, detected_level""")));
        answer.GetProperty("status").GetString().ShouldBe("success");
        var data = answer.GetProperty("data");
        data.GetProperty("resultType").GetString().ShouldBe("streams");
        data.GetProperty("stats").GetProperty("summary").GetProperty("totalLinesProcessed").GetInt64().ShouldBe(5);
        data.GetProperty("result").GetRawText().ShouldBe(
            $$"""
            [{"stream":{"app":"a","service_name":"a"},"values":[["{{Now - (6 * Second)}}","n=4"],["{{Now - (7 * Second)}}","n=3"]]},{"stream":{"app":"b","service_name":"b"},"values":[["{{Now - (8 * Second)}}","n=2"],["{{Now - (9 * Second)}}","n=1"],["{{Now - (10 * Second)}}","n=0"]]}]
            """);
    }

    [Fact]
    public async Task Categories_are_told_when_asked_for()
    {
        var data = (await _host.GetAsync(Path("query_range", ("query", """{app="a"} | logfmt""")), ("X-Loki-Response-Encoding-Flags", "categorize-labels"))).GetProperty("data");
        data.GetProperty("encodingFlags")[0].GetString().ShouldBe("categorize-labels");
        var stream = data.GetProperty("result").EnumerateArray().Single();
        stream.GetProperty("stream").GetRawText().ShouldBe("""{"app":"a","service_name":"a"}""");
        stream.GetProperty("values")[0][2].GetRawText().ShouldBe("""{"structuredMetadata":{"detected_level":"unknown","user":"u4"},"parsed":{"n":"4"}}""");
    }

    [Fact]
    public async Task Without_the_flag_metadata_is_part_of_the_stream()
    {
        var result = (await _host.GetAsync(Path("query_range", ("query", """{app="a"}"""), ("limit", "1"), ("direction", "forward")))).GetProperty("data").GetProperty("result");
        result.EnumerateArray().Single().GetProperty("stream").GetRawText().ShouldBe("""{"app":"a","detected_level":"unknown","service_name":"a","user":"u3"}""");
    }

    [Fact]
    public async Task Metrics_come_as_vector_and_matrix()
    {
        var vector = (await _host.GetAsync(Path("query", ("query", """sum by (app) (count_over_time({app=~".+"}[1m]))""")))).GetProperty("data");
        vector.GetProperty("resultType").GetString().ShouldBe("vector");
        vector.GetProperty("result").GetRawText().ShouldBe("""[{"metric":{"app":"a"},"value":[1767225600,"2"]},{"metric":{"app":"b"},"value":[1767225600,"3"]}]""");
        var matrix = (await _host.GetAsync(Path("query_range", ("query", """sum(count_over_time({app="a"}[5s]))"""), ("start", $"{Now - (10 * Second)}"), ("end", "2026-01-01T00:00:00Z"), ("step", "2.5")))).GetProperty("data");
        matrix.GetProperty("result").GetRawText().ShouldBe("""[{"metric":{},"values":[[1767225595,"2"],[1767225597.5,"2"]]}]""");
        var scalar = (await _host.GetAsync(Path("query", ("query", "1+1")))).GetProperty("data");
        scalar.GetProperty("resultType").GetString().ShouldBe("scalar");
        scalar.GetProperty("result")[1].GetString().ShouldBe("2");
    }

    [Theory]
    [InlineData("labels", """["app","service_name"]""")]
    [InlineData("label/app/values", """["a","b"]""")]
    [InlineData("label/app/values?query=%7Bapp%3D%22a%22%7D", """["a"]""")]
    [InlineData("label/nosuch/values", "[]")]
    [InlineData("series", """[{"app":"a","service_name":"a"},{"app":"b","service_name":"b"}]""")]
    [InlineData("series?match[]=%7Bapp%3D%22b%22%7D", """[{"app":"b","service_name":"b"}]""")]
    [InlineData("labels?end=1000&since=5m", "[]")]
    public async Task Labels_and_series(string path, string want) =>
        (await _host.GetAsync("/loki/api/v1/" + path)).GetProperty("data").GetRawText().ShouldBe(want);

    [Fact]
    public async Task A_form_is_read_like_the_url()
    {
        using var form = new FormUrlEncodedContent([new("query", """{app="a"}"""), new("limit", "1")]);
        using var response = await _host.Client.PostAsync(new Uri("/loki/api/v1/query_range", UriKind.Relative), form);
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        body.GetProperty("data").GetProperty("result").GetArrayLength().ShouldBe(1);
    }

    [Theory]
    [InlineData("query_range", "query", "{", "parse error at line 1, col 2")]
    [InlineData("query_range", "query", "", "parse error")]
    [InlineData("query", "query", "{app=\"a\"}", "instant query")]
    [InlineData("query_range", "limit", "0", "limit must be a positive value")]
    [InlineData("query_range", "limit", "x", "limit")]
    [InlineData("query_range", "limit", "999999", "max entries limit per query exceeded, limit > max_entries_limit_per_query (999999 > 50000)")]
    [InlineData("query_range", "direction", "up", "invalid direction")]
    [InlineData("query_range", "start", "yesterday", "start")]
    [InlineData("query_range", "step", "-1", "step")]
    [InlineData("query_range", "start", "99999999999", "end timestamp")]
    [InlineData("series", "match[]", "{a", "parse error")]
    public async Task Bad_requests_are_told_as_text(string path, string name, string value, string want)
    {
        (string, string)[] query = name == "query" ? [(name, value)] : [("query", """{app="a"}"""), (name, value == "99999999999" ? $"{Now + Second}" : value)];
        var (status, body) = await _host.SendAsync(Path(path, query));
        status.ShouldBe(HttpStatusCode.BadRequest);
        body.ShouldContain(want);
    }

    [Fact]
    public async Task Statistics_of_a_query_are_what_was_read()
    {
        var stats = (await _host.GetAsync(Path("query_range", ("query", """{app=~".+"} | logfmt | n > 2""")))).GetProperty("data").GetProperty("stats");
        var summary = stats.GetProperty("summary");
        summary.GetProperty("totalLinesProcessed").GetInt64().ShouldBe(5);
        summary.GetProperty("totalPostFilterLines").GetInt64().ShouldBe(2);
        summary.GetProperty("totalEntriesReturned").GetInt64().ShouldBe(2);

        // Five lines of three bytes; user and two characters of its value.
        summary.GetProperty("totalStructuredMetadataBytesProcessed").GetInt64().ShouldBe(5 * (6 + "detected_levelunknown".Length));
        summary.GetProperty("totalBytesProcessed").GetInt64().ShouldBe(15 + (5 * (6 + "detected_levelunknown".Length)));
        stats.GetProperty("querier").GetProperty("store").GetProperty("chunk").GetProperty("decompressedLines").GetInt64().ShouldBe(5);
        stats.GetProperty("ingester").GetProperty("totalReached").GetInt32().ShouldBe(0);
    }

    [Theory]
    [InlineData("""{ app = "b" }|="x"|logfmt""", "success", "data", "{app=\"b\"} |= \"x\" | logfmt")]
    [InlineData("""sum(rate({app="b",service_name="a name that is long"}|="x" | logfmt | level="error" and status >= 500[5m]))""", "success", "data", "sum(\n  rate(\n    {app=\"b\", service_name=\"a name that is long\"} |= \"x\" | logfmt | ( level=\"error\" , status>=500 ) [5m]\n  )\n)")]
    [InlineData("""{app="b" """, "invalid-query", "error", "parse error at line 1, col 10: syntax error: unexpected $end, expecting } or ,")]
    public async Task Queries_are_formatted(string query, string status, string name, string want)
    {
        var (code, body) = await _host.SendAsync(Path("format_query", ("query", query)));
        code.ShouldBe(status == "success" ? HttpStatusCode.OK : HttpStatusCode.BadRequest);
        var answer = JsonDocument.Parse(body).RootElement;
        answer.GetProperty("status").GetString().ShouldBe(status);
        answer.GetProperty(name).GetString().ShouldBe(want);
    }

    [Fact]
    public async Task Limits_are_told_and_kept()
    {
        var limits = (await _host.GetAsync("/loki/api/v1/drilldown-limits")).GetProperty("limits");
        limits.GetProperty("max_entries_limit_per_query").GetInt32().ShouldBe(50_000);
        limits.GetProperty("volume_enabled").GetBoolean().ShouldBeTrue();
        limits.GetProperty("discover_service_name").GetArrayLength().ShouldBeGreaterThan(5);
        foreach (var (strict, want) in new (QueryLimits, string)[]
        {
            (QueryLimits.Default with { MaxLogLinesScanned = 4 }, "MaxLogLinesScanned"),
            (QueryLimits.Default with { MaxLogRange = TimeSpan.FromMinutes(30) }, "query length: 1h, limit: 30m"),
            (QueryLimits.Default with { MaxQueryBytes = 10 }, "MaxQueryBytes"),
        })
        {
            await using var host = await ApiHost.StartAsync(r => LokiApi.Map(r, new LogQLEngine(_store, strict), strict, new ManualTimeProvider()));
            foreach (var path in (string[])[Path("query_range", ("query", """{app=~".+"} | logfmt""")), Path("query", ("query", """sum(count_over_time({app=~".+"} | logfmt | n >= 0 [1h]))"""))])
            {
                var (status, body) = await host.SendAsync(path);
                status.ShouldBe(HttpStatusCode.BadRequest, path);
                body.ShouldContain(want);
            }
        }
    }

    [Fact]
    public async Task Build_info_and_what_is_not_offered()
    {
        (await _host.GetAsync("/loki/api/v1/status/buildinfo")).GetProperty("version").GetString().ShouldNotBeNullOrEmpty();
        var (status, body) = await _host.SendAsync("/loki/api/v1/patterns");
        status.ShouldBe(HttpStatusCode.NotFound);
        body.ShouldContain("not offered");
    }
}
