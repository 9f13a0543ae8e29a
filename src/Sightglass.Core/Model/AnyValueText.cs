using System.Text;
using System.Text.Json;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;

namespace Sightglass.Core.Model;

/// <summary>Renders an OTLP <c>AnyValue</c> (protobuf) as JSON text: maps as objects, arrays as arrays, bytes as base64.</summary>
public static class AnyValueText
{
    /// <summary>Deepest nesting that is rendered; deeper values are refused on the way in.</summary>
    public const int MaxDepth = 64;

    /// <summary>The JSON text of an encoded value.</summary>
    /// <exception cref="MalformedInputException">The bytes are not an <c>AnyValue</c>, or nest too deep.</exception>
    public static string ToJson(ReadOnlySpan<byte> anyValue)
    {
        using var buffer = new ByteWriter(256);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            Write(anyValue, json, 0);
        }

        return Encoding.UTF8.GetString(buffer.Written);
    }

    /// <summary>Writes an encoded value as plain JSON.</summary>
    public static void Write(ReadOnlySpan<byte> anyValue, Utf8JsonWriter json, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new MalformedInputException($"value nests deeper than {MaxDepth}");
        }

        var reader = new ProtoReader(anyValue);
        var written = false;
        while (reader.Next())
        {
            if (written)
            {
                reader.Skip();
                continue;
            }

            written = true;
            switch (reader.Field)
            {
                case 1:
                    json.WriteStringValue(reader.ReadUtf8());
                    break;
                case 2:
                    json.WriteBooleanValue(reader.ReadBool());
                    break;
                case 3:
                    json.WriteNumberValue(reader.ReadInt64());
                    break;
                case 4:
                    var number = reader.ReadDouble();
                    if (double.IsFinite(number))
                    {
                        json.WriteNumberValue(number);
                    }
                    else
                    {
                        json.WriteStringValue(double.IsNaN(number) ? "NaN" : number > 0 ? "+Inf" : "-Inf");
                    }

                    break;
                case 5:
                    json.WriteStartArray();
                    var items = new ProtoReader(reader.ReadBytes());
                    while (items.Next())
                    {
                        if (items.Field == 1)
                        {
                            Write(items.ReadBytes(), json, depth + 1);
                        }
                        else
                        {
                            items.Skip();
                        }
                    }

                    json.WriteEndArray();
                    break;
                case 6:
                    WriteMap(reader.ReadBytes(), json, depth);
                    break;
                case 7:
                    json.WriteBase64StringValue(reader.ReadBytes());
                    break;
                default:
                    reader.Skip();
                    written = false;
                    break;
            }
        }

        if (!written)
        {
            json.WriteNullValue();
        }
    }

    private static void WriteMap(ReadOnlySpan<byte> map, Utf8JsonWriter json, int depth)
    {
        json.WriteStartObject();
        var entries = new ProtoReader(map);
        while (entries.Next())
        {
            if (entries.Field != 1)
            {
                entries.Skip();
                continue;
            }

            var entry = new ProtoReader(entries.ReadBytes());
            ReadOnlySpan<byte> key = default;
            ReadOnlySpan<byte> value = default;
            while (entry.Next())
            {
                switch (entry.Field)
                {
                    case 1:
                        key = entry.ReadUtf8();
                        break;
                    case 2:
                        value = entry.ReadBytes();
                        break;
                    default:
                        entry.Skip();
                        break;
                }
            }

            json.WritePropertyName(key);
            Write(value, json, depth + 1);
        }

        json.WriteEndObject();
    }
}
