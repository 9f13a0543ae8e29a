using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using Sightglass.Core.Limits;

namespace Sightglass.Server.Hosting.Http;

/// <summary>
/// Kestrel on some ports, each with routes of its own, without the generic host around it, whose container, options and configuration are most of a start
/// and of no use here (<c>docs/decisions/0009-kestrel-without-the-host.md</c>).
/// </summary>
internal sealed class HttpServer : IHttpApplication<HttpContext>, IAsyncDisposable
{
    /// <summary>Queries come in the request line, too: the longest allowed, with room for its escapes.</summary>
    private const int MaxRequestLineBytes = 768 << 10;

    /// <summary>A body may pause for half a minute, not for the five seconds that the server has of itself: who sends from a machine that stalls is not to lose what it has.</summary>
    private static readonly MinDataRate SlowestBody = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(30));

    /// <summary>What requests that run get to end when the server closes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly KestrelServerOptions _options = new();
    private readonly SocketMemory _memory = new();
    private readonly KestrelServer _server;
    private readonly RequestServices _services = new();
    private IReadOnlyList<HttpPort> _ports = [];

    /// <summary>A server without ports, which does not listen yet.</summary>
    public HttpServer()
    {
        _options.AddServerHeader = false;
        _options.Limits.MaxRequestLineSize = MaxRequestLineBytes;
        _options.Limits.MinRequestBodyDataRate = SlowestBody;
        _options.Limits.MaxRequestBodySize = IngestLimits.Default.MaxBodyBytes;
        _options.ApplicationServices = _services;
        var transport = new SocketTransportOptions { CreateBoundListenSocket = endPoint => _ports.First(p => p.Address.Equals(endPoint)).Socket };
        _memory.Serve(transport);
        _server = new KestrelServer(Options.Create(_options), new SocketTransportFactory(Options.Create(transport), StandardErrorLog.Instance), StandardErrorLog.Instance);
    }

    /// <summary>Begins to accept connections on these ports, once; requests wait for their port to open.</summary>
    /// <exception cref="IOException">A port cannot be listened on.</exception>
    public Task StartAsync(IReadOnlyList<HttpPort> ports)
    {
        _ports = ports;
        foreach (var port in ports)
        {
            _options.Listen(port.Address, listener =>
            {
                listener.Protocols = port.Protocols;
                listener.Use(next => connection =>
                {
                    connection.Features.Set(port);
                    return next(connection);
                });
            });
        }

        return _server.StartAsync(this, CancellationToken.None);
    }

    /// <summary>Bytes that are kept for connections to come.</summary>
    public long FreeBytes => _memory.FreeBytes;

    /// <summary>Gives memory back that connections needed and need no more.</summary>
    public void Release() => _memory.Release();

    HttpContext IHttpApplication<HttpContext>.CreateContext(IFeatureCollection contextFeatures)
    {
        // Kestrel keeps the context of a connection for its next request.
        var container = contextFeatures as IHostContextContainer<HttpContext>;
        if (container?.HostContext is DefaultHttpContext kept)
        {
            kept.Initialize(contextFeatures);
            kept.RequestServices = _services;
            return kept;
        }

        var context = new DefaultHttpContext(contextFeatures) { RequestServices = _services };
        if (container is not null)
        {
            container.HostContext = context;
        }

        return context;
    }

    Task IHttpApplication<HttpContext>.ProcessRequestAsync(HttpContext context) => context.Features.GetRequiredFeature<HttpPort>().Answer(context);

    void IHttpApplication<HttpContext>.DisposeContext(HttpContext context, Exception? exception) => ((DefaultHttpContext)context).Uninitialize();

    /// <summary>Accepts nothing more, and waits for the requests that run.</summary>
    public async ValueTask DisposeAsync()
    {
        _services.StopApplication();
        foreach (var port in _ports)
        {
            port.Close();
        }

        using (var patience = new CancellationTokenSource(Patience))
        {
            await _server.StopAsync(patience.Token);
        }

        _server.Dispose();
        _services.Dispose();
    }
}
