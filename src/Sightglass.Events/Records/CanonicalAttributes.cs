using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Events.Records;

/// <summary>
/// Attributes of streams and scopes as bytes: sorted by the bytes of the key, equal keys in the order sent. An attribute without a value is an empty
/// <c>AnyValue</c> message, which is what it is in OTLP.
/// </summary>
internal static class CanonicalAttributes
{
    public static void WriteSorted(EventBatch batch, AttributeRange range, ByteWriter target)
    {
        target.WriteVarint((ulong)range.Count);
        Span<int> order = range.Count <= 256 ? stackalloc int[range.Count] : new int[range.Count];
        for (var i = 0; i < range.Count; i++)
        {
            // Insertion sort: resources have few attributes, most often sorted already.
            var attribute = range.Start + i;
            var at = i;
            while (at > 0 && batch.AttributeKey(order[at - 1]).SequenceCompareTo(batch.AttributeKey(attribute)) > 0)
            {
                order[at] = order[at - 1];
                at--;
            }

            order[at] = attribute;
        }

        foreach (var attribute in order)
        {
            target.WriteLengthPrefixed(batch.AttributeKey(attribute));
            WriteValue(batch, attribute, target);
        }
    }

    /// <summary>A value: its type, then a zigzag number, eight bytes of a double, or length and bytes.</summary>
    public static void WriteValue(EventBatch batch, int attribute, ByteWriter target) =>
        WriteValue(batch, batch.AttributeTypeOf(attribute), batch.AttributeBits(attribute), target);

    /// <summary>As above, for a value held elsewhere (bodies).</summary>
    public static void WriteValue(EventBatch batch, AttributeType type, long bits, ByteWriter target)
    {
        target.WriteByte((byte)type);
        switch (type)
        {
            case AttributeType.None:
                break;
            case AttributeType.Int or AttributeType.Bool:
                target.WriteZigZag(bits);
                break;
            case AttributeType.Double:
                target.WriteUInt64((ulong)bits);
                break;
            default:
                target.WriteLengthPrefixed(batch.Text(TextRef.Unpack(bits)));
                break;
        }
    }

    /// <summary>Reads a value; a failure sticks to the reader.</summary>
    public static AttributeType ReadValue(ref ByteReader reader, out long bits, out ReadOnlySpan<byte> bytes)
    {
        bits = 0;
        bytes = default;
        var type = (AttributeType)reader.ReadByte();
        switch (type)
        {
            case AttributeType.None:
                break;
            case AttributeType.Int or AttributeType.Bool:
                bits = reader.ReadZigZag();
                break;
            case AttributeType.Double:
                bits = (long)reader.ReadUInt64();
                break;
            case AttributeType.String or AttributeType.Bytes or AttributeType.Composite:
                bytes = reader.ReadLengthPrefixed();
                break;
            default:
                reader.Fail();
                break;
        }

        return type;
    }

    public static EventAttribute[] Read(ref ByteReader reader)
    {
        var attributes = new EventAttribute[reader.ReadCount(reader.Remaining)];
        for (var i = 0; i < attributes.Length; i++)
        {
            var key = reader.ReadString();
            var type = ReadValue(ref reader, out var bits, out var bytes);
            attributes[i] = new EventAttribute(key, type == AttributeType.None
                ? AttributeValue.OfBytes(AttributeType.Composite, [])
                : AttributeValue.From(type, bits, bytes));
        }

        return attributes;
    }
}
