namespace Sightglass.Core.Model;

/// <summary>One span's fixed fields; attributes are a run of the batch's table.</summary>
public struct SpanRow
{
    /// <summary>Trace; never empty.</summary>
    public TraceId TraceId;

    /// <summary>Span as a big-endian number; never 0.</summary>
    public ulong SpanId;

    /// <summary>Parent span, or 0 for a root.</summary>
    public ulong ParentSpanId;

    /// <summary>W3C trace state, possibly empty.</summary>
    public TextRef TraceState;

    /// <summary>Name.</summary>
    public TextRef Name;

    /// <summary>OTLP span kind, 0 (unspecified) to 5 (consumer).</summary>
    public byte Kind;

    /// <summary>Start, nanoseconds since the Unix epoch.</summary>
    public long StartUnixNano;

    /// <summary>End, nanoseconds since the Unix epoch; not before the start.</summary>
    public long EndUnixNano;

    /// <summary>OTLP status code: 0 unset, 1 ok, 2 error.</summary>
    public byte StatusCode;

    /// <summary>Status message, possibly empty.</summary>
    public TextRef StatusMessage;

    /// <summary>Flags.</summary>
    public uint Flags;

    /// <summary>Index into <see cref="EventBatch.Resources"/>.</summary>
    public int Resource;

    /// <summary>Index into <see cref="EventBatch.Scopes"/>, or -1.</summary>
    public int Scope;

    /// <summary>Events: OTLP <c>Span.Event</c> messages in protobuf, each with a varint length before it; empty when there is none.</summary>
    public TextRef Events;

    /// <summary>Links: OTLP <c>Span.Link</c> messages, each with a varint length before it; empty when there is none.</summary>
    public TextRef Links;

    /// <summary>Attributes the sender dropped.</summary>
    public uint DroppedAttributes;

    /// <summary>Events the sender dropped.</summary>
    public uint DroppedEvents;

    /// <summary>Links the sender dropped.</summary>
    public uint DroppedLinks;

    /// <summary>Attributes. Set by <see cref="SpanBatch.AddRow"/>.</summary>
    public AttributeRange Attributes;
}

/// <summary>Spans on their way in.</summary>
public sealed class SpanBatch : EventBatch
{
    private SpanRow[] _rows = new SpanRow[512];

    /// <summary>The rows.</summary>
    public Span<SpanRow> Rows => _rows.AsSpan(0, Count);

    /// <summary>Adds a row with the open run of attributes.</summary>
    public void AddRow(in SpanRow row)
    {
        if (Count == _rows.Length)
        {
            Array.Resize(ref _rows, Count * 2);
        }

        _rows[Count] = row;
        _rows[Count++].Attributes = CloseAttributes();
    }

    /// <summary>An empty batch, from the pool where it has one.</summary>
    public static SpanBatch Rent() => BatchPool<SpanBatch>.Rent() ?? new SpanBatch();

    /// <inheritdoc/>
    public override void Dispose()
    {
        Clear();
        if (_rows.Length > 1 << 18 || !BatchPool<SpanBatch>.TryReturn(this))
        {
            Release();
        }
    }
}
