using Sightglass.Core.Contracts;
using Sightglass.Ingest;

namespace Sightglass.Server.Api.Push;

/// <summary>Prometheus' remote write 1.0 and Loki's push.</summary>
internal static class PushApi
{
    /// <summary>Adds the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, PushRequests requests)
    {
        routes.MapPost("/api/v1/write", context => Answer(context, requests, "remote_write", RemoteWrite));
        routes.MapPost("/loki/api/v1/push", context => Answer(context, requests, "loki", LokiPush));
        routes.MapPost("/api/prom/push", context => Answer(context, requests, "loki", LokiPush));
    }

    private static async Task Answer(HttpContext context, PushRequests requests, string name, Func<HttpContext, PushRequests, IngestSource, Task<AppendResult?>> take)
    {
        var source = requests.Source(name, context);
        string? message = null;
        try
        {
            if (await take(context, requests, source) is not { } result)
            {
                return;
            }

            // These protocols know no partial success: what was good is stored, the sender learns what was not.
            message = result.Rejected > 0 ? $"{result.Rejected} items were refused, {result.Stored} stored: {result.FirstReason}" : null;
            context.Response.StatusCode = message is null ? StatusCodes.Status204NoContent : StatusCodes.Status400BadRequest;
        }
        catch (Exception e) when (PushRequests.StatusOf(e) != 0)
        {
            PushRequests.SetStatus(context, PushRequests.StatusOf(e));
            message = e.Message;
            source.Fail(message);
        }

        if (message is not null)
        {
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(message + "\n", context.RequestAborted);
        }
    }

    private static async Task<AppendResult?> RemoteWrite(HttpContext context, PushRequests requests, IngestSource source)
    {
        var (type, parameters) = MediaType(context);
        if (type is not ("" or "application/x-protobuf") || parameters.Contains("io.prometheus.write.v2", StringComparison.Ordinal))
        {
            return await Unsupported(context, "remote write: want application/x-protobuf with prometheus.WriteRequest (1.0)");
        }

        using var body = await requests.Read(context, "snappy");
        source.Received(body.ReceivedBytes);
        return requests.Receiver.RemoteWrite(body.Bytes, source);
    }

    private static async Task<AppendResult?> LokiPush(HttpContext context, PushRequests requests, IngestSource source)
    {
        var (type, _) = MediaType(context);
        if (type is not ("" or "application/x-protobuf" or "application/json"))
        {
            return await Unsupported(context, "push: want application/json or application/x-protobuf");
        }

        // As Loki: protobuf, snappy compressed, unless the sender says JSON.
        var json = type == "application/json";
        using var body = await requests.Read(context, json ? null : "snappy");
        source.Received(body.ReceivedBytes);
        return requests.Receiver.LokiPush(body.Bytes, json, source);
    }

    private static async Task<AppendResult?> Unsupported(HttpContext context, string message)
    {
        context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(message + "\n", context.RequestAborted);
        return null;
    }

    private static (string Type, string Parameters) MediaType(HttpContext context)
    {
        var header = context.Request.ContentType ?? string.Empty;
        var semicolon = header.IndexOf(';', StringComparison.Ordinal);
        return semicolon < 0
            ? (header.Trim().ToLowerInvariant(), string.Empty)
            : (header[..semicolon].Trim().ToLowerInvariant(), header[(semicolon + 1)..]);
    }
}
