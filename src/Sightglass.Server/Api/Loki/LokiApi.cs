using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Query.LogQL;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Loki;

/// <summary>The read side of Loki's HTTP API, below <c>/loki/api/v1</c>.</summary>
internal static class LokiApi
{
    // The version of Loki whose API this is, by which Grafana chooses what it asks for.
    private const string ApiVersion = "3.5.0";

    private static readonly TimeSpan QueryRange = TimeSpan.FromHours(1);
    private static readonly TimeSpan LabelRange = TimeSpan.FromHours(6);

    /// <summary>Maps the endpoints.</summary>
    public static void Map(RouteTable routes, LogQLEngine engine, QueryLimits limits, TimeProvider time)
    {
        var group = routes.MapGroup("/loki/api/v1");
        void Get(string path, Func<HttpContext, LokiParameters, CancellationToken, Task> run) =>
            group.MapMethods(path, ["GET", "POST"], context => Run(context, limits, time, run));

        Get("/query", (context, parameters, cancellation) => Query(context, parameters, engine, time, cancellation));
        Get("/query_range", (context, parameters, cancellation) => Range(context, parameters, engine, time, cancellation));
        Get("/labels", (context, parameters, cancellation) => Names(context, parameters, engine, cancellation));
        Get("/label", (context, parameters, cancellation) => Names(context, parameters, engine, cancellation));
        Get("/label/{name}/values", (context, parameters, cancellation) =>
        {
            var (start, end) = parameters.Bounds(LabelRange);
            var selector = Selector(parameters);
            return List(context, engine.LabelValues((string)context.Request.RouteValues["name"]!, selector, start, AfterEnd(end), cancellation));
        });
        Get("/series", (context, parameters, cancellation) => Series(context, parameters, engine, cancellation));
        Get("/format_query", (context, parameters, _) => Format(context, parameters, engine));
        Get("/drilldown-limits", (context, _, _) => LokiLimitsApi.Answer(context, limits, ApiVersion));
        Get("/status/buildinfo", static (context, _, _) => LokiJson.Write(context, static json =>
        {
            json.WriteStartObject();
            json.WriteString("version"u8, ApiVersion);
            json.WriteString("revision"u8, $"sightglass-{typeof(LokiApi).Assembly.GetName().Version?.ToString(3)}");
            json.WriteString("branch"u8, "HEAD");
            json.WriteString("buildUser"u8, string.Empty);
            json.WriteString("buildDate"u8, string.Empty);
            json.WriteString("goVersion"u8, string.Empty);
            json.WriteEndObject();
        }));
        group.MapUnknown(string.Empty, static context => Text(context, StatusCodes.Status404NotFound, $"{context.Request.Path} is not offered"));
    }

