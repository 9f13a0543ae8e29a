using System.Text.Json;
using System.Text.Unicode;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Seq;

/// <summary>
/// Decodes Seq's compact log event format, a JSON object a line, and the older <c>{"Events":[…]}</c>. The body is <c>@m</c>, or <c>@mt</c> with its properties
/// put in; the template is kept as <c>message_template</c>, the exception as <c>exception</c>.
/// </summary>
internal sealed class ClefDecoder(RecordOptions options) : IDisposable
{
    private static readonly (string Path, FieldRole Role)[] Names =
    [
        ("@ra.service.name", FieldRole.Service),
        ("service.name", FieldRole.Service),
        ("ServiceName", FieldRole.Service),
        ("Application", FieldRole.Service),
        ("ApplicationName", FieldRole.Service),
        ("application", FieldRole.Service),
        ("service", FieldRole.Service),
        ("app", FieldRole.Service),
        ("@ra.host.name", FieldRole.Host),
        ("MachineName", FieldRole.Host),
        ("HostName", FieldRole.Host),
        ("hostname", FieldRole.Host),
        ("TraceId", FieldRole.TraceId),
        ("SpanId", FieldRole.SpanId),
    ];

    private static readonly FieldMap ClefFields = new(
    [
        ("@t", FieldRole.Time),
        ("@m", FieldRole.Ignored),
        ("@mt", FieldRole.Ignored),
        ("@r", FieldRole.Ignored),
        ("@x", FieldRole.Ignored),
        ("@i", FieldRole.Ignored),
        ("@l", FieldRole.Level),
        ("@tr", FieldRole.TraceId),
        ("@sp", FieldRole.SpanId),
        .. Names,
    ]);

    private readonly RecordWriter _writer = new(ClefFields, options);
    private readonly JsonRecord _json = new();
    private readonly MessageTemplate _template = new();
    private readonly ByteWriter _text = new(512);
    private readonly ByteWriter _body = new(1024);

    /// <summary>Adds the events of <paramref name="body"/> to <paramref name="batch"/>; one that does not parse is refused alone.</summary>
    public void Decode(ReadOnlySpan<byte> body, LogBatch batch, Rejections rejections, long now)
    {
        _writer.Use(batch);
        var count = new ItemCount(options.Limits);
        while (body.Length > 0)
        {
            var end = body.IndexOf((byte)'\n');
            var line = (end < 0 ? body : body[..end]).Trim("\r \t"u8);
            body = end < 0 ? default : body[(end + 1)..];
            if (line.Length == 0)
            {
                continue;
            }

            count.Take();
            if (Event(line, now) is { } wrong)
            {
                rejections.Add("invalid_event", $"event: {wrong}");
            }
        }
    }

