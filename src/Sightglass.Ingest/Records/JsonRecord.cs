using System.Text.Json;
using System.Text.Unicode;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Records;

/// <summary>Reads JSON objects into a <see cref="RecordWriter"/>: nested objects are flattened with dots, arrays stay JSON text, numbers and truth values keep their type.</summary>
internal sealed class JsonRecord : IDisposable
{
    private readonly ByteWriter _path = new(256);
    private readonly ByteWriter _value = new(4096);

    /// <summary>A byte that is left out where a name of the outermost object begins with it; 0 for none.</summary>
    public byte PrefixToDrop { get; init; }

    /// <summary>Reads the fields of the object that the reader stands at, up to its end. <paramref name="source"/> is what the reader reads.</summary>
    /// <exception cref="JsonException">It does not parse.</exception>
    /// <exception cref="InvalidOperationException">A text in it is not valid UTF-8.</exception>
    public void Read(ref Utf8JsonReader json, ReadOnlySpan<byte> source, RecordWriter record)
    {
        _path.Truncate(0);
        Object(ref json, source, record);
    }

    /// <summary>Reads one object that is all there is in <paramref name="source"/>.</summary>
    /// <exception cref="MalformedInputException">It is not an object, or not JSON.</exception>
    public void ReadWhole(ReadOnlySpan<byte> source, int maxDepth, RecordWriter record)
    {
        var json = new Utf8JsonReader(source, new JsonReaderOptions { MaxDepth = maxDepth });
        try
        {
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            {
                throw new MalformedInputException("JSON: want an object", json.BytesConsumed);
            }

            Read(ref json, source, record);
            if (json.Read())
            {
                throw new MalformedInputException("JSON: something stands after the object", json.TokenStartIndex);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new MalformedInputException($"JSON: {e.Message}", json.BytesConsumed, e);
        }
    }

    /// <summary>The text of a string or property name, unescaped. Valid until the next one is read.</summary>
    public ReadOnlySpan<byte> Text(ref Utf8JsonReader json)
    {
        if (!json.ValueIsEscaped && Utf8.IsValid(json.ValueSpan))
        {
            return json.ValueSpan;
        }

        _value.Truncate(0);
        JsonText.Append(json, _value);
        return _value.Written;
    }

    public void Dispose()
    {
        _path.Dispose();
        _value.Dispose();
    }

    private void Object(ref Utf8JsonReader json, ReadOnlySpan<byte> source, RecordWriter record)
    {
        var prefix = _path.Length;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            _path.Truncate(prefix);
            if (prefix > 0)
            {
                _path.WriteByte((byte)'.');
            }

            var name = Text(ref json);
            _path.Write(prefix == 0 && name.Length > 1 && name[0] == PrefixToDrop && PrefixToDrop != 0 ? name[1..] : name);
            json.Read();
            Value(ref json, source, record);
        }

        _path.Truncate(prefix);
    }

    private void Value(ref Utf8JsonReader json, ReadOnlySpan<byte> source, RecordWriter record)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.StartObject:
                Object(ref json, source, record);
                break;
            case JsonTokenType.StartArray:
                var start = (int)json.TokenStartIndex;
                json.Skip();
                record.Field(_path.Written, AttributeType.String, 0, source[start..(int)json.BytesConsumed]);
                break;
            case JsonTokenType.String:
                record.Field(_path.Written, AttributeType.String, 0, Text(ref json));
                break;
            case JsonTokenType.Number when json.TryGetInt64(out var whole):
                record.Field(_path.Written, AttributeType.Int, whole, default);
                break;
            case JsonTokenType.Number:
                // A number that no double holds stays as it is written, as does an id of more digits than 64 bits hold.
                if (json.TryGetDouble(out var number) && double.IsFinite(number) && json.ValueSpan.IndexOfAny(".eE"u8) >= 0)
                {
                    // The digits come along: of a time, more of them count than a double holds.
                    record.Field(_path.Written, AttributeType.Double, BitConverter.DoubleToInt64Bits(number), json.ValueSpan);
                }
                else
                {
                    record.Field(_path.Written, AttributeType.String, 0, json.ValueSpan);
                }

                break;
            case JsonTokenType.True or JsonTokenType.False:
                record.Field(_path.Written, AttributeType.Bool, json.TokenType == JsonTokenType.True ? 1 : 0, default);
                break;
            default:
                break;
        }
    }
}
