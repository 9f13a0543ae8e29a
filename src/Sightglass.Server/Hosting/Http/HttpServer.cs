using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sightglass.Core.Limits;

namespace Sightglass.Server.Hosting.Http;

/// <summary>
/// Kestrel on some ports, each with routes of its own, and without the generic host around it, whose container, options and configuration are most of a start
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

    private readonly ServiceProvider _kestrel;
    private readonly IServer _server;
    private readonly RequestServices _services;
    private readonly DiagnosticListener _diagnostics = new("Microsoft.AspNetCore");
    private readonly IReadOnlyList<HttpPort> _ports;

    /// <summary>A server of these ports, which does not listen yet.</summary>
    public HttpServer(IReadOnlyList<HttpPort> ports, ILoggerFactory logging)
    {
        _services = new RequestServices(logging);
        _ports = ports;
        var sockets = ports.ToDictionary(static p => (EndPoint)p.Address, static p => p.Socket);
        var services = new ServiceCollection();
        services.AddOptions();
        services.AddMetrics();
        services.AddSingleton(logging);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton<DiagnosticSource>(_diagnostics);
        new KestrelRegistration(services).UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestLineSize = MaxRequestLineBytes;
                kestrel.Limits.MinRequestBodyDataRate = SlowestBody;
                kestrel.Limits.MaxRequestBodySize = IngestLimits.Default.MaxBodyBytes;
                foreach (var port in ports)
                {
                    kestrel.Listen(port.Address, listener =>
                    {
                        listener.Protocols = port.Protocols;
                        listener.Use(next => connection =>
                        {
                            connection.Features.Set(port);
                            return next(connection);
                        });
                    });
                }
            })
            .UseSockets(transport => transport.CreateBoundListenSocket = endPoint => sockets[endPoint]);
        _kestrel = services.BuildServiceProvider();
        _server = _kestrel.GetRequiredService<IServer>();
    }

    /// <summary>Begins to accept connections; requests wait for their port to open.</summary>
    /// <exception cref="IOException">A port cannot be listened on.</exception>
    public Task StartAsync() => _server.StartAsync(this, CancellationToken.None);

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

        await _kestrel.DisposeAsync();
        _diagnostics.Dispose();
        _services.Dispose();
    }
}
