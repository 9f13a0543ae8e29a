using System.Globalization;
using System.Text.Json;
using Sightglass.Core.Limits;
using Sightglass.Query.LogQL;
using Sightglass.Query.LogQL.Insight;
using Sightglass.Server.Api.Loki;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.LogInsight;

/// <summary>What the logs page asks beside Loki's API, below <c>/sightglass/v1/logs</c>. Times, parameters and errors are as in Loki's API.</summary>
internal static class LogInsightApi
{
    private const int DefaultSample = 100_000;
    private const int DefaultValues = 10;
    private const int MaxValues = 1_000;
    private const int DefaultContext = 10;

    private static readonly TimeSpan QueryRange = TimeSpan.FromHours(1);
    private static readonly TimeSpan ContextWindow = TimeSpan.FromDays(1);

    /// <summary>Maps the endpoints.</summary>
    public static void Map(RouteTable routes, LogInsights insight, QueryLimits limits, TimeProvider time)
    {
        var group = routes.MapGroup("/sightglass/v1/logs");
        void On(string path, Func<HttpContext, LokiParameters, CancellationToken, Task> run) =>
            group.MapMethods(path, ["GET", "POST"], context => LokiApi.Run(context, limits, time, run));

        On("/facets", (context, parameters, cancellation) => Facets(context, parameters, insight, cancellation));
        On("/context", (context, parameters, cancellation) => Context(context, parameters, insight, cancellation));
        On("/patterns", (context, parameters, cancellation) => Patterns(context, parameters, insight, cancellation));
    }

    private static Task Facets(HttpContext context, LokiParameters parameters, LogInsights insight, CancellationToken cancellation)
    {
        var facets = insight.Facets(Sample(parameters), parameters.Count("limit", DefaultValues, MaxValues), cancellation);
        return LokiJson.Success(context, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("lines"u8, facets.Lines);
            json.WriteBoolean("exact"u8, facets.Exact);
            json.WriteStartArray("fields"u8);
            foreach (var field in facets.Fields)
            {
                json.WriteStartObject();
                json.WriteString("name"u8, field.Name);
                json.WriteString("source"u8, Source(field.Source));
                json.WriteNumber("lines"u8, field.Lines);
                json.WriteNumber("distinct"u8, field.Distinct);
                json.WriteBoolean("exact"u8, field.Exact);
                json.WriteStartArray("values"u8);
                foreach (var value in field.Values)
                {
                    json.WriteStartObject();
                    json.WriteString("value"u8, value.Value);
                    json.WriteNumber("lines"u8, value.Lines);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static Task Context(HttpContext context, LokiParameters parameters, LogInsights insight, CancellationToken cancellation)
    {
        var stream = parameters.Text("stream") is { Length: > 0 } selector ? selector : throw LokiParameters.Bad("parameter \"stream\" is missing: want all labels of the line's stream as a selector");
        var time = parameters.Text("time").Length > 0 ? parameters.Time("time") : throw LokiParameters.Bad("parameter \"time\" is missing: want the line's time in nanoseconds");
        var hash = parameters.Text("hash") is { Length: > 0 } given ? given : parameters.All("line") is [var line, ..] ? LogInsights.HashOf(line) : null;
        var around = insight.Context(
            new LogContextRequest(
                stream,
                time,
                hash,
                parameters.Count("nth", 0, int.MaxValue),
                parameters.Count("before", DefaultContext, LogInsights.MaxContextLines),
                parameters.Count("after", DefaultContext, LogInsights.MaxContextLines),
                parameters.Duration("window", ContextWindow.Ticks * 100)),
            cancellation);
        return LokiJson.Success(context, json =>
        {
            json.WriteStartObject();
            Lines(json, "before", around.Before);
            if (around.Line is { } own)
            {
                json.WritePropertyName("line"u8);
                Line(json, own);
            }

            Lines(json, "after", around.After);
            json.WriteEndObject();
        });
    }

    private static Task Patterns(HttpContext context, LokiParameters parameters, LogInsights insight, CancellationToken cancellation)
    {
        var sample = Sample(parameters);
        var step = parameters.Step(sample.MinUnixNano, sample.MaxUnixNano);
        (long, long)? earlier = parameters.Text("earlier_start").Length + parameters.Text("earlier_end").Length > 0
            ? (parameters.Time("earlier_start", 0), parameters.Time("earlier_end", sample.MinUnixNano))
            : null;
        var patterns = insight.Patterns(sample, step, earlier, cancellation);
        var limit = parameters.Count("limit", LogInsights.MaxPatterns, LogInsights.MaxPatterns);
        return LokiJson.Success(context, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("lines"u8, patterns.Lines);
            json.WriteNumber("earlierLines"u8, patterns.EarlierLines);
            json.WriteBoolean("exact"u8, patterns.Exact);
            json.WriteNumber("step"u8, step / 1e9);
            json.WriteStartArray("patterns"u8);
            foreach (var pattern in patterns.Patterns.Take(limit))
            {
                json.WriteStartObject();
                json.WriteString("pattern"u8, pattern.Pattern);
                json.WriteString("level"u8, pattern.Level);
                json.WriteNumber("lines"u8, pattern.Lines);
                json.WriteNumber("earlierLines"u8, pattern.EarlierLines);
                json.WriteBoolean("new"u8, pattern.IsNew);
                json.WriteString("example"u8, pattern.Example);
                LokiJson.Samples(json, pattern.Samples);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static LogSample Sample(LokiParameters parameters)
    {
        var (start, end) = parameters.Bounds(QueryRange);
        return new LogSample(parameters.Text("query"), start, end, parameters.Count("lines", DefaultSample, LogInsights.MaxSampledLines));
    }

    private static void Lines(Utf8JsonWriter json, string name, IReadOnlyList<LogLine> lines)
    {
        json.WriteStartArray(name);
        foreach (var line in lines)
        {
            Line(json, line);
        }

        json.WriteEndArray();
    }

    private static void Line(Utf8JsonWriter json, LogLine line)
    {
        json.WriteStartObject();
        json.WriteString("time"u8, line.TimeUnixNano.ToString(CultureInfo.InvariantCulture));
        json.WriteString("hash"u8, LogInsights.HashOf(line.Line));
        json.WriteString("line"u8, line.Line);
        json.WriteStartObject("labels"u8);
        foreach (var label in line.Labels)
        {
            json.WriteString(label.Name, label.Value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string Source(LogLabelSource source) => source switch
    {
        LogLabelSource.Stream => "stream",
        LogLabelSource.StructuredMetadata => "metadata",
        _ => "parsed",
    };
}
