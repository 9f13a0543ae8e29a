using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Sightglass.Server.Hosting.Http;

/// <summary>One port of a <see cref="HttpServer"/> and what it answers; routes are added before the server starts.</summary>
internal sealed class HttpPort
{
    /// <summary>A port on a socket that is bound; the server that has it closes it.</summary>
    public HttpPort(Socket socket, HttpProtocols protocols)
    {
        Socket = socket;
        Protocols = protocols;
        Handler = Routes.Answer;
    }

    /// <summary>What is listened on.</summary>
    public Socket Socket { get; }

    /// <summary>What is spoken.</summary>
    public HttpProtocols Protocols { get; }

    /// <summary>Where it is.</summary>
    public IPEndPoint Address => (IPEndPoint)Socket.LocalEndPoint!;

    /// <summary>What it answers.</summary>
    public RouteTable Routes { get; } = new();

    /// <summary>What every request comes to: <see cref="Routes"/>, unless something stands before them.</summary>
    public RequestDelegate Handler { get; set; }
}
