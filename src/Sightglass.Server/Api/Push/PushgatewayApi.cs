using Microsoft.AspNetCore.Http.Features;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Pushgateway;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Push;

/// <summary>Pushgateway's HTTP API: <c>/metrics/job/NAME{/LABEL/VALUE}</c> and <c>/api/v1/metrics</c>.</summary>
internal static class PushgatewayApi
{
    private const string Prefix = "/metrics/";

    /// <summary>Adds the routes.</summary>
    public static void Map(RouteTable routes, PushRequests requests, PushgatewayStore store)
    {
        // Routing would decode the path, and %2F with it: the labels are read from what came over the wire.
        routes.MapPut("/metrics/{**key}", context => Push(context, requests, store, replace: true));
        routes.MapPost("/metrics/{**key}", context => Push(context, requests, store, replace: false));
        routes.MapDelete("/metrics/{**key}", context => Delete(context, requests, store));
        routes.MapGet("/api/v1/metrics", context => PushgatewayJson.WriteAsync(context, store.Groups));
    }

    private static async Task Push(HttpContext context, PushRequests requests, PushgatewayStore store, bool replace)
    {
        await PushAnswers.Answer(context, requests, "pushgateway", async (c, r, source) =>
        {
            var key = Key(c);
            using var body = await r.Read(c);
            source.Received(body.ReceivedBytes);
            return AppendResult.All(store.Push(key, body.Bytes, Format(c.Request.ContentType), replace));
        });
        if (context.Response.StatusCode == StatusCodes.Status204NoContent)
        {
            context.Response.StatusCode = StatusCodes.Status200OK;
        }
    }

    private static async Task Delete(HttpContext context, PushRequests requests, PushgatewayStore store)
    {
        await PushAnswers.Answer(context, requests, "pushgateway", (c, _, _) =>
        {
            store.Delete(Key(c));
            return Task.FromResult(AppendResult.All(0));
        });
        if (context.Response.StatusCode == StatusCodes.Status204NoContent)
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        }
    }

    private static LabelSet Key(HttpContext context)
    {
        var raw = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? context.Request.Path.Value ?? string.Empty;
        var path = raw.Split('?')[0];
        return path.StartsWith(Prefix, StringComparison.Ordinal) ? GroupingKey.Parse(path[Prefix.Length..]) : throw new MalformedInputException("job name is required");
    }

    private static PushFormat Format(string? contentType)
    {
        var type = contentType ?? string.Empty;
        return type.StartsWith("application/vnd.google.protobuf", StringComparison.OrdinalIgnoreCase) ? PushFormat.Protobuf
            : type.StartsWith("application/openmetrics-text", StringComparison.OrdinalIgnoreCase) ? PushFormat.OpenMetrics
            : PushFormat.Text;
    }
}
