using System.Text.Json;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.PromQL;
using Sightglass.Query.PromQL.Scripts;
using Sightglass.Server.Api.Prometheus;
using Sightglass.Server.Tests.Loki;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Prometheus;

public sealed class QueryStatisticsTests : IAsyncLifetime
{
    private readonly InMemoryMetricStore _store = new();
    private ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        for (var i = 0; i <= 20; i++)
        {
            _store.Add(LabelSet.Of("__name__", "a", "n", "1"), i * 10_000, i);
            _store.Add(LabelSet.Of("__name__", "a", "n", "2"), i * 10_000, i);
        }

        var time = new ManualTimeProvider(DateTimeOffset.FromUnixTimeSeconds(200));
        _host = await ApiHost.StartAsync(app => PrometheusApi.Map(app, new PromQLEngine(_store, QueryLimits.Default, time), _store, QueryLimits.Default, time));
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    // A range of 1m holds six samples 10s apart: it is open on the left.
    [Theory]
    [InlineData("query=a&time=100", "[[100,2]]", 2)]
    [InlineData("query=a[1m]&time=100", "[[100,12]]", 12)]
    [InlineData("query=sum_over_time(a[1m])&time=100", "[[100,12]]", 12)]
    [InlineData("query=a%2Ba&time=100", "[[100,4]]", 4)]
    [InlineData("query=1&time=100", "[[100,0]]", 0)]
    [InlineData("query=max_over_time(a[1m:10s])&time=100", "[[100,12]]", 12)]
    public async Task Samples_are_counted_as_Prometheus_counts_them(string query, string perStep, long total)
    {
        var data = (await _host.GetAsync($"/api/v1/query?{query}&stats=all")).GetProperty("data");
        var samples = data.GetProperty("stats").GetProperty("samples");
        samples.GetProperty("totalQueryableSamples").GetInt64().ShouldBe(total);
        samples.GetProperty("totalQueryableSamplesPerStep").GetRawText().ShouldBe(perStep);
        samples.TryGetProperty("peakSamples", out _).ShouldBeTrue();
    }

    [Theory]
    [InlineData("a", "[[100,2],[110.500,2],[121,2]]", 6)]
    [InlineData("a%20@%20100", "[[100,2],[110.500,2],[121,2]]", 6)]
    [InlineData("rate(a[20s])", "[[100,4],[110.500,4],[121,4]]", 12)]
    public async Task Every_step_of_a_range_has_its_count(string query, string perStep, long total)
    {
        var stats = (await _host.GetAsync($"/api/v1/query_range?query={query}&start=100&end=121&step=10.5&stats=all")).GetProperty("data").GetProperty("stats");
        stats.GetProperty("samples").GetProperty("totalQueryableSamplesPerStep").GetRawText().ShouldBe(perStep);
        stats.GetProperty("samples").GetProperty("totalQueryableSamples").GetInt64().ShouldBe(total);
        foreach (var timing in new[] { "evalTotalTime", "resultSortTime", "queryPreparationTime", "innerEvalTime", "execQueueTime", "execTotalTime" })
        {
            stats.GetProperty("timings").GetProperty(timing).ValueKind.ShouldBe(JsonValueKind.Number);
        }
    }

    [Fact]
    public async Task Statistics_come_only_when_asked_for_and_steps_only_with_all()
    {
        (await _host.GetAsync("/api/v1/query?query=a")).GetProperty("data").TryGetProperty("stats", out _).ShouldBeFalse();
        (await _host.GetAsync("/api/v1/query?query=a&stats=1")).GetProperty("data").GetProperty("stats").GetProperty("samples").TryGetProperty("totalQueryableSamplesPerStep", out _).ShouldBeFalse();
    }
}
