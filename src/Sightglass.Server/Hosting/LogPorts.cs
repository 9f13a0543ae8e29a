using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sightglass.Ingest.Listening;
using Sightglass.Server.Api.Logs;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.Hosting;

/// <summary>The ports of HTTP receivers of logs (Elasticsearch, Seq, …) that the configuration names. One caller changes them at a time.</summary>
/// <param name="engines">What is behind them.</param>
/// <param name="prepare">Makes the application of a socket.</param>
internal sealed class LogPorts(Engines engines, Func<Socket, HttpProtocols, WebApplication> prepare) : IAsyncDisposable
{
    private volatile IReadOnlyList<(string Key, WebApplication App, ListenerStatus Status)> _open = [];

    /// <summary>The ports that are listened on.</summary>
    public IReadOnlyList<ListenerStatus> Listeners => [.. _open.Select(o => o.Status)];

    /// <summary>Opens the ports that are new, then closes those that are not wanted any more, when their requests are answered.</summary>
    /// <exception cref="IOException">An address is in use; everything is as before.</exception>
    public async Task UpdateAsync(ReceiversConfiguration configuration)
    {
        var before = _open.ToDictionary(o => o.Key, StringComparer.Ordinal);
        var next = new List<(string Key, WebApplication App, ListenerStatus Status)>();
        var opened = new List<WebApplication>();
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
                var app = prepare(socket, HttpProtocols.Http1);
                opened.Add(app);
                LogRoutes.MapOwn(app, port.Receiver, engines.Pushes, engines.LogReceiver);
                await app.StartAsync();
                next.Add((key, app, status));
            }
        }
        catch
        {
            await CloseAsync(opened);
            throw;
        }

        _open = next;
        await CloseAsync(before.Values.Select(b => b.App));
    }

    public async ValueTask DisposeAsync()
    {
        var open = _open;
        _open = [];
        await CloseAsync(open.Select(o => o.App));
    }

    private static async Task CloseAsync(IEnumerable<WebApplication> apps)
    {
        foreach (var app in apps)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }
}
