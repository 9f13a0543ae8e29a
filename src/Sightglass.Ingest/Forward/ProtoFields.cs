using Sightglass.Core.Bytes;

namespace Sightglass.Ingest.Forward;

/// <summary>Fields of protobuf messages; values of zero are left out, as protobuf 3 has it.</summary>
internal static class ProtoFields
{
    public static void Varint(this ByteWriter target, int field, ulong value)
    {
        if (value != 0)
        {
            target.WriteVarint((uint)field << 3);
            target.WriteVarint(value);
        }
    }

    public static void ZigZag(this ByteWriter target, int field, long value) => target.Varint(field, (ulong)((value << 1) ^ (value >> 63)));

    public static void Double(this ByteWriter target, int field, double value)
    {
        // Minus zero is not zero.
        if (BitConverter.DoubleToUInt64Bits(value) != 0)
        {
            target.WriteVarint(((uint)field << 3) | 1);
            target.WriteDouble(value);
        }
    }

    public static void Bytes(this ByteWriter target, int field, ReadOnlySpan<byte> value)
    {
        target.WriteVarint(((uint)field << 3) | 2);
        target.WriteLengthPrefixed(value);
    }

    public static void Text(this ByteWriter target, int field, string value)
    {
        if (value.Length > 0)
        {
            target.WriteVarint(((uint)field << 3) | 2);
            target.WriteString(value);
        }
    }
}
