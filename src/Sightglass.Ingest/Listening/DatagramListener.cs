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
internal sealed class DatagramListener : IAsyncDisposable
{
    /// <summary>Senders that are remembered by address; then the memory is emptied and filled again.</summary>
    private const int MaxRemembered = 1024;

    private readonly string _receiver;
    private readonly Socket _socket;
    private readonly IMessageDecoder _decoder;
    private readonly LogIntake _intake;
    private readonly SourceRateLimit _rate;
    private readonly Dictionary<SocketAddress, IngestSource> _senders = [];
    private readonly Dictionary<IngestSource, int> _pending = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    public DatagramListener(string receiver, Socket socket, IMessageDecoder decoder, LogIntake intake, SourceRateLimit rate)
    {
        _receiver = receiver;
        _socket = socket;
        _decoder = decoder;
        _intake = intake;
        _rate = rate;
        Address = (IPEndPoint)socket.LocalEndPoint!;
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; }

    /// <summary>The port as others see it.</summary>
    public ListenerStatus Status => new(_receiver, "udp", Address.ToString(), 0);

    /// <summary>Starts receiving.</summary>
    public void Start() => _loop = Task.Run(ReceiveAsync);

    public async ValueTask DisposeAsync()
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
                batch.Clear();
                _decoder.Writer.Use(batch);
                var read = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, from, _stop.Token);
                Take(buffer.AsSpan(0, read), from, batch);
                while (_socket.Available > 0 && batch.Count < ListenLimits.MaxRecordsPerBatch && batch.ArenaBytes < ListenLimits.MaxBatchBytes)
                {
                    read = _socket.ReceiveFrom(buffer, SocketFlags.None, from);
                    Take(buffer.AsSpan(0, read), from, batch);
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException)
            {
                // What comes back from somebody else's closed port; the next datagram is read.
            }

            Flush(batch);
        }
    }

    private void Take(ReadOnlySpan<byte> datagram, SocketAddress from, LogBatch batch)
    {
        var source = SourceOf(from);
        source.Received(datagram.Length);
        if (!source.Rate.TryTake(_rate, 1, datagram.Length, out var reached, out _))
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
            batch.Receiver = _receiver;
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
            source.Reject("store", ofThis, result.FirstReason ?? "refused by the store");
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
        var source = _intake.Ledger.Source(_receiver, StreamListener.SenderOf(Address.Create(from)));
        _senders.Add(copy, source);
        return source;
    }
}
