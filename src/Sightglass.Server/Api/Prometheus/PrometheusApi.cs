using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Query.PromQL;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>Prometheus' HTTP API for queries, series and labels, below <c>/api/v1</c> and <c>/prometheus/api/v1</c>.</summary>
internal static class PrometheusApi
{
    /// <summary>Adds the routes.</summary>
    public static void Map(RouteTable routes, PromQLEngine engine, IMetricStore store, QueryLimits limits, TimeProvider time, QueryLog? log = null)
    {
        var queries = new QueryEndpoints(engine, limits, time, log);
        var labels = new LabelEndpoints(store);
        routes.Api(PrometheusRoutes.GetAndPost, "/query", queries.Instant);
        routes.Api(PrometheusRoutes.GetAndPost, "/query_range", queries.Range);
        routes.Api(PrometheusRoutes.GetAndPost, "/format_query", queries.Format);
        routes.Api(PrometheusRoutes.GetAndPost, "/parse_query", queries.ParseTree);
        routes.Api(PrometheusRoutes.GetAndPost, "/query_exemplars", new ExemplarEndpoint(engine, store).Query);
        routes.Api(PrometheusRoutes.GetAndPost, "/series", labels.Series);
        routes.Api(PrometheusRoutes.GetAndPost, "/labels", labels.Names);
        routes.Api(PrometheusRoutes.GetOnly, "/label/{name}/values", labels.Values);
        routes.Api(PrometheusRoutes.GetOnly, "/status/buildinfo", BuildInfo.Write);
    }
}