    /// <summary>Adds the events of <c>{"Events":[…]}</c>.</summary>
    /// <exception cref="MalformedInputException">The body does not parse.</exception>
    public void DecodeRaw(ReadOnlySpan<byte> body, LogBatch batch, Rejections rejections, long now)
    {
        _writer.Use(batch);
        var count = new ItemCount(options.Limits);
        var json = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = options.Limits.MaxNestingDepth });
        try
        {
            json.Read();
            if (json.TokenType != JsonTokenType.StartObject || !json.Read() || !json.ValueTextEquals("Events"u8) || !json.Read() || json.TokenType != JsonTokenType.StartArray)
            {
                throw new MalformedInputException("want an object with the array Events");
            }

            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                count.Take();
                var start = (int)json.TokenStartIndex;
                json.Skip();
                if (RawEvent(body[start..(int)json.BytesConsumed], now) is { } wrong)
                {
                    rejections.Add("invalid_event", $"event: {wrong}");
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new MalformedInputException($"JSON: {e.Message}", json.BytesConsumed, e);
        }
    }

    public void Dispose()
    {
        _writer.Dispose();
        _json.Dispose();
        _template.Dispose();
        _text.Dispose();
        _body.Dispose();
    }

    private string? Event(ReadOnlySpan<byte> line, long now)
    {
        _writer.Begin(now);
        try
        {
            _json.ReadWhole(line, options.Limits.MaxNestingDepth, _writer);
            Fixed(line, line, "@m"u8, "@mt"u8, "@x"u8);
            if (Value(line, "@i"u8))
            {
                _writer.Attribute("event_id"u8, _text.Written);
            }

            if (_writer.Row.SeverityNumber == 0 && _writer.Row.SeverityText.Length == 0)
            {
                // The format: an event without a level is one of information.
                _writer.Field("@l"u8, AttributeType.String, 0, "Information"u8);
            }
        }
        catch (Exception e) when (e is MalformedInputException or JsonException or InvalidOperationException)
        {
            return e.Message;
        }

        return End(line);
    }

    private string? RawEvent(ReadOnlySpan<byte> source, long now)
    {
        _writer.Begin(now);
        try
        {
            var properties = Property(source, "Properties"u8, JsonTokenType.StartObject);
            if (properties.Length > 0)
            {
                _json.ReadWhole(properties, options.Limits.MaxNestingDepth, _writer);
            }

            if (Value(source, "Timestamp"u8))
            {
                _writer.Field("@t"u8, AttributeType.String, 0, _text.Written);
            }

            _writer.Field("@l"u8, AttributeType.String, 0, Value(source, "Level"u8) ? _text.Written : "Information"u8);
            if (Value(source, "TraceId"u8))
            {
                _writer.Trace(_text.Written, span: false);
            }

            if (Value(source, "SpanId"u8))
            {
                _writer.Trace(_text.Written, span: true);
            }

            Fixed(source, properties.Length > 0 ? properties : "{}"u8, "RenderedMessage"u8, "MessageTemplate"u8, "Exception"u8);
        }
        catch (Exception e) when (e is MalformedInputException or JsonException or InvalidOperationException)
        {
            return e.Message;
        }

        return End(source);
    }

    // Message, template and exception, whose names begin with an @ or stand beside the properties.
    private void Fixed(ReadOnlySpan<byte> source, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> message, ReadOnlySpan<byte> template, ReadOnlySpan<byte> exception)
    {
        if (Value(source, message))
        {
            _writer.Body(_text.Written, 1);
        }

        if (Value(source, template))
        {
            _writer.Attribute("message_template"u8, _text.Written);
            if (!_writer.HasBody)
            {
                _body.Truncate(0);
                _template.Render(_text.Written, properties, Property(source, "@r"u8, JsonTokenType.StartArray), _body);
                _writer.Body(_body.Written, 2);
            }
        }

        if (Value(source, exception))
        {
            _writer.Attribute("exception"u8, _text.Written);
            _writer.Body(_text.Written, 3);
        }
    }

    private string? End(ReadOnlySpan<byte> source)
    {
        _writer.Service("seq"u8, int.MaxValue - 1);
        return _writer.End(source);
    }

    /// <summary>Puts a text or number of the outermost object into <see cref="_text"/>; false where there is none.</summary>
    private bool Value(ReadOnlySpan<byte> source, ReadOnlySpan<byte> name)
    {
        var json = new Utf8JsonReader(source);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var found = json.ValueTextEquals(name);
            json.Read();
            if (!found)
            {
                json.Skip();
                continue;
            }

            _text.Truncate(0);
            switch (json.TokenType)
            {
                case JsonTokenType.String when !json.ValueIsEscaped && Utf8.IsValid(json.ValueSpan):
                    _text.Write(json.ValueSpan);
                    return true;
                case JsonTokenType.String:
                    JsonText.Append(json, _text);
                    return true;
                case JsonTokenType.Number:
                    _text.Write(json.ValueSpan);
                    return true;
                default:
                    return false;
            }
        }

        return false;
    }

    private static ReadOnlySpan<byte> Property(ReadOnlySpan<byte> source, ReadOnlySpan<byte> name, JsonTokenType type)
    {
        var json = new Utf8JsonReader(source);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var found = json.ValueTextEquals(name);
            json.Read();
            var start = (int)json.TokenStartIndex;
            var wanted = json.TokenType == type;
            json.Skip();
            if (found)
            {
                return wanted ? source[start..(int)json.BytesConsumed] : default;
            }
        }

        return default;
    }
}
