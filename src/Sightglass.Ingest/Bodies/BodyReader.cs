using System.IO.Compression;
using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;

namespace Sightglass.Ingest.Bodies;

/// <summary>Reads and decompresses request bodies into pooled memory, within the limits of one body and of all together. Thread-safe.</summary>
public sealed class BodyReader(IngestLimits limits, BodyBudget budget)
{
    private const int ChunkBytes = 64 << 10;

    /// <summary>A byte of snappy makes at most 64/3 bytes of output; an announced size far beyond is a lie told to make us allocate.</summary>
    private const int MaxSnappyRatio = 32;

    /// <summary>The limits in force.</summary>
    public IngestLimits Limits { get; } = limits;

    /// <summary>
    /// Reads a body to its end. <paramref name="encoding"/> is a content encoding: null or <c>identity</c>, <c>gzip</c>, <c>deflate</c>,
    /// <c>zstd</c>, or <c>snappy</c> (block format). Dispose what is returned.
    /// </summary>
    /// <exception cref="BodyException">It cannot be read.</exception>
    public async ValueTask<Body> ReadAsync(Stream source, long? announcedBytes, string? encoding, CancellationToken cancellation)
    {
        CheckEncoding(encoding);
        if (announcedBytes > Limits.MaxBodyBytes)
        {
            throw TooLarge(nameof(IngestLimits.MaxBodyBytes), Limits.MaxBodyBytes, announcedBytes.Value);
        }

        var raw = new Body(budget);
        try
        {
            while (true)
            {
                raw.Charge(ChunkBytes);
                var read = await source.ReadAsync(raw.Writer.GetMemory(ChunkBytes)[..ChunkBytes], cancellation);
                if (read == 0)
                {
                    break;
                }

                raw.Writer.Advance(read);
                if (raw.Writer.Length > Limits.MaxBodyBytes)
                {
                    throw TooLarge(nameof(IngestLimits.MaxBodyBytes), Limits.MaxBodyBytes, raw.Writer.Length);
                }
            }

            if (announcedBytes is { } announced && raw.Writer.Length < announced)
            {
                throw new BodyException(BodyError.Malformed, $"body is truncated: got {raw.Writer.Length} bytes, want {announced}");
            }

            raw.ReceivedBytes = raw.Writer.Length;
            if (IsIdentity(encoding))
            {
                return raw;
            }

            var decoded = Decode(raw.WrittenMemory, encoding!);
            raw.Dispose();
            return decoded;
        }
        catch
        {
            raw.Dispose();
            throw;
        }
    }

    /// <summary>Decompresses bytes that are in memory already (a message of a gRPC stream).</summary>
    /// <exception cref="BodyException">They cannot be decompressed.</exception>
    public Body Decode(ReadOnlyMemory<byte> source, string encoding)
    {
        CheckEncoding(encoding);
        var body = new Body(budget) { ReceivedBytes = source.Length };
        try
        {
            switch (encoding.ToLowerInvariant())
            {
                case "zstd":
                    Zstandard(source.Span, body);
                    break;
                case "snappy":
                    SnappyBlock(source.Span, body);
                    break;
                default:
                    Inflate(source, encoding, body);
                    break;
            }

            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private static bool IsIdentity(string? encoding) =>
        string.IsNullOrEmpty(encoding) || encoding.Equals("identity", StringComparison.OrdinalIgnoreCase);

    private static void CheckEncoding(string? encoding)
    {
        if (!IsIdentity(encoding) && encoding!.ToLowerInvariant() is not ("gzip" or "x-gzip" or "deflate" or "zstd" or "snappy"))
        {
            throw new BodyException(BodyError.Unsupported, $"content encoding \"{encoding}\" is not supported, want gzip, deflate, zstd, snappy or identity");
        }
    }

    private static BodyException TooLarge(string limit, long max, long got) => new(BodyError.TooLarge, $"body: got {got} bytes, limit {limit} is {max}");

    private void Inflate(ReadOnlyMemory<byte> source, string encoding, Body body)
    {
        if (source.Length == 0)
        {
            throw new BodyException(BodyError.Malformed, $"body is empty, want {encoding}");
        }

        using var memory = new ReadOnlyMemoryStream(source);
        using Stream inflater = encoding.Equals("deflate", StringComparison.OrdinalIgnoreCase)
            ? new ZLibStream(memory, CompressionMode.Decompress)
            : new GZipStream(memory, CompressionMode.Decompress);
        try
        {
            while (true)
            {
                body.Charge(ChunkBytes);
                var read = inflater.Read(body.Writer.GetSpan(ChunkBytes)[..ChunkBytes]);
                if (read == 0)
                {
                    // The framework takes a truncated stream for a finished one; what stands at the end tells.
                    if (inflater is GZipStream ? DeflateTrailer.GzipHolds(source.Span, body.Bytes) : DeflateTrailer.ZlibHolds(source.Span, body.Bytes))
                    {
                        return;
                    }

                    throw new BodyException(BodyError.Malformed, $"decompressing {encoding}: invalid or truncated data");
                }

                body.Writer.Advance(read);
                if (body.Writer.Length > Limits.MaxDecompressedBodyBytes)
                {
                    throw TooLarge(nameof(IngestLimits.MaxDecompressedBodyBytes), Limits.MaxDecompressedBodyBytes, body.Writer.Length);
                }
            }
        }
        // An IOException is zlib's own: a preset dictionary, which nobody has.
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new BodyException(BodyError.Malformed, $"decompressing {encoding}: invalid or truncated data", e);
        }
    }

    private void Zstandard(ReadOnlySpan<byte> source, Body body)
    {
        // The frame's size is not known: a likely size is charged first, and the whole limit only where that is not enough.
        foreach (var most in (ReadOnlySpan<int>)[(int)Math.Min(Limits.MaxDecompressedBodyBytes, Math.Max(4L << 20, source.Length * 16L)), Limits.MaxDecompressedBodyBytes])
        {
            body.Writer.Truncate(0);
            body.Charge(most);
            if (Zstd.TryDecompressStream(source, body.Writer, most, out var tooLarge))
            {
                body.Refund(most - body.Writer.Length);
                return;
            }

            if (!tooLarge)
            {
                throw new BodyException(BodyError.Malformed, "decompressing zstd: invalid or truncated data");
            }
        }

        throw TooLarge(nameof(IngestLimits.MaxDecompressedBodyBytes), Limits.MaxDecompressedBodyBytes, body.Writer.Length);
    }

    private void SnappyBlock(ReadOnlySpan<byte> source, Body body)
    {
        var announced = Snappy.DecompressedLength(source);
        if (announced > Limits.MaxDecompressedBodyBytes)
        {
            throw TooLarge(nameof(IngestLimits.MaxDecompressedBodyBytes), Limits.MaxDecompressedBodyBytes, announced);
        }

        if (announced >= 0 && announced <= (long)source.Length * MaxSnappyRatio)
        {
            body.Charge(announced);
            if (Snappy.TryDecompress(source, body.Writer, Limits.MaxDecompressedBodyBytes))
            {
                return;
            }
        }

        throw new BodyException(BodyError.Malformed, "decompressing snappy: invalid or truncated data");
    }
}
