using System.Globalization;
using System.Text.Json;
using Sightglass.Core.Model;
using Sightglass.Ingest.Pushgateway;

namespace Sightglass.Server.Api.Push;

/// <summary>The answer of Pushgateway's <c>/api/v1/metrics</c>.</summary>
internal static class PushgatewayJson
{
    public static async Task WriteAsync(HttpContext context, IReadOnlyList<PushedGroup> groups)
    {
        context.Response.ContentType = "application/json";
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", "success");
            json.WriteStartArray("data");
            foreach (var group in groups)
            {
                json.WriteStartObject();
                json.WriteStartObject("labels");
                foreach (var label in group.Key)
                {
                    json.WriteString(label.Name, label.Value);
                }

                json.WriteEndObject();
                json.WriteBoolean("last_push_successful", group.LastPushSuccessful);
                foreach (var family in group.Families.Values.Concat(PushgatewayStore.Times(group)).OrderBy(static f => f.Metadata.Family, StringComparer.Ordinal))
                {
                    Family(json, family);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void Family(Utf8JsonWriter json, PushedFamily family)
    {
        json.WriteStartObject(family.Metadata.Family);
        json.WriteString("time_stamp", family.Pushed.UtcDateTime);
        json.WriteString("type", family.Metadata.Type switch
        {
            MetricType.Unknown => "UNTYPED",
            MetricType.GaugeHistogram => "GAUGE_HISTOGRAM",
            _ => family.Metadata.Type.ToString().ToUpperInvariant(),
        });
        json.WriteString("help", family.Metadata.Help);
        json.WriteStartArray("metrics");

        // Buckets or quantiles, sum and count of one histogram or summary are one metric.
        foreach (var metric in family.Samples.GroupBy(static s => s.Labels.Without(LabelSet.MetricName, "le", "quantile")))
        {
            Metric(json, family.Metadata, metric.Key, [.. metric]);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Metric(Utf8JsonWriter json, MetricMetadata metadata, LabelSet labels, PushedSample[] samples)
    {
        json.WriteStartObject();
        json.WriteStartObject("labels");
        foreach (var label in labels)
        {
            json.WriteString(label.Name, label.Value);
        }

        json.WriteEndObject();
        Parts(json, "buckets", samples, metadata.Family + "_bucket", "le");
        if (metadata.Type == MetricType.Summary)
        {
            Parts(json, "quantiles", samples, metadata.Family, "quantile");
        }

        foreach (var sample in samples)
        {
            if (sample.Histogram is { } histogram)
            {
                json.WriteString("count", Text(histogram.Count));
                json.WriteString("sum", Text(histogram.Sum));
            }
            else if (sample.Labels.Name == metadata.Family && !sample.Labels.Contains("quantile"))
            {
                json.WriteString("value", Text(sample.Value));
            }
            else if (sample.Labels.Name == metadata.Family + "_sum")
            {
                json.WriteString("sum", Text(sample.Value));
            }
            else if (sample.Labels.Name == metadata.Family + "_count")
            {
                json.WriteString("count", Text(sample.Value));
            }
        }

        json.WriteEndObject();
    }

    private static void Parts(Utf8JsonWriter json, string name, PushedSample[] samples, string series, string label)
    {
        var parts = samples.Where(s => s.Labels.Name == series && s.Labels.Contains(label)).ToArray();
        if (parts.Length == 0)
        {
            return;
        }

        json.WriteStartObject(name);
        foreach (var part in parts)
        {
            json.WriteString(part.Labels[label], Text(part.Value));
        }

        json.WriteEndObject();
    }

    private static string Text(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);
}
