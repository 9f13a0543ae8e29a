using System.Text;

namespace Sightglass.Server.Tests.Prometheus;

public sealed class ExemplarTests : IAsyncLifetime
{
    private const string Body = """
        {"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeMetrics":[{"metrics":[{"name":"orders","sum":{"aggregationTemporality":2,"isMonotonic":true,
        "dataPoints":[{"timeUnixNano":"TIME000000","asDouble":7,"exemplars":[{"timeUnixNano":"TIME500000","asDouble":1.5,"traceId":"5b8aa5a2d2c872e8321cf37308d69df2","spanId":"051581bf3cb55c13"}]}]}}]}]}]}
        """;

    private readonly long _now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    private RunningServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await RunningServer.StartAsync(string.Empty);
        using var content = new StringContent(Body.Replace("TIME", _now.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal), Encoding.UTF8, "application/json");
        (await _server.SendAsync(HttpMethod.Post, "/v1/metrics", content)).Status.ShouldBe(200);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("orders_total")]
    [InlineData("sum(rate(orders_total{job=\"shop\"}[5m])) / sum(nothing)")]
    public async Task Exemplars_of_every_selector_of_a_query_are_told(string query)
    {
        var data = await _server.DataAsync($"/api/v1/query_exemplars?query={Uri.EscapeDataString(query)}&start={_now / 1000 - 10}&end={_now / 1000 + 10}");
        var seconds = (_now / 1000.0).ToString("F3", System.Globalization.CultureInfo.InvariantCulture);
        var series = data.EnumerateArray().Single();
        series.GetProperty("seriesLabels").GetRawText().ShouldBe("""{"__name__":"orders_total","job":"shop"}""");
        series.GetProperty("exemplars")[0].GetProperty("value").GetString().ShouldBe("1.5");
        series.GetProperty("exemplars")[0].GetProperty("timestamp").GetDouble().ShouldBe(double.Parse(seconds, System.Globalization.CultureInfo.InvariantCulture));
        series.GetProperty("exemplars")[0].GetProperty("labels").GetProperty("trace_id").GetString().ShouldBe("5b8aa5a2d2c872e8321cf37308d69df2");
    }

    [Theory]
    [InlineData("query=up&start=2&end=1", 400, """{"status":"error","errorType":"bad_data","error":"end timestamp must not be before start timestamp"}""")]
    [InlineData("query=sum(&start=0&end=1", 400, """{"status":"error","errorType":"bad_data","error":"1:5: parse error: unclosed left parenthesis"}""")]
    [InlineData("query=nothing", 200, """{"status":"success","data":[]}""")]
    [InlineData("query=1", 204, "")]
    public async Task Other_answers_are_Prometheus_too(string query, int status, string body) =>
        (await _server.SendAsync(HttpMethod.Get, $"/api/v1/query_exemplars?{query}")).ShouldBe((status, body));
}
