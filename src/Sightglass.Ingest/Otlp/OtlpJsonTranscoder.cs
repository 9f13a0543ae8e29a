using System.Text.Json;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;

namespace Sightglass.Ingest.Otlp;

/// <summary>
/// Rewrites OTLP/JSON as OTLP/protobuf, so that there is one decoder. Fields that are not known are passed over, <c>null</c> is the same as
/// a field left out.
/// </summary>
public static class OtlpJsonTranscoder
{
    private const int LongestFieldName = 64;

    /// <summary>The body in protobuf; the caller disposes it.</summary>
    /// <exception cref="MalformedInputException">The body is not JSON, nests too deep or has a value of the wrong kind.</exception>
    public static ByteWriter ToProtobuf(ReadOnlySpan<byte> json, OtlpJsonMessage message, IngestLimits limits)
    {
        if (!System.Text.Unicode.Utf8.IsValid(json))
        {
            throw new MalformedInputException("the body is not valid UTF-8");
        }

        var target = new ByteWriter(Math.Max(json.Length / 2, 256));
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = limits.MaxNestingDepth });
        try
        {
            reader.Read();
            Message(ref reader, message, target);
            if (reader.Read())
            {
                throw OtlpJsonValue.Unexpected(reader, "the end");
            }

            return target;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperation is how the reader refuses text that is not valid UTF-8.
            target.Dispose();
            throw new MalformedInputException($"JSON: {e.Message}", reader.BytesConsumed, e);
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    private static void Message(ref Utf8JsonReader reader, OtlpJsonMessage message, ByteWriter target)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw OtlpJsonValue.Unexpected(reader, "an object");
        }

        Span<char> name = stackalloc char[LongestFieldName];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = reader.ValueSpan.Length <= LongestFieldName ? message.Find(name[..reader.CopyString(name)]) : null;
            if (field is null)
            {
                reader.Skip();
                continue;
            }

            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                Field(ref reader, field, target);
                continue;
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                Field(ref reader, field, target);
            }
        }
    }

    private static void Field(ref Utf8JsonReader reader, OtlpJsonField field, ByteWriter target)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (field.Message is null)
        {
            OtlpJsonValue.Write(reader, field, target);
            return;
        }

        target.WriteVarint(((uint)field.Number << 3) | 2);
        var lengthAt = target.Length;
        target.WriteByte(0);
        Message(ref reader, field.Message, target);
        CloseLength(target, lengthAt);
    }

    /// <summary>Fills in the length at <paramref name="lengthAt"/>, for which one byte was left: most messages need no more.</summary>
    private static void CloseLength(ByteWriter target, int lengthAt)
    {
        var start = lengthAt + 1;
        var length = target.Length - start;
        if (length < 0x80)
        {
            target.WrittenMutable[lengthAt] = (byte)length;
            return;
        }

        var more = (System.Numerics.BitOperations.Log2((uint)length) / 7);
        target.GetSpan(more);
        target.Advance(more);
        var written = target.WrittenMutable;
        written.Slice(start, length).CopyTo(written[(start + more)..]);
        for (var at = lengthAt; ; at++, length >>= 7)
        {
            if (length < 0x80)
            {
                written[at] = (byte)length;
                return;
            }

            written[at] = (byte)(length | 0x80);
        }
    }
}
