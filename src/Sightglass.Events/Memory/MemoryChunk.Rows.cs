using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;

namespace Sightglass.Events.Memory;

/// <summary>How log records and spans fall into columns. Numbers that are 0 and texts that are empty are left out.</summary>
internal sealed partial class MemoryChunk
{
    // Time and scope come first in both; the positions are those that Add uses.
    private static readonly string[] LogFields =
    [
        EventFields.Time, ColumnKey.ScopeIndex.Name, EventFields.TraceId, EventFields.SpanId, EventFields.Flags, EventFields.DroppedAttributes,
        EventFields.ObservedTime, EventFields.SeverityNumber, EventFields.SeverityText, EventFields.Body, EventFields.EventName,
    ];

    private static readonly string[] SpanFields =
    [
        EventFields.Time, ColumnKey.ScopeIndex.Name, EventFields.TraceId, EventFields.SpanId, EventFields.Flags, EventFields.DroppedAttributes,
        EventFields.ParentSpanId, EventFields.TraceState, EventFields.Name, EventFields.Kind, EventFields.Duration, EventFields.StatusCode,
        EventFields.StatusMessage, EventFields.Events, EventFields.Links, EventFields.DroppedEvents, EventFields.DroppedLinks,
    ];

    public void Add(LogBatch batch, int index, int stream, int scope, int[] keys)
    {
        ref readonly var source = ref batch.Rows[index];
        var row = BeginRow(source.TimeUnixNano, stream, scope);
        Trace(2, row, source.TraceId);
        Id(3, row, source.SpanId);
        Number(4, row, source.Flags);
        Number(5, row, source.DroppedAttributes);
        Number(6, row, source.ObservedTimeUnixNano);
        Number(7, row, source.SeverityNumber);
        Text(8, row, AttributeType.String, batch.Text(source.SeverityText));
        if (source.BodyType != AttributeType.None)
        {
            Value(_fields[9], row, batch, source.BodyType, source.BodyBits);
        }

        Text(10, row, AttributeType.String, batch.Text(source.EventName));
        Attributes(row, batch, source.Attributes, keys);
    }

    public void Add(SpanBatch batch, int index, int stream, int scope, int[] keys)
    {
        ref readonly var source = ref batch.Rows[index];
        var row = BeginRow(source.StartUnixNano, stream, scope);
        Trace(2, row, source.TraceId);
        Id(3, row, source.SpanId);
        Number(4, row, source.Flags);
        Number(5, row, source.DroppedAttributes);
        Id(6, row, source.ParentSpanId);
        Text(7, row, AttributeType.String, batch.Text(source.TraceState));
        Text(8, row, AttributeType.String, batch.Text(source.Name));
        Number(9, row, source.Kind);
        Number(10, row, source.EndUnixNano - source.StartUnixNano);
        Number(11, row, source.StatusCode);
        Text(12, row, AttributeType.String, batch.Text(source.StatusMessage));
        Text(13, row, AttributeType.Bytes, batch.Text(source.Events));
        Text(14, row, AttributeType.Bytes, batch.Text(source.Links));
        Number(15, row, source.DroppedEvents);
        Number(16, row, source.DroppedLinks);
        Attributes(row, batch, source.Attributes, keys);
    }
}
