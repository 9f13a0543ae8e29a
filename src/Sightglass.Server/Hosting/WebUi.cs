using Microsoft.Extensions.FileProviders;

namespace Sightglass.Server.Hosting;

/// <summary>Serves the built web UI from <c>wwwroot</c> beside the executable; any page address gets the same document, an unknown API address a 404 with a sentence.</summary>
internal static class WebUi
{
    private static readonly string[] ApiPrefixes =
        ["/api", "/prometheus", "/loki", "/tempo", "/jaeger", "/zipkin", "/alertmanager", "/elasticsearch", "/sightglass", "/v1", "/otlp", "/mcp", "/-", "/assets", "/federate"];

    public static void Use(WebApplication app)
    {
        app.Use(static (context, next) =>
        {
            var headers = context.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            headers.XFrameOptions = "DENY";
            headers["Referrer-Policy"] = "no-referrer";
            headers.ContentSecurityPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
            return next();
        });
        if (Files() is { } files)
        {
            app.UseStaticFiles(new StaticFileOptions
            {
                FileProvider = files,
                OnPrepareResponse = static context =>
                {
                    // Built file names have a hash of their content; the document has not.
                    context.Context.Response.Headers.CacheControl = context.Context.Request.Path.StartsWithSegments("/assets") ? "public, max-age=31536000, immutable" : "no-cache";
                },
            });
        }
    }

    public static void MapFallback(WebApplication app)
    {
        var document = Files()?.GetFileInfo("index.html") is { Exists: true } file ? file.PhysicalPath : null;
        app.MapFallback(async context =>
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
        });
    }

    private static PhysicalFileProvider? Files()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        return Directory.Exists(folder) ? new PhysicalFileProvider(folder) : null;
    }
}
