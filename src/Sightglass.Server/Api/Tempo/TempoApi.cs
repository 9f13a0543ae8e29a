using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.TraceQL;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Tempo;

/// <summary>Tempo's HTTP API for reading, below <c>/tempo</c>.</summary>
internal static class TempoApi
{
    // The version of Tempo whose API this is, by which Grafana chooses what it asks for.
    private const string ApiVersion = "2.8.0";
    private const int DefaultTraces = 20;
    private const int DefaultSpansPerSpanset = 3;
    private const int DefaultTagValues = 1000;

    /// <summary>Maps the endpoints.</summary>
    public static void Map(RouteTable routes, TraceQLEngine engine, IEventStore store, QueryLimits limits, TimeProvider time)
    {
        var group = routes.MapGroup("/tempo");
        var tags = new TraceTags(store, limits);
        void Get(string path, Func<HttpContext, TempoParameters, CancellationToken, Task> run) =>
            group.MapGet(path, context => Run(context, limits, time, run));

        Get("/api/echo", static (context, _, _) => Text(context, StatusCodes.Status200OK, "echo"));
        Get("/api/traces/{id}", (context, parameters, cancellation) => Trace(context, parameters, store, limits, isV2: false, cancellation));
        Get("/api/v2/traces/{id}", (context, parameters, cancellation) => Trace(context, parameters, store, limits, isV2: true, cancellation));
        Get("/api/search", (context, parameters, cancellation) =>
        {
            var (min, max) = parameters.Range();
            var limit = parameters.Number("limit", DefaultTraces, least: 1);
            var spans = parameters.Number("spss", DefaultSpansPerSpanset, least: 0);
            var result = engine.Search(new TraceSearch(parameters.Query(), min, max, limit, spans), cancellation);
            return TempoJson.Write(context, json => TempoJson.Search(json, result));
        });
        Get("/api/search/tags", (context, parameters, cancellation) => Tags(context, parameters, tags, isV2: false, cancellation));
        Get("/api/v2/search/tags", (context, parameters, cancellation) => Tags(context, parameters, tags, isV2: true, cancellation));
        Get("/api/search/tag/{tag}/values", (context, parameters, cancellation) => Values(context, parameters, tags, isV2: false, cancellation));
        Get("/api/v2/search/tag/{tag}/values", (context, parameters, cancellation) => Values(context, parameters, tags, isV2: true, cancellation));
        Get("/api/metrics/query_range", (context, parameters, cancellation) => TempoMetrics.Range(context, parameters, engine, cancellation));
        Get("/api/metrics/query", (context, parameters, cancellation) => TempoMetrics.Instant(context, parameters, engine, cancellation));
        Get("/api/status/buildinfo", static (context, _, _) => TempoJson.Write(context, static json =>
        {
            json.WriteString("version"u8, ApiVersion);
            json.WriteString("revision"u8, $"sightglass-{typeof(TempoApi).Assembly.GetName().Version?.ToString(3)}");
            json.WriteString("branch"u8, "HEAD");
            json.WriteString("buildUser"u8, string.Empty);
            json.WriteString("buildDate"u8, string.Empty);
            json.WriteString("goVersion"u8, string.Empty);
        }));
        group.MapUnknown(string.Empty, static context => Text(context, StatusCodes.Status404NotFound, $"{context.Request.Path} is not offered"));
    }

    private static Task Trace(HttpContext context, TempoParameters parameters, IEventStore store, QueryLimits limits, bool isV2, CancellationToken cancellation)
    {
        var text = (string)context.Request.RouteValues["id"]!;
        if (!TraceId.TryParse(text, out var id) || id.IsEmpty)
        {
            throw TempoParameters.Bad($"trace ids are up to 32 hex digits, not all of them 0: got {text}");
        }

        var (min, max) = parameters.TraceRange();
        var trace = TraceDocument.Load(store, limits, id, min, max, cancellation)
            ?? throw new QueryException(QueryErrorKind.NotFound, "trace not found");
        if (context.Request.Headers.Accept.Any(static a => a?.Contains("application/protobuf", StringComparison.OrdinalIgnoreCase) == true))
        {
            return Protobuf(context, trace, isV2);
        }

        return TempoJson.Write(context, json =>
        {
            if (isV2)
            {
                json.WriteStartObject("trace"u8);
                json.WritePropertyName("resourceSpans"u8);
                OtlpJson.Write(json, trace);
                json.WriteEndObject();
                json.WriteStartObject("metrics"u8);
                json.WriteEndObject();
            }
            else
            {
                // The older name of the same field.
                json.WritePropertyName("batches"u8);
                OtlpJson.Write(json, trace);
            }
        });
    }

