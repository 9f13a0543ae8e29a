using System.Text;
using Sightglass.Alerting.Rules;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.TraceQL;
using Sightglass.Server.Api.Tempo;
using Sightglass.Server.CommandLine;
using Sightglass.Server.Tests.Loki;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Tempo;

public sealed class TempoMetricsTests : IAsyncLifetime
{
    // The manual clock's start.
    private const long Now = 1_767_225_600;

    private readonly InMemoryEventStore _store = new();
    private ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        using var batch = SpanBatch.Rent();
        batch.AddAttribute("service.name"u8, AttributeType.String, "shop"u8);
        var resource = batch.EndResource(ResourceKind.Otlp);
        for (var i = 1; i <= 4; i++)
        {
            batch.AddAttribute("http.status_code"u8, AttributeType.Int, i == 4 ? 500 : 200);
            var start = (Now - (i * 30) + 1) * 1_000_000_000;
            batch.AddRow(new SpanRow
            {
                TraceId = new TraceId(1, (ulong)i),
                SpanId = (ulong)i,
                Name = batch.AddText(Encoding.UTF8.GetBytes("GET /")),
                Kind = 2,
                StartUnixNano = start,
                EndUnixNano = start + (i * 250_000_000),
                Resource = resource,
                Scope = -1,
            });
        }

        _store.Append(batch);
        _host = await ApiHost.StartAsync(r => TempoApi.Map(r, new TraceQLEngine(_store, QueryLimits.Default), _store, QueryLimits.Default, new ManualTimeProvider()));
    }

    public Task DisposeAsync() => _host.DisposeAsync().AsTask();

    [Fact]
    public async Task A_rule_over_spans_is_replayed_moment_by_moment()
    {
        // The failure is 119 s old: within the window of a minute from then on.
        var rules = new RuleFileLoader().Load("rules.yml", """
            groups:
            - name: g
              interval: 30s
              rules:
              - { alert: Failing, query_language: traceql, expr: '{ span.http.status_code = 500 } | count_over_time() by (resource.service.name) > 0 with(window=60s)' }
            """);
        using var history = new RuleHistory(_host.Client.BaseAddress!);
        using var output = new StringWriter();
        await BacktestCommand.RunAsync(rules, history, DateTimeOffset.FromUnixTimeSeconds(Now - 150), DateTimeOffset.FromUnixTimeSeconds(Now), TimeSpan.FromMinutes(1), output, CancellationToken.None);
        output.ToString().ShouldContain("fired 1 time, 1m in all");
        output.ToString().ShouldContain("2025-12-31T23:58:30Z to 2025-12-31T23:59:30Z        1m  {alertname=\"Failing\", resource_service_name=\"shop\"}");
    }

    [Theory]
    [InlineData("start=1767225540&end=1767225600&step=60")]
    [InlineData("start=1767225540000000000&end=1767225600000000000&step=1m")]
    [InlineData("start=2025-12-31T23:59:00Z&end=2026-01-01T00:00:00Z&step=60s")]
    [InlineData("since=1m&step=60.0")]
    public async Task A_range_is_answered_as_Tempo_does(string range)
    {
        var answer = await _host.GetAsync($"/tempo/api/metrics/query_range?{range}&q={Uri.EscapeDataString("{} | rate() by (span.http.status_code)")}");
        answer.GetRawText().ShouldBe(
            """{"series":[{"labels":[{"key":"span.http.status_code","value":{"intValue":"200"}}],"promLabels":"{\"span.http.status_code\"=\"200\"}","samples":[{"timestampMs":"1767225540000","value":0.016666666666666666},{"timestampMs":"1767225600000","value":0.03333333333333333}]},{"labels":[{"key":"span.http.status_code","value":{"intValue":"500"}}],"promLabels":"{\"span.http.status_code\"=\"500\"}","samples":[{"timestampMs":"1767225540000","value":0.016666666666666666},{"timestampMs":"1767225600000","value":0}]}],"metrics":{"inspectedSpans":"4","completedJobs":1,"totalJobs":1}}""");
    }

    [Fact]
    public async Task An_instant_query_has_a_value_for_each_series()
    {
        var answer = await _host.GetAsync($"/tempo/api/metrics/query?start={Now - 3600}&end={Now}&q={Uri.EscapeDataString("{} | max_over_time(duration)")}");
        answer.GetProperty("series").GetRawText().ShouldBe(
            """[{"labels":[{"key":"__name__","value":{"stringValue":"max_over_time"}}],"promLabels":"{__name__=\"max_over_time\"}","value":1}]""");
    }

    [Fact]
    public async Task Exemplars_name_their_trace()
    {
        var answer = await _host.GetAsync($"/tempo/api/metrics/query_range?start={Now - 60}&end={Now}&step=60&exemplars=1&q={Uri.EscapeDataString("{span.http.status_code=500} | quantile_over_time(duration, .9)")}");
        var series = answer.GetProperty("series")[0];
        series.GetProperty("promLabels").GetString().ShouldBe("{p=\"0.9\"}");
        series.GetProperty("exemplars").GetRawText().ShouldBe(
            """[{"labels":[{"key":"trace:id","value":{"stringValue":"00000000000000010000000000000004"}},{"key":"span:id","value":{"stringValue":"0000000000000004"}}],"value":1,"timestampMs":"1767225481000"}]""");
    }

    [Fact]
    public async Task What_has_no_number_is_written_as_protobuf_does()
    {
        var answer = await _host.GetAsync($"/tempo/api/metrics/query?q={Uri.EscapeDataString("({} | count_over_time()) / ({name=`x`} | count_over_time())")}");
        answer.GetProperty("series")[0].GetProperty("value").GetString().ShouldBe("Infinity");
    }

    [Theory]
    [InlineData(3600, 15)]
    [InlineData(600, 2)]
    [InlineData(60, 1)]
    [InlineData(86400, 360)]
    public void Without_a_step_there_are_some_240_points(long seconds, long step) => TempoMetrics.DefaultStep(seconds * 1_000_000_000).ShouldBe(step * 1_000_000_000);
}
