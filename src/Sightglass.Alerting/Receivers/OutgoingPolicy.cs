using System.Net;
using System.Net.Sockets;

namespace Sightglass.Alerting.Receivers;

/// <summary>Where messages may go: which hosts, and whether to addresses of the own network. It is asked for every request and every redirect.</summary>
public sealed record OutgoingPolicy
{
    /// <summary>Everywhere.</summary>
    public static OutgoingPolicy Open { get; } = new();

    /// <summary>Names and addresses in lower case, <c>*.example.com</c> for all below a name; empty is every host.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>Refuse loopback, link-local and private addresses, also where a name leads to them.</summary>
    public bool RefusePrivate { get; init; }

    /// <summary>Whether an address is one of this machine, this network, or nobody's.</summary>
    public static bool IsPrivate(IPAddress address)
    {
        var ip = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (ip.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return IPAddress.IsLoopback(ip) || ip.IsIPv6LinkLocal || ip.IsIPv6SiteLocal || ip.IsIPv6UniqueLocal || ip.IsIPv6Multicast || ip.Equals(IPAddress.IPv6Any);
        }

        Span<byte> b = stackalloc byte[4];
        ip.TryWriteBytes(b, out _);
        return b[0] is 0 or 10 or 127 or >= 224 || (b[0], b[1]) is (169, 254) or (192, 168) || (b[0] == 172 && b[1] is >= 16 and < 32) || (b[0] == 100 && b[1] is >= 64 and < 128);
    }

    /// <exception cref="DeliveryException">Nothing may be sent there.</exception>
    internal void CheckHost(string host)
    {
        var name = host.Trim('[', ']').TrimEnd('.').ToLowerInvariant();
        foreach (var allowed in AllowedHosts)
        {
            if (allowed.StartsWith("*.", StringComparison.Ordinal) ? name.EndsWith(allowed[1..], StringComparison.Ordinal) : name == allowed)
            {
                return;
            }
        }

        if (AllowedHosts.Count > 0)
        {
            throw new DeliveryException($"host {name} is not in alerting.allowed_hosts", recoverable: false);
        }
    }

    /// <summary>The addresses of a host that may be talked to.</summary>
    /// <exception cref="DeliveryException">There is none.</exception>
    internal async ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation)
    {
        IPAddress[] all = IPAddress.TryParse(host.Trim('[', ']'), out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellation).ConfigureAwait(false);
        var open = RefusePrivate ? [.. all.Where(static a => !IsPrivate(a))] : all;
        return open.Length > 0 ? open : throw new DeliveryException($"host {host} has a loopback, link-local or private address, and alerting.refuse_private_addresses is set", recoverable: false);
    }

    /// <summary>Connects to an address that was checked: the name is not asked for a second time.</summary>
    internal async ValueTask<Stream> ConnectAsync(DnsEndPoint point, CancellationToken cancellation)
    {
        var addresses = await ResolveAsync(point.Host, cancellation).ConfigureAwait(false);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, point.Port, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
