using System.Globalization;
using System.Net;
using System.Text;

namespace Sightglass.Alerting.Receivers;

/// <summary>
/// <c>proxy_url</c>, <c>no_proxy</c>, <c>proxy_from_environment</c> and <c>proxy_connect_header</c>. As an <see cref="IWebProxy"/> it shows only what the HTTP
/// handler does by itself; tunnels to https targets are <see cref="Dialer"/>'s, which can send headers with CONNECT.
/// </summary>
/// <param name="Url">The proxy, or null for that of the environment.</param>
/// <param name="NoProxy">Hosts that are talked to directly: names with all below them, addresses, networks, each with a port or without, or <c>*</c>.</param>
public sealed record ReceiverProxy(Uri? Url, IReadOnlyList<string> NoProxy) : IWebProxy
{
    /// <summary>Headers of CONNECT.</summary>
    public IReadOnlyList<KeyValuePair<string, Secret>> ConnectHeaders { get; init; } = [];

    /// <inheritdoc/>
    public ICredentials? Credentials
    {
        get => Url is { UserInfo: { Length: > 0 } user } && user.Split(':', 2) is var parts
            ? new NetworkCredential(Uri.UnescapeDataString(parts[0]), Uri.UnescapeDataString(parts.Length > 1 ? parts[1] : string.Empty))
            : null;
        set => throw new NotSupportedException("the proxy's credentials stand in its URL");
    }

    /// <summary>The proxy for a target, or null when it is talked to directly.</summary>
    public Uri? Of(Uri target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return Url is not null ? IsDirect(target) ? null : Url
            : HttpClient.DefaultProxy.IsBypassed(target) ? null : HttpClient.DefaultProxy.GetProxy(target);
    }

    /// <inheritdoc/>
    public Uri? GetProxy(Uri destination) => IsTunnelled(destination) ? null : Of(destination);

    /// <inheritdoc/>
    public bool IsBypassed(Uri host) => IsTunnelled(host) || Of(host) is null;

    /// <summary>Whether a target is reached by CONNECT: https through a proxy that speaks HTTP.</summary>
    internal bool IsTunnelled(Uri target) => target.Scheme == Uri.UriSchemeHttps && Of(target) is { Scheme: "http" or "https" };

    /// <summary>The value of Proxy-Authorization for a proxy's address, or null.</summary>
    internal static string? AuthorizationFor(Uri proxy) => proxy.UserInfo is { Length: > 0 } user
        ? "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(user.Contains(':', StringComparison.Ordinal) ? user : user + ":")))
        : null;

    private bool IsDirect(Uri target)
    {
        var host = target.IdnHost.Trim('[', ']').TrimEnd('.');
        var address = IPAddress.TryParse(host, out var parsed) ? parsed : null;
        // As Go has it: with a list at all, this machine is never asked for through the proxy.
        return NoProxy.Count > 0 && (host == "localhost" || (address is not null && IPAddress.IsLoopback(address)) || NoProxy.Any(e => Matches(e, host, address, target.Port)));
    }

    private static bool Matches(string entry, string host, IPAddress? address, int port)
    {
        if (entry == "*")
        {
            return true;
        }

        if (IPNetwork.TryParse(entry, out var network))
        {
            return address is not null && network.Contains(address);
        }

        var colon = entry.LastIndexOf(':');
        // An address of version 6 has colons of its own and a port only behind its brackets.
        if (colon > 0 && (entry[colon - 1] == ']' || entry.IndexOf(':', StringComparison.Ordinal) == colon))
        {
            if (!int.TryParse(entry.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var wanted) || wanted != port)
            {
                return false;
            }

            entry = entry[..colon];
        }

        if (IPAddress.TryParse(entry.Trim('[', ']'), out var single))
        {
            return single.Equals(address);
        }

        // A dot before the name leaves out the name itself.
        var below = entry.TrimStart('*');
        return below.StartsWith('.')
            ? host.EndsWith(below, StringComparison.OrdinalIgnoreCase)
            : host.Equals(below, StringComparison.OrdinalIgnoreCase) || host.EndsWith("." + below, StringComparison.OrdinalIgnoreCase);
    }
}
