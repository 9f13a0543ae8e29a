using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Options;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Hosting;

/// <summary>Serves the built web UI from <c>wwwroot</c> beside the executable; any page address gets the same document, an unknown API address a 404 with a sentence.</summary>
internal static class WebUi
{
    private static readonly string[] ApiPrefixes =
        ["/api", "/prometheus", "/loki", "/tempo", "/jaeger", "/zipkin", "/alertmanager", "/elasticsearch", "/sightglass", "/v1", "/otlp", "/mcp", "/-", "/assets", "/federate"];

    /// <summary>Puts the headers of a careful site on every answer of a port, and the pages where no route is.</summary>
    public static void Use(HttpPort port)
    {
        var answer = port.Handler;
        port.Handler = context =>
        {
            var headers = context.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            headers.XFrameOptions = "DENY";
            headers["Referrer-Policy"] = "no-referrer";
            headers.ContentSecurityPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
            return answer(context);
        };
        // A start does not wait for it.
        var pages = new Lazy<RequestDelegate>(Pages);
        port.Routes.Fallback = context => pages.Value(context);
    }

    private static RequestDelegate Pages()
    {
        var files = Files();
        var document = files?.GetFileInfo("index.html") is { Exists: true } file ? file.PhysicalPath : null;
        if (files is null)
        {
            return context => Page(context, document);
        }

        var options = new StaticFileOptions
        {
            FileProvider = files,
            OnPrepareResponse = static context =>
            {
                // Built file names have a hash of their content; the document has not.
                context.Context.Response.Headers.CacheControl = context.Context.Request.Path.StartsWithSegments("/assets") ? "public, max-age=31536000, immutable" : "no-cache";
            },
        };
        return new StaticFileMiddleware(context => Page(context, document), new PlaceOfFiles(files), Options.Create(options), StandardErrorLog.Instance).Invoke;
    }

    private static async Task Page(HttpContext context, string? document)
    {
        var isPage = HttpMethods.IsGet(context.Request.Method) && !ApiPrefixes.Any(p => context.Request.Path.StartsWithSegments(p));
        if (isPage && document is not null)
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            context.Response.Headers.CacheControl = "no-cache";
            await context.Response.SendFileAsync(document);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        await context.Response.WriteAsync(isPage
            ? "this build has no web UI\n"
            : $"{context.Request.Method} {context.Request.Path} is not offered by this server\n");
    }

    private static PhysicalFileProvider? Files()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        return Directory.Exists(folder) ? new PhysicalFileProvider(folder) : null;
    }

    // The middleware wants to know where it is, and asks for nothing of it when it is told which files to serve.
    private sealed class PlaceOfFiles(IFileProvider files) : IWebHostEnvironment
    {
        public string EnvironmentName { get; set; } = Environments.Production;

        public string ApplicationName { get; set; } = "sightglass";

        public string ContentRootPath { get; set; } = AppContext.BaseDirectory;

        public string WebRootPath { get; set; } = AppContext.BaseDirectory;

        public IFileProvider ContentRootFileProvider { get; set; } = files;

        public IFileProvider WebRootFileProvider { get; set; } = files;
    }
}
