using System.Buffers;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Otlp;

namespace Sightglass.Ingest.Fluent;

/// <summary>
/// One connection of the forward protocol. A chunk is acknowledged after its events are stored. While the store fails or the sender is over its rate nothing
/// more is read. A message that is none ends the connection: there is no way to tell where the next one starts.
/// </summary>
internal sealed class FluentConnection(Func<FluentConfiguration> current, LogIntake intake, IngestSource source) : IDisposable
{
    private const int ReadBytes = 64 << 10;

    /// <summary>The longest chunk id that is given back.</summary>
    private const int MaxChunkBytes = 1024;

    private readonly int _maxBytes = intake.Limits.MaxBodyBytes;
    private FluentConfiguration? _configuration;
    private FluentDecoder? _decoder;
    private MessagePackScanner _scanner;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
    private int _filled;

    /// <summary>Reads to the end of the stream.</summary>
    public async Task RunAsync(Stream stream, CancellationToken cancellation)
    {
        try
        {
            // Whoever knew the key when it connected stays.
            if (current() is { SharedKey: not null } asked && !await HandshakeAsync(stream, asked, cancellation))
            {
                return;
            }

            using var batch = LogBatch.Rent();
            while (await FillAsync(stream, cancellation))
            {
                while (_filled > 0)
                {
                    batch.Clear();
                    var (decoder, rate) = Renewed();
                    var acknowledgements = new ArrayBufferWriter<byte>();
                    var (used, malformed) = Decode(batch, decoder, acknowledgements);
                    await intake.StoreWaitingAsync(batch, used, rate, source, cancellation);
                    if (acknowledgements.WrittenCount > 0)
                    {
                        await stream.WriteAsync(acknowledgements.WrittenMemory, cancellation);
                    }

                    if (malformed is not null)
                    {
                        throw malformed;
                    }

                    Consume(used);
                    if (used == 0)
                    {
                        break;
                    }
                }
            }
        }
        catch (MalformedInputException e)
        {
            source.Reject("invalid_message", 1, $"forward message: {e.Message}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _decoder?.Dispose();
    }

    // A reload may have changed how events are read.
    private (FluentDecoder Decoder, SourceRateLimit Rate) Renewed()
    {
        var configuration = current();
        if (_decoder is null || !ReferenceEquals(configuration, _configuration))
        {
            _decoder?.Dispose();
            _decoder = new FluentDecoder(intake.Options(configuration.Name, configuration.Labels));
            _configuration = configuration;
        }

        return (_decoder, configuration.Rate);
    }

    private async Task<bool> HandshakeAsync(Stream stream, FluentConfiguration configuration, CancellationToken cancellation)
    {
        var handshake = new FluentHandshake(configuration.SharedKey!, configuration.Users, Environment.MachineName);
        await stream.WriteAsync(handshake.Helo(), cancellation);
        int size;
        while ((size = _scanner.Find(_buffer.AsSpan(0, _filled), ReadBytes)) == 0)
        {
            if (!await FillAsync(stream, cancellation))
            {
                return false;
            }
        }

        var answer = handshake.Pong(_buffer.AsSpan(0, size), out var refusal);
        Consume(size);
        await stream.WriteAsync(answer, cancellation);
        if (refusal is not null)
        {
            source.Fail($"handshake: {refusal}");
        }

        return refusal is null;
    }

    private async Task<bool> FillAsync(Stream stream, CancellationToken cancellation)
    {
        if (_filled == _buffer.Length)
        {
            var bigger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(0, _filled).CopyTo(bigger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = bigger;
        }

        var read = await stream.ReadAsync(_buffer.AsMemory(_filled), cancellation);
        _filled += read;
        source.Received(read);
        return read > 0;
    }

    // The messages that are whole, up to a batch's worth; what was decoded before one that is malformed is still stored.
    private (int Used, MalformedInputException? Malformed) Decode(LogBatch batch, FluentDecoder decoder, ArrayBufferWriter<byte> acknowledgements)
    {
        decoder.Use(batch);
        var rejections = new Rejections();
        var used = 0;
        try
        {
            while (used < _filled && batch.Count < ListenLimits.MaxRecordsPerBatch && batch.ArenaBytes < ListenLimits.MaxBatchBytes)
            {
                var size = _scanner.Find(_buffer.AsSpan(used, _filled - used), _maxBytes);
                if (size == 0)
                {
                    break;
                }

                // Fluentd's heartbeat over TCP is a nil.
                if (_buffer[used] != 0xc0)
                {
                    Acknowledge(decoder.Message(_buffer.AsSpan(used, size), rejections, intake.Now), acknowledgements);
                }

                used += size;
            }
        }
        catch (MalformedInputException e)
        {
            rejections.CountIn(source);
            return (used, e);
        }

        rejections.CountIn(source);
        return (used, null);
    }

    private static void Acknowledge(ReadOnlySpan<byte> chunk, ArrayBufferWriter<byte> acknowledgements)
    {
        if (chunk.Length is > 0 and <= MaxChunkBytes)
        {
            FluentHandshake.Raw(acknowledgements, 0x81);
            FluentHandshake.Text(acknowledgements, "ack");
            FluentHandshake.Text(acknowledgements, chunk);
        }
    }

    private void Consume(int used)
    {
        _buffer.AsSpan(used, _filled - used).CopyTo(_buffer);
        _filled -= used;
    }
}
