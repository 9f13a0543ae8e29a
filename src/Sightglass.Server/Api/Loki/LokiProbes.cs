using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Loki;

/// <summary>
/// What charts and agents ask at the root of a Loki before they use it. Its <c>/services</c> and <c>/config</c> are pages here, and what they tell is in
/// <c>/api/v1/status</c>.
/// </summary>
internal static class LokiProbes
{
    /// <summary>Maps the endpoints.</summary>
    public static void Map(RouteTable routes)
    {
        // The server listens once everything that was stored is read.
        routes.MapMethods("/ready", ["GET", "HEAD"], static context =>
        {
            context.Response.ContentType = "text/plain; charset=utf-8";
            return context.Response.WriteAsync("ready\n", context.RequestAborted);
        });
        routes.MapGet("/log_level", static context => LokiJson.Write(context, static json =>
        {
            json.WriteStartObject();
            json.WriteString("message"u8, "Current log level is info");
            json.WriteEndObject();
        }));
    }
}
