using System.Globalization;
using Sightglass.Core.Contracts;
using Sightglass.Ingest;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Push;

/// <summary>Prometheus' remote write, 1.0 and 2.0, told apart by the content type's parameter <c>proto</c>.</summary>
internal static class RemoteWriteApi
{
    private const string Version1 = "prometheus.WriteRequest";
    private const string Version2 = "io.prometheus.write.v2.Request";

    /// <summary>Adds the routes.</summary>
    public static void Map(RouteTable routes, PushRequests requests)
    {
        routes.MapPost("/api/v1/write", context => Write(context, requests));
        routes.MapPost("/prometheus/api/v1/write", context => Write(context, requests));
    }

    private static Task Write(HttpContext context, PushRequests requests)
    {
        var header = context.Request.ContentType;
        if (Message(header) is not { } message)
        {
            return PushAnswers.Unsupported(context, $"remote write: got content type \"{header}\", want application/x-protobuf with proto={Version1} or proto={Version2}");
        }

        if (message == Version1)
        {
            return PushAnswers.Answer(context, requests, "remote_write", One);
        }

        SetWritten(context, default);
        return PushAnswers.Answer(context, requests, "remote_write", Two);
    }

    private static async Task<AppendResult> One(HttpContext context, PushRequests requests, IngestSource source)
    {
        using var body = await requests.Read(context, "snappy");
        source.Received(body.ReceivedBytes);
        return requests.Receiver.RemoteWrite(body.Bytes, source);
    }

    private static async Task<AppendResult> Two(HttpContext context, PushRequests requests, IngestSource source)
    {
        using var body = await requests.Read(context, "snappy");
        source.Received(body.ReceivedBytes);
        var result = requests.Receiver.RemoteWrite2(body.Bytes, source);
        SetWritten(context, result);
        return result.Items;
    }

    /// <summary>The message that a content type names: 1.0 where it names none; null for one that nobody here reads.</summary>
    private static string? Message(string? contentType)
    {
        if (string.IsNullOrWhiteSpace(contentType))
        {
            return Version1;
        }

        var parts = contentType.Split(';', StringSplitOptions.TrimEntries);
        if (!parts[0].Equals("application/x-protobuf", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        foreach (var part in parts.AsSpan(1))
        {
            if (part.StartsWith("proto=", StringComparison.OrdinalIgnoreCase))
            {
                return part["proto=".Length..].Trim('"') is (Version1 or Version2) and var named ? named : null;
            }
        }

        return Version1;
    }

    private static void SetWritten(HttpContext context, RemoteWriteResult result)
    {
        var headers = context.Response.Headers;
        headers["X-Prometheus-Remote-Write-Samples-Written"] = result.Samples.ToString(CultureInfo.InvariantCulture);
        headers["X-Prometheus-Remote-Write-Histograms-Written"] = result.Histograms.ToString(CultureInfo.InvariantCulture);
        headers["X-Prometheus-Remote-Write-Exemplars-Written"] = result.Exemplars.ToString(CultureInfo.InvariantCulture);
    }
}
