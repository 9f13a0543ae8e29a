using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Server.Api.Prometheus.RemoteRead;

/// <summary>The fields that both forms of answer share, in protobuf's wire format.</summary>
internal static class ProtoFields
{
    private const int Varint = 0;

    private const int Fixed64 = 1;

    private const int Bytes = 2;

    public static void WriteMessage(this ByteWriter target, int field, ReadOnlySpan<byte> message)
    {
        target.WriteVarint((ulong)((field << 3) | Bytes));
        target.WriteLengthPrefixed(message);
    }

    public static void WriteText(this ByteWriter target, int field, string text)
    {
        target.WriteVarint((ulong)((field << 3) | Bytes));
        target.WriteString(text);
    }

    public static void WriteInt64(this ByteWriter target, int field, long value)
    {
        if (value != 0)
        {
            target.WriteVarint((ulong)((field << 3) | Varint));
            target.WriteVarint((ulong)value);
        }
    }

    public static void WriteSigned(this ByteWriter target, int field, long value)
    {
        if (value != 0)
        {
            target.WriteVarint((ulong)((field << 3) | Varint));
            target.WriteZigZag(value);
        }
    }

    public static void WriteDouble(this ByteWriter target, int field, double value)
    {
        if (BitConverter.DoubleToUInt64Bits(value) != 0)
        {
            target.WriteVarint((ulong)((field << 3) | Fixed64));
            target.WriteDouble(value);
        }
    }

    public static void WriteDoubles(this ByteWriter target, int field, ReadOnlySpan<double> values)
    {
        if (values.Length == 0)
        {
            return;
        }

        target.WriteVarint((ulong)((field << 3) | Bytes));
        target.WriteVarint((ulong)values.Length * sizeof(double));
        foreach (var value in values)
        {
            target.WriteDouble(value);
        }
    }

    /// <summary>Labels of a series as field 1, sorted, with further ones that it gets unless it has them.</summary>
    public static void WriteLabels(this ByteWriter target, LabelSet labels, LabelSet further)
    {
        using var label = new ByteWriter();
        foreach (var (name, value) in Merge(labels, further))
        {
            label.Clear();
            label.WriteText(1, name);
            label.WriteText(2, value);
            target.WriteMessage(1, label.Written);
        }
    }

    private static LabelSet Merge(LabelSet labels, LabelSet further)
    {
        if (further.Count == 0)
        {
            return labels;
        }

        var builder = new LabelSetBuilder(further);
        foreach (var label in labels)
        {
            builder.Set(label.Name, label.Value);
        }

        return builder.Build();
    }
}
