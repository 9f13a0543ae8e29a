using System.Net;

namespace Sightglass.Ingest.Scrape.Http;

/// <summary>
/// Says which proxy an address is asked through. Plain http goes through the handler's own support for proxies, https through
/// <see cref="Dialer"/>, because that one can send headers with CONNECT. Immutable.
/// </summary>
internal sealed class ProxyChoice : IWebProxy
{
    private readonly Uri? _http;
    private readonly Uri? _https;
    private readonly string[] _bypassed;
    private readonly bool _bypassLoopback;

    public ProxyChoice(ProxySettings settings)
    {
        var noProxy = settings.NoProxy;
        if (settings.FromEnvironment)
        {
            _http = FromEnvironment("HTTP_PROXY");
            _https = FromEnvironment("HTTPS_PROXY");
            noProxy = Variable("NO_PROXY") ?? string.Empty;
        }
        else
        {
            _http = _https = settings.Url;
        }

        _bypassLoopback = settings.FromEnvironment || noProxy.Length > 0;
        _bypassed = noProxy.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    /// <summary>Sent by us with each request, so nothing is left to the handler.</summary>
    public ICredentials? Credentials
    {
        get => null;
        set => throw new NotSupportedException();
    }

    /// <summary>The proxy of an address, or null for none.</summary>
    public Uri? Of(Uri destination) =>
        (destination.Scheme == Uri.UriSchemeHttps ? _https : _http) is { } proxy && !IsDirect(destination) ? proxy : null;

    /// <summary>The value of Proxy-Authorization for a proxy's address, or null.</summary>
    public static string? AuthorizationFor(Uri proxy) => proxy.UserInfo.Length == 0
        ? null
        : "Basic " + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Uri.UnescapeDataString(proxy.UserInfo.Contains(':', StringComparison.Ordinal) ? proxy.UserInfo : proxy.UserInfo + ":")));

    /// <summary>Whether the tunnel has to carry the address: https through a proxy that speaks HTTP.</summary>
    public bool NeedsTunnel(Uri destination) => destination.Scheme == Uri.UriSchemeHttps && Of(destination) is { Scheme: "http" or "https" };

    Uri? IWebProxy.GetProxy(Uri destination) => NeedsTunnel(destination) ? null : Of(destination);

    bool IWebProxy.IsBypassed(Uri host) => NeedsTunnel(host) || Of(host) is null;

    private bool IsDirect(Uri destination)
    {
        var host = destination.IdnHost.TrimEnd('.').ToLowerInvariant();
        var address = IPAddress.TryParse(host, out var parsed) ? parsed : null;
        if (_bypassLoopback && (host == "localhost" || (address is not null && IPAddress.IsLoopback(address))))
        {
            return true;
        }

        foreach (var entry in _bypassed)
        {
            if (Matches(entry.ToLowerInvariant(), host, address, destination.Port))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Matches(string entry, string host, IPAddress? address, int port)
    {
        if (entry == "*")
        {
            return true;
        }

        if (entry.Contains('/', StringComparison.Ordinal) && IPNetwork.TryParse(entry, out var network))
        {
            return address is not null && network.Contains(address);
        }

        var colon = entry.LastIndexOf(':');
        if (colon > 0 && (entry[^1] != ']') && entry.IndexOf(':', StringComparison.Ordinal) is var first && (first == colon || entry[0] == '['))
        {
            if (!int.TryParse(entry.AsSpan(colon + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var wanted) || wanted != port)
            {
                return false;
            }

            entry = entry[..colon];
        }

        entry = entry.Trim('[', ']');
        if (IPAddress.TryParse(entry, out var single))
        {
            return single.Equals(address);
        }

        // A leading dot means below that domain; without it the domain itself is meant too.
        var below = entry.StartsWith("*.", StringComparison.Ordinal) ? entry[1..] : entry.StartsWith('.') ? entry : null;
        return below is not null ? host.EndsWith(below, StringComparison.Ordinal) : host == entry || host.EndsWith("." + entry, StringComparison.Ordinal);
    }

    private static Uri? FromEnvironment(string name)
    {
        var text = Variable(name);
        return text is null ? null : Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text, UriKind.Absolute, out var url) ? url : null;
    }

    private static string? Variable(string name) =>
        (Environment.GetEnvironmentVariable(name) ?? Environment.GetEnvironmentVariable(name.ToLowerInvariant())) is { Length: > 0 } text ? text : null;
}
