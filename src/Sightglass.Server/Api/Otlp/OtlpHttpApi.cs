using Sightglass.Core.Contracts;
using Sightglass.Ingest;
using Sightglass.Ingest.Bodies;
using Sightglass.Ingest.Otlp;
using Sightglass.Server.Api.Push;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Otlp;

/// <summary>OTLP over HTTP, in protobuf and JSON, at its own paths and at those of Prometheus and Loki.</summary>
internal static class OtlpHttpApi
{
    private const string Protobuf = "application/x-protobuf";
    private const string Json = "application/json";

    /// <summary>Adds the routes.</summary>
    public static void Map(RouteTable routes, PushRequests requests)
    {
        Add("/v1/metrics", OtlpSignal.Metrics);
        Add("/v1/logs", OtlpSignal.Logs);
        Add("/v1/traces", OtlpSignal.Traces);
        Add("/api/v1/otlp/v1/metrics", OtlpSignal.Metrics);
        Add("/prometheus/api/v1/otlp/v1/metrics", OtlpSignal.Metrics);
        Add("/otlp/v1/logs", OtlpSignal.Logs);

        void Add(string path, OtlpSignal signal) => routes.MapPost(path, context => Answer(context, requests, signal));
    }

    /// <summary>Hands a decompressed protobuf body to the receiver.</summary>
    public static AppendResult Take(PushReceiver receiver, OtlpSignal signal, ReadOnlySpan<byte> body, IngestSource source) => signal switch
    {
        OtlpSignal.Metrics => receiver.OtlpMetrics(body, source),
        OtlpSignal.Logs => receiver.OtlpLogs(body, source),
        _ => receiver.OtlpTraces(body, source),
    };

    private static async Task Answer(HttpContext context, PushRequests requests, OtlpSignal signal)
    {
        var source = requests.Source("otlp_http", context);
        var type = context.Request.ContentType?.Split(';')[0].Trim() ?? string.Empty;
        var json = type.Equals(Json, StringComparison.OrdinalIgnoreCase);
        byte[] answer;
        try
        {
            if (!json && type.Length > 0 && !type.Equals(Protobuf, StringComparison.OrdinalIgnoreCase))
            {
                throw new BodyException(BodyError.Unsupported, $"content type \"{type}\" is not supported, want {Protobuf} or {Json}");
            }

            using var body = await requests.Read(context);
            source.Received(body.ReceivedBytes);
            var result = json ? TakeJson(requests.Receiver, signal, body, source) : Take(requests.Receiver, signal, body.Bytes, source);
            answer = json ? OtlpAnswers.SuccessJson(result, signal) : OtlpAnswers.Success(result);
        }
        catch (Exception e) when (PushRequests.StatusOf(e) != 0)
        {
            var status = PushRequests.StatusOf(e);
            source.Fail(e.Message);
            PushRequests.SetStatus(context, status);
            var code = OtlpAnswers.GrpcCode(status);
            answer = json ? OtlpAnswers.StatusJson(code, e.Message) : OtlpAnswers.Status(code, e.Message);
        }

        context.Response.ContentType = json ? Json : Protobuf;
        context.Response.ContentLength = answer.Length;
        await context.Response.Body.WriteAsync(answer, context.RequestAborted);
    }

    private static AppendResult TakeJson(PushReceiver receiver, OtlpSignal signal, Body body, IngestSource source)
    {
        var message = signal switch
        {
            OtlpSignal.Metrics => OtlpJsonMessage.Metrics,
            OtlpSignal.Logs => OtlpJsonMessage.Logs,
            _ => OtlpJsonMessage.Traces,
        };
        using var protobuf = OtlpJsonTranscoder.ToProtobuf(body.Bytes, message, receiver.Limits);
        return Take(receiver, signal, protobuf.Written, source);
    }
}
