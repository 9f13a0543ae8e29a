namespace Sightglass.Core.Model;

/// <summary>One log record's fixed fields; attributes are a run of the batch's table.</summary>
public struct LogRow
{
    /// <summary>Time of the event, nanoseconds since the Unix epoch; never 0 (decoders fall back to the observed time, then to now).</summary>
    public long TimeUnixNano;

    /// <summary>When it was observed, nanoseconds since the Unix epoch; 0 when not sent.</summary>
    public long ObservedTimeUnixNano;

    /// <summary>Index into <see cref="EventBatch.Resources"/>.</summary>
    public int Resource;

    /// <summary>Index into <see cref="EventBatch.Scopes"/>, or -1.</summary>
    public int Scope;

    /// <summary>OpenTelemetry severity number, 0 (unspecified) to 24.</summary>
    public byte SeverityNumber;

    /// <summary>Severity as the sender writes it.</summary>
    public TextRef SeverityText;

    /// <summary>Type of the body.</summary>
    public AttributeType BodyType;

    /// <summary>The body, as attribute bits (packed <see cref="TextRef"/> for text, bytes and composites).</summary>
    public long BodyBits;

    /// <summary>Trace, or empty.</summary>
    public TraceId TraceId;

    /// <summary>Span as a big-endian number, or 0.</summary>
    public ulong SpanId;

    /// <summary>Trace flags.</summary>
    public uint Flags;

    /// <summary>Event name, possibly empty.</summary>
    public TextRef EventName;

    /// <summary>Attributes the sender dropped.</summary>
    public uint DroppedAttributes;

    /// <summary>Attributes (Loki's structured metadata). Set by <see cref="LogBatch.AddRow"/>.</summary>
    public AttributeRange Attributes;
}

/// <summary>Log records on their way in.</summary>
public sealed class LogBatch : EventBatch
{
    private LogRow[] _rows = new LogRow[512];

    /// <summary>The rows.</summary>
    public Span<LogRow> Rows => _rows.AsSpan(0, Count);

    /// <summary>How far the sources of these rows have been read once the rows are stored. A batch without rows may carry positions too.</summary>
    public List<ReadPosition> Positions { get; } = [];

    /// <summary>Name of the receiver that the rows came in by (<c>loki</c>, <c>files</c>, …), by which pipelines are chosen; empty where there is none.</summary>
    public string Receiver { get; set; } = string.Empty;

    /// <summary>
    /// What a stage that has changed the rows keeps with them while the store has not taken them, so that they pass it once however often they are tried; null
    /// otherwise.
    /// </summary>
    public object? Prepared { get; set; }

    /// <summary>Adds a row with the open run of attributes.</summary>
    public void AddRow(in LogRow row)
    {
        if (Count == _rows.Length)
        {
            Array.Resize(ref _rows, Count * 2);
        }

        _rows[Count] = row;
        _rows[Count++].Attributes = CloseAttributes();
    }

    /// <summary>Gives a row the open run of attributes in place of its own.</summary>
    public void ReplaceAttributes(int row) => _rows[row].Attributes = CloseAttributes();

    /// <summary>Takes the rows out that are marked; the others keep their order.</summary>
    public void RemoveRows(ReadOnlySpan<bool> removed)
    {
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            if (!removed[i])
            {
                _rows[kept++] = _rows[i];
            }
        }

        Count = kept;
    }

    /// <summary>An empty batch, from the pool where it has one.</summary>
    public static LogBatch Rent() => BatchPool<LogBatch>.Rent() ?? new LogBatch();

    /// <inheritdoc/>
    public override void Clear()
    {
        base.Clear();
        Positions.Clear();
        Receiver = string.Empty;
        Prepared = null;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Clear();
        if (_rows.Length > 1 << 18 || !BatchPool<LogBatch>.TryReturn(this))
        {
            Release();
        }
    }
}
