using System.Buffers.Binary;

namespace Sightglass.Core.Bytes;

/// <summary>Writes the snappy block format: the counterpart of <see cref="Snappy"/>.</summary>
public static class SnappyEncoder
{
    /// <summary>Offsets of a copy have 16 bits: matches are looked for within blocks of that size.</summary>
    private const int BlockBytes = 1 << 16;

    private const int HashBits = 14;

    /// <summary>Shortest match worth a copy; also what is hashed.</summary>
    private const int MinMatch = 4;

    /// <summary>Longest match that one copy element takes.</summary>
    private const int MaxCopy = 64;

    [ThreadStatic]
    private static ushort[]? _table;

    /// <summary>Compresses <paramref name="source"/> to one block, appended to <paramref name="target"/>.</summary>
    public static void Compress(ReadOnlySpan<byte> source, ByteWriter target)
    {
        ArgumentNullException.ThrowIfNull(target);
        target.WriteVarint((ulong)source.Length);
        for (var at = 0; at < source.Length; at += BlockBytes)
        {
            CompressBlock(source.Slice(at, Math.Min(BlockBytes, source.Length - at)), target);
        }
    }

    private static void CompressBlock(ReadOnlySpan<byte> block, ByteWriter target)
    {
        var table = _table ??= new ushort[1 << HashBits];
        Array.Clear(table);
        var literal = 0;
        var at = 1;
        var misses = 32;
        while (at + MinMatch <= block.Length)
        {
            var word = BinaryPrimitives.ReadUInt32LittleEndian(block[at..]);
            ref var slot = ref table[(word * 0x1e35a7bd) >> (32 - HashBits)];
            int candidate = slot;
            slot = (ushort)at;
            if (candidate >= at || BinaryPrimitives.ReadUInt32LittleEndian(block[candidate..]) != word)
            {
                // The longer nothing matches, the bigger the steps: what does not compress is passed over fast.
                at += misses++ >> 5;
                continue;
            }

            WriteLiteral(block[literal..at], target);
            var length = MinMatch + block[(at + MinMatch)..].CommonPrefixLength(block[(candidate + MinMatch)..]);
            WriteCopy(at - candidate, length, target);
            at += length;
            literal = at;
            misses = 32;
        }

        WriteLiteral(block[literal..], target);
    }

    private static void WriteLiteral(ReadOnlySpan<byte> bytes, ByteWriter target)
    {
        if (bytes.Length == 0)
        {
            return;
        }

        var n = bytes.Length - 1;
        if (n < 60)
        {
            target.WriteByte((byte)(n << 2));
        }
        else if (n < 256)
        {
            target.WriteByte(60 << 2);
            target.WriteByte((byte)n);
        }
        else
        {
            target.WriteByte(61 << 2);
            target.WriteByte((byte)n);
            target.WriteByte((byte)(n >> 8));
        }

        target.Write(bytes);
    }

    // Copies with an offset of two bytes and up to 64 bytes each.
    private static void WriteCopy(int offset, int length, ByteWriter target)
    {
        while (length > 0)
        {
            var n = Math.Min(length, MaxCopy);
            target.WriteByte((byte)(((n - 1) << 2) | 2));
            target.WriteByte((byte)offset);
            target.WriteByte((byte)(offset >> 8));
            length -= n;
        }
    }
}
