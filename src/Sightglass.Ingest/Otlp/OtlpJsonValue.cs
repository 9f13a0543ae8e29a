using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Otlp;

/// <summary>Writes single values of OTLP/JSON as protobuf fields.</summary>
internal static class OtlpJsonValue
{
    private const int LongestNumber = 128;

    private static readonly Dictionary<string, int> EnumNames = Names();

    /// <summary>Writes the reader's current value with the tag of its field.</summary>
    public static void Write(in Utf8JsonReader reader, OtlpJsonField field, ByteWriter target)
    {
        var tag = (uint)field.Number << 3;
        switch (field.Kind)
        {
            case OtlpJsonKind.Text or OtlpJsonKind.Base64 or OtlpJsonKind.HexId:
                target.WriteVarint(tag | 2);
                Bytes(reader, field.Kind, target);
                break;
            case OtlpJsonKind.Varint:
                target.WriteVarint(tag);
                target.WriteVarint((ulong)Integer(reader));
                break;
            case OtlpJsonKind.ZigZag:
                target.WriteVarint(tag);
                target.WriteZigZag(Integer(reader));
                break;
            case OtlpJsonKind.Enum:
                target.WriteVarint(tag);
                target.WriteVarint((ulong)EnumNumber(reader));
                break;
            case OtlpJsonKind.Bool:
                target.WriteVarint(tag);
                target.WriteByte(reader.TokenType switch
                {
                    JsonTokenType.True => 1,
                    JsonTokenType.False => 0,
                    _ => throw Unexpected(reader, "true or false"),
                });
                break;
            case OtlpJsonKind.Fixed64 or OtlpJsonKind.SignedFixed64:
                target.WriteVarint(tag | 1);
                target.WriteUInt64((ulong)Integer(reader));
                break;
            case OtlpJsonKind.Double:
                target.WriteVarint(tag | 1);
                target.WriteDouble(Number(reader));
                break;
            default:
                target.WriteVarint(tag | 5);
                target.WriteUInt32((uint)Integer(reader));
                break;
        }
    }

    public static MalformedInputException Unexpected(in Utf8JsonReader reader, string want) =>
        new($"OTLP/JSON: got {reader.TokenType}, want {want}", reader.TokenStartIndex);

    private static void Bytes(in Utf8JsonReader reader, OtlpJsonKind kind, ByteWriter target)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw Unexpected(reader, "text");
        }

        if (kind == OtlpJsonKind.Text && JsonText.MayBeBroken(reader.ValueSpan, reader.ValueIsEscaped))
        {
            using var mended = new ByteWriter(reader.ValueSpan.Length);
            JsonText.Append(reader, mended);
            target.WriteLengthPrefixed(mended.Written);
            return;
        }

        var rented = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length + 4);
        try
        {
            var text = rented.AsSpan(0, reader.CopyString(rented));
            switch (kind)
            {
                case OtlpJsonKind.Text:
                    target.WriteLengthPrefixed(text);
                    break;
                case OtlpJsonKind.HexId:
                    Hex(text, target);
                    break;
                default:
                    FromBase64(text, rented, target, reader.TokenStartIndex);
                    break;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static void Hex(ReadOnlySpan<byte> text, ByteWriter target)
    {
        Span<char> chars = stackalloc char[32];
        Span<byte> id = stackalloc byte[16];
        var length = -1;
        if (text.Length <= chars.Length)
        {
            for (var i = 0; i < text.Length; i++)
            {
                chars[i] = (char)text[i];
            }

            length = Convert.FromHexString(chars[..text.Length], id, out _, out var written) == OperationStatus.Done ? written : -1;
        }

        // What is not an id stays one that is not valid, so that its record or span is refused alone.
        target.WriteLengthPrefixed(length < 0 ? [0] : id[..length]);
    }

    private static void FromBase64(ReadOnlySpan<byte> text, byte[] rented, ByteWriter target, long offset)
    {
        // Both alphabets are in use, with and without padding.
        var length = text.Length;
        for (var i = 0; i < length; i++)
        {
            rented[i] = rented[i] switch { (byte)'-' => (byte)'+', (byte)'_' => (byte)'/', var b => b };
        }

        while (length % 4 != 0 && length < rented.Length)
        {
            rented[length++] = (byte)'=';
        }

        if (Base64.DecodeFromUtf8InPlace(rented.AsSpan(0, length), out var written) != OperationStatus.Done)
        {
            throw new MalformedInputException("OTLP/JSON: invalid base64", offset);
        }

        target.WriteLengthPrefixed(rented.AsSpan(0, written));
    }

    /// <summary>A 64-bit integer, as text or as a number; unsigned ones beyond 63 bits come as their bits.</summary>
    private static long Integer(in Utf8JsonReader reader)
    {
        if (reader.TokenType is JsonTokenType.String or JsonTokenType.Number && reader.ValueSpan.Length <= LongestNumber)
        {
            var text = reader.ValueSpan;
            if (Utf8Parser.TryParse(text, out long value, out var used) && used == text.Length)
            {
                return value;
            }

            if (Utf8Parser.TryParse(text, out ulong unsigned, out used) && used == text.Length)
            {
                return (long)unsigned;
            }

            if (Utf8Parser.TryParse(text, out double number, out used) && used == text.Length && Math.Abs(number) <= 1L << 53 && Math.Floor(number) == number)
            {
                return (long)number;
            }
        }

        throw Unexpected(reader, "an integer of 64 bits");
    }

    private static double Number(in Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            return reader.GetDouble();
        }

        if (reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length <= LongestNumber)
        {
            switch (reader.GetString())
            {
                case "NaN":
                    return double.NaN;
                case "Infinity":
                    return double.PositiveInfinity;
                case "-Infinity":
                    return double.NegativeInfinity;
                case { } text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value):
                    return value;
            }
        }

        throw Unexpected(reader, "a number");
    }

    private static long EnumNumber(in Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length <= LongestNumber && EnumNames.TryGetValue(reader.GetString()!, out var number))
        {
            return number;
        }

        return Integer(reader);
    }

    private static Dictionary<string, int> Names()
    {
        var names = new Dictionary<string, int>(StringComparer.Ordinal) { ["SEVERITY_NUMBER_UNSPECIFIED"] = 0 };
        Add("SPAN_KIND_", "UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER");
        Add("STATUS_CODE_", "UNSET", "OK", "ERROR");
        Add("AGGREGATION_TEMPORALITY_", "UNSPECIFIED", "DELTA", "CUMULATIVE");
        string[] levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
        for (var i = 0; i < 24; i++)
        {
            names[$"SEVERITY_NUMBER_{levels[i / 4]}{(i % 4 == 0 ? string.Empty : (i % 4) + 1)}"] = i + 1;
        }

        return names;

        void Add(string prefix, params ReadOnlySpan<string> values)
        {
            for (var i = 0; i < values.Length; i++)
            {
                names[prefix + values[i]] = i;
            }
        }
    }
}
