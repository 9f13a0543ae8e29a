using Sightglass.Core.Bytes;

namespace Sightglass.Ingest.Tests.RemoteWrite;

/// <summary>Writes protobuf by hand, also what no encoder would write.</summary>
internal static class WireFields
{
    public static byte[] Message(Action<ByteWriter> write)
    {
        using var writer = new ByteWriter();
        write(writer);
        return writer.Written.ToArray();
    }

    public static void Varint(ByteWriter writer, int field, ulong value)
    {
        writer.WriteVarint((uint)field << 3);
        writer.WriteVarint(value);
    }

    public static void ZigZag(ByteWriter writer, int field, long value)
    {
        writer.WriteVarint((uint)field << 3);
        writer.WriteZigZag(value);
    }

    public static void Double(ByteWriter writer, int field, double value)
    {
        writer.WriteVarint(((uint)field << 3) | 1);
        writer.WriteDouble(value);
    }

    public static void Bytes(ByteWriter writer, int field, byte[] value)
    {
        writer.WriteVarint(((uint)field << 3) | 2);
        writer.WriteLengthPrefixed(value);
    }

    public static void Bytes(ByteWriter writer, int field, Action<ByteWriter> write) => Bytes(writer, field, Message(write));
}
