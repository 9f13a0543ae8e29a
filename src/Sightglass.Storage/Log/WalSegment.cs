using System.Buffers.Binary;
using Sightglass.Core.Bytes;

namespace Sightglass.Storage;

/// <summary>The bytes of a segment: see <c>docs/format/wal.md</c>.</summary>
internal static class WalSegment
{
    /// <summary>Magic (4), version (4), first sequence (8), CRC-32C of these (4).</summary>
    public const int HeaderBytes = 20;

    /// <summary>Payload length (4), CRC-32C of the rest (4), kind (1), sequence (8).</summary>
    public const int RecordHeaderBytes = 17;

    /// <summary>"SGWL" as a little-endian integer.</summary>
    public const uint Magic = 0x4c574753;

    public const uint Version = 1;
    private const string Suffix = ".wal";

    public static string NameOf(long firstSequence) => $"{firstSequence:D20}{Suffix}";

    public static bool TryParseName(string name, out long firstSequence)
    {
        firstSequence = 0;
        return name.EndsWith(Suffix, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(0, name.Length - Suffix.Length), System.Globalization.NumberStyles.None, null, out firstSequence);
    }

    public static void WriteHeader(Span<byte> target, long firstSequence)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], Version);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], firstSequence);
        BinaryPrimitives.WriteUInt32LittleEndian(target[16..], Crc32C.Compute(target[..16]));
    }

    public static bool IsHeader(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= HeaderBytes
        && BinaryPrimitives.ReadUInt32LittleEndian(bytes) == Magic
        && BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) == Version
        && BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]) == Crc32C.Compute(bytes[..16]);

    public static void WriteRecord(ByteWriter target, long sequence, byte kind, ReadOnlySpan<byte> payload)
    {
        target.WriteUInt32((uint)payload.Length);
        target.WriteUInt32(0);
        target.WriteByte(kind);
        target.WriteUInt64((ulong)sequence);
        target.Write(payload);
        var record = target.WrittenMutable;
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], Checksum(record));
    }

    /// <summary>Reads the record at the start of <paramref name="bytes"/>.</summary>
    /// <returns>Its length with the header, or 0 when there is none that holds its check with a sequence of at least <paramref name="minSequence"/>.</returns>
    public static int TryReadRecord(ReadOnlySpan<byte> bytes, long minSequence, int maxPayload, out long sequence, out byte kind)
    {
        sequence = 0;
        kind = 0;
        if (bytes.Length < RecordHeaderBytes)
        {
            return 0;
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        sequence = BinaryPrimitives.ReadInt64LittleEndian(bytes[9..]);
        if (length > (uint)maxPayload || length > (uint)(bytes.Length - RecordHeaderBytes) || sequence < minSequence)
        {
            return 0;
        }

        var record = bytes[..(RecordHeaderBytes + (int)length)];
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != Checksum(record))
        {
            return 0;
        }

        kind = bytes[8];
        return record.Length;
    }

    // The length is under the checksum too: a flipped length must not make a valid record.
    private static uint Checksum(ReadOnlySpan<byte> record) => Crc32C.Compute(record[8..], Crc32C.Compute(record[..4]));
}
