using Sightglass.Core.Errors;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>Adds endpoints at both places at which Prometheus' API answers, and answers failures by their kind.</summary>
internal static class PrometheusRoutes
{
    /// <summary>Status for a caller who went away, as Prometheus and nginx log it.</summary>
    private const int ClientClosedRequest = 499;

    public static readonly string[] GetAndPost = ["GET", "POST"];

    public static readonly string[] GetOnly = ["GET"];

    public static readonly string[] PostOnly = ["POST"];

    public static readonly string[] PostAndPut = ["POST", "PUT"];

    /// <summary>The root and the place below which everything of Prometheus answers too.</summary>
    public static readonly string[] Roots = [string.Empty, "/prometheus"];

    /// <summary>Both places of <c>/api/v1</c>.</summary>
    public static readonly string[] Prefixes = ["/api/v1", "/prometheus/api/v1"];

    /// <summary>Adds an endpoint of <c>/api/v1</c>; <paramref name="path"/> starts with a slash.</summary>
    public static void Api(this RouteTable routes, string[] methods, string path, Func<HttpContext, ApiParameters, Task> handler)
    {
        foreach (var prefix in Prefixes)
        {
            routes.MapMethods(prefix + path, methods, context => Answer(context, handler));
        }
    }

    /// <summary>Answers what nothing else does below both places.</summary>
    public static void MapUnknown(RouteTable routes)
    {
        foreach (var prefix in Prefixes)
        {
            routes.MapUnknown(prefix, static context => ApiResponse.Error(context, StatusCodes.Status404NotFound, "not_found", $"{context.Request.Method} {context.Request.Path} is not offered by this server"));
        }
    }

    /// <summary>Runs a handler; what it throws becomes Prometheus' status and <c>errorType</c>.</summary>
    public static async Task Answer(HttpContext context, Func<HttpContext, ApiParameters, Task> handler)
    {
        try
        {
            await handler(context, await ApiParameters.ReadAsync(context.Request));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to read an answer.
        }
        catch (Exception e) when (StatusOf(e) is { Status: > 0 })
        {
            var (status, type) = StatusOf(e);
            await ApiResponse.Error(context, status, type, e is InvalidDataException ? $"error parsing form values: {e.Message}" : e.Message);
        }
    }

    /// <summary>Status and <c>errorType</c> of a failure that is no bug; status 0 for what is one.</summary>
    public static (int Status, string Type) StatusOf(Exception error) => error switch
    {
        QueryException { Kind: QueryErrorKind.BadData } => (StatusCodes.Status400BadRequest, "bad_data"),
        QueryException { Kind: QueryErrorKind.Execution } => (StatusCodes.Status422UnprocessableEntity, "execution"),
        QueryException { Kind: QueryErrorKind.Timeout } => (StatusCodes.Status503ServiceUnavailable, "timeout"),
        QueryException { Kind: QueryErrorKind.Canceled } => (ClientClosedRequest, "canceled"),
        QueryException => (StatusCodes.Status404NotFound, "not_found"),
        LimitExceededException => (StatusCodes.Status422UnprocessableEntity, "execution"),
        CorruptDataException => (StatusCodes.Status500InternalServerError, "internal"),
        StorageFailedException => (StatusCodes.Status503ServiceUnavailable, "unavailable"),
        BadHttpRequestException bad => (bad.StatusCode, "bad_data"),
        InvalidDataException => (StatusCodes.Status400BadRequest, "bad_data"),
        _ => (0, string.Empty),
    };
}
