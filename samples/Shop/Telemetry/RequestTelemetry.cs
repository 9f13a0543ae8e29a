using System.Diagnostics;

namespace Shop.Telemetry;

/// <summary>Around every request: its metrics, its access log line, its user, and what becomes of an exception.</summary>
internal sealed class RequestTelemetry(RequestDelegate next, ShopMetrics metrics, TimeProvider time, ILogger<RequestTelemetry> logger)
{
    private const int ClientClosedRequest = 499;

    public async Task InvokeAsync(HttpContext context)
    {
        var started = time.GetTimestamp();
        // The route's pattern, not the path: the number of different values stays small.
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
        // The server span: ASP.NET Core leaves its name, route and status code to whoever instruments it.
        var activity = Activity.Current;
        var userId = activity?.GetBaggageItem(ShopActivity.UserId);
        activity?.SetTag(ShopActivity.UserId, userId).SetTag("http.route", route);
        activity?.DisplayName = route is null ? context.Request.Method : $"{context.Request.Method} {route}";
        using var scope = logger.BeginScope(new KeyValuePair<string, object?>[] { new("user_id", userId) });

        metrics.RequestStarted();
        try
        {
            await next(context);
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            await AnswerAsync(context, exception);
        }
        finally
        {
            var (status, duration) = (context.Response.StatusCode, time.GetElapsedTime(started));
            activity?.SetTag("http.response.status_code", status);
            metrics.RequestEnded(context.Request.Method, route ?? "(unknown)", status, duration);
            logger.Log(
                status >= 500 ? LogLevel.Warning : LogLevel.Information,
                "{Method} {Path} answered {StatusCode} in {DurationMs:0.0} ms",
                context.Request.Method,
                context.Request.Path.Value,
                status,
                duration.TotalMilliseconds);
        }
    }

    private async Task AnswerAsync(HttpContext context, Exception exception)
    {
        context.Response.StatusCode = exception switch
        {
            OperationCanceledException when context.RequestAborted.IsCancellationRequested => ClientClosedRequest,
            ShopException known => known.StatusCode,
            BadHttpRequestException bad => bad.StatusCode,
            _ => StatusCodes.Status500InternalServerError,
        };
        if (context.Response.StatusCode >= 500)
        {
            Activity.Current.Fail(exception);
            logger.LogError(exception, "{Method} {Path} failed: {Reason}", context.Request.Method, context.Request.Path.Value, exception.Message);
        }

        if (!context.RequestAborted.IsCancellationRequested)
        {
            await context.Response.WriteAsJsonAsync(new { error = exception.Message });
        }
    }
}
