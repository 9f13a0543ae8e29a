using Sightglass.Core.Errors;
using Sightglass.Metrics;
using Sightglass.Query.PromQL;
using Sightglass.Query.Syntax;
using Sightglass.Server.Hosting;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>Prometheus' <c>admin/tsdb/…</c>: deletion of series, removal of what was deleted, snapshots. Off unless <c>server.enable_admin_api</c> is on.</summary>
internal static class AdminApi
{
    /// <summary>Adds the routes.</summary>
    public static void Map(RouteTable routes, bool enabled, MetricStore metrics, SnapshotMaker snapshots)
    {
        void Admin(string path, Func<HttpContext, ApiParameters, Task> run) => routes.Api(PrometheusRoutes.PostAndPut, "/admin/tsdb/" + path, (context, parameters) => enabled
            ? run(context, parameters)
            : ApiResponse.Error(context, StatusCodes.Status503ServiceUnavailable, "unavailable", "admin APIs disabled"));

        Admin("delete_series", async (context, parameters) =>
        {
            var match = parameters.All("match[]");
            if (match.Count == 0)
            {
                throw new QueryException(QueryErrorKind.BadData, "no match[] parameter provided");
            }

            var (start, end) = parameters.TimeRange();
            var selectors = ApiParameters.Named("match[]", () => match.Select(PromQLParser.ParseSelector).ToArray());

            // Memory is written out first: seconds of work that no request thread should wait for.
            await Task.Run(() => metrics.Delete(selectors, start, end), context.RequestAborted);
            await ApiResponse.NoContent(context);
        });
        Admin("clean_tombstones", async (context, _) =>
        {
            await Task.Run(() => metrics.CleanDeleted(context.RequestAborted), context.RequestAborted);
            await ApiResponse.NoContent(context);
        });
        Admin("snapshot", async (context, parameters) =>
        {
            var skipHead = parameters.Text("skip_head") switch
            {
                "" or "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
                "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
                var other => throw ApiParameters.Invalid("skip_head", $"unable to parse boolean: strconv.ParseBool: parsing {QuotedText.Quote(other)}: invalid syntax"),
            };
            var name = await Task.Run(() => snapshots.Make(skipHead), context.RequestAborted);
            await ApiResponse.Success(context, json =>
            {
                json.WriteStartObject();
                json.WriteString("name"u8, name);
                json.WriteEndObject();
            });
        });
    }
}
