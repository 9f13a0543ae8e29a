namespace Sightglass.Server.Hosting.Http;

/// <summary>
/// Whether a request comes from a page of another site. Such a page must neither read the logs nor write the rules of a server that its visitor reaches; browsers ask
/// nobody before a WebSocket or a plain POST, and always send an Origin. Programs send none; Grafana takes it away.
/// </summary>
internal static class RequestOrigin
{
    /// <summary>What is answered to another site.</summary>
    public const string Refusal = "Forbidden: Origin names another site than Host and X-Forwarded-Host\n";

    /// <summary>Whether it comes from a page of this server, or from no page at all.</summary>
    public static bool IsOwn(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0
            || (Uri.TryCreate(origin, UriKind.Absolute, out var site) && (SameHost(site, request.Host) || SameHost(site, new HostString(request.Headers["X-Forwarded-Host"].ToString()))));
    }

    private static bool SameHost(Uri site, HostString host) =>
        string.Equals(site.IdnHost, host.Host.Trim('[', ']'), StringComparison.OrdinalIgnoreCase) && (host.Port is not { } port || port == site.Port);
}
