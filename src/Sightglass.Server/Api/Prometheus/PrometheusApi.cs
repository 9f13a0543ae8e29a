using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Query.PromQL;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>Prometheus' HTTP API for queries and metadata, below <c>/api/v1</c> and <c>/prometheus/api/v1</c>.</summary>
internal static class PrometheusApi
{
    /// <summary>Both places at which the API answers.</summary>
    private static readonly string[] Prefixes = ["/api/v1", "/prometheus/api/v1"];

    private static readonly string[] GetAndPost = ["GET", "POST"];

    private static readonly string[] GetOnly = ["GET"];

    /// <summary>Adds the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, PromQLEngine engine, IMetricStore store, QueryLimits limits, TimeProvider time)
    {
        var queries = new QueryEndpoints(engine, limits, time);
        var labels = new LabelEndpoints(store);
        foreach (var prefix in Prefixes)
        {
            Add(routes, GetAndPost, $"{prefix}/query", queries.Instant);
            Add(routes, GetAndPost, $"{prefix}/query_range", queries.Range);
            Add(routes, GetAndPost, $"{prefix}/format_query", queries.Format);
            Add(routes, GetAndPost, $"{prefix}/parse_query", queries.ParseTree);
            Add(routes, GetAndPost, $"{prefix}/series", labels.Series);
            Add(routes, GetAndPost, $"{prefix}/labels", labels.Names);
            Add(routes, GetOnly, $"{prefix}/label/{{name}}/values", labels.Values);
            Add(routes, GetOnly, $"{prefix}/metadata", labels.Metadata);
            Add(routes, GetOnly, $"{prefix}/status/buildinfo", BuildInfo.Write);
            routes.Map($"{prefix}/{{**rest}}", context => ApiResponse.Error(context, StatusCodes.Status404NotFound, "not_found", $"{context.Request.Method} {context.Request.Path} is not offered by this server"));
        }
    }

    private static void Add(IEndpointRouteBuilder routes, string[] methods, string pattern, Func<HttpContext, ApiParameters, Task> handler) =>
        routes.MapMethods(pattern, methods, async context =>
        {
            try
            {
                await handler(context, await ApiParameters.ReadAsync(context.Request));
            }
            catch (QueryException e)
            {
                var (status, type) = e.Kind switch
                {
                    QueryErrorKind.BadData => (StatusCodes.Status400BadRequest, "bad_data"),
                    QueryErrorKind.Execution => (StatusCodes.Status422UnprocessableEntity, "execution"),
                    QueryErrorKind.Timeout => (StatusCodes.Status503ServiceUnavailable, "timeout"),
                    QueryErrorKind.Canceled => (StatusCodes.Status503ServiceUnavailable, "canceled"),
                    _ => (StatusCodes.Status404NotFound, "not_found"),
                };
                await ApiResponse.Error(context, status, type, e.Message);
            }
            catch (LimitExceededException e)
            {
                await ApiResponse.Error(context, StatusCodes.Status422UnprocessableEntity, "execution", e.Message);
            }
            catch (CorruptDataException e)
            {
                await ApiResponse.Error(context, StatusCodes.Status500InternalServerError, "internal", e.Message);
            }
            catch (BadHttpRequestException e)
            {
                await ApiResponse.Error(context, e.StatusCode, "bad_data", e.Message);
            }
            catch (InvalidDataException e)
            {
                await ApiResponse.Error(context, StatusCodes.Status400BadRequest, "bad_data", $"error parsing form values: {e.Message}");
            }
            catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
            {
                // Nobody is there to read an answer.
            }
        });
}
