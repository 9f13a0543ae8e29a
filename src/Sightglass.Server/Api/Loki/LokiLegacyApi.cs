using System.Globalization;
using System.Text.Json;
using Sightglass.Core.Limits;
using Sightglass.Query.LogQL;
using Sightglass.Query.Syntax;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Loki;

/// <summary>The reading endpoints of Loki before its first version, below <c>/api/prom</c>, which it still answers: labels as text, times in RFC 3339.</summary>
internal static class LokiLegacyApi
{
    private static readonly TimeSpan QueryRange = TimeSpan.FromHours(1);
    private static readonly TimeSpan LabelRange = TimeSpan.FromHours(6);

    /// <summary>Maps the endpoints.</summary>
    public static void Map(RouteTable routes, LogQLEngine engine, QueryLimits limits, TimeProvider time)
    {
        void Get(string path, Func<HttpContext, LokiParameters, CancellationToken, Task> run) =>
            routes.MapMethods("/api/prom" + path, ["GET", "POST"], context => LokiApi.Run(context, limits, time, run));

        Get("/query", (context, parameters, cancellation) => Query(context, parameters, engine, cancellation));
        Get("/label", (context, parameters, cancellation) =>
        {
            var (start, end) = parameters.Bounds(LabelRange);
            return Values(context, engine.LabelNames(LokiApi.Selector(parameters), start, LokiApi.AfterEnd(end), cancellation));
        });
        Get("/label/{name}/values", (context, parameters, cancellation) =>
        {
            var (start, end) = parameters.Bounds(LabelRange);
            return Values(context, engine.LabelValues((string)context.Request.RouteValues["name"]!, LokiApi.Selector(parameters), start, LokiApi.AfterEnd(end), cancellation));
        });
        Get("/series", (context, parameters, cancellation) => LokiApi.Series(context, parameters, engine, cancellation));
    }

    private static Task Query(HttpContext context, LokiParameters parameters, LogQLEngine engine, CancellationToken cancellation)
    {
        var (start, end) = parameters.Bounds(QueryRange);
        var query = parameters.Text("query") + (parameters.Text("regexp") is { Length: > 0 } pattern ? $" |~ {QuotedText.Quote(pattern)}" : string.Empty);
        if (!engine.Check(query))
        {
            throw LokiParameters.Bad("legacy endpoints only support streams result type, got a metric query");
        }

        var lines = engine.QueryRange(new LogQLRange(query, start, end) { Limit = parameters.Limit(), Direction = parameters.Direction() }, cancellation).Lines;
        return LokiJson.Write(context, json =>
        {
            json.WriteStartObject();
            Streams(json, lines);
            json.WriteEndObject();
        });
    }

    /// <summary>Writes lines as <c>streams</c>, their labels as text.</summary>
    public static void Streams(Utf8JsonWriter json, IReadOnlyList<LogLine> lines)
    {
        json.WriteStartArray("streams"u8);
        foreach (var stream in lines.GroupBy(static l => Selector(l.Labels), StringComparer.Ordinal).OrderBy(static s => s.Key, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("labels"u8, stream.Key);
            json.WriteStartArray("entries"u8);
            foreach (var line in stream)
            {
                json.WriteStartObject();
                json.WriteString("ts"u8, Rfc3339(line.TimeUnixNano));
                json.WriteString("line"u8, line.Line);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Labels as text.</summary>
    public static string Selector(IEnumerable<LogLabel> labels) => $"{{{string.Join(", ", labels.Select(static p => $"{p.Name}={QuotedText.Quote(p.Value)}"))}}}";

    private static Task Values(HttpContext context, IReadOnlyList<string> items) => LokiJson.Write(context, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("values"u8);
        foreach (var item in items)
        {
            json.WriteStringValue(item);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>A time to the nanosecond, without zeros at the end.</summary>
    public static string Rfc3339(long nanoseconds)
    {
        var (seconds, rest) = Math.DivRem(nanoseconds, 1_000_000_000);
        (seconds, rest) = rest < 0 ? (seconds - 1, rest + 1_000_000_000) : (seconds, rest);
        var fraction = rest == 0 ? string.Empty : "." + rest.ToString("000000000", CultureInfo.InvariantCulture).TrimEnd('0');
        return DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) + fraction + "Z";
    }
}
