using Sightglass.Core.Bytes;
using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL.Metrics;

/// <summary>Values that tell series apart, written one after the other: equal bytes are equal values.</summary>
internal static class MetricKey
{
    /// <summary>Writes a value that is no text.</summary>
    public static void Write(ByteWriter key, TraceValueType type, long bits)
    {
        key.WriteByte((byte)type);
        if (type != TraceValueType.Nil)
        {
            key.WriteUInt64((ulong)bits);
        }
    }

    /// <summary>Writes a text.</summary>
    public static void Write(ByteWriter key, ReadOnlySpan<byte> utf8)
    {
        key.WriteByte((byte)TraceValueType.String);
        key.WriteLengthPrefixed(utf8);
    }

    /// <summary>Writes any value.</summary>
    public static void Write(ByteWriter key, TraceValue value)
    {
        if (value.Type == TraceValueType.String)
        {
            key.WriteByte((byte)TraceValueType.String);
            key.WriteString(value.Text);
            return;
        }

        Write(key, value.Type, value.Type == TraceValueType.Float ? BitConverter.DoubleToInt64Bits(value.Number) : value.Whole);
    }

    /// <summary>Reads all values of a key.</summary>
    public static List<TraceValue> Read(ReadOnlySpan<byte> key)
    {
        var values = new List<TraceValue>();
        var reader = new ByteReader(key);
        while (reader.Remaining > 0)
        {
            var type = (TraceValueType)reader.ReadByte();
            if (type == TraceValueType.String)
            {
                values.Add(TraceValue.Of(System.Text.Encoding.UTF8.GetString(reader.ReadLengthPrefixed())));
                continue;
            }

            var bits = type == TraceValueType.Nil ? 0 : (long)reader.ReadUInt64();
            values.Add(type switch
            {
                TraceValueType.Nil => TraceValue.Nil,
                TraceValueType.Float => TraceValue.Of(BitConverter.Int64BitsToDouble(bits)),
                TraceValueType.Bool => TraceValue.Of(bits != 0),
                TraceValueType.Duration => TraceValue.Duration(bits),
                TraceValueType.Status => TraceValue.Status(bits),
                TraceValueType.Kind => TraceValue.Kind(bits),
                _ => TraceValue.Of(bits),
            });
        }

        return values;
    }
}

/// <summary>Compares keys by their bytes.</summary>
internal sealed class MetricKeyComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

    public int GetHashCode(ReadOnlySpan<byte> alternate) => Hash128.Compute(alternate).GetHashCode();

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}
