using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Sightglass.Server.Configuration;

/// <summary>An address to listen on: HOST:PORT with an IP address, <c>localhost</c>, or nothing or <c>*</c> for every interface.</summary>
internal static class ListenAddress
{
    public static bool TryParse(string text, [NotNullWhen(true)] out IPEndPoint? endPoint)
    {
        endPoint = null;
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return false;
        }

        var host = text[..colon].Trim('[', ']');
        var address = host switch
        {
            "" or "*" => IPAddress.IPv6Any,
            "localhost" or "127.0.0.1" => IPAddress.Loopback,
            _ => IPAddress.TryParse(host, out var parsed) ? parsed : null,
        };
        endPoint = address is null ? null : new IPEndPoint(address, port);
        return endPoint is not null;
    }

    /// <summary>A socket bound to the address: with port 0 the port is known from here on, and nobody else can take it.</summary>
    /// <exception cref="FormatException">It is not HOST:PORT.</exception>
    /// <exception cref="IOException">The address is in use or not of this machine.</exception>
    public static Socket Bind(string text)
    {
        if (!TryParse(text, out var endPoint))
        {
            throw new FormatException($"listen address: got \"{text}\", want HOST:PORT");
        }

        try
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        }
        catch (SocketException e)
        {
            throw new IOException($"listen address {text}: {e.Message}", e);
        }
    }
}
