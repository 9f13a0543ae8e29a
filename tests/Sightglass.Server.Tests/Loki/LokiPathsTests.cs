using System.Text;
using System.Text.Json;
using Sightglass.Server.Tests.Prometheus;

namespace Sightglass.Server.Tests.Loki;

/// <summary>Every path of the reference of Loki's HTTP API that a single process answers: status, kind of content and shape.</summary>
public sealed class LokiPathsTests : IAsyncLifetime
{
    private const string Json = "application/json";
    private const string Plain = "text/plain";
    private readonly long _now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
    private RunningServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await RunningServer.StartAsync("server: { enable_admin_api: true }\nglobal: { scrape_interval: 7s }");
        var push = $$$"""{"streams":[{"stream":{"app":"shop","env":"prod"},"values":[["{{{_now - 2000}}}000000","level=info took=5ms path=/a",{"trace_id":"abc"}],["{{{_now - 1000}}}000000","level=error took=9ms path=/b"]]}]}""";
        using var content = new StringContent(push, Encoding.UTF8, Json);
        (await _server.SendAsync(HttpMethod.Post, "/loki/api/v1/push", content)).Status.ShouldBe(204);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("GET", "/ready", 200, Plain, "ready")]
    [InlineData("GET", "/log_level", 200, Json, "{message}")]
    [InlineData("POST", "/log_level?log_level=debug", 400, Json, "{message}")]
    [InlineData("GET", "/metrics", 200, Plain, "# HELP")]
    [InlineData("GET", "/config", 200, Plain, "scrape_interval: 7s")]
    [InlineData("GET", "/services", 200, Plain, "querier => Running\n")]
    [InlineData("POST", "/flush", 204, null, "")]
    [InlineData("GET", "/loki/api/v1/status/buildinfo", 200, Json, "{version,revision,branch,buildUser,buildDate,goVersion}")]
    [InlineData("GET", "/loki/api/v1/query?query=vector(1)%2Bvector(1)", 200, Json, "{status,data{resultType,result[{metric{},value[]}],stats}}")]
    [InlineData("GET", "/loki/api/v1/query?query=count_over_time({app=%22shop%22}[1h])", 200, Json, "{status,data{resultType,result[{metric{app},value[]}],stats}}")]
    [InlineData("GET", "/loki/api/v1/query?query={app=%22shop%22}", 400, Plain, "log queries are not supported as an instant query type")]
    [InlineData("GET", "/loki/api/v1/query?query={app=", 400, Plain, "parse error")]
    [InlineData("GET", "/loki/api/v1/query_range?query={app=%22shop%22}", 200, Json, "{status,data{resultType,result[{stream{app,env,detected_level},values[]}],stats{summary{totalBytesProcessed,totalLinesProcessed},querier{store{totalChunksRef,chunk{decompressedBytes,postFilterLines}},querierExecTime},ingester{totalReached,recvWaitTime,store},cache{chunk{entriesFound},result},index{totalChunks}}}}")]
    [InlineData("POST", "/loki/api/v1/query_range?query=rate({app=%22shop%22}[1m])&step=60", 200, Json, "{status,data{resultType,result[{metric,values[]}],stats}}")]
    [InlineData("GET", "/loki/api/v1/labels", 200, Json, "{status,data[]}")]
    [InlineData("GET", "/loki/api/v1/label", 200, Json, "{status,data[]}")]
    [InlineData("GET", "/loki/api/v1/label/app/values", 200, Json, "{status,data[]}")]
    [InlineData("GET", "/loki/api/v1/series?match[]={app=%22shop%22}", 200, Json, "{status,data[{app,env}]}")]
    [InlineData("POST", "/loki/api/v1/series?match[]={app=%22shop%22}", 200, Json, "{status,data[{app,env}]}")]
    [InlineData("GET", "/loki/api/v1/index/stats?query={app=%22shop%22}", 200, Json, "{streams,chunks,bytes,entries}")]
    [InlineData("GET", "/loki/api/v1/index/volume?query={app=%22shop%22}", 200, Json, "{status,data{resultType,result[{metric{app},value[]}],stats}}")]
    [InlineData("GET", "/loki/api/v1/index/volume_range?query={app=%22shop%22}&step=60", 200, Json, "{status,data{resultType,result[{metric{app},values[]}],stats}}")]
    [InlineData("GET", "/loki/api/v1/patterns?query={app=%22shop%22}", 200, Json, "{status,data[{pattern,samples[]}]}")]
    [InlineData("GET", "/loki/api/v1/detected_labels?query={app=%22shop%22}", 200, Json, "{detectedLabels[{label,cardinality}]}")]
    [InlineData("GET", "/loki/api/v1/detected_fields?query={app=%22shop%22}", 200, Json, "{fields[{label,type,cardinality,parsers}],limit}")]
    [InlineData("GET", "/loki/api/v1/detected_field/path/values?query={app=%22shop%22}", 200, Json, "{values[],limit}")]
    [InlineData("GET", "/loki/api/v1/format_query?query={app=%22shop%22}", 200, Json, "{status,data}")]
    [InlineData("GET", "/loki/api/v1/format_query?query={app=", 400, Json, "{status,error}")]
    [InlineData("GET", "/loki/api/v1/drilldown-limits", 200, Json, "{limits{discover_log_levels,max_query_length,retention_period,volume_enabled},pattern_ingester_enabled,version}")]
    [InlineData("GET", "/loki/api/v1/tail?query={app=%22shop%22}", 400, Plain, "WebSocket")]
    [InlineData("GET", "/loki/api/v1/rules", 404, Plain, "no rule groups found")]
    [InlineData("GET", "/loki/api/v1/rules/x", 404, Plain, "no rule groups found")]
    [InlineData("GET", "/loki/api/v1/rules/x/y", 404, Plain, "group does not exist")]
    [InlineData("DELETE", "/loki/api/v1/rules/x", 404, Plain, "group namespace does not exist")]
    [InlineData("DELETE", "/loki/api/v1/rules/x/y", 404, Plain, "group does not exist")]
    [InlineData("GET", "/prometheus/api/v1/rules", 200, Json, "{status,data{groups[]}}")]
    [InlineData("GET", "/prometheus/api/v1/alerts", 200, Json, "{status,data{alerts[]}}")]
    [InlineData("GET", "/loki/api/v1/delete", 200, Json, "[]")]
    [InlineData("POST", "/loki/api/v1/delete", 400, Plain, "query not set")]
    [InlineData("GET", "/api/prom/query?query={app=%22shop%22}", 200, Json, "{streams[{labels,entries[{ts,line}]}]}")]
    [InlineData("GET", "/api/prom/query?query={app=%22shop%22}&regexp=inf.", 200, Json, "{streams[{labels,entries[{ts,line}]}]}")]
    [InlineData("GET", "/api/prom/query?query=rate({app=%22shop%22}[1m])", 400, Plain, "legacy endpoints only support")]
    [InlineData("GET", "/api/prom/label", 200, Json, "{values[]}")]
    [InlineData("GET", "/api/prom/label/app/values", 200, Json, "{values[]}")]
    [InlineData("GET", "/api/prom/series?match[]={app=%22shop%22}", 200, Json, "{status,data[{app,env}]}")]
    [InlineData("GET", "/api/prom/tail?query={app=%22shop%22}", 400, Plain, "WebSocket")]
    [InlineData("GET", "/api/prom/rules", 404, Plain, "no rule groups found")]
    [InlineData("GET", "/loki/api/v1/nothing", 404, Plain, "not offered")]
    public async Task Every_path_is_answered(string method, string path, int status, string? type, string shape)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await _server.Client.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).ShouldBe(status, body);
        response.Content.Headers.ContentType?.MediaType.ShouldBe(type);
        if (type != Json)
        {
            body.ShouldContain(shape);
            return;
        }

        var at = 0;
        Has(JsonDocument.Parse(body).RootElement, shape, ref at, body);
        at.ShouldBe(shape.Length);
    }

    [Fact]
    public async Task A_browser_gets_the_pages_of_the_web_ui()
    {
        foreach (var path in (string[])["/config", "/services"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Accept.ParseAdd("text/html,application/xhtml+xml");
            using var response = await _server.Client.SendAsync(request);
            (await response.Content.ReadAsStringAsync()).ShouldNotContain("Running");
        }
    }

    [Fact]
    public async Task The_old_query_answers_labels_and_times_as_text()
    {
        var (_, body) = await _server.SendAsync(HttpMethod.Get, "/api/prom/query?query={app=%22shop%22}&regexp=inf.");
        var stream = JsonDocument.Parse(body).RootElement.GetProperty("streams")[0];
        stream.GetProperty("labels").GetString().ShouldBe("{app=\"shop\", detected_level=\"info\", env=\"prod\", service_name=\"shop\", trace_id=\"abc\"}");
        var time = DateTimeOffset.Parse(stream.GetProperty("entries")[0].GetProperty("ts").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
        time.ToUnixTimeMilliseconds().ShouldBe(_now - 2000);
    }

    // {a,b{c},d[e]}: members that have to be there, the first item of a list.
    private static void Has(JsonElement json, string shape, ref int at, string body)
    {
        if (at >= shape.Length || shape[at] is not ('{' or '['))
        {
            return;
        }

        var isObject = shape[at++] == '{';
        json.ValueKind.ShouldBe(isObject ? JsonValueKind.Object : JsonValueKind.Array, body);
        if (!isObject)
        {
            if (shape[at] != ']')
            {
                json.GetArrayLength().ShouldBeGreaterThan(0, body);
                Has(json[0], shape, ref at, body);
            }

            at++;
            return;
        }

        while (shape[at] != '}')
        {
            var start = at;
            while (shape[at] is not (',' or '{' or '[' or '}'))
            {
                at++;
            }

            json.TryGetProperty(shape[start..at], out var member).ShouldBeTrue($"{shape[start..at]} in {body}");
            Has(member, shape, ref at, body);
            at += shape[at] == ',' ? 1 : 0;
        }

        at++;
    }
}
