using System.Buffers.Binary;
using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Events.Columns;
using Sightglass.Events.Records;
using Sightglass.Storage;

namespace Sightglass.Events.Parts;

/// <summary>Everything about a part but its columns: tables of streams, scopes and keys, and a header per block. One small file, read when the part is opened.</summary>
internal sealed class PartDirectory
{
    public const uint Magic = 0x44504753; // "SGPD"
    public const uint Version = 3;

    /// <summary>The version since which texts may be stored as templates, and the directory says of which columns they are.</summary>
    public const uint TemplateVersion = 3;

    /// <summary>The oldest version that can be read: its filters have no kind, all are of tokens.</summary>
    public const uint OldestVersion = 1;

    /// <summary>Bytes before the compressed directory, after magic and version.</summary>
    public const int HeaderBytes = 12;

    /// <summary>Largest directory accepted: some hundred thousand blocks.</summary>
    private const int MaxRawBytes = 1 << 30;

    private long[]? _rowsOfStreams;

    public required EventSignal Signal { get; init; }

    /// <summary>Days since the Unix epoch of all its rows.</summary>
    public required int Day { get; init; }

    /// <summary>The oldest flush that rows of the part came from. Parts of a day never overlap in their flushes.</summary>
    public required long FirstFlush { get; init; }

    /// <summary>The newest flush that rows of the part came from.</summary>
    public required long LastFlush { get; init; }

    /// <summary>Largest value in the tie column.</summary>
    public required long MaxTie { get; init; }

    public required long Rows { get; init; }

    public required StreamEntry[] Streams { get; init; }

    /// <summary>Scopes; the first is null.</summary>
    public required ScopeIdentity?[] Scopes { get; init; }

    public required ColumnKey[] Keys { get; init; }

    public required BlockHeader[] Blocks { get; init; }

    public long MinTime { get; private set; } = long.MaxValue;

    public long MaxTime { get; private set; } = long.MinValue;

    /// <summary>How many rows of each stream the part has.</summary>
    public ReadOnlySpan<long> RowsOfStreams => _rowsOfStreams ??= CountStreams();

    /// <summary>Writes the file, without magic and version.</summary>
    public void Write(ByteWriter target)
    {
        using var body = new ByteWriter(64 << 10);
        body.WriteByte((byte)Signal);
        body.WriteZigZag(Day);
        body.WriteVarint((ulong)FirstFlush);
        body.WriteVarint((ulong)LastFlush);
        body.WriteVarint((ulong)MaxTie);
        body.WriteVarint((ulong)Rows);
        body.WriteVarint((ulong)Streams.Length);
        foreach (var stream in Streams)
        {
            body.WriteLengthPrefixed(stream.Canonical);
        }

        body.WriteVarint((ulong)Scopes.Length - 1);
        foreach (var scope in Scopes.AsSpan(1))
        {
            body.WriteLengthPrefixed(scope!.Canonical);
        }

        body.WriteVarint((ulong)Keys.Length);
        foreach (var key in Keys)
        {
            body.WriteByte(key.IsField ? (byte)0 : (byte)1);
            body.WriteString(key.Name);
            body.WriteVarint((ulong)key.Occurrence);
        }

        body.WriteVarint((ulong)Blocks.Length);
        foreach (var block in Blocks)
        {
            block.Write(body);
        }

        using var stored = new ByteWriter(Zstd.Bound(body.Length));
        Zstd.Compress(body.Written, stored, level: 3);
        target.WriteUInt32((uint)body.Length);
        target.WriteUInt32((uint)stored.Length);
        target.WriteUInt32(Crc32C.Compute(stored.Written));
        target.Write(stored.Written);
    }

    /// <summary>Reads what stands behind magic and version.</summary>
    /// <exception cref="CorruptDataException">The bytes are not a directory.</exception>
    public static PartDirectory Read(ReadOnlySpan<byte> bytes, uint version, string file, long columnFileLength, IdentityTable identities)
    {
        if (bytes.Length < HeaderBytes)
        {
            throw new CorruptDataException(file, "header", PartFileWriter.HeaderBytes, $"ends after {bytes.Length} bytes");
        }

        var rawLength = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        var storedLength = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        var stored = bytes[HeaderBytes..];
        if (storedLength != stored.Length || rawLength > MaxRawBytes)
        {
            throw new CorruptDataException(file, "header", PartFileWriter.HeaderBytes, $"got {stored.Length} bytes, want {storedLength}");
        }

        if (Crc32C.Compute(stored) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]))
        {
            throw new CorruptDataException(file, "directory", HeaderBytes, "checksum does not match");
        }

        var body = new byte[rawLength];
        if (!Zstd.TryDecompress(stored, body))
        {
            throw new CorruptDataException(file, "directory", HeaderBytes, "does not decompress");
        }

        var reader = new ByteReader(body);
        var directory = Read(ref reader, version, columnFileLength, identities);
        if (!reader.AtEnd || directory is null)
        {
            throw new CorruptDataException(file, "directory", reader.Position, "does not parse");
        }

        return directory;
    }

    private long[] CountStreams()
    {
        var rows = new long[Streams.Length];
        foreach (var block in Blocks)
        {
            foreach (var run in block.Runs)
            {
                rows[run.Stream] += run.Rows;
            }
        }

        return rows;
    }

    private static PartDirectory? Read(ref ByteReader reader, uint version, long columnFileLength, IdentityTable identities)
    {
        var signal = (EventSignal)reader.ReadByte();
        var day = (int)reader.ReadZigZag();
        var (firstFlush, lastFlush, maxTie, rows) = ((long)reader.ReadVarint(), (long)reader.ReadVarint(), (long)reader.ReadVarint(), (long)reader.ReadVarint());
        var streams = new StreamEntry[reader.ReadCount(reader.Remaining)];
        for (var i = 0; i < streams.Length; i++)
        {
            if (identities.Stream(reader.ReadLengthPrefixed()) is not { } stream)
            {
                return null;
            }

            streams[i] = stream;
        }

        var scopes = new ScopeIdentity?[reader.ReadCount(reader.Remaining) + 1];
        for (var i = 1; i < scopes.Length; i++)
        {
            if (identities.Scope(reader.ReadLengthPrefixed()) is not { } scope)
            {
                return null;
            }

            scopes[i] = scope;
        }

        var keys = new ColumnKey[reader.ReadCount(reader.Remaining)];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = new ColumnKey(reader.ReadByte() == 0, reader.ReadString(), reader.ReadCount(int.MaxValue));
        }

        var blocks = new BlockHeader[reader.ReadCount(reader.Remaining)];
        var (min, max) = (long.MaxValue, long.MinValue);
        for (var i = 0; i < blocks.Length && !reader.Failed; i++)
        {
            blocks[i] = BlockHeader.Read(ref reader, streams.Length, keys.Length, columnFileLength, version);
            (min, max) = (Math.Min(min, blocks[i].MinTime), Math.Max(max, blocks[i].MaxTime));
        }

        return reader.Failed || signal > EventSignal.Spans ? null : new PartDirectory
        {
            Signal = signal,
            Day = day,
            FirstFlush = firstFlush,
            LastFlush = lastFlush,
            MaxTie = maxTie,
            Rows = rows,
            Streams = streams,
            Scopes = scopes,
            Keys = keys,
            Blocks = blocks,
            MinTime = min,
            MaxTime = max,
        };
    }
}
