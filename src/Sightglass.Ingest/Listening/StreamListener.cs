using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Sightglass.Ingest.Listening;

/// <summary>Accepts connections on a port, over TLS where it has a certificate, and serves each on its own until it ends or the listener does.</summary>
internal sealed class StreamListener : IAsyncDisposable
{
    private readonly string _receiver;
    private readonly Socket _socket;
    private readonly SslServerAuthenticationOptions? _tls;
    private readonly Func<Stream, IngestSource, CancellationToken, Task> _serve;
    private readonly LogIntake _intake;
    private readonly ConcurrentDictionary<Task, byte> _open = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;
    private int _connections;

    public StreamListener(string receiver, Socket socket, SslServerAuthenticationOptions? tls, LogIntake intake, Func<Stream, IngestSource, CancellationToken, Task> serve)
    {
        _receiver = receiver;
        _socket = socket;
        _tls = tls;
        _intake = intake;
        _serve = serve;
        Address = (IPEndPoint)socket.LocalEndPoint!;
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; }

    /// <summary>The port as others see it.</summary>
    public ListenerStatus Status => new(_receiver, _tls is null ? "tcp" : "tls", Address.ToString(), Volatile.Read(ref _connections));

    /// <summary>Starts accepting.</summary>
    public void Start() => _loop = Task.Run(AcceptAsync);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _socket.Dispose();
        await _loop;
        await Task.WhenAll(_open.Keys);
        _stop.Dispose();
    }

    /// <summary>The text of a remote address, as senders are counted by.</summary>
    public static string SenderOf(EndPoint? address) => address is IPEndPoint ip
        ? (ip.Address.IsIPv4MappedToIPv6 ? ip.Address.MapToIPv4() : ip.Address).ToString()
        : "local";

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket connection;
            try
            {
                connection = await _socket.AcceptAsync(_stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // One connection that went away, or no descriptors left: others come.
                _intake.Report($"receiver {_receiver}: accepting: {e.Message}");
                await Task.Delay(ListenLimits.StoreRetry, _intake.Time, CancellationToken.None);
                continue;
            }

            var source = _intake.Ledger.Source(_receiver, SenderOf(connection.RemoteEndPoint));
            if (Volatile.Read(ref _connections) >= ListenLimits.MaxConnections)
            {
                source.Fail($"connection refused, limit {nameof(ListenLimits.MaxConnections)} is {ListenLimits.MaxConnections}");
                connection.Dispose();
                continue;
            }

            Interlocked.Increment(ref _connections);
            var served = Task.Run(() => ServeAsync(connection, source));
            _open.TryAdd(served, 0);
            _ = served.ContinueWith(t => _open.TryRemove(t, out _), TaskScheduler.Default);
        }
    }

    private async Task ServeAsync(Socket connection, IngestSource source)
    {
        try
        {
            connection.NoDelay = true;
            await using var network = new NetworkStream(connection, ownsSocket: true);
            if (_tls is null)
            {
                await _serve(network, source, _stop.Token);
                return;
            }

            await using var tls = new SslStream(network);
            using (var handshake = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token))
            {
                await using var timer = _intake.Time.CreateTimer(static c => ((CancellationTokenSource)c!).Cancel(), handshake, ListenLimits.HandshakeTimeout, Timeout.InfiniteTimeSpan);
                await tls.AuthenticateAsServerAsync(_tls, handshake.Token);
            }

            await _serve(tls, source, _stop.Token);
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
