using Sightglass.Ingest;
using Sightglass.Server.Api.Push;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Logs;

/// <summary>GELF over HTTP: one message, or several in lines.</summary>
internal static class GelfApi
{
    /// <summary>Adds the route.</summary>
    public static void Map(RouteTable routes, PushRequests requests, LogReceiver logs) => routes.MapPost("/gelf", context => LogRoutes.Answer(
        context,
        requests,
        "gelf",
        (body, source) =>
        {
            var result = logs.Gelf(body.Span, source);
            context.Response.StatusCode = result.Rejected > 0 ? StatusCodes.Status400BadRequest : StatusCodes.Status202Accepted;
            return result.Rejected > 0 ? LogRoutes.Text(context, $"{result.Rejected} messages were refused, {result.Stored} stored: {result.FirstReason}") : Task.CompletedTask;
        }));
}
