using System.Text.Json;
using Sightglass.Core.Limits;
using Sightglass.Query.LogQL;
using Sightglass.Query.LogQL.Insight;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Loki;

/// <summary>What Grafana's Explore and Logs Drilldown ask beside queries: volumes, patterns, detected labels and fields.</summary>
internal static class LokiInsightApi
{
    // Loki's defaults.
    private const int DefaultVolumes = 100;
    internal const int DefaultFields = 1_000;
    private const int DefaultFieldLines = 1_000;
    private const int PatternLines = 100_000;
    private const long MinPatternStep = 10_000_000_000;

    private static readonly TimeSpan QueryRange = TimeSpan.FromHours(1);

    /// <summary>Maps the endpoints.</summary>
    public static void Map(RouteTable routes, LogInsights insights, QueryLimits limits, TimeProvider time)
    {
        void On(string path, Func<HttpContext, LokiParameters, CancellationToken, Task> run) =>
            routes.MapMethods("/loki/api/v1" + path, ["GET", "POST"], context => LokiApi.Run(context, limits, time, run));

        On("/index/stats", (context, parameters, cancellation) => Statistics(context, parameters, insights, cancellation));
        On("/index/volume", (context, parameters, cancellation) => Volume(context, parameters, insights, ranged: false, cancellation));
        On("/index/volume_range", (context, parameters, cancellation) => Volume(context, parameters, insights, ranged: true, cancellation));
        On("/patterns", (context, parameters, cancellation) => Patterns(context, parameters, insights, cancellation));
        On("/detected_labels", (context, parameters, cancellation) => Labels(context, parameters, insights, cancellation));
        On("/detected_fields", (context, parameters, cancellation) => Fields(context, parameters, insights, cancellation));
        On("/detected_field/{name}/values", (context, parameters, cancellation) => Values(context, parameters, insights, cancellation));
        On("/detected_fields/{name}/values", (context, parameters, cancellation) => Values(context, parameters, insights, cancellation));
    }

    private static Task Statistics(HttpContext context, LokiParameters parameters, LogInsights insights, CancellationToken cancellation)
    {
        var (start, end) = parameters.Bounds(QueryRange);
        var query = parameters.Text("query") is { Length: > 0 } text ? text : throw LokiParameters.Bad("parameter \"query\" is missing");
        var (streams, lines, bytes) = insights.Statistics(query, start, LokiApi.AfterEnd(end), cancellation);
        return LokiJson.Write(context, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("streams"u8, streams);

            // There are no chunks here; a stream is what is read as one.
            json.WriteNumber("chunks"u8, streams);
            json.WriteNumber("bytes"u8, bytes);
            json.WriteNumber("entries"u8, lines);
            json.WriteEndObject();
        });
    }

    private static Task Volume(HttpContext context, LokiParameters parameters, LogInsights insights, bool ranged, CancellationToken cancellation)
    {
        var (start, end) = parameters.Bounds(QueryRange);
        var step = ranged ? parameters.Step(start, end) : Math.Max(1, end - start);
        var byName = parameters.Text("aggregateBy") switch
        {
            "" or "series" => false,
            "labels" => true,
            _ => throw LokiParameters.Bad("invalid aggregation option"),
        };
        string[] targets = [.. parameters.All("targetLabels").SelectMany(static t => t.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        var limit = parameters.Text("limit").Length > 0 ? parameters.Limit() : DefaultVolumes;
        var query = parameters.Text("query") is { Length: > 0 } text ? text : throw LokiParameters.Bad("either a query or matchers are needed: parameter \"query\" is missing");
        var series = insights.Volume(query, start, end, step, targets, byName, limit, cancellation);
        var kind = ranged ? LogQLResultKind.Matrix : LogQLResultKind.Vector;
        return LokiJson.Success(context, json => LokiJson.Result(json, new LogQLResult(kind, [], series, 0, new LogQLStatistics()), categorize: false, TimeSpan.Zero));
    }

    private static Task Patterns(HttpContext context, LokiParameters parameters, LogInsights insights, CancellationToken cancellation)
    {
        var (start, end) = parameters.Bounds(QueryRange);
        var step = Math.Max(MinPatternStep, parameters.Step(start, end));
        var patterns = insights.Patterns(new LogSample(parameters.Text("query"), start, end, PatternLines), step, earlier: null, cancellation);
        return LokiJson.Success(context, json =>
        {
            json.WriteStartArray();
            foreach (var pattern in patterns.Patterns)
            {
                json.WriteStartObject();
                json.WriteString("pattern"u8, pattern.Pattern);
                json.WriteString("level"u8, pattern.Level);
                LokiJson.Samples(json, pattern.Samples);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static Task Labels(HttpContext context, LokiParameters parameters, LogInsights insights, CancellationToken cancellation)
    {
        var (start, end) = parameters.Bounds(QueryRange);
        var labels = insights.Labels(parameters.Text("query"), start, LokiApi.AfterEnd(end), cancellation);
        return LokiJson.Write(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("detectedLabels"u8);
            foreach (var (name, values) in labels)
            {
                json.WriteStartObject();
                json.WriteString("label"u8, name);
                json.WriteNumber("cardinality"u8, values);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static Task Fields(HttpContext context, LokiParameters parameters, LogInsights insights, CancellationToken cancellation)
    {
        var limit = Limit(parameters);
        var fields = insights.Fields(Sample(parameters), limit, cancellation);
        return LokiJson.Write(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("fields"u8);
            foreach (var field in fields)
            {
                json.WriteStartObject();
                json.WriteString("label"u8, field.Name);
                json.WriteString("type"u8, field.Type);
                json.WriteNumber("cardinality"u8, field.Cardinality);
                Parsers(json, field);
                if (field.JsonPath.Count > 0)
                {
                    json.WriteStartArray("jsonPath"u8);
                    foreach (var step in field.JsonPath)
                    {
                        json.WriteStringValue(step);
                    }

                    json.WriteEndArray();
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteNumber("limit"u8, limit);
            json.WriteEndObject();
        });
    }

    private static Task Values(HttpContext context, LokiParameters parameters, LogInsights insights, CancellationToken cancellation)
    {
        var limit = Limit(parameters);
        var values = insights.FieldValues(Sample(parameters), (string)context.Request.RouteValues["name"]!, limit, cancellation);
        return LokiJson.Write(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("values"u8);
            foreach (var value in values)
            {
                json.WriteStringValue(value);
            }

            json.WriteEndArray();
            json.WriteNumber("limit"u8, limit);
            json.WriteEndObject();
        });
    }

    // Structured metadata needs no parser, which Loki says with a null.
    private static void Parsers(Utf8JsonWriter json, LogField field)
    {
        if (field.Parsers.Count == 0)
        {
            json.WriteNull("parsers"u8);
            return;
        }

        json.WriteStartArray("parsers"u8);
        foreach (var parser in field.Parsers)
        {
            json.WriteStringValue(parser);
        }

        json.WriteEndArray();
    }

    private static int Limit(LokiParameters parameters) =>
        parameters.Text("limit").Length > 0 ? parameters.Limit() : parameters.Count("field_limit", DefaultFields, int.MaxValue);

    private static LogSample Sample(LokiParameters parameters)
    {
        var (start, end) = parameters.Bounds(QueryRange);
        return new LogSample(parameters.Text("query"), start, end, Math.Max(1, parameters.Count("line_limit", DefaultFieldLines, LogInsights.MaxSampledLines)));
    }
}
