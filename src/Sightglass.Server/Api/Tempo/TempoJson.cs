using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sightglass.Query.TraceQL;

namespace Sightglass.Server.Api.Tempo;

/// <summary>Writes answers in Tempo's JSON.</summary>
internal static class TempoJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a body.</summary>
    public static async Task Write(HttpContext context, Action<Utf8JsonWriter> body)
    {
        context.Response.ContentType = "application/json";
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            body(json);
            json.WriteEndObject();
        }, Options);
    }

    /// <summary>Writes what a search found.</summary>
    public static void Search(Utf8JsonWriter json, TraceSearchResult result)
    {
        json.WriteStartArray("traces"u8);
        foreach (var trace in result.Traces)
        {
            Trace(json, trace);
        }

        json.WriteEndArray();
        json.WriteStartObject("metrics"u8);
        json.WriteNumber("inspectedTraces"u8, result.InspectedTraces);
        json.WriteString("inspectedSpans"u8, result.InspectedSpans.ToString(CultureInfo.InvariantCulture));
        json.WriteNumber("completedJobs"u8, 1);
        json.WriteNumber("totalJobs"u8, 1);
        json.WriteEndObject();
    }

    private static void Trace(Utf8JsonWriter json, FoundTrace trace)
    {
        json.WriteStartObject();

        // Tempo writes trace ids without zeros at the left.
        json.WriteString("traceID"u8, trace.TraceId.ToString().TrimStart('0'));
        json.WriteString("rootServiceName"u8, trace.RootServiceName.Length > 0 || trace.RootTraceName.Length > 0 ? trace.RootServiceName : "<root span not yet received>");
        if (trace.RootTraceName.Length > 0)
        {
            json.WriteString("rootTraceName"u8, trace.RootTraceName);
        }

        json.WriteString("startTimeUnixNano"u8, trace.StartUnixNano.ToString(CultureInfo.InvariantCulture));
        if (trace.DurationNano >= 1_000_000)
        {
            json.WriteNumber("durationMs"u8, trace.DurationNano / 1_000_000);
        }

        json.WritePropertyName("spanSet"u8);
        Spanset(json, trace.Spansets[0]);
        json.WriteStartArray("spanSets"u8);
        foreach (var set in trace.Spansets)
        {
            Spanset(json, set);
        }

        json.WriteEndArray();
        json.WriteStartObject("serviceStats"u8);
        foreach (var (service, (spans, errors)) in trace.Services)
        {
            json.WriteStartObject(service);
            json.WriteNumber("spanCount"u8, spans);
            if (errors > 0)
            {
                json.WriteNumber("errorCount"u8, errors);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Spanset(Utf8JsonWriter json, FoundSpanset set)
    {
        json.WriteStartObject();
        json.WriteStartArray("spans"u8);
        foreach (var span in set.Spans)
        {
            json.WriteStartObject();
            json.WriteString("spanID"u8, span.SpanId);
            json.WriteString("name"u8, span.Name);
            json.WriteString("startTimeUnixNano"u8, span.StartUnixNano.ToString(CultureInfo.InvariantCulture));
            json.WriteString("durationNanos"u8, span.DurationNano.ToString(CultureInfo.InvariantCulture));
            OtlpJson.Attributes(json, span.Attributes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("matched"u8, set.Matched);
        OtlpJson.Attributes(json, set.Attributes);
        json.WriteEndObject();
    }
}
