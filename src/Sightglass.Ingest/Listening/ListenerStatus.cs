using System.Net;
using System.Net.Sockets;

namespace Sightglass.Ingest.Listening;

/// <summary>A port that a receiver listens on, at one moment.</summary>
/// <param name="Receiver">The receiver (<c>syslog</c>).</param>
/// <param name="Transport"><c>udp</c>, <c>tcp</c> or <c>tls</c>.</param>
/// <param name="Address">Where.</param>
/// <param name="Connections">Connections that are served; 0 for UDP.</param>
public sealed record ListenerStatus(string Receiver, string Transport, string Address, int Connections);

/// <summary>Sockets that are bound before anything is served, so that an address in use is an error of the start.</summary>
internal static class BoundSocket
{
    /// <summary>Connections that wait to be accepted.</summary>
    private const int Backlog = 512;

    /// <exception cref="IOException">The address is in use or not of this machine.</exception>
    public static Socket Tcp(string receiver, IPEndPoint address)
    {
        var socket = Bind(receiver, "tcp", address, SocketType.Stream, ProtocolType.Tcp);
        socket.Listen(Backlog);
        return socket;
    }

    /// <exception cref="IOException">The address is in use or not of this machine.</exception>
    public static Socket Udp(string receiver, IPEndPoint address)
    {
        var socket = Bind(receiver, "udp", address, SocketType.Dgram, ProtocolType.Udp);
        socket.ReceiveBufferSize = ListenLimits.DatagramBufferBytes;
        return socket;
    }

    private static Socket Bind(string receiver, string transport, IPEndPoint address, SocketType type, ProtocolType protocol)
    {
        var socket = new Socket(address.AddressFamily, type, protocol);
        try
        {
            if (address.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(address);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException($"receiver {receiver}: {transport} address {address}: {e.Message}", e);
        }
    }
}
