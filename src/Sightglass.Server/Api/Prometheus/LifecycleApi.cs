using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>Prometheus' <c>/-/reload</c> and <c>/-/quit</c>: refused unless <c>server.enable_lifecycle</c> is on. Health is answered at both places.</summary>
internal static class LifecycleApi
{
    private static readonly string[] GetAndHead = ["GET", "HEAD"];

    /// <summary>Adds the routes. <paramref name="reload"/> says why it failed, or null; <paramref name="quit"/> begins the end of the process.</summary>
    public static void Map(RouteTable routes, bool enabled, Func<Task<string?>> reload, Action quit)
    {
        foreach (var root in PrometheusRoutes.Roots)
        {
            foreach (var path in new[] { "/-/reload", "/-/quit" })
            {
                routes.MapGet(root + path, static context => Text(context, StatusCodes.Status405MethodNotAllowed, "Only POST or PUT requests allowed"));
            }

            routes.MapMethods($"{root}/-/reload", PrometheusRoutes.PostAndPut, context => enabled ? Reload(context, reload) : NotEnabled(context));
            routes.MapMethods($"{root}/-/quit", PrometheusRoutes.PostAndPut, async context =>
            {
                if (!enabled)
                {
                    await NotEnabled(context);
                    return;
                }

                await Text(context, StatusCodes.Status200OK, "Requesting termination... Goodbye!");
                await context.Response.CompleteAsync();
                quit();
            });
            routes.MapMethods($"{root}/-/healthy", GetAndHead, static context => Text(context, StatusCodes.Status200OK, "Sightglass is Healthy.\n"));
            routes.MapMethods($"{root}/-/ready", GetAndHead, static context => Text(context, StatusCodes.Status200OK, "Sightglass is Ready.\n"));
        }
    }

    private static async Task Reload(HttpContext context, Func<Task<string?>> reload)
    {
        if (await reload() is { } error)
        {
            await Text(context, StatusCodes.Status500InternalServerError, $"failed to reload config: {error}\n");
        }
    }

    private static Task NotEnabled(HttpContext context) => Text(context, StatusCodes.Status403Forbidden, "Lifecycle API is not enabled.");

    private static Task Text(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