    // Its errors are JSON, other than everywhere else in Loki.
    private static Task Format(HttpContext context, LokiParameters parameters, LogQLEngine engine)
    {
        var (formatted, error) = (string.Empty, string.Empty);
        try
        {
            formatted = engine.Format(parameters.Text("query"));
        }
        catch (Exception e) when (e is QueryException or LimitExceededException)
        {
            error = e.Message;
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
        }

        return LokiJson.Write(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("status"u8, error.Length == 0 ? "success" : "invalid-query");
            json.WriteString(error.Length == 0 ? "data" : "error", error.Length == 0 ? formatted : error);
            json.WriteEndObject();
        });
    }

    private static Task Query(HttpContext context, LokiParameters parameters, LogQLEngine engine, TimeProvider time, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        var result = engine.Query(parameters.Text("query"), parameters.Time("time"), cancellation);
        return LokiJson.Success(context, json => LokiJson.Result(json, result, Categorize(context), time.GetElapsedTime(began)));
    }

    private static Task Range(HttpContext context, LokiParameters parameters, LogQLEngine engine, TimeProvider time, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        var (start, end) = parameters.Bounds(QueryRange);
        var interval = parameters.Duration("interval", 0);
        var range = new LogQLRange(parameters.Text("query"), start, end)
        {
            StepNano = parameters.Step(start, end),
            IntervalNano = interval >= 0 ? interval : throw LokiParameters.Bad("interval must be >= 0"),
            Limit = parameters.Limit(),
            Direction = parameters.Direction(),
        };
        var result = engine.QueryRange(range, cancellation);
        return LokiJson.Success(context, json => LokiJson.Result(json, result, Categorize(context), time.GetElapsedTime(began)));
    }

    private static Task Names(HttpContext context, LokiParameters parameters, LogQLEngine engine, CancellationToken cancellation)
    {
        var (start, end) = parameters.Bounds(LabelRange);
        return List(context, engine.LabelNames(Selector(parameters), start, AfterEnd(end), cancellation));
    }

    internal static Task Series(HttpContext context, LokiParameters parameters, LogQLEngine engine, CancellationToken cancellation)
    {
        var (start, end) = parameters.Bounds(LabelRange);
        var series = engine.Series([.. parameters.All("match[]"), .. parameters.All("match")], start, AfterEnd(end), cancellation);
        return LokiJson.Success(context, json =>
        {
            json.WriteStartArray();
            foreach (var labels in series)
            {
                LokiJson.Labels(json, labels);
            }

            json.WriteEndArray();
        });
    }

    internal static Task List(HttpContext context, IReadOnlyList<string> items) => LokiJson.Success(context, json =>
    {
        json.WriteStartArray();
        foreach (var item in items)
        {
            json.WriteStringValue(item);
        }

        json.WriteEndArray();
    });

    // An empty selector means all streams, as Grafana sends it.
    internal static string? Selector(LokiParameters parameters) => parameters.Text("query") is { Length: > 0 } query && query != "{}" ? query : null;

    internal static long AfterEnd(long end) => end == long.MaxValue ? end : end + 1;

    internal static bool Categorize(HttpContext context) =>
        context.Request.Headers["X-Loki-Response-Encoding-Flags"].Any(static v => v?.Contains("categorize-labels", StringComparison.Ordinal) == true);

    /// <summary>Runs a handler within the time a query may take, with errors as Loki answers them.</summary>
    internal static async Task Run(HttpContext context, QueryLimits limits, TimeProvider time, Func<HttpContext, LokiParameters, CancellationToken, Task> run)
    {
        using var timeout = new CancellationTokenSource(limits.Timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, timeout.Token);
        try
        {
            await run(context, await LokiParameters.ReadAsync(context.Request, time), linked.Token);
        }
        catch (QueryException e)
        {
            await Text(context, e.Kind switch
            {
                QueryErrorKind.NotFound => StatusCodes.Status404NotFound,
                QueryErrorKind.Timeout => StatusCodes.Status504GatewayTimeout,
                QueryErrorKind.Canceled => StatusCodes.Status499ClientClosedRequest,
                _ => StatusCodes.Status400BadRequest,
            }, e.Message);
        }
        catch (LimitExceededException e)
        {
            await Text(context, StatusCodes.Status400BadRequest, TextOf(e));
        }
        catch (BadHttpRequestException e)
        {
            await Text(context, e.StatusCode, e.Message);
        }
        catch (Exception e) when (e is InvalidDataException)
        {
            // A form that does not decode.
            await Text(context, StatusCodes.Status400BadRequest, e.Message);
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

    // In Loki's words, which Grafana and others look for, where it has the same limit.
    private static string TextOf(LimitExceededException e) => e.Setting switch
    {
        nameof(QueryLimits.MaxLogEntries) => $"max entries limit per query exceeded, limit > max_entries_limit_per_query ({e.Got} > {e.Limit}); the limit is max_entries of the block logql",
        nameof(QueryLimits.MaxMetricSeries) => $"maximum number of series ({e.Limit}) reached for a single query; consider reducing query cardinality by adding more specific stream selectors, reducing the time range, or "
            + "aggregating results with functions like sum(), count() or topk(); the limit is max_query_series of the block logql",
        _ => e.Message,
    };

    private static Task Text(HttpContext context, int status, string message)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(message + "\n", context.RequestAborted);
    }
}
