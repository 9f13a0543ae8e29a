using System.Text;
using System.Text.Json;
using Sightglass.Core.Model;
using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Parsers;

/// <summary>Reads a JSON object on one line: the usual keys give time, level and trace context, the rest become typed attributes; nested objects are flattened with dots.</summary>
internal static class JsonLine
{
    private const int MaxDepth = 32;

    /// <summary>False when the line is not a JSON object; attributes added until then are dropped by the caller.</summary>
    public static bool Read(ReadOnlySpan<byte> line, KnownFields fields, in LineContext context, LogBatch batch, ref LogRow row)
    {
        try
        {
            var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = MaxDepth });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            ReadObject(ref reader, string.Empty, fields, context, batch, ref row);
            return !reader.Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second is what is thrown at a list in which a text is not UTF-8.
            return false;
        }
    }

    private static void ReadObject(ref Utf8JsonReader reader, string prefix, KnownFields fields, in LineContext context, LogBatch batch, ref LogRow row)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = prefix + JsonText.Get(reader);
            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    ReadObject(ref reader, key + ".", fields, context, batch, ref row);
                    break;
                case JsonTokenType.StartArray:
                    using (var document = JsonDocument.ParseValue(ref reader))
                    {
                        Add(batch, key, document.RootElement.GetRawText());
                    }

                    break;
                case JsonTokenType.String:
                    var text = JsonText.Get(reader);
                    if (!fields.Take(key, text, context, batch, ref row))
                    {
                        Add(batch, key, text);
                    }

                    break;
                case JsonTokenType.Number:
                    AddNumber(ref reader, key, fields, batch, ref row);
                    break;
                case JsonTokenType.True or JsonTokenType.False:
                    batch.AddAttribute(Encoding.UTF8.GetBytes(key), AttributeType.Bool, reader.TokenType == JsonTokenType.True ? 1 : 0);
                    break;
                default:
                    break;
            }
        }
    }

    private static void Add(LogBatch batch, string key, string value) =>
        batch.AddAttribute(Encoding.UTF8.GetBytes(key), AttributeType.String, Encoding.UTF8.GetBytes(value));

    private static void AddNumber(ref Utf8JsonReader reader, string key, KnownFields fields, LogBatch batch, ref LogRow row)
    {
        if (reader.TryGetInt64(out var whole))
        {
            if (!fields.Take(key, whole, batch, ref row))
            {
                batch.AddAttribute(Encoding.UTF8.GetBytes(key), AttributeType.Int, whole);
            }
        }
        else if (!reader.TryGetDouble(out var number) || !fields.Take(key, number, ref row))
        {
            // An id of more digits than 64 bits hold, or a number that no double is, stays as it is written.
            if (double.IsFinite(number) && reader.ValueSpan.IndexOfAny(".eE"u8) >= 0)
            {
                batch.AddAttribute(Encoding.UTF8.GetBytes(key), AttributeType.Double, BitConverter.DoubleToInt64Bits(number));
            }
            else
            {
                batch.AddAttribute(Encoding.UTF8.GetBytes(key), AttributeType.String, reader.ValueSpan);
            }
        }
    }
}
