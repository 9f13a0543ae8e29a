using System.Net;
using System.Text;
using System.Text.Json;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL;
using Sightglass.Query.LogQL.Insight;
using Sightglass.Server.Api.Loki;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Loki;

/// <summary>What Grafana's Loki data source, Explore and Logs Drilldown ask, each answered with something.</summary>
public sealed class GrafanaLogsTests : IAsyncLifetime
{
    // The manual clock's start.
    private const long Now = 1_767_225_600L * 1_000_000_000;
    private const string Range = "&start=1767222000000000000&end=1767225600000000000";

    private ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        var store = new InMemoryEventStore();
        using var batch = LogBatch.Rent();
        for (var i = 0; i < 10; i++)
        {
            batch.AddAttribute("service_name"u8, AttributeType.String, "shop"u8);
            batch.AddAttribute("namespace"u8, AttributeType.String, "prod"u8);
            var resource = batch.EndResource(ResourceKind.Labels);
            batch.AddAttribute("user"u8, AttributeType.String, Encoding.UTF8.GetBytes($"u{i % 2}"));
            batch.AddRow(new LogRow { TimeUnixNano = Now - ((10 - i) * 1_000_000_000L), Resource = resource, Scope = -1, BodyType = AttributeType.String, BodyBits = batch.AddText($"level=info took={i}ms").Packed });
        }

        store.Append(batch);
        _host = await ApiHost.StartAsync(r =>
        {
            LokiApi.Map(r, new LogQLEngine(store, QueryLimits.Default), QueryLimits.Default, new ManualTimeProvider());
            LokiInsightApi.Map(r, new LogInsights(store, QueryLimits.Default), QueryLimits.Default, new ManualTimeProvider());
        });
    }

    public Task DisposeAsync() => _host.DisposeAsync().AsTask();

    [Theory]
    [InlineData("query?direction=backward&query=vector(1)%2Bvector(1)&time=4000000000", "data.result")]
    [InlineData("status/buildinfo?", "version")]
    [InlineData("labels?" + Range, "data")]
    [InlineData("label/service_name/values?query={namespace=\"prod\"}" + Range, "data")]
    [InlineData("series?match[]={service_name=\"shop\"}" + Range, "data")]
    [InlineData("index/stats?query={service_name=\"shop\"}" + Range, "entries")]
    [InlineData("query_range?direction=backward&limit=1000&step=14000ms&query={service_name=\"shop\"} |= ``" + Range, "data.result")]
    [InlineData("query_range?direction=forward&limit=10&step=2s&query={service_name=\"shop\"} | json | logfmt | drop __error__, __error_details__" + Range, "data.result")]
    [InlineData("query_range?step=1m&query=sum by (level, detected_level) (count_over_time({service_name=\"shop\"} | drop __error__ [1m]))" + Range, "data.result")]
    [InlineData("query_range?step=1m&query=sum(count_over_time({service_name=\"shop\"} | detected_level != \"\" [1m])) by (detected_level)" + Range, "data.result")]
    [InlineData("query_range?step=1m&query=sum by (user) (count_over_time({service_name=\"shop\"} | user!=\"\" [1m]))" + Range, "data.result")]
    [InlineData("query_range?step=1m&query=avg_over_time({service_name=\"shop\"} | logfmt | took!=\"\" | unwrap duration(took) | __error__=\"\" [1m]) by ()" + Range, "data.result")]
    [InlineData("index/volume?query={service_name=~\".%2B\"}&aggregateBy=series&targetLabels=service_name&limit=5000" + Range, "data.result")]
    [InlineData("index/volume?query={service_name=\"shop\"}&aggregateBy=labels&limit=5000" + Range, "data.result")]
    [InlineData("index/volume_range?query={service_name=~\".%2B\"}&step=60&targetLabels=service_name" + Range, "data.result")]
    [InlineData("detected_labels?query={service_name=\"shop\"}" + Range, "detectedLabels")]
    [InlineData("detected_fields?query={service_name=\"shop\"}&line_limit=1000" + Range, "fields")]
    [InlineData("detected_field/user/values?query={service_name=\"shop\"}" + Range, "values")]
    [InlineData("patterns?query={service_name=\"shop\"}&step=10" + Range, "data")]
    [InlineData("drilldown-limits?", "version")]
    [InlineData("format_query?query={service_name=\"shop\"}|logfmt", "data")]
    [InlineData("detected_fields/took/values?query={service_name=\"shop\"} |= \"level\" | json | logfmt&limit=100" + Range, "values")]
    [InlineData("detected_labels?query=" + Range, "detectedLabels")]
    [InlineData("index/volume?query={service_name=~`.%2B`}&limit=5000&targetLabels=service_name&aggregateBy=labels" + Range, "data.result")]
    [InlineData("query_range?direction=FORWARD&limit=100&query={service_name=\"shop\",namespace=\"prod\"}&start=1767225590000000000&end=1767232790000000001", "data.result")]
    [InlineData("query_range?direction=BACKWARD&limit=100&query={service_name=\"shop\",namespace=\"prod\"}&start=1767218390000000000&end=1767225595000000000", "data.result")]
    [InlineData("query_range?limit=100&step=15000ms&query=sum(count_over_time({service_name=\"shop\"} |> `level=info took=<_>` | json | logfmt | drop __error__, __error_details__ [15s])) by (detected_level)" + Range, "data.result")]
    [InlineData("query?query=topk(10, sum by (user) (count_over_time({service_name=\"shop\"} | json | logfmt | drop __error__, __error_details__ [1h])))&time=1767225600000000000", "data.result")]
    [InlineData("query?query=quantile_over_time(0.95, {service_name=\"shop\"} | logfmt | unwrap duration_seconds(took) | __error__=\"\" [1h]) by (service_name)&time=1767225600", "data.result")]
    public async Task Is_answered(string path, string filled)
    {
        var (status, body) = await _host.SendAsync("/loki/api/v1/" + path, ("X-Loki-Response-Encoding-Flags", "categorize-labels"), ("X-Query-Tags", "Source=logvolhist"));
        status.ShouldBe(HttpStatusCode.OK, body);
        var found = JsonDocument.Parse(body).RootElement;
        foreach (var name in filled.Split('.'))
        {
            found = found.GetProperty(name);
        }

        (found.ValueKind switch
        {
            JsonValueKind.Array => found.GetArrayLength(),
            JsonValueKind.Number => found.GetInt32(),
            _ => found.GetString()!.Length,
        }).ShouldBeGreaterThan(0, body);
    }
}
