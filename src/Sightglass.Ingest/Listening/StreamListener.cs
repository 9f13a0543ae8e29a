using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Sightglass.Ingest.Listening;

/// <summary>Accepts connections on a port, over TLS where it has a certificate, and serves each on its own until it ends or the listener does.</summary>
internal sealed class StreamListener : PortListener
{
    private readonly Socket _socket;
    private readonly LogIntake _intake;
    private readonly ConcurrentDictionary<Task, byte> _open = [];
    private readonly CancellationTokenSource _stopAccepting = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly string _address;
    private volatile PortService _service;
    private Task _loop = Task.CompletedTask;
    private int _connections;

    public StreamListener(PortService service, Socket socket, LogIntake intake)
    {
        _service = service;
        _socket = socket;
        _intake = intake;
        _address = socket.LocalEndPoint!.ToString()!;
    }

    public override ListenerStatus Status => new(_service.Receiver, _service.Tls is null ? "tcp" : "tls", _address, Volatile.Read(ref _connections));

    public override void Start() => _loop = Task.Run(AcceptAsync);

    /// <inheritdoc/>
    /// <remarks>A service of another protocol is for connections to come; those that are open end as they began.</remarks>
    public override void Renew(PortService next)
    {
        if (!_service.TryRenew(next))
        {
            _service = next;
        }
    }

    public override async Task RetireAsync(TimeSpan time, CancellationToken cancellation)
    {
        await _stopAccepting.CancelAsync();
        _socket.Dispose();
        await _loop;
        try
        {
            await Task.WhenAll(_open.Keys).WaitAsync(time, _intake.Time, cancellation);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // They had their time.
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _stopAccepting.CancelAsync();
        await _stop.CancelAsync();
        _socket.Dispose();
        await _loop;
        await Task.WhenAll(_open.Keys);
        _stop.Dispose();
        _stopAccepting.Dispose();
    }

    /// <summary>The text of a remote address, as senders are counted by.</summary>
    public static string SenderOf(EndPoint? address) => address is IPEndPoint ip
        ? (ip.Address.IsIPv4MappedToIPv6 ? ip.Address.MapToIPv4() : ip.Address).ToString()
        : "local";

    private async Task AcceptAsync()
    {
        while (!_stopAccepting.IsCancellationRequested)
        {
            Socket connection;
            try
            {
                connection = await _socket.AcceptAsync(_stopAccepting.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException || _stopAccepting.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException e)
            {
                // One connection that went away, or no descriptors left: others come.
                _intake.Report($"receiver {_service.Receiver}: accepting: {e.Message}");
                await Task.Delay(ListenLimits.StoreRetry, _intake.Time, CancellationToken.None);
                continue;
            }

            var service = _service;
            var source = _intake.Ledger.Source(service.Receiver, SenderOf(connection.RemoteEndPoint));
            if (Volatile.Read(ref _connections) >= ListenLimits.MaxConnections)
            {
                source.Fail($"connection refused, limit {nameof(ListenLimits.MaxConnections)} is {ListenLimits.MaxConnections}");
                connection.Dispose();
                continue;
            }

            Interlocked.Increment(ref _connections);
            var served = Task.Run(() => ServeAsync(connection, service, source));
            _open.TryAdd(served, 0);
            _ = served.ContinueWith(t => _open.TryRemove(t, out _), TaskScheduler.Default);
        }
    }

    private async Task ServeAsync(Socket connection, PortService service, IngestSource source)
    {
        try
        {
            connection.NoDelay = true;
            await using var network = new NetworkStream(connection, ownsSocket: true);
            if (service.Tls is not { } end)
            {
                await service.ServeAsync(network, source, _stop.Token);
                return;
            }

            await using var tls = new SslStream(network);
            using (var handshake = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token))
            {
                await using var timer = _intake.Time.CreateTimer(static c => ((CancellationTokenSource)c!).Cancel(), handshake, ListenLimits.HandshakeTimeout, Timeout.InfiniteTimeSpan);
                await tls.AuthenticateAsServerAsync(PortService.ServerOptions(end), handshake.Token);
            }

            await service.ServeAsync(tls, source, _stop.Token);
        }
        catch (Exception e) when (e is IOException or SocketException or AuthenticationException or OperationCanceledException or ObjectDisposedException)
        {
            if (!_stop.IsCancellationRequested)
            {
                source.Fail(e is OperationCanceledException ? "TLS handshake took too long" : e.Message);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
            connection.Dispose();
        }
    }
}
