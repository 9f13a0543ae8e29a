using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Storage;

namespace Sightglass.Events.Parts;

/// <summary>Takes bytes that a file goes on with.</summary>
internal delegate void AppendBytes(ReadOnlySpan<byte> bytes);

/// <summary>
/// From trace id to the blocks of a part that have rows of it: pairs of a 32-bit hash and a block number, sorted, in buckets of equal hash prefix.
/// A look-up reads the header, one place in the bucket table and one bucket. A hash that two traces share costs a block read for nothing.
/// </summary>
internal static class TraceIndex
{
    public const uint Magic = 0x49544753; // "SGTI"
    public const uint Version = 1;

    /// <summary>Bytes before the bucket table: those that every file of a part has, and the header of the index.</summary>
    public const int HeaderBytes = PartFileWriter.HeaderBytes + IndexHeaderBytes;

    private const int IndexHeaderBytes = 20;

    // So many pairs to a bucket on average: a bucket is some 250 bytes, and the table a sixteenth of a byte per pair.
    private const int PairsPerBucket = 64;

    // Bytes of the file that are held while it is written.
    private const int PieceBytes = 128 << 10;

    public static uint HashOf(TraceId id) => (uint)((((id.High * 0x9e3779b97f4a7c15) ^ id.Low) * 0xd6e8feb86659fd93) >> 32);

    /// <summary>One pair as a number that sorts by hash, then block.</summary>
    public static ulong Pair(TraceId id, int block) => ((ulong)HashOf(id) << 32) | (uint)block;

    /// <summary>Writes the file of a part, without magic and version, a piece at a time: of a large merge it is too large to hold.</summary>
    public static void Write(TracePairs pairs, int blocks, AppendBytes append)
    {
        var count = pairs.Complete();
        var prefixBits = Math.Clamp(BitOperations.Log2((uint)(count / PairsPerBucket) + 1), 0, 24);
        var blockBits = 32 - BitOperations.LeadingZeroCount((uint)Math.Max(blocks - 1, 0));
        var buckets = 1 << prefixBits;
        using var target = new ByteWriter(PieceBytes);
        target.WriteByte((byte)prefixBits);
        target.WriteByte((byte)blockBits);
        target.WriteByte(0);
        target.WriteByte(0);
        target.WriteUInt64((ulong)count);
        target.WriteUInt32((uint)buckets);
        target.WriteUInt32(Crc32C.Compute(target.Written[^16..]));

        // How long a bucket is follows from the number of its pairs, so that the table can be written before them.
        var pairsOf = new int[buckets];
        pairs.CountPrefixes(prefixBits, pairsOf);
        uint start = 0;
        foreach (var members in pairsOf)
        {
            target.WriteUInt32(start);
            start += members == 0 ? 0 : (uint)((((long)members * (32 - prefixBits + blockBits)) + 7) / 8) + sizeof(uint);
            Flush(target, append, PieceBytes / 2);
        }

        target.WriteUInt32(start);
        var bucket = new List<ulong>(PairsPerBucket * 2);
        foreach (var pair in pairs.Sorted())
        {
            if (bucket.Count > 0 && TracePairs.Prefix(pair, prefixBits) != TracePairs.Prefix(bucket[0], prefixBits))
            {
                WriteBucket(CollectionsMarshal.AsSpan(bucket), prefixBits, blockBits, target);
                bucket.Clear();
                Flush(target, append, PieceBytes / 2);
            }

            bucket.Add(pair);
        }

        WriteBucket(CollectionsMarshal.AsSpan(bucket), prefixBits, blockBits, target);
        Flush(target, append, 1);
    }

    private static void Flush(ByteWriter target, AppendBytes append, int least)
    {
        if (target.Length >= least)
        {
            append(target.Written);
            target.Clear();
        }
    }

    private static void WriteBucket(ReadOnlySpan<ulong> pairs, int prefixBits, int blockBits, ByteWriter target)
    {
        if (pairs.Length == 0)
        {
            return;
        }

        var at = target.Length;
        ulong pending = 0;
        var filled = 0;
        foreach (var pair in pairs)
        {
            var rest = (pair >> 32) & (uint.MaxValue >> prefixBits);
            var value = (rest << blockBits) | (uint)pair;
            for (var left = 32 - prefixBits + blockBits; left > 0;)
            {
                var take = Math.Min(left, 8 - filled);
                pending |= (value & ((1UL << take) - 1)) << filled;
                value >>= take;
                left -= take;
                filled += take;
                if (filled == 8)
                {
                    target.WriteByte((byte)pending);
                    (pending, filled) = (0, 0);
                }
            }
        }

        if (filled > 0)
        {
            target.WriteByte((byte)pending);
        }

        target.WriteUInt32(Crc32C.Compute(target.Written[at..]));
    }

    /// <summary>The blocks that may have rows of the trace, ascending.</summary>
    /// <param name="read">Reads the file at an offset; the whole span or CorruptDataException.</param>
    /// <param name="file">The file's name, for errors.</param>
    /// <param name="id">The trace.</param>
    public static List<int> Find(ReadAt read, string file, TraceId id)
    {
        Span<byte> header = stackalloc byte[IndexHeaderBytes];
        read(PartFileWriter.HeaderBytes, header);
        var (prefixBits, blockBits) = (header[0], header[1]);
        if (Crc32C.Compute(header[..16]) != BinaryPrimitives.ReadUInt32LittleEndian(header[16..]) || prefixBits > 24 || blockBits > 32)
        {
            throw new CorruptDataException(file, "header", PartFileWriter.HeaderBytes, "checksum does not match");
        }

        var hash = HashOf(id);
        var bucket = TracePairs.Prefix((ulong)hash << 32, prefixBits);
        Span<byte> places = stackalloc byte[8];
        read(HeaderBytes + (bucket * 4), places);
        var from = BinaryPrimitives.ReadUInt32LittleEndian(places);
        var to = BinaryPrimitives.ReadUInt32LittleEndian(places[4..]);
        var found = new List<int>();
        if (to == from)
        {
            return found;
        }

        var place = HeaderBytes + (((1L << prefixBits) + 1) * 4) + from;
        if (to < from + 5 || to - from > 1 << 24)
        {
            throw new CorruptDataException(file, "bucket table", HeaderBytes + (bucket * 4), $"bucket of {(long)to - from} bytes");
        }

        var bytes = new byte[to - from];
        read(place, bytes);
        var body = bytes.AsSpan(0, bytes.Length - 4);
        if (Crc32C.Compute(body) != BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(body.Length)))
        {
            throw new CorruptDataException(file, "bucket", place, "checksum does not match");
        }

        var width = 32 - prefixBits + blockBits;
        var wanted = hash & (uint.MaxValue >> prefixBits);
        for (long bit = 0; bit + width <= body.Length * 8L; bit += width)
        {
            var value = ReadBits(body, bit, width);
            if (value >> blockBits == wanted)
            {
                found.Add((int)(value & ((1UL << blockBits) - 1)));
            }
        }

        return found;
    }

    private static ulong ReadBits(ReadOnlySpan<byte> bytes, long at, int width)
    {
        ulong value = 0;
        for (var got = 0; got < width;)
        {
            var offset = (int)(at & 7);
            var take = Math.Min(width - got, 8 - offset);
            value |= ((ulong)(bytes[(int)(at >> 3)] >> offset) & ((1UL << take) - 1)) << got;
            got += take;
            at += take;
        }

        return value;
    }
}

/// <summary>Fills <paramref name="target"/> from a place of a file.</summary>
internal delegate void ReadAt(long offset, Span<byte> target);
