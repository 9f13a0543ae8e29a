using System.Globalization;
using System.Text.Json;
using Sightglass.Core.Model;
using Sightglass.Query.TraceQL;
using Sightglass.Query.TraceQL.Metrics;

namespace Sightglass.Server.Api.Tempo;

/// <summary>Tempo's API of TraceQL metrics: <c>api/metrics/query_range</c> and <c>api/metrics/query</c>.</summary>
internal static class TempoMetrics
{
    private const long Millisecond = 1_000_000;
    private const int DefaultExemplars = 0;

    /// <summary>Series with a value for each interval.</summary>
    public static Task Range(HttpContext context, TempoParameters parameters, TraceQLEngine engine, CancellationToken cancellation)
    {
        var (start, end) = parameters.MetricsRange();
        var query = new TraceMetricsQuery(parameters.MetricsQuery(), start, end, parameters.Step() ?? DefaultStep(end - start)) { Exemplars = parameters.Number("exemplars", DefaultExemplars, least: 0) };
        var result = engine.Metrics(query, cancellation);
        return TempoJson.Write(context, json => Write(json, result, series =>
        {
            json.WriteStartArray("samples"u8);
            for (var i = 0; i < series.Values.Length; i++)
            {
                if (!double.IsNaN(series.Values[i]))
                {
                    json.WriteStartObject();
                    json.WriteString("timestampMs"u8, Text(result.TimesUnixNano[i] / Millisecond));
                    Number(json, "value", series.Values[i]);
                    json.WriteEndObject();
                }
            }

            json.WriteEndArray();
            if (series.Exemplars.Count > 0)
            {
                Exemplars(json, series.Exemplars);
            }
        }));
    }

    /// <summary>Series with one value over the whole range.</summary>
    public static Task Instant(HttpContext context, TempoParameters parameters, TraceQLEngine engine, CancellationToken cancellation)
    {
        var (start, end) = parameters.MetricsRange();
        var result = engine.Metrics(new TraceMetricsQuery(parameters.MetricsQuery(), start, end, 0), cancellation);
        return TempoJson.Write(context, json => Write(json, result, series => Number(json, "value", series.Values[0])));
    }

    /// <summary>The step that Tempo chooses: some 240 points, in whole multiples of five seconds or of one.</summary>
    internal static long DefaultStep(long rangeNano)
    {
        const long Second = 1_000_000_000;
        var wanted = rangeNano / 240;
        var step = wanted - (wanted % (5 * Second));
        step = step > 0 ? step : wanted - (wanted % Second);
        return Math.Max(step, Second);
    }

    private static void Write(Utf8JsonWriter json, TraceMetricsResult result, Action<TraceMetricSeries> values)
    {
        json.WriteStartArray("series"u8);
        foreach (var series in result.Series)
        {
            json.WriteStartObject();
            json.WriteStartArray("labels"u8);
            foreach (var label in series.Labels)
            {
                Label(json, label.Key, label.Value);
            }

            json.WriteEndArray();
            json.WriteString("promLabels"u8, series.Text);
            values(series);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("metrics"u8);
        json.WriteString("inspectedSpans"u8, Text(result.InspectedSpans));
        json.WriteNumber("completedJobs"u8, 1);
        json.WriteNumber("totalJobs"u8, 1);
        json.WriteEndObject();
    }

    private static void Exemplars(Utf8JsonWriter json, IReadOnlyList<TraceExemplar> exemplars)
    {
        json.WriteStartArray("exemplars"u8);
        foreach (var exemplar in exemplars)
        {
            json.WriteStartObject();
            json.WriteStartArray("labels"u8);
            Label(json, "trace:id", AttributeValue.Of(exemplar.TraceId.ToString()));
            Label(json, "span:id", AttributeValue.Of(exemplar.SpanId));
            json.WriteEndArray();
            Number(json, "value", exemplar.Value);
            json.WriteString("timestampMs"u8, Text(exemplar.TimeUnixNano / Millisecond));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Label(Utf8JsonWriter json, string key, AttributeValue value)
    {
        json.WriteStartObject();
        json.WriteString("key"u8, key);
        json.WriteStartObject("value"u8);
        switch (value.Type)
        {
            case AttributeType.Int:
                json.WriteString("intValue"u8, Text(value.Bits));
                break;
            case AttributeType.Double:
                Number(json, "doubleValue", value.Number);
                break;
            case AttributeType.Bool:
                json.WriteBoolean("boolValue"u8, value.Bits != 0);
                break;
            default:
                json.WriteString("stringValue"u8, value.ToString());
                break;
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    // As the JSON of protobuf writes what JSON has no numbers for.
    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteString(name, double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
        }
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
