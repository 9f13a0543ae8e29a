using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL.Evaluation;

/// <summary>One span of a trace that is looked at, with the attributes that the query names.</summary>
internal sealed class SpanData
{
    public required string SpanId { get; init; }

    /// <summary>Parent, or the empty string for a root.</summary>
    public required string ParentId { get; init; }

    public required string Name { get; init; }

    public required long StartUnixNano { get; init; }

    public required long DurationNano { get; init; }

    public required long Kind { get; init; }

    public required long Status { get; init; }

    public required string StatusMessage { get; init; }

    public required EventStream Stream { get; init; }

    public required EventScope? Scope { get; init; }

    /// <summary>Attributes that the query names and the span has.</summary>
    public required IReadOnlyDictionary<string, TraceValue> Attributes { get; init; }

    /// <summary>Events and links as stored; empty when the query does not name any.</summary>
    public required byte[] Events { get; init; }

    public required byte[] Links { get; init; }

    public long EndUnixNano => StartUnixNano + DurationNano;

    /// <summary>Parent within the trace, or null.</summary>
    public SpanData? Parent { get; set; }

    public List<SpanData> Children { get; } = [];

    /// <summary>Numbers of the nested set model: a descendant's lie between its ancestor's.</summary>
    public int NestedLeft { get; set; }

    public int NestedRight { get; set; }

    /// <summary>A value as TraceQL sees it; arrays, maps and bytes have none.</summary>
    public static TraceValue ValueOf(AttributeValue value) => value.Type switch
    {
        AttributeType.String => TraceValue.Of(value.Text),
        AttributeType.Int => TraceValue.Of(value.Bits),
        AttributeType.Double => TraceValue.Of(value.Number),
        AttributeType.Bool => TraceValue.Of(value.Bits != 0),
        _ => TraceValue.Nil,
    };

    /// <summary>An attribute of the resource.</summary>
    public TraceValue Resource(string name) => Find(Stream.Attributes, name);

    /// <summary>An attribute of the instrumentation scope.</summary>
    public TraceValue Instrumentation(string name) => Scope is null ? TraceValue.Nil : Find(Scope.Attributes, name);

    /// <summary>Values of a field of the events or links, one for each that has it.</summary>
    public List<TraceValue> Repeated(AttributeField field)
    {
        var values = new List<TraceValue>();
        var isEvent = field.Scope == FieldScope.Event || field.Intrinsic is Intrinsic.EventName or Intrinsic.EventTimeSinceStart;
        ReadOnlySpan<byte> rest = isEvent ? Events : Links;
        while (rest.Length > 0)
        {
            var reader = new ByteReader(rest);
            var message = reader.ReadLengthPrefixed();
            if (reader.Failed)
            {
                break;
            }

            Read(message, field, values);
            rest = rest[reader.Position..];
        }

        return values;
    }

    private static TraceValue Find(IReadOnlyList<EventAttribute> attributes, string name)
    {
        foreach (var attribute in attributes)
        {
            if (attribute.Key == name)
            {
                return ValueOf(attribute.Value);
            }
        }

        return TraceValue.Nil;
    }

    // Span.Event: 1 time, 2 name, 3 attributes. Span.Link: 1 trace, 2 span, 4 attributes.
    private void Read(ReadOnlySpan<byte> message, AttributeField field, List<TraceValue> values)
    {
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (field.Intrinsic, field.Scope, reader.Field)
            {
                case (Intrinsic.EventTimeSinceStart, _, 1):
                    values.Add(TraceValue.Duration((long)reader.ReadFixed64() - StartUnixNano));
                    break;
                case (Intrinsic.EventName, _, 2):
                    values.Add(TraceValue.Of(System.Text.Encoding.UTF8.GetString(reader.ReadBytes())));
                    break;
                case (Intrinsic.LinkTraceId, _, 1) or (Intrinsic.LinkSpanId, _, 2):
                    values.Add(TraceValue.Of(Convert.ToHexStringLower(reader.ReadBytes())));
                    break;
                case (Intrinsic.None, FieldScope.Event, 3) or (Intrinsic.None, FieldScope.Link, 4):
                    if (TryAttribute(reader.ReadBytes(), field.Name, out var value))
                    {
                        values.Add(value);
                    }

                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private static bool TryAttribute(ReadOnlySpan<byte> keyValue, string name, out TraceValue value)
    {
        var reader = new ProtoReader(keyValue);
        var matches = false;
        value = TraceValue.Nil;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    matches = System.Text.Encoding.UTF8.GetString(reader.ReadBytes()) == name;
                    break;
                case 2:
                    value = Any(reader.ReadBytes());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return matches && value.Type != TraceValueType.Nil;
    }

    private static TraceValue Any(ReadOnlySpan<byte> anyValue)
    {
        var reader = new ProtoReader(anyValue);
        var value = TraceValue.Nil;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    value = TraceValue.Of(System.Text.Encoding.UTF8.GetString(reader.ReadBytes()));
                    break;
                case 2:
                    value = TraceValue.Of(reader.ReadBool());
                    break;
                case 3:
                    value = TraceValue.Of(reader.ReadInt64());
                    break;
                case 4:
                    value = TraceValue.Of(reader.ReadDouble());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return value;
    }
}
