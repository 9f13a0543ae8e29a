using System.Net;
using System.Net.Sockets;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Listening;

/// <summary>
/// Reads datagrams from a port and stores their records, as many together as are there. A datagram cannot wait: those of a sender over its rate, and those that
/// the store does not take, are dropped and counted.
/// </summary>
internal sealed class DatagramListener : PortListener
{
    /// <summary>Senders that are remembered by address; then the memory is emptied and filled again.</summary>
    private const int MaxRemembered = 1024;

    /// <summary>Rounds of reading what has arrived when the port is given up: a few full buffers of the system.</summary>
    private const int MaxLastRounds = 1000;

    private readonly Socket _socket;
    private readonly LogIntake _intake;
    private readonly Dictionary<SocketAddress, IngestSource> _senders = [];
    private readonly Dictionary<IngestSource, int> _pending = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly string _address;
    private volatile MessageService _service;
    private MessageSettings _settings;
    private IMessageDecoder _decoder;
    private Task _loop = Task.CompletedTask;

    public DatagramListener(MessageService service, Socket socket, LogIntake intake)
    {
        _service = service;
        _settings = service.Settings;
        _decoder = _settings.NewDecoder();
        _socket = socket;
        _intake = intake;
        _address = socket.LocalEndPoint!.ToString()!;
    }

    public override ListenerStatus Status => new(_service.Receiver, "udp", _address, 0);

    public override void Start() => _loop = Task.Run(ReceiveAsync);

    public override void Renew(PortService next)
    {
        if (!_service.TryRenew(next))
        {
            _service = (MessageService)next;
        }
    }

    public override async Task RetireAsync(TimeSpan time, CancellationToken cancellation)
    {
        await _stop.CancelAsync();
        await _loop;
    }

    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _socket.Dispose();
        _decoder.Dispose();
        _stop.Dispose();
    }

    private async Task ReceiveAsync()
    {
        using var batch = LogBatch.Rent();
        var buffer = new byte[ListenLimits.MaxDatagramBytes];
        var from = new SocketAddress(_socket.AddressFamily);
        while (true)
        {
            try
            {
                var read = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, from, _stop.Token);
                Begin(batch);
                Take(buffer.AsSpan(0, read), from, batch);
                TakeArrived(buffer, from, batch);
            }
            catch (OperationCanceledException)
            {
                // What has arrived by now was sent to an open port.
                for (var round = 0; round < MaxLastRounds && _socket.Available > 0; round++)
                {
                    Begin(batch);
                    TakeArrived(buffer, from, batch);
                    Flush(batch);
                }

                return;
            }
            catch (SocketException)
            {
                // What comes back from somebody else's closed port; the next datagram is read.
            }

            Flush(batch);
        }
    }

    private void Begin(LogBatch batch)
    {
        var settings = _service.Settings;
        if (!ReferenceEquals(settings, _settings))
        {
            _decoder.Dispose();
            _decoder = settings.NewDecoder();
            _settings = settings;
            _senders.Clear();
        }

        batch.Clear();
        _decoder.Writer.Use(batch);
    }

    private void TakeArrived(byte[] buffer, SocketAddress from, LogBatch batch)
    {
        while (_socket.Available > 0 && batch.Count < ListenLimits.MaxRecordsPerBatch && batch.ArenaBytes < ListenLimits.MaxBatchBytes)
        {
            var read = _socket.ReceiveFrom(buffer, SocketFlags.None, from);
            Take(buffer.AsSpan(0, read), from, batch);
        }
    }

    private void Take(ReadOnlySpan<byte> datagram, SocketAddress from, LogBatch batch)
    {
        var source = SourceOf(from);
        source.Received(datagram.Length);
        if (!source.Rate.TryTake(_settings.Rate, 1, datagram.Length, out var reached, out _))
        {
            source.Reject("rate_limit", 1, reached == nameof(SourceRateLimit.MaxLinesPerSecond)
                ? "datagram dropped, limit MaxLinesPerSecond is reached"
                : "datagram dropped, limit MaxBytesPerSecond is reached");
            return;
        }

        var before = batch.Count;
        _decoder.Add(datagram, source, _intake.Now);
        if (batch.Count > before)
        {
            _pending[source] = _pending.GetValueOrDefault(source) + batch.Count - before;
        }
    }

    private void Flush(LogBatch batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        var taken = batch.Count;
        AppendResult result;
        try
        {
            batch.Receiver = _service.Receiver;
            result = _intake.Sink.Append(batch);
        }
        catch (Exception e) when (e is StorageFailedException or LimitExceededException)
        {
            result = new AppendResult(0, taken, e.Message);
        }

        // The store says how many it refused and not which: they are counted at the first senders of the batch.
        // A pipeline may have taken others out, which are neither stored nor refused.
        var refused = result.Rejected;
        var gone = taken - result.Stored - refused;
        foreach (var (source, count) in _pending)
        {
            var ofThis = Math.Min(refused, count);
            source.Reject(LogIntake.ReasonOf(result), ofThis, result.FirstReason ?? "refused by the store");
            var goneHere = Math.Min(gone, count - ofThis);
            source.StoredItems(count - ofThis - goneHere);
            refused -= ofThis;
            gone -= goneHere;
        }

        _pending.Clear();
    }

    private IngestSource SourceOf(SocketAddress from)
    {
        if (_senders.TryGetValue(from, out var known))
        {
            return known;
        }

        if (_senders.Count >= MaxRemembered)
        {
            _senders.Clear();
        }

        var copy = new SocketAddress(from.Family, from.Size);
        from.Buffer.Span[..from.Size].CopyTo(copy.Buffer.Span);
        var source = _intake.Ledger.Source(_service.Receiver, StreamListener.SenderOf(_socket.LocalEndPoint!.Create(from)));
        _senders.Add(copy, source);
        return source;
    }
}
