using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Options;

namespace Sightglass.Server.Hosting.Http;

/// <summary>
/// Compresses the answers of a port with gzip for clients that take it, as Prometheus, Loki and Tempo do. Bodies of protobuf, and those that are known to be short
/// (<see cref="MinBytes"/>), are left as they are.
/// </summary>
internal static class AnswerCompression
{
    /// <summary>Below it, compressing takes longer than sending: what fits into one packet.</summary>
    public const int MinBytes = 1400;

    /// <summary>Puts it before everything that the port answers; call it before the port opens.</summary>
    public static void Use(HttpPort port)
    {
        var answer = port.Handler;
        // A start does not wait for it.
        var compressing = new Lazy<RequestDelegate>(() => new ResponseCompressionMiddleware(answer, new LongAnswers()).Invoke);
        port.Handler = context => context.Request.Headers.AcceptEncoding.Count == 0 ? answer(context) : compressing.Value(context);
    }

    private sealed class LongAnswers() : ResponseCompressionProvider(Services.Instance, Options.Create(Settings()))
    {
        public override bool ShouldCompressResponse(HttpContext context) => context.Response.ContentLength is not < MinBytes && base.ShouldCompressResponse(context);

        private static ResponseCompressionOptions Settings()
        {
            var options = new ResponseCompressionOptions
            {
                MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "application/openmetrics-text", "application/vnd.google.protobuf", "application/x-ndjson", "image/svg+xml"],
                EnableForHttps = true,
            };
            options.Providers.Add(new GzipCompressionProvider(Options.Create(new GzipCompressionProviderOptions { Level = CompressionLevel.Fastest })));
            return options;
        }
    }

    // What the framework's class asks for.
    private sealed class Services : IServiceProvider
    {
        public static readonly Services Instance = new();

        public object? GetService(Type serviceType) =>
            serviceType == typeof(ILogger<ResponseCompressionProvider>) ? StandardErrorLog.Instance.CreateLogger<ResponseCompressionProvider>() : null;
    }
}
