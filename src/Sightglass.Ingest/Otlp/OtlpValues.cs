using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Otlp;

/// <summary>Reads OTLP's <c>AnyValue</c>, <c>KeyValue</c>, <c>Resource</c> and <c>InstrumentationScope</c> messages.</summary>
internal static class OtlpValues
{
    /// <summary>
    /// Reads a value: its type, the number or truth value in <paramref name="bits"/>, or the bytes of text, bytes and composites
    /// (for those the whole message, checked to its last leaf).
    /// </summary>
    public static AttributeType Read(ReadOnlySpan<byte> anyValue, int maxDepth, out long bits, out ReadOnlySpan<byte> bytes)
    {
        var type = AttributeType.None;
        bits = 0;
        bytes = default;
        var reader = new ProtoReader(anyValue);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    type = AttributeType.String;
                    bytes = reader.ReadUtf8();
                    break;
                case 2:
                    type = AttributeType.Bool;
                    bits = reader.ReadBool() ? 1 : 0;
                    break;
                case 3:
                    type = AttributeType.Int;
                    bits = reader.ReadInt64();
                    break;
                case 4:
                    type = AttributeType.Double;
                    bits = BitConverter.DoubleToInt64Bits(reader.ReadDouble());
                    break;
                case 5:
                    CheckArray(reader.ReadBytes(), maxDepth - 1);
                    type = AttributeType.Composite;
                    bytes = anyValue;
                    break;
                case 6:
                    CheckMap(reader.ReadBytes(), maxDepth - 1);
                    type = AttributeType.Composite;
                    bytes = anyValue;
                    break;
                case 7:
                    type = AttributeType.Bytes;
                    bytes = reader.ReadBytes();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return type;
    }

    /// <summary>Splits a <c>KeyValue</c>.</summary>
    public static ReadOnlySpan<byte> Key(ReadOnlySpan<byte> keyValue, out ReadOnlySpan<byte> anyValue)
    {
        ReadOnlySpan<byte> key = default;
        anyValue = default;
        var reader = new ProtoReader(keyValue);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    key = reader.ReadUtf8();
                    break;
                case 2:
                    anyValue = reader.ReadBytes();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return key;
    }

    /// <summary>Adds a <c>KeyValue</c> to the open run of attributes. The result says which limit it breaks, null when none.</summary>
    public static string? AddAttribute(EventBatch batch, ReadOnlySpan<byte> keyValue, IngestLimits limits)
    {
        var key = Key(keyValue, out var value);
        var type = Read(value, limits.MaxNestingDepth, out var bits, out var bytes);
        if (key.Length > limits.MaxLabelNameBytes)
        {
            return Limit("attribute name", key.Length, nameof(IngestLimits.MaxLabelNameBytes), limits.MaxLabelNameBytes);
        }

        if (bytes.Length > limits.MaxAttributeValueBytes)
        {
            return Limit("attribute value", bytes.Length, nameof(IngestLimits.MaxAttributeValueBytes), limits.MaxAttributeValueBytes);
        }

        if (batch.OpenAttributes >= limits.MaxAttributesPerRow)
        {
            return Limit("attributes", batch.OpenAttributes + 1, nameof(IngestLimits.MaxAttributesPerRow), limits.MaxAttributesPerRow);
        }

        switch (type)
        {
            case AttributeType.None:
                break;
            case AttributeType.String or AttributeType.Bytes or AttributeType.Composite:
                batch.AddAttribute(key, type, bytes);
                break;
            default:
                batch.AddAttribute(key, type, bits);
                break;
        }

        return null;
    }

    /// <summary>Adds the attributes of a <c>Resource</c> message as a resource of the batch.</summary>
    public static int AddResource(EventBatch batch, ReadOnlySpan<byte> resource, ReadOnlySpan<byte> schemaUrl, IngestLimits limits)
    {
        var reader = new ProtoReader(resource);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                ThrowIfLimited(AddAttribute(batch, reader.ReadBytes(), limits));
            }
            else
            {
                reader.Skip();
            }
        }

        return batch.EndResource(ResourceKind.Otlp, batch.AddText(schemaUrl));
    }

    /// <summary>Adds an <c>InstrumentationScope</c> message to the batch; -1 when nothing at all is said of the scope.</summary>
    public static int AddScope(EventBatch batch, ReadOnlySpan<byte> scope, ReadOnlySpan<byte> schemaUrl, IngestLimits limits)
    {
        if (scope.Length == 0 && schemaUrl.Length == 0)
        {
            return -1;
        }

        TextRef name = default;
        TextRef version = default;
        var reader = new ProtoReader(scope);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    name = batch.AddText(reader.ReadUtf8());
                    break;
                case 2:
                    version = batch.AddText(reader.ReadUtf8());
                    break;
                case 3:
                    ThrowIfLimited(AddAttribute(batch, reader.ReadBytes(), limits));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return batch.EndScope(name, version, batch.AddText(schemaUrl));
    }

    /// <summary>Finds the embedded message of field 1 and the schema URL of field 3, which both signals' containers have.</summary>
    public static ReadOnlySpan<byte> Owner(ReadOnlySpan<byte> container, out ReadOnlySpan<byte> schemaUrl)
    {
        ReadOnlySpan<byte> owner = default;
        schemaUrl = default;
        var reader = new ProtoReader(container);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    owner = reader.ReadBytes();
                    break;
                case 3:
                    schemaUrl = reader.ReadUtf8();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return owner;
    }

    public static string Limit(string what, long got, string limit, long max) => $"{what}: got {got}, limit {limit} is {max}";

    private static void ThrowIfLimited(string? reason)
    {
        if (reason is not null)
        {
            throw new MalformedInputException($"resource or scope: {reason}");
        }
    }

    private static void CheckArray(ReadOnlySpan<byte> array, int depth)
    {
        CheckDepth(depth);
        var reader = new ProtoReader(array);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                Read(reader.ReadBytes(), depth, out _, out _);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static void CheckMap(ReadOnlySpan<byte> map, int depth)
    {
        CheckDepth(depth);
        var reader = new ProtoReader(map);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                Key(reader.ReadBytes(), out var value);
                Read(value, depth, out _, out _);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static void CheckDepth(int depth)
    {
        if (depth < 0)
        {
            throw new MalformedInputException($"attribute value nests deeper than {nameof(IngestLimits.MaxNestingDepth)}");
        }
    }
}
