using System.Globalization;
using System.Text.Json;
using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Server.Api.Tempo;

/// <summary>
/// Writes a trace as Tempo's JSON: OTLP's fields in protobuf's JSON mapping, which means 64-bit numbers as strings, enums by name, ids in
/// base64, and nothing that has its default value.
/// </summary>
internal static class OtlpJson
{
    private const int MaxDepth = AnyValueText.MaxDepth;

    private static readonly string[] Kinds =
    [
        "SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER",
    ];

    private static readonly string[] Statuses = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];

    /// <summary>Writes the list of resources with their spans.</summary>
    public static void Write(Utf8JsonWriter json, TraceDocument trace)
    {
        json.WriteStartArray();
        foreach (var (resource, scopes) in trace.Resources)
        {
            json.WriteStartObject();
            json.WriteStartObject("resource"u8);
            Attributes(json, resource.Attributes);
            json.WriteEndObject();
            json.WriteStartArray("scopeSpans"u8);
            foreach (var (scope, spans) in scopes)
            {
                json.WriteStartObject();
                if (scope is not null)
                {
                    Scope(json, scope);
                }

                json.WriteStartArray("spans"u8);
                foreach (var span in spans)
                {
                    Span(json, span);
                }

                json.WriteEndArray();
                Text(json, "schemaUrl", scope?.SchemaUrl ?? string.Empty);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            Text(json, "schemaUrl", resource.SchemaUrl);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Scope(Utf8JsonWriter json, EventScope scope)
    {
        json.WriteStartObject("scope"u8);
        Text(json, "name", scope.Name);
        Text(json, "version", scope.Version);
        Attributes(json, scope.Attributes);
        json.WriteEndObject();
    }

    private static void Span(Utf8JsonWriter json, StoredSpan span)
    {
        json.WriteStartObject();
        Bytes(json, "traceId", span.TraceId);
        Bytes(json, "spanId", span.SpanId);
        Text(json, "traceState", span.TraceState);
        Bytes(json, "parentSpanId", span.ParentSpanId);
        Number(json, "flags", span.Flags);
        Text(json, "name", span.Name);
        if (span.Kind != 0)
        {
            Enum(json, "kind", Kinds, span.Kind);
        }

        Long(json, "startTimeUnixNano", span.StartUnixNano);
        Long(json, "endTimeUnixNano", span.EndUnixNano);
        Attributes(json, span.Attributes);
        Number(json, "droppedAttributesCount", span.DroppedAttributes);
        Messages(json, "events", span.Events, Event);
        Number(json, "droppedEventsCount", span.DroppedEvents);
        Messages(json, "links", span.Links, Link);
        Number(json, "droppedLinksCount", span.DroppedLinks);
        json.WriteStartObject("status"u8);
        Text(json, "message", span.StatusMessage);
        if (span.StatusCode != 0)
        {
            Enum(json, "code", Statuses, span.StatusCode);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private delegate void MessageWriter(Utf8JsonWriter json, ReadOnlySpan<byte> message);

    private static void Messages(Utf8JsonWriter json, string name, ReadOnlySpan<byte> messages, MessageWriter write)
    {
        if (messages.Length == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        while (messages.Length > 0)
        {
            var reader = new ByteReader(messages);
            var message = reader.ReadLengthPrefixed();
            if (reader.Failed)
            {
                throw new MalformedInputException($"{name} of a stored span are truncated");
            }

            json.WriteStartObject();
            write(json, message);
            json.WriteEndObject();
            messages = messages[reader.Position..];
        }

        json.WriteEndArray();
    }

    // Span.Event: 1 time, 2 name, 3 attributes, 4 dropped attributes.
    private static void Event(Utf8JsonWriter json, ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    Long(json, "timeUnixNano", (long)reader.ReadFixed64());
                    break;
                case 2:
                    json.WriteString("name"u8, reader.ReadUtf8());
                    break;
                case 4:
                    Number(json, "droppedAttributesCount", (long)reader.ReadUInt64());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        KeyValues(json, "attributes", message, 3, 0);
    }

    // Span.Link: 1 trace id, 2 span id, 3 trace state, 4 attributes, 5 dropped attributes, 6 flags.
    private static void Link(Utf8JsonWriter json, ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    Bytes(json, "traceId", reader.ReadBytes());
                    break;
                case 2:
                    Bytes(json, "spanId", reader.ReadBytes());
                    break;
                case 3:
                    json.WriteString("traceState"u8, reader.ReadUtf8());
                    break;
                case 5:
                    Number(json, "droppedAttributesCount", (long)reader.ReadUInt64());
                    break;
                case 6:
                    Number(json, "flags", reader.ReadFixed32());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        KeyValues(json, "attributes", message, 4, 0);
    }

    private static void KeyValues(Utf8JsonWriter json, string name, ReadOnlySpan<byte> message, int field, int depth)
    {
        var reader = new ProtoReader(message);
        var any = false;
        while (reader.Next())
        {
            if (reader.Field != field)
            {
                reader.Skip();
                continue;
            }

            if (!any)
            {
                json.WriteStartArray(name);
                any = true;
            }

            KeyValue(json, reader.ReadBytes(), depth);
        }

        if (any)
        {
            json.WriteEndArray();
        }
    }

    private static void KeyValue(Utf8JsonWriter json, ReadOnlySpan<byte> message, int depth)
    {
        json.WriteStartObject();
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    json.WriteString("key"u8, reader.ReadUtf8());
                    break;
                case 2:
                    json.WritePropertyName("value"u8);
                    AnyValue(json, reader.ReadBytes(), depth);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        json.WriteEndObject();
    }

    private static void AnyValue(Utf8JsonWriter json, ReadOnlySpan<byte> message, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new MalformedInputException($"value nests deeper than {MaxDepth}");
        }

        json.WriteStartObject();
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    json.WriteString("stringValue"u8, reader.ReadUtf8());
                    break;
                case 2:
                    json.WriteBoolean("boolValue"u8, reader.ReadBool());
                    break;
                case 3:
                    json.WriteString("intValue"u8, reader.ReadInt64().ToString(CultureInfo.InvariantCulture));
                    break;
                case 4:
                    Double(json, reader.ReadDouble());
                    break;
                case 5:
                    json.WriteStartObject("arrayValue"u8);
                    Items(json, reader.ReadBytes(), depth);
                    json.WriteEndObject();
                    break;
                case 6:
                    json.WriteStartObject("kvlistValue"u8);
                    KeyValues(json, "values", reader.ReadBytes(), 1, depth + 1);
                    json.WriteEndObject();
                    break;
                case 7:
                    json.WriteBase64String("bytesValue"u8, reader.ReadBytes());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        json.WriteEndObject();
    }

    private static void Items(Utf8JsonWriter json, ReadOnlySpan<byte> message, int depth)
    {
        json.WriteStartArray("values"u8);
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                AnyValue(json, reader.ReadBytes(), depth + 1);
            }
            else
            {
                reader.Skip();
            }
        }

        json.WriteEndArray();
    }

    /// <summary>Writes attributes as a list of keys and typed values; nothing when there are none.</summary>
    public static void Attributes(Utf8JsonWriter json, IReadOnlyList<EventAttribute> attributes)
    {
        if (attributes.Count == 0)
        {
            return;
        }

        json.WriteStartArray("attributes"u8);
        foreach (var (key, value) in attributes)
        {
            json.WriteStartObject();
            json.WriteString("key"u8, key);
            json.WritePropertyName("value"u8);
            Value(json, value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes a typed value.</summary>
    public static void Value(Utf8JsonWriter json, AttributeValue value)
    {
        if (value.Type == AttributeType.Composite)
        {
            AnyValue(json, value.Bytes, 0);
            return;
        }

        json.WriteStartObject();
        switch (value.Type)
        {
            case AttributeType.String:
                json.WriteString("stringValue"u8, value.Text);
                break;
            case AttributeType.Int:
                json.WriteString("intValue"u8, value.ToString());
                break;
            case AttributeType.Double:
                Double(json, value.Number);
                break;
            case AttributeType.Bool:
                json.WriteBoolean("boolValue"u8, value.Bits != 0);
                break;
            case AttributeType.Bytes:
                json.WriteBase64String("bytesValue"u8, value.Bytes);
                break;
        }

        json.WriteEndObject();
    }

    private static void Double(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber("doubleValue"u8, value);
        }
        else
        {
            json.WriteString("doubleValue"u8, double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
        }
    }

    private static void Text(Utf8JsonWriter json, string name, string value)
    {
        if (value.Length > 0)
        {
            json.WriteString(name, value);
        }
    }

    private static void Bytes(Utf8JsonWriter json, string name, ReadOnlySpan<byte> value)
    {
        if (value.Length > 0)
        {
            json.WriteBase64String(name, value);
        }
    }

    private static void Number(Utf8JsonWriter json, string name, long value)
    {
        if (value != 0)
        {
            json.WriteNumber(name, value);
        }
    }

    private static void Long(Utf8JsonWriter json, string name, long value)
    {
        if (value != 0)
        {
            json.WriteString(name, ((ulong)value).ToString(CultureInfo.InvariantCulture));
        }
    }

    private static void Enum(Utf8JsonWriter json, string name, string[] names, long value)
    {
        if (value >= 0 && value < names.Length)
        {
            json.WriteString(name, names[value]);
        }
        else
        {
            json.WriteNumber(name, value);
        }
    }
}
