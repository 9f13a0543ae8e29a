using Sightglass.Server.Configuration;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Loki;

/// <summary>
/// What charts, agents and people ask at the root of a Loki before they use it. <c>/services</c> and <c>/config</c> are also pages of the web UI: a browser, which asks for HTML, gets those.
/// </summary>
internal static class LokiProbes
{
    private static readonly string[] Services = ["server", "distributor", "ingester", "store", "querier", "query-frontend", "ruler", "compactor", "pattern-ingester"];

    /// <summary>Maps the endpoints; <paramref name="flush"/> writes what is in memory to disk.</summary>
    public static void Map(RouteTable routes, Func<ServerConfiguration> configuration, Action flush)
    {
        // The server listens once everything that was stored is read.
        routes.MapMethods("/ready", ["GET", "HEAD"], static context => Text(context, "ready\n"));
        routes.MapGet("/log_level", static context => Message(context, StatusCodes.Status200OK, "Current log level is info"));
        routes.MapPost("/log_level", static context => Message(context, StatusCodes.Status400BadRequest, "the log level is info and cannot be changed"));
        routes.MapGet("/services", context => Page(routes, context, static () => string.Concat(Services.Select(static s => $"{s} => Running\n"))));
        routes.MapGet("/config", context => Page(routes, context, () => ShownConfiguration.Text(configuration())));

        // As in Loki for tests: a restart loses nothing without it.
        routes.MapMethods("/flush", ["GET", "POST"], async context =>
        {
            if (!RequestOrigin.IsOwn(context.Request))
            {
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
                await context.Response.WriteAsync(RequestOrigin.Refusal, context.RequestAborted);
                return;
            }

            await Task.Run(flush, context.RequestAborted);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        });
    }

    private static Task Page(RouteTable routes, HttpContext context, Func<string> text) =>
        context.Request.Headers.Accept.Any(static a => a?.Contains("text/html", StringComparison.OrdinalIgnoreCase) == true) ? routes.Fallback(context) : Text(context, text());

    private static Task Text(HttpContext context, string text)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    private static Task Message(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return LokiJson.Write(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("message"u8, message);
            json.WriteEndObject();
        });
    }
}
