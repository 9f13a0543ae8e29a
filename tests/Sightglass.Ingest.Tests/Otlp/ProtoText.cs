using System.Text;
using Sightglass.Core.Bytes;

namespace Sightglass.Ingest.Tests.Otlp;

/// <summary>Writes protobuf messages by field number, so that tests say on the wire what they mean.</summary>
internal static class ProtoText
{
    public static byte[] Message(params byte[][] fields) => [.. fields.SelectMany(static f => f)];

    public static byte[] Bytes(int field, params byte[] value) => Write(field, 2, w => w.WriteLengthPrefixed(value));

    public static byte[] Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public static byte[] Varint(int field, ulong value) => Write(field, 0, w => w.WriteVarint(value));

    public static byte[] ZigZag(int field, long value) => Write(field, 0, w => w.WriteZigZag(value));

    public static byte[] Fixed64(int field, long value) => Write(field, 1, w => w.WriteUInt64((ulong)value));

    public static byte[] Double(int field, double value) => Write(field, 1, w => w.WriteDouble(value));

    public static byte[] Attribute(int field, string key, byte[] anyValue) => Bytes(field, Message(Text(1, key), Bytes(2, anyValue)));

    public static byte[] Attribute(int field, string key, string value) => Attribute(field, key, Text(1, value));

    public static byte[] PackedVarints(int field, params ulong[] values) => Packed(field, values, static (w, v) => w.WriteVarint(v));

    public static byte[] PackedFixed(int field, params ulong[] values) => Packed(field, values, static (w, v) => w.WriteUInt64(v));

    public static byte[] PackedDoubles(int field, params double[] values) => Packed(field, values, static (w, v) => w.WriteDouble(v));

    private static byte[] Packed<T>(int field, T[] values, Action<ByteWriter, T> write)
    {
        using var writer = new ByteWriter();
        foreach (var value in values)
        {
            write(writer, value);
        }

        return Bytes(field, writer.Written.ToArray());
    }

    private static byte[] Write(int field, int wireType, Action<ByteWriter> value)
    {
        using var writer = new ByteWriter();
        writer.WriteVarint((ulong)((field << 3) | wireType));
        value(writer);
        return writer.Written.ToArray();
    }
}
