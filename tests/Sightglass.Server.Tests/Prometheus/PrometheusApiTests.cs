using System.Net;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.PromQL;
using Sightglass.Query.PromQL.Scripts;
using Sightglass.Server.Api.Prometheus;
using Sightglass.Server.Tests.Loki;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Prometheus;

public sealed class PrometheusApiTests : IAsyncLifetime, IDisposable
{
    private List<IReadOnlyList<MetricMetadata>> _targets = [];
    private readonly InMemoryMetricStore _store = new();
    private readonly ManualTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(300));
    private ApiHost _host = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        for (var i = 0; i <= 10; i++)
        {
            _store.Add(LabelSet.Of("__name__", "a_total", "job", "x"), i * 60_000, i * 60);
            _store.Add(LabelSet.Of("__name__", "a_total", "job", "y"), i * 60_000, 0.1);
            _store.Add(LabelSet.Of("__name__", "http.server", "a.b", "é"), i * 60_000, 1e-9);
        }

        _store.Add(LabelSet.Of("__name__", "h"), 300_000, new NativeHistogram
        {
            Count = 6,
            Sum = 5,
            ZeroCount = 1,
            ZeroThreshold = 0.001,
            PositiveSpans = [new BucketSpan(0, 2)],
            PositiveBuckets = [1, 2],
            NegativeSpans = [new BucketSpan(1, 1)],
            NegativeBuckets = [2],
        });
        _host = await ApiHost.StartAsync(routes =>
        {
            PrometheusApi.Map(routes, new PromQLEngine(_store, QueryLimits.Default, _time, PromQLOptions.Default with { DurationExpressions = true }), _store, QueryLimits.Default, _time);
            routes.Api(PrometheusRoutes.GetOnly, "/metadata", new MetadataEndpoint(_store, () => _targets).Query);
            PrometheusRoutes.MapUnknown(routes);
        });
        _client = _host.Client;
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [InlineData("", """{"a":[{"type":"counter","help":"one","unit":""},{"type":"counter","help":"two","unit":""}],"b":[{"type":"gauge","help":"","unit":"seconds"}]}""")]
    [InlineData("?metric=a", """{"a":[{"type":"counter","help":"one","unit":""},{"type":"counter","help":"two","unit":""}]}""")]
    [InlineData("?limit_per_metric=1", """{"a":[{"type":"counter","help":"one","unit":""}],"b":[{"type":"gauge","help":"","unit":"seconds"}]}""")]
    [InlineData("?limit=1&limit_per_metric=1", """{"a":[{"type":"counter","help":"one","unit":""}]}""")]
    public async Task Every_description_of_a_family_that_targets_give_is_shown_once(string parameters, string expected)
    {
        MetricMetadata one = new("a", MetricType.Counter, "one", string.Empty), two = one with { Help = "two" }, three = new("b", MetricType.Gauge, string.Empty, "seconds");
        _targets = [[one], [two, three], [one, three]];
        (await _client.GetStringAsync(new Uri($"/api/v1/metadata{parameters}", UriKind.Relative))).ShouldBe($$"""{"status":"success","data":{{expected}}}""");
    }

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData("/api/v1/query?query=1%2B1&time=10.5", """{"status":"success","data":{"resultType":"scalar","result":[10.5,"2"]}}""")]
    [InlineData("/prometheus/api/v1/query?query=1", """{"status":"success","data":{"resultType":"scalar","result":[300,"1"]}}""")]
    [InlineData("/api/v1/query?query='x'&time=1970-01-01T00:00:01Z", """{"status":"success","data":{"resultType":"string","result":[1,"x"]}}""")]
    [InlineData("/api/v1/query?query=1&time=1970-01-01T00:00:10.123456789Z", """{"status":"success","data":{"resultType":"scalar","result":[10.123,"1"]}}""")]
    [InlineData("/api/v1/query?query=1&time=1970-01-01T02:00:10%2B02:00", """{"status":"success","data":{"resultType":"scalar","result":[10,"1"]}}""")]
    [InlineData("/api/v1/query?query=1&time=-1.5", """{"status":"success","data":{"resultType":"scalar","result":[-1.5,"1"]}}""")]
    [InlineData("/api/v1/query?query=a_total", """{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"a_total","job":"x"},"value":[300,"300"]},{"metric":{"__name__":"a_total","job":"y"},"value":[300,"0.1"]}]}}""")]
    [InlineData("/api/v1/query?query=a_total&limit=1", """{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"a_total","job":"x"},"value":[300,"300"]}]},"warnings":["results truncated due to limit"]}""")]
    [InlineData("/api/v1/query?query={\"http.server\"}", """{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"http.server","a.b":"é"},"value":[300,"1e-09"]}]}}""")]
    [InlineData("/api/v1/query?query=a_total{job=\"x\"}[2m]&time=120", """{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"a_total","job":"x"},"values":[[60,"60"],[120,"120"]]}]}}""")]
    [InlineData("/api/v1/query?query=h", """{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"h"},"histogram":[300,{"count":"6","sum":"5","buckets":[[1,"-2","-1","2"],[3,"-0.001","0.001","1"],[0,"0.5","1","1"],[0,"1","2","2"]]}]}]}}""")]
    [InlineData("/api/v1/query_range?query=sum(a_total)&start=0&end=60&step=1m", """{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[0,"0.1"],[60,"60.1"]]}]}}""")]
    [InlineData("/api/v1/query_range?query=0/0&start=0&end=0&step=15", """{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[0,"NaN"]]}]}}""")]
    [InlineData("/api/v1/labels", """{"status":"success","data":["__name__","a.b","job"]}""")]
    [InlineData("/api/v1/labels?match[]=a_total&limit=1", """{"status":"success","data":["__name__"],"warnings":["results truncated due to limit"]}""")]
    [InlineData("/api/v1/label/job/values", """{"status":"success","data":["x","y"]}""")]
    [InlineData("/api/v1/label/U__a_2e_b/values", """{"status":"success","data":["é"]}""")]
    [InlineData("/api/v1/label/job/values?match[]=a_total{job=\"x\"}&match[]=h", """{"status":"success","data":["x"]}""")]
    [InlineData("/api/v1/series?match[]=a_total", """{"status":"success","data":[{"__name__":"a_total","job":"x"},{"__name__":"a_total","job":"y"}]}""")]
    [InlineData("/api/v1/metadata", """{"status":"success","data":{}}""")]
    [InlineData("/api/v1/format_query?query=a%2Bb", """{"status":"success","data":"a + b"}""")]
    [InlineData("/api/v1/parse_query?query=1%2B(2)", """{"status":"success","data":{"type":"binaryExpr","op":"+","lhs":{"type":"numberLiteral","val":"1"},"rhs":{"type":"parenExpr","expr":{"type":"numberLiteral","val":"2"}},"matching":null,"bool":false}}""")]
    [InlineData("/api/v1/parse_query?query=a*on(x)group_left(y)rate(b[5m]offset%201m)", """{"status":"success","data":{"type":"binaryExpr","op":"*","lhs":{"type":"vectorSelector","name":"a","matchers":[{"type":"=","name":"__name__","value":"a"}],"offset":0,"timestamp":null,"startOrEnd":null,"anchored":false,"smoothed":false},"rhs":{"type":"call","func":{"name":"rate","argTypes":["matrix"],"variadic":0,"returnType":"vector"},"args":[{"type":"matrixSelector","range":300000,"name":"b","matchers":[{"type":"=","name":"__name__","value":"b"}],"offset":60000,"timestamp":null,"startOrEnd":null,"anchored":false,"smoothed":false}]},"matching":{"card":"many-to-one","labels":["x"],"on":true,"include":["y"],"fillValues":{"lhs":null,"rhs":null}},"bool":false}}""")]
    [InlineData("/api/v1/parse_query?query=topk(2,a)", """{"status":"success","data":{"type":"aggregation","op":"topk","expr":{"type":"vectorSelector","name":"a","matchers":[{"type":"=","name":"__name__","value":"a"}],"offset":0,"timestamp":null,"startOrEnd":null,"anchored":false,"smoothed":false},"param":{"type":"numberLiteral","val":"2"},"grouping":[],"without":false}}""")]
    [InlineData("/api/v1/parse_query?query=max_over_time(a[5m:1m]@start())", """{"status":"success","data":{"type":"call","func":{"name":"max_over_time","argTypes":["matrix"],"variadic":0,"returnType":"vector"},"args":[{"type":"subquery","expr":{"type":"vectorSelector","name":"a","matchers":[{"type":"=","name":"__name__","value":"a"}],"offset":0,"timestamp":null,"startOrEnd":null,"anchored":false,"smoothed":false},"range":300000,"step":60000,"offset":0,"timestamp":null,"startOrEnd":"start"}]}}""")]
    [InlineData("/api/v1/parse_query?query=-a", """{"status":"success","data":{"type":"unaryExpr","op":"-","expr":{"type":"vectorSelector","name":"a","matchers":[{"type":"=","name":"__name__","value":"a"}],"offset":0,"timestamp":null,"startOrEnd":null,"anchored":false,"smoothed":false}}}""")]
    public async Task An_answer_is_what_Prometheus_would_send(string path, string body)
    {
        using var response = await _client.GetAsync(new Uri(path, UriKind.Relative));
        (await response.Content.ReadAsStringAsync()).ShouldBe(body);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
    }

    [Theory]
    [InlineData("/api/v1/query?query=a%2B", 400, "bad_data", "invalid parameter \\\"query\\\": 1:3: parse error: unexpected end of input")]
    [InlineData("/api/v1/query", 400, "bad_data", "invalid parameter \\\"query\\\": unknown position: parse error: no expression found in input")]
    [InlineData("/api/v1/query?query=a&time=x", 400, "bad_data", "invalid parameter \\\"time\\\": invalid time value for 'time': cannot parse \\\"x\\\" to a valid timestamp")]
    [InlineData("/api/v1/query?query=a&time=%205", 400, "bad_data", "invalid parameter \\\"time\\\": invalid time value for 'time': cannot parse \\\" 5\\\" to a valid timestamp")]
    [InlineData("/api/v1/query?query=a&timeout=x", 400, "bad_data", "invalid parameter \\\"timeout\\\": cannot parse \\\"x\\\" to a valid duration")]
    [InlineData("/api/v1/query?query=a&timeout=0", 503, "timeout", "query timed out in query execution")]
    [InlineData("/api/v1/query?query=a&lookback_delta=x", 400, "bad_data", "error parsing lookback delta duration: cannot parse \\\"x\\\" to a valid duration")]
    [InlineData("/api/v1/query_range?query=a&start=x&end=1&step=1", 400, "bad_data", "invalid parameter \\\"start\\\": cannot parse \\\"x\\\" to a valid timestamp")]
    [InlineData("/api/v1/labels?start=x", 400, "bad_data", "invalid parameter \\\"start\\\": invalid time value for 'start': cannot parse \\\"x\\\" to a valid timestamp")]
    [InlineData("/api/v1/metadata?limit=x", 400, "bad_data", "limit must be a number")]
    [InlineData("/api/v1/metadata?limit_per_metric=x", 400, "bad_data", "limit_per_metric must be a number")]
    [InlineData("/api/v1/query?query=a&limit=-1", 400, "bad_data", "invalid parameter \\\"limit\\\": limit must be non-negative")]
    [InlineData("/api/v1/query?query=a&limit=1.5", 400, "bad_data", "invalid parameter \\\"limit\\\": strconv.Atoi: parsing \\\"1.5\\\": invalid syntax")]
    [InlineData("/api/v1/query?query=a&limit=99999999999999999999", 400, "bad_data", "invalid parameter \\\"limit\\\": strconv.Atoi: parsing \\\"99999999999999999999\\\": value out of range")]
    [InlineData("/api/v1/query_range?query=a&start=0&end=1&step=1e20", 400, "bad_data", "invalid parameter \\\"step\\\": cannot parse \\\"1e20\\\" to a valid duration. It overflows int64")]
    [InlineData("/api/v1/query?query=a_total*on()a_total", 422, "execution", "found duplicate series for the match group {} on the right hand-side of the operation: [{__name__=\\\"a_total\\\", job=\\\"x\\\"}, {__name__=\\\"a_total\\\", job=\\\"y\\\"}];many-to-many matching not allowed: matching labels must be unique on one side")]
    [InlineData("/api/v1/query?query=rate(a_total[5m-6m])", 400, "bad_data", "invalid parameter \\\"query\\\": 13:18: duration must be greater than 0")]
    [InlineData("/api/v1/query?query=last_over_time(a_total[1m:0.0004])", 422, "execution", "the step of a subquery must not be less than a millisecond")]
    [InlineData("/api/v1/query_range?query=a&start=0&end=1", 400, "bad_data", "invalid parameter \\\"step\\\": cannot parse \\\"\\\" to a valid duration")]
    [InlineData("/api/v1/query_range?query=a&start=2&end=1&step=1", 400, "bad_data", "invalid parameter \\\"end\\\": end timestamp must not be before start time")]
    [InlineData("/api/v1/query_range?query=a&start=0&end=1&step=0", 400, "bad_data", "invalid parameter \\\"step\\\": zero or negative query resolution step widths are not accepted. Try a positive integer")]
    [InlineData("/api/v1/query_range?query=a&start=0&end=11001&step=1", 400, "bad_data", "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)")]
    [InlineData("/api/v1/query_range?query=a[5m]&start=0&end=1&step=1", 400, "bad_data", "invalid parameter \\\"query\\\": invalid expression type \\\"range vector\\\" for range query, must be Scalar or instant Vector")]
    [InlineData("/api/v1/series", 400, "bad_data", "no match[] parameter provided")]
    [InlineData("/api/v1/series?match[]={}", 400, "bad_data", "invalid parameter \\\"match[]\\\": match[] must contain at least one non-empty matcher")]
    [InlineData("/api/v1/labels?match[]={}", 400, "bad_data", "match[] must contain at least one non-empty matcher")]
    [InlineData("/api/v1/label/a/values?match[]=a{", 400, "bad_data", "1:3: parse error: unexpected end of input inside braces")]
    [InlineData("/api/v1/label/U__/values", 400, "bad_data", "invalid label name: \\\"\\\"")]
    [InlineData("/api/v1/nowhere", 404, "not_found", "GET /api/v1/nowhere is not offered by this server")]
    public async Task An_error_has_Prometheus_status_type_and_meaning(string path, int status, string type, string message)
    {
        using var response = await _client.GetAsync(new Uri(path, UriKind.Relative));
        (await response.Content.ReadAsStringAsync()).ShouldBe($$"""{"status":"error","errorType":"{{type}}","error":"{{message}}"}""");
        ((int)response.StatusCode).ShouldBe(status);
    }

    [Fact]
    public async Task A_form_is_read_like_the_url()
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["query"] = "a_total{job=\"x\"}", ["time"] = "60" });
        using var response = await _client.PostAsync(new Uri("/api/v1/query", UriKind.Relative), form);
        (await response.Content.ReadAsStringAsync()).ShouldContain("\"value\":[60,\"60\"]");
    }

    [Fact]
    public async Task A_body_that_ends_before_its_boundary_is_a_bad_request()
    {
        using var parts = new StringContent("--other\r\n\r\n1");
        parts.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse("multipart/form-data; boundary=none");
        using var response = await _client.PostAsync(new Uri("/api/v1/query", UriKind.Relative), parts);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadAsStringAsync()).ShouldStartWith("{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"error parsing form values: ");
    }

    [Fact]
    public async Task A_method_that_an_endpoint_has_not_is_told_beside_those_that_it_has()
    {
        using var body = new StringContent(string.Empty);
        using var response = await _client.PostAsync(new Uri("/api/v1/metadata", UriKind.Relative), body);
        response.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        response.Content.Headers.Allow.ShouldBe(["GET"]);
        (await response.Content.ReadAsStringAsync()).ShouldBe("Method Not Allowed\n");
    }

    [Fact]
    public async Task An_address_that_ends_with_a_slash_finds_everything() =>
        (await _client.GetStringAsync(new Uri($"{_client.BaseAddress}/api/v1/query?query=a_total{{job=%22x%22}}&time=60"))).ShouldContain("\"value\":[60,\"60\"]");

    [Fact]
    public async Task Annotations_come_with_the_answer() =>
        (await _client.GetStringAsync(new Uri("/api/v1/query?query=quantile(2,a_total)", UriKind.Relative)))
            .ShouldContain("\"warnings\":[\"PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)");

    [Fact]
    public async Task The_build_information_names_the_version_of_the_API() =>
        (await _client.GetStringAsync(new Uri("/api/v1/status/buildinfo", UriKind.Relative))).ShouldStartWith("{\"status\":\"success\",\"data\":{\"version\":\"3.");
}
