using Sightglass.Ingest;
using Sightglass.Server.Api.Push;

namespace Sightglass.Server.Api.Logs;

/// <summary>Seq's ingestion: <c>/api/events/raw</c> in both forms and <c>/ingest/clef</c>. The API key is taken and not looked at: there is no authentication yet.</summary>
internal static class SeqApi
{
    private const string ClefType = "application/vnd.serilog.clef";

    /// <summary>Adds the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, PushRequests requests, LogReceiver logs)
    {
        routes.MapPost("/ingest/clef", context => Take(context, requests, logs, clef: true));
        routes.MapPost("/api/events/raw", context => Take(context, requests, logs, clef: context.Request.Query.ContainsKey("clef")
            || (context.Request.ContentType ?? string.Empty).StartsWith(ClefType, StringComparison.OrdinalIgnoreCase)));
    }

    private static Task Take(HttpContext context, PushRequests requests, LogReceiver logs, bool clef) => LogRoutes.Answer(
        context,
        requests,
        "seq",
        (body, source) =>
        {
            var result = logs.Seq(body.Span, clef, source);
            context.Response.StatusCode = result.Rejected > 0 ? StatusCodes.Status400BadRequest : StatusCodes.Status201Created;
            return LogRoutes.Json(context, result.Rejected > 0 ? Error($"{result.Rejected} events were refused, {result.Stored} stored: {result.FirstReason}") : "{\"MinimumLevelAccepted\":null}");
        },
        (_, reason) => LogRoutes.Json(context, Error(reason)));

    private static string Error(string reason) => $"{{\"Error\":{System.Text.Json.JsonSerializer.Serialize(reason)}}}";
}
