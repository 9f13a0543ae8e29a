using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Query.PromQL;
using Sightglass.Query.Syntax;
using Sightglass.Query.Vectors;

namespace Sightglass.Server.Api.Prometheus;

/// <summary><c>query</c>, <c>query_range</c>, <c>format_query</c> and <c>parse_query</c>.</summary>
internal sealed class QueryEndpoints(PromQLEngine engine, QueryLimits limits, TimeProvider time, QueryLog? log)
{
    /// <summary>Warnings, and infos, that one answer carries: Prometheus' number.</summary>
    private const int MaxAnnotations = 10;

    public async Task Instant(HttpContext context, ApiParameters parameters)
    {
        var limit = parameters.Limit();
        var timeMs = parameters.OptionalTime("time", time.GetUtcNow().ToUnixTimeMilliseconds());
        var timeout = Timeout(parameters);
        var lookback = Lookback(parameters);
        var stats = parameters.Text("stats");
        var query = parameters.Text("query");
        var expression = Parse(query);
        var result = await Logged(context, query, timeMs, timeMs, 0, engine.InstantAsync(expression, query, timeMs, timeout, lookback, stats == "all", MayBeKept(parameters), context.RequestAborted));
        await Answer(context, result, limit, stats);
    }

    public async Task Range(HttpContext context, ApiParameters parameters)
    {
        var limit = parameters.Limit();
        var startMs = parameters.Time("start");
        var endMs = parameters.Time("end");
        if (endMs < startMs)
        {
            throw ApiParameters.Invalid("end", "end timestamp must not be before start time");
        }

        var step = parameters.Duration("step") ?? throw ApiParameters.Invalid("step", "cannot parse \"\" to a valid duration");
        if (step <= TimeSpan.Zero)
        {
            throw ApiParameters.Invalid("step", "zero or negative query resolution step widths are not accepted. Try a positive integer");
        }

        var stepMs = Math.Max(1, (long)step.TotalMilliseconds);
        if ((endMs - startMs) / stepMs > limits.MaxPointsPerSeries)
        {
            throw new QueryException(QueryErrorKind.BadData, FormattableString.Invariant($"exceeded maximum resolution of {limits.MaxPointsPerSeries:N0} points per timeseries. Try decreasing the query resolution (?step=XX)"));
        }

        var timeout = Timeout(parameters);
        var lookback = Lookback(parameters);
        var stats = parameters.Text("stats");
        var query = parameters.Text("query");
        var expression = Parse(query);
        if (expression.Type is not (PromQLType.Scalar or PromQLType.Vector))
        {
            throw ApiParameters.Invalid("query", $"invalid expression type \"{(expression.Type == PromQLType.Matrix ? "range vector" : "string")}\" for range query, must be Scalar or instant Vector");
        }

        var result = await Logged(context, query, startMs, endMs, stepMs, engine.RangeAsync(expression, query, startMs, endMs, stepMs, timeout, lookback, stats == "all", MayBeKept(parameters), context.RequestAborted));
        await Answer(context, result, limit, stats);
    }

    public Task Format(HttpContext context, ApiParameters parameters)
    {
        var expression = Parse(parameters.Text("query"));
        return ApiResponse.Success(context, json => json.WriteStringValue(PromQLFormatter.Format(expression)));
    }

    public Task ParseTree(HttpContext context, ApiParameters parameters)
    {
        var expression = Parse(parameters.Text("query"));
        return ApiResponse.Success(context, json => ExpressionJson.Write(json, expression));
    }

    private async Task<PromQLResult> Logged(HttpContext context, string query, long startMs, long endMs, long stepMs, Task<PromQLResult> running)
    {
        PromQLResult? result = null;
        string? error = null;
        try
        {
            return result = await running;
        }
        catch (QueryException e) when (e.Kind == QueryErrorKind.BadData)
        {
            // Durations that are computed are wrong only once the query's times are known.
            var named = ApiParameters.Invalid("query", e.Message, e.Position);
            error = named.Message;
            throw named;
        }
        catch (Exception e) when (log is not null)
        {
            error = e.Message;
            throw;
        }
        finally
        {
            log?.Write(new LoggedQuery(query, startMs, endMs, stepMs, result, error)
            {
                Request = (context.Connection.RemoteIpAddress?.ToString() ?? string.Empty, context.Request.Method, context.Request.Path.Value ?? string.Empty),
            });
        }
    }

    // Whoever asks what a query costs wants it run; VictoriaMetrics' parameter asks for that alone.
    private static bool MayBeKept(ApiParameters parameters) => parameters.Text("stats").Length == 0 && parameters.Text("nocache") != "1";

    // A lookback of zero or less means the server's own, as does none.
    private static TimeSpan? Lookback(ApiParameters parameters)
    {
        const string Name = "lookback_delta";
        return parameters.TryDuration(Name, out var lookback)
            ? lookback > TimeSpan.Zero ? lookback : null
            : throw new QueryException(QueryErrorKind.BadData, $"error parsing lookback delta duration: cannot parse {QuotedText.Quote(parameters.Text(Name))} to a valid duration");
    }

    private static TimeSpan? Timeout(ApiParameters parameters) => parameters.Duration("timeout") switch
    {
        null => null,
        { } timeout when timeout > TimeSpan.Zero => timeout,
        _ => throw new QueryException(QueryErrorKind.Timeout, "query timed out in query execution"),
    };

    private PromQLExpression Parse(string query) => ApiParameters.Named("query", () => engine.Parse(query));

    private static Task Answer(HttpContext context, PromQLResult result, int limit, string stats)
    {
        IReadOnlyList<ResultSeries> series = result.Series;
        var warnings = Annotations(result.Warnings, "warning");
        if (limit > 0 && series.Count > limit)
        {
            series = [.. series.Take(limit)];
            warnings = [.. warnings, "results truncated due to limit"];
        }

        return ApiResponse.Success(context, json => ResultJson.Write(json, result, series, stats.Length > 0), warnings, Annotations(result.Infos, "info"));
    }

    private static IReadOnlyList<string> Annotations(IReadOnlyList<string> all, string kind) => all.Count <= MaxAnnotations
        ? all
        : [.. all.Take(MaxAnnotations), $"{all.Count - MaxAnnotations} more {kind} annotations omitted"];
}
