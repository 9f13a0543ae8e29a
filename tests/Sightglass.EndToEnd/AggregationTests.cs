using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd;

/// <summary>Many series come in, few are stored: by a configuration, a real sender's protocol and a query.</summary>
public sealed class AggregationTests
{
    private const string Rule = """
        server: { enable_lifecycle: true }
        pipelines:
          metrics:
            relabel_configs: [{ action: labeldrop, regex: pod_uid }]
            aggregation:
              rules:
              - { match: orders, interval: 1s, without: [pod], outputs: [sum_samples, count_series] }
        """;

    [Fact]
    public async Task Series_are_added_up_before_they_are_stored_and_a_stop_loses_nothing()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.PathOf("c.yml"), Rule);
        var sent = 0;
        await using (var server = await ServerProcess.StartAsync(folder.PathOf("data"), "--config", folder.PathOf("c.yml")))
        {
            for (; sent < 20; sent++)
            {
                await SendAsync(server, sent);
            }

            await server.UntilAsync(Query("count(last_over_time({__name__=~\"orders:.+\"}[1m]))"), json => Number(json) == 2);
            Number(await server.GetAsync(Query("max(max_over_time(orders:1s_without_pod_count_series{shop=\"a\"}[1m]))"))).ShouldBe(3);
            Number(await server.GetAsync(Query("count(orders)"))).ShouldBeNull("the raw series are not stored");
            Number(await server.GetAsync(Query("count(other{pod=\"p1\"})"))).ShouldBe(1);
            Number(await server.GetAsync(Query("count(other{pod_uid!=\"\"})"))).ShouldBeNull();
            (await server.Http.GetStringAsync(new Uri("metrics", UriKind.Relative))).ShouldContain("sightglass_aggregation_series{rule=\"rule 1\"} 3\n");
            for (; sent < 40; sent++)
            {
                await SendAsync(server, sent);
            }

            await server.QuitAsync();
        }

        await using var again = await ServerProcess.StartAsync(folder.PathOf("data"));
        Number(await again.GetAsync(Query("sum(sum_over_time(orders:1s_without_pod_sum_samples[1m]))"))).ShouldBe(40 * 3);
    }

    private static string Query(string text) => $"api/v1/query?query={Uri.EscapeDataString(text)}";

    private static double? Number(JsonElement answer) => answer.GetProperty("data").GetProperty("result").EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } first
        ? double.Parse(first.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture)
        : null;

    private static async Task SendAsync(ServerProcess server, int number)
    {
        var now = (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000_000L) + number;
        var points = Enumerable.Range(0, 3).Select(pod => Point("orders", pod)).Append(Point("other", 1));
        using var content = new StringContent($$$"""{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{{{string.Join(',', points)}}}]}]}]}""", Encoding.UTF8, "application/json");
        using var answer = await server.Otlp.PostAsync(new Uri("v1/metrics", UriKind.Relative), content);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);

        string Point(string name, int pod) =>
            $$$"""{"name":"{{{name}}}","gauge":{"dataPoints":[{"timeUnixNano":"{{{now}}}","asDouble":1,"attributes":[{"key":"shop","value":{"stringValue":"a"}},{"key":"pod","value":{"stringValue":"p{{{pod}}}"}},{"key":"pod_uid","value":{"stringValue":"u{{{pod}}}"}}]}]}}""";
    }
}