    private static async Task Protobuf(HttpContext context, TraceDocument trace, bool isV2)
    {
        using var writer = new ByteWriter(64 << 10);
        if (isV2)
        {
            OtlpProtobuf.Message(writer, 1, inner => OtlpProtobuf.Write(inner, trace));
        }
        else
        {
            OtlpProtobuf.Write(writer, trace);
        }

        context.Response.ContentType = "application/protobuf";
        context.Response.ContentLength = writer.Length;
        await context.Response.BodyWriter.WriteAsync(writer.WrittenMemory, context.RequestAborted);
    }

    private static Task Tags(HttpContext context, TempoParameters parameters, TraceTags tags, bool isV2, CancellationToken cancellation)
    {
        var (min, max) = parameters.Range();
        var scope = parameters.Text("scope");
        var names = tags.Names(scope == "none" ? null : scope, min, max, cancellation);
        return TempoJson.Write(context, json =>
        {
            if (!isV2)
            {
                // Without a scope the older answer has attributes only.
                json.WriteStartArray("tagNames"u8);
                foreach (var name in names.Where(n => scope is not null || n.Scope != "intrinsic").SelectMany(static n => n.Names).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
                {
                    json.WriteStringValue(name);
                }

                json.WriteEndArray();
                return;
            }

            json.WriteStartArray("scopes"u8);
            foreach (var (name, members) in names)
            {
                json.WriteStartObject();
                json.WriteString("name"u8, name);
                json.WriteStartArray("tags"u8);
                foreach (var member in members)
                {
                    json.WriteStringValue(member);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static Task Values(HttpContext context, TempoParameters parameters, TraceTags tags, bool isV2, CancellationToken cancellation)
    {
        var (min, max) = parameters.Range();
        var tag = Uri.UnescapeDataString((string)context.Request.RouteValues["tag"]!);
        var limit = parameters.Number("limit", DefaultTagValues, least: 1);
        var values = tags.Values(tag, isV2 ? parameters.Text("q") : null, min, max, limit, cancellation);
        return TempoJson.Write(context, json =>
        {
            json.WriteStartArray("tagValues"u8);
            foreach (var (type, value) in values)
            {
                if (!isV2)
                {
                    json.WriteStringValue(value);
                    continue;
                }

                json.WriteStartObject();
                json.WriteString("type"u8, type);
                json.WriteString("value"u8, value);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static async Task Run(HttpContext context, QueryLimits limits, TimeProvider time, Func<HttpContext, TempoParameters, CancellationToken, Task> run)
    {
        using var timeout = new CancellationTokenSource(limits.Timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, timeout.Token);
        try
        {
            await run(context, new TempoParameters(context.Request.Query, time), linked.Token);
        }
        catch (QueryException e)
        {
            await Text(context, e.Kind == QueryErrorKind.NotFound ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest, e.Message);
        }
        catch (LimitExceededException e)
        {
            await Text(context, StatusCodes.Status422UnprocessableEntity, e.Message);
        }
        catch (CorruptDataException e)
        {
            await Text(context, StatusCodes.Status500InternalServerError, e.Message);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            await Text(context, StatusCodes.Status504GatewayTimeout, $"query timed out after {limits.Timeout.TotalSeconds} s (limit {nameof(limits.Timeout)})");
        }
        catch (OperationCanceledException)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
    }

    private static Task Text(HttpContext context, int status, string message)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(message, context.RequestAborted);
    }
}
