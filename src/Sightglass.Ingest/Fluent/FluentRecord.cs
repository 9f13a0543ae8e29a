using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Fluent;

/// <summary>Reads a map of MessagePack into a <see cref="RecordWriter"/> as JSON objects are read: nested maps with dots, arrays as JSON text.</summary>
internal sealed class FluentRecord(int maxDepth) : IDisposable
{
    private readonly ByteWriter _path = new(256);
    private readonly ByteWriter _json = new(1024);

    // Text is written as it is; only what JSON itself needs is escaped.
    private readonly Utf8JsonWriter _writer = new(Stream.Null, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    /// <summary>Reads the fields of a record.</summary>
    /// <exception cref="MalformedInputException">It is no map, or nests too deeply.</exception>
    public void Read(ref MessagePackReader reader, RecordWriter record)
    {
        _path.Truncate(0);
        Map(ref reader, record, maxDepth);
    }

    /// <summary>A value as JSON. Valid until the next call.</summary>
    /// <exception cref="MalformedInputException">It nests too deeply.</exception>
    public ReadOnlySpan<byte> Json(ref MessagePackReader reader)
    {
        _json.Truncate(0);
        _writer.Reset(_json);
        Write(ref reader, maxDepth);
        _writer.Flush();
        return _json.Written;
    }

    public void Dispose()
    {
        _writer.Dispose();
        _path.Dispose();
        _json.Dispose();
    }

    private void Map(ref MessagePackReader reader, RecordWriter record, int depth)
    {
        CheckDepth(depth);
        var prefix = _path.Length;
        for (var pairs = reader.ReadMap(); pairs > 0; pairs--)
        {
            _path.Truncate(prefix);
            if (prefix > 0)
            {
                _path.WriteByte((byte)'.');
            }

            Key(ref reader);
            switch (reader.Peek())
            {
                case MessagePackType.Map:
                    Map(ref reader, record, depth - 1);
                    break;
                case MessagePackType.Array:
                    record.Field(_path.Written, AttributeType.String, 0, Json(ref reader));
                    break;
                case MessagePackType.Text:
                    record.Field(_path.Written, AttributeType.String, 0, reader.ReadBytes());
                    break;
                case MessagePackType.Bytes:
                    // Fluent Bit and old senders write text as bytes.
                    var bytes = reader.ReadBytes();
                    record.Field(_path.Written, System.Text.Unicode.Utf8.IsValid(bytes) ? AttributeType.String : AttributeType.Bytes, 0, bytes);
                    break;
                case MessagePackType.Int:
                    record.Field(_path.Written, AttributeType.Int, reader.ReadInt(), default);
                    break;
                case MessagePackType.Float:
                    record.Field(_path.Written, AttributeType.Double, BitConverter.DoubleToInt64Bits(reader.ReadFloat()), default);
                    break;
                case MessagePackType.Bool:
                    record.Field(_path.Written, AttributeType.Bool, reader.ReadBool() ? 1 : 0, default);
                    break;
                case MessagePackType.Extension:
                    record.Field(_path.Written, AttributeType.Bytes, 0, reader.ReadExtension(out _));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        _path.Truncate(prefix);
    }

    private void Key(ref MessagePackReader reader)
    {
        switch (reader.Peek())
        {
            case MessagePackType.Text or MessagePackType.Bytes:
                _path.Write(reader.ReadBytes());
                break;
            case MessagePackType.Int:
                _path.Write(System.Text.Encoding.UTF8.GetBytes(reader.ReadInt().ToString(CultureInfo.InvariantCulture)));
                break;
            default:
                throw new MalformedInputException("a key of a record has to be text");
        }
    }

    private void Write(ref MessagePackReader reader, int depth)
    {
        CheckDepth(depth);
        switch (reader.Peek())
        {
            case MessagePackType.Map:
                _writer.WriteStartObject();
                for (var pairs = reader.ReadMap(); pairs > 0; pairs--)
                {
                    _writer.WritePropertyName(reader.Peek() == MessagePackType.Int ? reader.ReadInt().ToString(CultureInfo.InvariantCulture) : Text(ref reader));
                    Write(ref reader, depth - 1);
                }

                _writer.WriteEndObject();
                break;
            case MessagePackType.Array:
                _writer.WriteStartArray();
                for (var values = reader.ReadArray(); values > 0; values--)
                {
                    Write(ref reader, depth - 1);
                }

                _writer.WriteEndArray();
                break;
            case MessagePackType.Text or MessagePackType.Bytes:
                _writer.WriteStringValue(Text(ref reader));
                break;
            case MessagePackType.Int:
                _writer.WriteNumberValue(reader.ReadInt());
                break;
            case MessagePackType.Float when reader.ReadFloat() is var number:
                if (double.IsFinite(number))
                {
                    _writer.WriteNumberValue(number);
                }
                else
                {
                    _writer.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
                }

                break;
            case MessagePackType.Bool:
                _writer.WriteBooleanValue(reader.ReadBool());
                break;
            case MessagePackType.Extension:
                _writer.WriteBase64StringValue(reader.ReadExtension(out _));
                break;
            default:
                reader.Skip();
                _writer.WriteNullValue();
                break;
        }
    }

    private static string Text(ref MessagePackReader reader) => System.Text.Encoding.UTF8.GetString(reader.ReadBytes());

    private static void CheckDepth(int depth)
    {
        if (depth <= 0)
        {
            throw new MalformedInputException($"a record nests deeper than {nameof(IngestLimits.MaxNestingDepth)}");
        }
    }
}
