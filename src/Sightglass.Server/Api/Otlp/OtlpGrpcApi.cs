using System.Buffers.Binary;
using System.Globalization;
using Sightglass.Core.Contracts;
using Sightglass.Ingest.Bodies;
using Sightglass.Server.Api.Push;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Otlp;

/// <summary>OTLP over gRPC: the three <c>Export</c> calls, each one message in and one out. Needs a listener that speaks HTTP/2.</summary>
internal static class OtlpGrpcApi
{
    private const int FrameHeaderBytes = 5;
    private const int Unimplemented = 12;

    /// <summary>Adds the routes, and an answer for every other call.</summary>
    public static void Map(RouteTable routes, PushRequests requests)
    {
        Add("metrics.v1.MetricsService", OtlpSignal.Metrics);
        Add("logs.v1.LogsService", OtlpSignal.Logs);
        Add("trace.v1.TraceService", OtlpSignal.Traces);
        routes.Fallback = context => Call(context, Unknown);

        void Add(string service, OtlpSignal signal) => routes.MapPost(
            $"/opentelemetry.proto.collector.{service}/Export", context => Exported(context, requests, signal));
    }

    private static Task Exported(HttpContext context, PushRequests requests, OtlpSignal signal) =>
        Call(context, inner => Export(inner, requests, signal));

    private static async Task Call(HttpContext context, Func<HttpContext, Task<(int Code, string Message)>> call)
    {
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) != true)
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-accept-encoding"] = "identity,gzip,deflate,zstd,snappy";
        var (code, message) = await call(context);
        if (!context.Response.SupportsTrailers())
        {
            // Over HTTP/1 there are none; what can be said is said in headers.
            context.Response.Headers["grpc-status"] = code.ToString(CultureInfo.InvariantCulture);
            return;
        }

        context.Response.AppendTrailer("grpc-status", code.ToString(CultureInfo.InvariantCulture));
        if (message.Length > 0)
        {
            context.Response.AppendTrailer("grpc-message", Uri.EscapeDataString(message));
        }
    }

    private static Task<(int Code, string Message)> Unknown(HttpContext context) =>
        Task.FromResult((Unimplemented, $"unknown method {context.Request.Path}"));

    private static async Task<(int Code, string Message)> Export(HttpContext context, PushRequests requests, OtlpSignal signal)
    {
        var source = requests.Source("otlp_grpc", context);
        try
        {
            PushRequests.LiftServerLimit(context);
            using var body = await requests.Bodies.ReadAsync(context.Request.Body, null, null, context.RequestAborted);
            source.Received(body.ReceivedBytes);
            var message = Frame(body, out var compressed);
            AppendResult result;
            if (compressed)
            {
                using var decoded = requests.Bodies.Decode(message, Encoding(context));
                result = OtlpHttpApi.Take(requests.Receiver, signal, decoded.Bytes, source);
            }
            else
            {
                result = OtlpHttpApi.Take(requests.Receiver, signal, message.Span, source);
            }

            var answer = OtlpAnswers.Success(result);
            var frame = new byte[FrameHeaderBytes + answer.Length];
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)answer.Length);
            answer.CopyTo(frame, FrameHeaderBytes);
            await context.Response.Body.WriteAsync(frame, context.RequestAborted);
            return (0, string.Empty);
        }
        catch (Exception e) when (PushRequests.StatusOf(e) != 0)
        {
            source.Fail(e.Message);
            return (OtlpAnswers.GrpcCode(PushRequests.StatusOf(e)), e.Message);
        }
    }

    /// <summary>The one message of the call.</summary>
    private static ReadOnlyMemory<byte> Frame(Body body, out bool compressed)
    {
        var bytes = body.Memory;
        compressed = false;
        if (bytes.Length < FrameHeaderBytes)
        {
            throw new BodyException(BodyError.Malformed, $"call has {bytes.Length} bytes, want a frame of at least {FrameHeaderBytes}");
        }

        var flag = bytes.Span[0];
        var length = BinaryPrimitives.ReadUInt32BigEndian(bytes.Span[1..]);
        if (flag > 1 || length != bytes.Length - FrameHeaderBytes)
        {
            throw new BodyException(BodyError.Malformed, $"frame with flag {flag} and length {length} in a call of {bytes.Length} bytes, want one message");
        }

        compressed = flag == 1;
        return bytes[FrameHeaderBytes..];
    }

    private static string Encoding(HttpContext context)
    {
        var encoding = context.Request.Headers["grpc-encoding"].ToString();
        return encoding is "" or "identity"
            ? throw new BodyException(BodyError.Malformed, "frame is compressed, and grpc-encoding does not say how")
            : encoding;
    }
}
