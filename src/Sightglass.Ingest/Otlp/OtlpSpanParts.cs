using System.Buffers.Binary;
using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Otlp;

/// <summary>The messages inside a span. Events and links are kept as they came, hence checked once, here.</summary>
internal static class OtlpSpanParts
{
    /// <summary>A span id as a number; 0 when the bytes are none.</summary>
    public static ulong SpanId(ReadOnlySpan<byte> bytes) => bytes.Length == 8 ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : 0;

    public static void CheckEvent(ReadOnlySpan<byte> message, IngestLimits limits)
    {
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    reader.ReadFixed64();
                    break;
                case 2:
                    reader.ReadUtf8();
                    break;
                case 3:
                    CheckAttribute(reader.ReadBytes(), limits);
                    break;
                case 4:
                    reader.ReadUInt64();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    /// <summary>Why the link cannot be kept, or null.</summary>
    public static string? CheckLink(ReadOnlySpan<byte> message, IngestLimits limits)
    {
        var trace = 0;
        var span = 0;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    trace = reader.ReadBytes().Length;
                    break;
                case 2:
                    span = reader.ReadBytes().Length;
                    break;
                case 3:
                    reader.ReadUtf8();
                    break;
                case 4:
                    CheckAttribute(reader.ReadBytes(), limits);
                    break;
                case 5:
                    reader.ReadUInt64();
                    break;
                case 6:
                    reader.ReadFixed32();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return trace == 16 && span == 8 ? null : $"link with a trace id of {trace} bytes and a span id of {span}, want 16 and 8";
    }

    private static void CheckAttribute(ReadOnlySpan<byte> keyValue, IngestLimits limits)
    {
        OtlpValues.Key(keyValue, out var value);
        OtlpValues.Read(value, limits.MaxNestingDepth, out _, out _);
    }

    public static void ReadStatus(ReadOnlySpan<byte> message, ref SpanRow row, SpanBatch batch)
    {
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2:
                    row.StatusMessage = batch.AddText(reader.ReadUtf8());
                    break;
                case 3:
                    row.StatusCode = reader.ReadInt32() switch { 1 => 1, 2 => 2, _ => 0 };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }
}
