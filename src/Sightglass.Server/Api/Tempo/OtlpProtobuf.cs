using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;

namespace Sightglass.Server.Api.Tempo;

/// <summary>Writes a trace as protobuf: Tempo's <c>Trace</c> message, whose field 1 are OTLP's <c>ResourceSpans</c>.</summary>
internal static class OtlpProtobuf
{
    /// <summary>Writes the message's fields.</summary>
    public static void Write(ByteWriter writer, TraceDocument trace)
    {
        foreach (var (resource, scopes) in trace.Resources)
        {
            Message(writer, 1, resourceSpans =>
            {
                Message(resourceSpans, 1, w => Attributes(w, 1, resource.Attributes));
                foreach (var (scope, spans) in scopes)
                {
                    Message(resourceSpans, 2, scopeSpans =>
                    {
                        if (scope is not null)
                        {
                            Message(scopeSpans, 1, w => Scope(w, scope));
                        }

                        foreach (var span in spans)
                        {
                            Message(scopeSpans, 2, w => Span(w, span));
                        }

                        Text(scopeSpans, 3, scope?.SchemaUrl ?? string.Empty);
                    });
                }

                Text(resourceSpans, 3, resource.SchemaUrl);
            });
        }
    }

    /// <summary>Writes an embedded message.</summary>
    public static void Message(ByteWriter writer, int field, Action<ByteWriter> fill)
    {
        using var inner = new ByteWriter();
        fill(inner);
        Bytes(writer, field, inner.Written, evenEmpty: true);
    }

    private static void Scope(ByteWriter writer, EventScope scope)
    {
        Text(writer, 1, scope.Name);
        Text(writer, 2, scope.Version);
        Attributes(writer, 3, scope.Attributes);
    }

    private static void Span(ByteWriter writer, StoredSpan span)
    {
        Bytes(writer, 1, span.TraceId);
        Bytes(writer, 2, span.SpanId);
        Text(writer, 3, span.TraceState);
        Bytes(writer, 4, span.ParentSpanId);
        Text(writer, 5, span.Name);
        Varint(writer, 6, span.Kind);
        Fixed64(writer, 7, span.StartUnixNano);
        Fixed64(writer, 8, span.EndUnixNano);
        Attributes(writer, 9, span.Attributes);
        Varint(writer, 10, span.DroppedAttributes);
        Messages(writer, 11, span.Events);
        Varint(writer, 12, span.DroppedEvents);
        Messages(writer, 13, span.Links);
        Varint(writer, 14, span.DroppedLinks);
        Message(writer, 15, status =>
        {
            Text(status, 2, span.StatusMessage);
            Varint(status, 3, span.StatusCode);
        });
        if (span.Flags != 0)
        {
            Tag(writer, 16, ProtoWireType.Fixed32);
            writer.WriteUInt32((uint)span.Flags);
        }
    }

    private static void Attributes(ByteWriter writer, int field, IReadOnlyList<EventAttribute> attributes)
    {
        foreach (var (key, value) in attributes)
        {
            Message(writer, field, keyValue =>
            {
                Text(keyValue, 1, key);
                Message(keyValue, 2, any => Value(any, value));
            });
        }
    }

    private static void Value(ByteWriter writer, AttributeValue value)
    {
        switch (value.Type)
        {
            case AttributeType.String:
                Bytes(writer, 1, System.Text.Encoding.UTF8.GetBytes(value.Text), evenEmpty: true);
                break;
            case AttributeType.Bool:
                Tag(writer, 2, ProtoWireType.Varint);
                writer.WriteVarint((ulong)value.Bits);
                break;
            case AttributeType.Int:
                Tag(writer, 3, ProtoWireType.Varint);
                writer.WriteVarint((ulong)value.Bits);
                break;
            case AttributeType.Double:
                Tag(writer, 4, ProtoWireType.Fixed64);
                writer.WriteUInt64((ulong)value.Bits);
                break;
            case AttributeType.Bytes:
                Bytes(writer, 7, value.Bytes, evenEmpty: true);
                break;
            case AttributeType.Composite:
                // Stored as the message it is.
                writer.Write(value.Bytes);
                break;
        }
    }

    private static void Messages(ByteWriter writer, int field, ReadOnlySpan<byte> messages)
    {
        while (messages.Length > 0)
        {
            var reader = new ByteReader(messages);
            var message = reader.ReadLengthPrefixed();
            if (reader.Failed)
            {
                return;
            }

            Bytes(writer, field, message, evenEmpty: true);
            messages = messages[reader.Position..];
        }
    }

    private static void Tag(ByteWriter writer, int field, ProtoWireType type) => writer.WriteVarint(((ulong)field << 3) | (ulong)type);

    private static void Text(ByteWriter writer, int field, string text) => Bytes(writer, field, System.Text.Encoding.UTF8.GetBytes(text));

    private static void Bytes(ByteWriter writer, int field, ReadOnlySpan<byte> bytes, bool evenEmpty = false)
    {
        if (bytes.Length > 0 || evenEmpty)
        {
            Tag(writer, field, ProtoWireType.Bytes);
            writer.WriteVarint((ulong)bytes.Length);
            writer.Write(bytes);
        }
    }

    private static void Varint(ByteWriter writer, int field, long value)
    {
        if (value != 0)
        {
            Tag(writer, field, ProtoWireType.Varint);
            writer.WriteVarint((ulong)value);
        }
    }

    private static void Fixed64(ByteWriter writer, int field, long value)
    {
        if (value != 0)
        {
            Tag(writer, field, ProtoWireType.Fixed64);
            writer.WriteUInt64((ulong)value);
        }
    }
}
