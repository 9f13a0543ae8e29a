namespace Sightglass.Server.Api.Prometheus;

/// <summary>Prometheus' <c>admin/tsdb/…</c> as it answers while it is off, and the one part of it that has nothing to do here.</summary>
internal static class AdminApi
{
    private static readonly string[] Paths = ["/admin/tsdb/delete_series", "/admin/tsdb/clean_tombstones", "/admin/tsdb/snapshot"];

    /// <summary>Adds the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, bool enabled)
    {
        foreach (var path in Paths)
        {
            routes.Api(PrometheusRoutes.PostAndPut, path, (context, _) => enabled
                ? ApiResponse.Error(context, StatusCodes.Status501NotImplemented, "unavailable", $"{path} is not built yet")
                : ApiResponse.Error(context, StatusCodes.Status503ServiceUnavailable, "unavailable", "admin APIs disabled"));
        }
    }
}
