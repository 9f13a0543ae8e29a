using System.Buffers;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Listening;

/// <summary>
/// Reads messages from a stream and stores them. Nothing more is read while the store fails or the sender is over its rate, so that the sender waits and
/// nothing is lost. A message over the limit is passed over and counted.
/// </summary>
internal sealed class FramedConnection(IFraming framing, Func<MessageSettings> current, LogIntake intake, IngestSource source) : IDisposable
{
    private const int ReadBytes = 64 << 10;

    private readonly int _maxBytes = intake.Limits.MaxLogLineBytes;
    private MessageSettings? _settings;
    private IMessageDecoder? _decoder;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
    private int _filled;
    private long _skip;
    private bool _skipToDelimiter;

    /// <summary>Called when everything that was decoded so far is stored.</summary>
    public Action? Stored { get; init; }

    /// <summary>Reads to the end of the stream.</summary>
    public async Task RunAsync(Stream stream, CancellationToken cancellation)
    {
        using var batch = LogBatch.Rent();
        while (true)
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(_filled), cancellation);
            var ended = read == 0;
            _filled += read;
            source.Received(read);
            while (true)
            {
                batch.Clear();
                var (decoder, rate) = Renewed();
                decoder.Writer.Use(batch);
                var used = Split(batch, decoder, ended);
                await intake.StoreWaitingAsync(batch, used, rate, source, cancellation);
                Stored?.Invoke();
                _buffer.AsSpan(used, _filled - used).CopyTo(_buffer);
                _filled -= used;
                if (used == 0 || _filled == 0)
                {
                    break;
                }
            }

            if (ended)
            {
                return;
            }

            MakeRoom();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _decoder?.Dispose();
    }

    // A reload may have changed how messages are read.
    private (IMessageDecoder Decoder, SourceRateLimit Rate) Renewed()
    {
        var settings = current();
        if (_decoder is null || !ReferenceEquals(settings, _settings))
        {
            _decoder?.Dispose();
            _decoder = settings.NewDecoder();
            _settings = settings;
        }

        return (_decoder, settings.Rate);
    }

    private int Split(LogBatch batch, IMessageDecoder decoder, bool ended)
    {
        var used = 0;
        var now = intake.Now;
        while (used < _filled && batch.Count < ListenLimits.MaxRecordsPerBatch && batch.ArenaBytes < ListenLimits.MaxBatchBytes)
        {
            var rest = _buffer.AsSpan(used, _filled - used);
            if (_skip > 0)
            {
                var skipped = (int)Math.Min(_skip, rest.Length);
                _skip -= skipped;
                used += skipped;
                continue;
            }

            if (_skipToDelimiter)
            {
                var at = rest.IndexOf(framing.Delimiter);
                _skipToDelimiter = at < 0;
                used += at < 0 ? rest.Length : at + 1;
                continue;
            }

            var frame = framing.Next(rest, ended, _maxBytes);
            if (frame.Skip > 0)
            {
                TooLong(frame.Skip);
                _skip = frame.Skip;
                continue;
            }

            if (frame.Consumed == 0)
            {
                break;
            }

            if (frame.Length > _maxBytes)
            {
                TooLong(frame.Length);
            }
            else if (frame.Length > 0)
            {
                decoder.Add(rest.Slice(frame.Start, frame.Length), source, now);
            }

            used += frame.Consumed;
        }

        return used;
    }

    private void MakeRoom()
    {
        if (_filled < _buffer.Length)
        {
            return;
        }

        // Twice the longest message, for what stands before it.
        if (_buffer.Length >= _maxBytes + ReadBytes)
        {
            TooLong(_filled);
            _filled = 0;
            _skipToDelimiter = true;
            return;
        }

        var bigger = ArrayPool<byte>.Shared.Rent(Math.Min(_buffer.Length * 2, _maxBytes + ReadBytes));
        _buffer.AsSpan(0, _filled).CopyTo(bigger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = bigger;
    }

    private void TooLong(long bytes) =>
        source.Reject("limit", 1, $"message: got {bytes} bytes, limit {nameof(IngestLimits.MaxLogLineBytes)} is {_maxBytes}");
}
