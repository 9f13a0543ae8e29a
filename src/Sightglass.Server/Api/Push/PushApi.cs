using Sightglass.Core.Contracts;
using Sightglass.Ingest;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Push;

/// <summary>What is pushed to us over HTTP: Prometheus' remote write and Loki's push.</summary>
internal static class PushApi
{
    /// <summary>Adds the routes.</summary>
    public static void Map(RouteTable routes, PushRequests requests)
    {
        RemoteWriteApi.Map(routes, requests);
        routes.MapPost("/loki/api/v1/push", context => Loki(context, requests));
        routes.MapPost("/api/prom/push", context => Loki(context, requests));
    }

    private static Task Loki(HttpContext context, PushRequests requests)
    {
        var type = (context.Request.ContentType ?? string.Empty).Split(';')[0].Trim().ToLowerInvariant();

        // As Loki: protobuf, snappy compressed, unless the sender says JSON.
        return type switch
        {
            "" or "application/x-protobuf" => PushAnswers.Answer(context, requests, "loki", (c, r, s) => LokiPush(c, r, s, json: false)),
            "application/json" => PushAnswers.Answer(context, requests, "loki", (c, r, s) => LokiPush(c, r, s, json: true)),
            _ => PushAnswers.Unsupported(context, "push: want application/json or application/x-protobuf"),
        };
    }

    private static async Task<AppendResult> LokiPush(HttpContext context, PushRequests requests, IngestSource source, bool json)
    {
        using var body = await requests.Read(context, json ? null : "snappy");
        source.Received(body.ReceivedBytes);
        return requests.Receiver.LokiPush(body.Bytes, json, source);
    }
}
