using System.Diagnostics;
using System.Text.Json;
using Sightglass.Metrics;
using Sightglass.Metrics.Cardinality;
using Sightglass.Metrics.Limits;
using Sightglass.Server.Api.Prometheus;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Own;

/// <summary>
/// Our own API of cardinality: which metrics, labels, values and pairs make the series of a range of time, which metrics bring new series, who
/// sends them, and what was refused.
/// </summary>
internal sealed class CardinalityApi(MetricStore store, TimeProvider time)
{
    private const int DefaultLimit = 20;
    private const int MaxLimit = 10_000;
    private static readonly TimeSpan DefaultRange = TimeSpan.FromHours(1);

    public static void Map(RouteTable routes, MetricStore store, TimeProvider time)
    {
        var api = new CardinalityApi(store, time);
        routes.MapMethods("/sightglass/v1/cardinality", PrometheusRoutes.GetAndPost, context => PrometheusRoutes.Answer(context, api.Answer));
    }

    /// <summary>The name of a reason in answers and metrics.</summary>
    public static string Reason(SeriesVerdict verdict) => verdict switch
    {
        SeriesVerdict.TooManyActiveSeries => "max_active_series",
        SeriesVerdict.TooManyActiveSeriesOfSender => "max_active_series_per_sender",
        SeriesVerdict.TooManyActiveSeriesOfMetric => "max_active_series_per_metric",
        SeriesVerdict.TooManyValuesOfLabel => "max_values_per_label",
        SeriesVerdict.TooManyNewSeries => "max_new_series_per_minute",
        _ => throw new UnreachableException($"BUG: {verdict} is no reason to refuse"),
    };

    private async Task Answer(HttpContext context, ApiParameters parameters)
    {
        var limit = parameters.Count("limit") ?? DefaultLimit;
        if (limit is < 1 or > MaxLimit)
        {
            throw ApiParameters.Invalid("limit", $"want 1 to {MaxLimit}");
        }

        var now = time.GetUtcNow();
        var end = parameters.OptionalTime("end", now.ToUnixTimeMilliseconds());
        var start = parameters.OptionalTime("start", end - (long)DefaultRange.TotalMilliseconds);
        if (end < start)
        {
            throw ApiParameters.Invalid("end", "end timestamp must not be before start time");
        }

        var label = parameters.Text("label");
        var selectors = parameters.Selectors();
        var report = await Task.Run(() => store.Cardinality(selectors, start, end, limit, label.Length > 0 ? label : null, context.RequestAborted), context.RequestAborted);
        context.Response.ContentType = "application/json";
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("startMs", start);
            json.WriteNumber("endMs", end);
            json.WriteNumber("series", report.Series);
            json.WriteNumber("labelPairs", report.LabelPairs);
            CardinalityEndpoint.Items(json, "metrics", report.Metrics);
            Labels(json, report);
            if (label.Length > 0)
            {
                CardinalityEndpoint.Items(json, "values", report.Values);
            }

            json.WriteStartArray("pairs");
            foreach (var pair in report.Pairs)
            {
                json.WriteStartObject();
                json.WriteString("label", pair.Label);
                json.WriteString("value", pair.Value);
                json.WriteNumber("series", pair.Series);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            Churn(json, limit);
            Verdicts(json);
            json.WriteEndObject();
        });
    }

    private static void Labels(Utf8JsonWriter json, CardinalityReport report)
    {
        CardinalityEndpoint.Items(json, "labels", report.LabelValues);
        CardinalityEndpoint.Items(json, "labelSeries", report.LabelSeries);
        CardinalityEndpoint.Items(json, "labelBytes", report.LabelBytes);
    }

    private void Churn(Utf8JsonWriter json, int limit)
    {
        json.WriteStartArray("churn");
        foreach (var metric in store.SeriesChurn(limit))
        {
            json.WriteStartObject();
            json.WriteString("metric", metric.Metric);
            json.WriteNumber("newSeriesLastHour", metric.LastHour);
            json.WriteNumber("newSeriesSinceStart", metric.Total);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("senders");
        foreach (var sender in store.SeriesSenders.Take(limit))
        {
            json.WriteStartObject();
            json.WriteString("sender", sender.Sender);
            json.WriteNumber("activeSeries", sender.ActiveSeries);
            json.WriteNumber("newSeriesSinceStart", sender.CreatedSeries);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void Verdicts(Utf8JsonWriter json)
    {
        var limits = store.SeriesLimits;
        json.WriteStartObject("limits");
        json.WriteNumber("max_active_series", limits.MaxActiveSeries);
        json.WriteNumber("max_active_series_per_sender", limits.MaxActiveSeriesPerSender);
        json.WriteNumber("max_active_series_per_metric", limits.MaxActiveSeriesPerMetric);
        json.WriteNumber("max_values_per_label", limits.MaxValuesPerLabel);
        json.WriteNumber("max_new_series_per_minute", limits.MaxNewSeriesPerMinute);
        json.WriteNumber("new_series_burst", limits.NewSeriesBurst);
        json.WriteEndObject();
        json.WriteStartArray("verdicts");
        foreach (var refusal in store.SeriesRefusals)
        {
            json.WriteStartObject();
            json.WriteString("sender", refusal.Sender);
            json.WriteString("job", refusal.Job);
            json.WriteString("reason", Reason(refusal.Verdict));
            if (refusal.Metric is { } metric)
            {
                json.WriteString("metric", metric);
            }

            if (refusal.Label is { } label)
            {
                json.WriteString("label", label);
            }

            json.WriteNumber("refusedSamples", refusal.RefusedSamples);
            json.WriteString("firstAt", refusal.FirstAt);
            json.WriteString("lastAt", refusal.LastAt);
            json.WriteStartObject("example");
            foreach (var one in refusal.Example)
            {
                json.WriteString(one.Name, one.Value);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
