using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sightglass.Ingest.Listening;
using Sightglass.Server.Api.Logs;
using Sightglass.Server.Configuration;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Hosting;

/// <summary>The ports of HTTP receivers of logs (Elasticsearch, Seq, …) that the configuration names. One caller changes them at a time.</summary>
/// <param name="engines">What is behind them.</param>
internal sealed class LogPorts(Engines engines) : IAsyncDisposable
{
    private volatile IReadOnlyList<(string Key, HttpServer Server, ListenerStatus Status)> _open = [];

    /// <summary>The ports that are listened on.</summary>
    public IReadOnlyList<ListenerStatus> Listeners => [.. _open.Select(o => o.Status)];

    /// <summary>Opens the ports that are new, then closes those that are not wanted any more, when their requests are answered.</summary>
    /// <exception cref="IOException">An address is in use; everything is as before.</exception>
    public async Task UpdateAsync(ReceiversConfiguration configuration)
    {
        var before = _open.ToDictionary(o => o.Key, StringComparer.Ordinal);
        var next = new List<(string Key, HttpServer Server, ListenerStatus Status)>();
        var opened = new List<HttpServer>();
        try
        {
            foreach (var port in configuration.Http)
            {
                var key = $"{port.Receiver} {port.Address}";
                if (before.Remove(key, out var kept))
                {
                    next.Add(kept);
                    continue;
                }

                var socket = ListenAddress.Bind(port.Address.ToString());
                var status = new ListenerStatus(port.Receiver, "http", socket.LocalEndPoint!.ToString()!, 0);
                var open = new HttpPort(socket, HttpProtocols.Http1);
                LogRoutes.MapOwn(open.Routes, port.Receiver, engines.Pushes, engines.LogReceiver);
                var server = new HttpServer();
                opened.Add(server);
                await server.StartAsync([open]);
                open.Open();
                next.Add((key, server, status));
            }
        }
        catch
        {
            await CloseAsync(opened);
            throw;
        }

        _open = next;
        await CloseAsync(before.Values.Select(b => b.Server));
    }

    public async ValueTask DisposeAsync()
    {
        var open = _open;
        _open = [];
        await CloseAsync(open.Select(o => o.Server));
    }

    private static async Task CloseAsync(IEnumerable<HttpServer> servers)
    {
        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }
    }
}
