using System.Buffers.Binary;
using System.IO.Compression;
using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Ingest.Bodies;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Gelf;

/// <summary>
/// Puts the chunks of a GELF message together, whatever their order, and decompresses it (gzip, zlib, zstd or nothing). A message that is not whole after five
/// seconds is given up, as the protocol says.
/// </summary>
internal sealed class GelfDatagrams(GelfDecoder decoder, IngestLimits limits) : IMessageDecoder
{
    /// <summary>Chunks of one message; the protocol's own bound.</summary>
    public const int MaxChunks = 128;

    /// <summary>Messages of which chunks are waited for; the oldest is given up for a further one.</summary>
    public const int MaxOpenMessages = 512;

    /// <summary>Bytes of all chunks that wait.</summary>
    public const int MaxOpenBytes = 32 << 20;

    /// <summary>How long the chunks of a message may take: the protocol's own bound, in nanoseconds.</summary>
    public const long MaxAgeNanoseconds = 5_000_000_000;

    private const int HeaderBytes = 12;

    private readonly Dictionary<(IngestSource Source, ulong Id), OpenMessage> _open = [];
    private readonly Queue<(IngestSource Source, ulong Id, long Since)> _order = [];
    private readonly ByteWriter _whole = new(16 << 10);
    private int _openBytes;

    public RecordWriter Writer => decoder.Writer;

    /// <summary>Messages of which chunks are waited for.</summary>
    public int OpenMessages => _open.Count;

    public void Add(ReadOnlySpan<byte> message, IngestSource source, long now)
    {
        GiveUp(now);
        if (message.Length >= 2 && message[0] == 0x1e && message[1] == 0x0f)
        {
            Chunk(message, source, now);
        }
        else
        {
            Whole(message, source, now);
        }
    }

    public void Dispose()
    {
        decoder.Dispose();
        _whole.Dispose();
    }

    private void Chunk(ReadOnlySpan<byte> message, IngestSource source, long now)
    {
        var (number, count) = message.Length > HeaderBytes ? (message[10], message[11]) : ((byte)0, (byte)0);
        if (count is 0 or > MaxChunks || number >= count)
        {
            source.Reject("invalid_chunk", 1, $"GELF chunk: got number {number} of {count}, want at most {MaxChunks}");
            return;
        }

        var id = BinaryPrimitives.ReadUInt64BigEndian(message[2..]);
        if (!_open.TryGetValue((source, id), out var open))
        {
            _open.Add((source, id), open = new OpenMessage(count, now));
            _order.Enqueue((source, id, now));
        }

        if (open.Chunks.Length != count || open.Chunks[number] is not null)
        {
            // Sent twice, or an id that is used again: what came first counts.
            return;
        }

        open.Chunks[number] = message[HeaderBytes..].ToArray();
        open.Missing--;
        open.Bytes += message.Length - HeaderBytes;
        _openBytes += message.Length - HeaderBytes;
        if (open.Missing > 0)
        {
            return;
        }

        _whole.Truncate(0);
        foreach (var chunk in open.Chunks)
        {
            _whole.Write(chunk);
        }

        Forget((source, id), open);
        Whole(_whole.Written, source, now);
    }

    private void Whole(ReadOnlySpan<byte> message, IngestSource source, long now)
    {
        using var unpacked = new ByteWriter();
        try
        {
            if (message.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]))
            {
                if (!Zstd.TryDecompressStream(message, unpacked, MaxUnpackedBytes, out var tooLarge))
                {
                    throw tooLarge ? new BodyException(BodyError.TooLarge, TooLong()) : new InvalidDataException("zstd");
                }
            }
            else if (message.Length > 2 && message[0] == 0x1f && message[1] == 0x8b)
            {
                Inflate(message, gzip: true, unpacked);
            }
            else if (message.Length > 2 && (message[0] & 0x0f) == 8 && ((message[0] << 8) | message[1]) % 31 == 0)
            {
                Inflate(message, gzip: false, unpacked);
            }
            else
            {
                decoder.Add(message, source, now);
                return;
            }
        }
        // An IOException is zlib's own: a preset dictionary, which nobody has.
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            source.Reject("invalid_message", 1, "GELF message: it does not decompress");
            return;
        }
        catch (BodyException e)
        {
            source.Reject("limit", 1, e.Message);
            return;
        }

        decoder.Add(unpacked.Written, source, now);
    }

    // Room for the line and as much again of other fields.
    private int MaxUnpackedBytes => limits.MaxLogLineBytes * 2;

    private void Inflate(ReadOnlySpan<byte> message, bool gzip, ByteWriter unpacked)
    {
        using var memory = new ReadOnlyMemoryStream(message.ToArray());
        using Stream stream = gzip ? new GZipStream(memory, CompressionMode.Decompress) : new ZLibStream(memory, CompressionMode.Decompress);
        while (stream.Read(unpacked.GetSpan(4096)) is > 0 and var read)
        {
            unpacked.Advance(read);
            if (unpacked.Length > MaxUnpackedBytes)
            {
                throw new BodyException(BodyError.TooLarge, TooLong());
            }
        }
    }

    private string TooLong() => $"GELF message: more than {MaxUnpackedBytes} bytes when decompressed, twice {nameof(IngestLimits.MaxLogLineBytes)}";

    private void GiveUp(long now)
    {
        while (_order.TryPeek(out var oldest))
        {
            var key = (oldest.Source, oldest.Id);
            var waits = _open.TryGetValue(key, out var open) && open.Since == oldest.Since;
            if (waits && now - oldest.Since < MaxAgeNanoseconds && _open.Count < MaxOpenMessages && _openBytes < MaxOpenBytes)
            {
                return;
            }

            _order.Dequeue();
            if (waits)
            {
                Forget(key, open!);
                oldest.Source.Reject("incomplete", 1, $"GELF message of {open!.Chunks.Length} chunks: {open.Missing} of them did not come in time");
            }
        }
    }

    private void Forget((IngestSource Source, ulong Id) key, OpenMessage open)
    {
        _open.Remove(key);
        _openBytes -= open.Bytes;
    }

    private sealed class OpenMessage(int count, long since)
    {
        /// <summary>When its first chunk came; an id may be used again.</summary>
        public long Since { get; } = since;

        public byte[]?[] Chunks { get; } = new byte[]?[count];

        public int Missing { get; set; } = count;

        public int Bytes { get; set; }
    }
}
