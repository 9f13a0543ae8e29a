using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sightglass.Ingest.Listening;
using Sightglass.Server.Api.Logs;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.Hosting;

/// <summary>Opens the ports of HTTP receivers of logs (Elasticsearch, Seq, …) that the configuration names.</summary>
internal static class LogPorts
{
    /// <summary>Binds and serves them; <paramref name="prepare"/> makes the application of a socket.</summary>
    /// <exception cref="IOException">An address is in use; none of them is open then.</exception>
    public static async Task<List<WebApplication>> OpenAsync(ReceiversConfiguration configuration, Engines engines, Func<Socket, HttpProtocols, WebApplication> prepare)
    {
        var open = new List<WebApplication>();
        try
        {
            foreach (var (receiver, address) in configuration.Http)
            {
                var socket = ListenAddress.Bind(address.ToString());
                engines.HttpListeners.Add(new ListenerStatus(receiver, "http", socket.LocalEndPoint!.ToString()!, 0));
                var app = prepare(socket, HttpProtocols.Http1);
                open.Add(app);
                LogRoutes.MapOwn(app, receiver, engines.Pushes, engines.LogReceiver);
                await app.StartAsync();
            }

            return open;
        }
        catch
        {
            foreach (var app in open)
            {
                await app.DisposeAsync();
            }

            throw;
        }
    }
}
