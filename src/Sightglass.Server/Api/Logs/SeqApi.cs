using Sightglass.Ingest;
using Sightglass.Server.Api.Push;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Logs;

/// <summary>Seq's ingestion: <c>/api/events/raw</c> in both forms and <c>/ingest/clef</c>. Where the configuration has API keys, one of them is needed.</summary>
internal static class SeqApi
{
    private const string ClefType = "application/vnd.serilog.clef";

    /// <summary>Adds the routes.</summary>
    public static void Map(RouteTable routes, PushRequests requests, LogReceiver logs)
    {
        routes.MapPost("/ingest/clef", context => Take(context, requests, logs, clef: true));
        routes.MapPost("/api/events/raw", context => Take(context, requests, logs, clef: context.Request.Query.ContainsKey("clef")
            || (context.Request.ContentType ?? string.Empty).StartsWith(ClefType, StringComparison.OrdinalIgnoreCase)));
    }

    private static Task Take(HttpContext context, PushRequests requests, LogReceiver logs, bool clef)
    {
        // As Seq's own senders give it.
        var key = context.Request.Headers["X-Seq-ApiKey"].ToString() is { Length: > 0 } header ? header : context.Request.Query["apiKey"].ToString();
        if (logs.IsSeqKey(key))
        {
            return Store(context, requests, logs, clef);
        }

        requests.Source("seq", context).Fail(key.Length > 0 ? "the API key is not known" : "an API key is needed");
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return LogRoutes.Json(context, Error(key.Length > 0 ? "the API key is not known" : "an API key is needed, in X-Seq-ApiKey or apiKey"));
    }

    private static Task Store(HttpContext context, PushRequests requests, LogReceiver logs, bool clef) => LogRoutes.Answer(
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
