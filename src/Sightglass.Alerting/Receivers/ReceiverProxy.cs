using System.Net;

namespace Sightglass.Alerting.Receivers;

/// <summary><c>proxy_url</c>, <c>no_proxy</c> and <c>proxy_from_environment</c>.</summary>
/// <param name="Url">The proxy, or null for that of the environment.</param>
/// <param name="NoProxy">Hosts that are talked to directly: names with all below them, addresses, networks, or <c>*</c>.</param>
public sealed record ReceiverProxy(Uri? Url, IReadOnlyList<string> NoProxy) : IWebProxy
{
    /// <inheritdoc/>
    public ICredentials? Credentials
    {
        get => Url is { UserInfo: { Length: > 0 } user } && user.Split(':', 2) is var parts
            ? new NetworkCredential(Uri.UnescapeDataString(parts[0]), Uri.UnescapeDataString(parts.Length > 1 ? parts[1] : string.Empty))
            : null;
        set => throw new NotSupportedException("the proxy's credentials stand in its URL");
    }

    /// <inheritdoc/>
    public Uri? GetProxy(Uri destination) => Url ?? HttpClient.DefaultProxy.GetProxy(destination);

    /// <inheritdoc/>
    public bool IsBypassed(Uri host)
    {
        ArgumentNullException.ThrowIfNull(host);
        if (Url is null)
        {
            return HttpClient.DefaultProxy.IsBypassed(host);
        }

        var name = host.Host.Trim('[', ']');
        foreach (var entry in NoProxy)
        {
            if (entry == "*" || Matches(entry, name))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Matches(string entry, string name)
    {
        if (IPAddress.TryParse(name, out var address))
        {
            return IPNetwork.TryParse(entry, out var network) ? network.Contains(address) : entry == name;
        }

        var suffix = entry.TrimStart('*').TrimStart('.');
        return name.Equals(suffix, StringComparison.OrdinalIgnoreCase) || name.EndsWith("." + suffix, StringComparison.OrdinalIgnoreCase);
    }
}
