using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Sightglass.Ingest;
using Sightglass.Server.Api.Push;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Logs;

/// <summary>What <c>systemd-journal-upload</c> sends: the journal in its export format, as one request that may be open for as long as the machine runs.</summary>
internal static class JournalApi
{
    private const string ExportType = "application/vnd.fdo.journal";

    /// <summary>Adds the route below <paramref name="prefix"/>.</summary>
    public static void Map(RouteTable routes, string prefix, PushRequests requests, LogReceiver logs) =>
        routes.MapPost(prefix + "/upload", context => Take(context, requests, logs));

    private static async Task Take(HttpContext context, PushRequests requests, LogReceiver logs)
    {
        var type = (context.Request.ContentType ?? string.Empty).Split(';')[0].Trim();
        if (!type.Equals(ExportType, StringComparison.OrdinalIgnoreCase) || context.Request.Headers.ContentEncoding.Count > 0)
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            await LogRoutes.Text(context, $"want {ExportType}, not compressed");
            return;
        }

        // A stream without an end: bounded by entry and not as a whole, and silent while nothing happens.
        PushRequests.LiftServerLimit(context);
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        // It would keep the server from ending, too.
        var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        var source = requests.Source("journald", context);
        try
        {
            await logs.JournalAsync(context.Request.Body, source, ending.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or BadHttpRequestException)
        {
            source.Fail(e.Message);
            return;
        }

        await LogRoutes.Text(context, "OK.");
    }
}
