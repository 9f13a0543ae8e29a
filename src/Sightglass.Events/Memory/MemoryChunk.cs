using System.Buffers.Binary;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;
using Sightglass.Events.Records;

namespace Sightglass.Events.Memory;

/// <summary>Some thousands of rows of the memory table, as columns, in the order they came. One writer at a time (the store's lock).</summary>
internal sealed partial class MemoryChunk
{
    /// <summary>Rows of a chunk: as many as a block of a part.</summary>
    public const int MaxRows = 16 << 10;

    /// <summary>Bytes of texts after which a chunk is full, whatever its rows.</summary>
    public const int MaxBytes = 32 << 20;

    private readonly EventSignal _signal;
    private readonly AttributeKeys _keys;
    private readonly List<MemoryColumn> _columns = [];
    private readonly List<StreamEntry> _streams = [];
    private readonly List<ScopeIdentity?> _scopes = [null];
    private readonly Dictionary<StreamEntry, int> _streamNumbers = [];
    private readonly Dictionary<ScopeIdentity, int> _scopeNumbers = [];
    private readonly MemoryColumn[] _fields;
    private MemoryColumn?[] _byKey = [];
    private int[] _streamOfRow = new int[256];
    private long _minTime = long.MaxValue;
    private long _maxTime = long.MinValue;
    private long _bytes;
    private MemoryBlock? _sealed;

    public MemoryChunk(EventSignal signal, AttributeKeys keys)
    {
        _signal = signal;
        _keys = keys;
        var names = signal == EventSignal.Logs ? LogFields : SpanFields;
        _fields = new MemoryColumn[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            _fields[i] = new MemoryColumn(ColumnKey.Field(names[i]));
            _columns.Add(_fields[i]);
        }
    }

    public int Rows { get; private set; }

    /// <summary>Rough memory held, in bytes.</summary>
    public long Bytes => _bytes;

    public bool IsFull => Rows >= MaxRows || _bytes >= MaxBytes;

    /// <summary>The rows so far; what comes later does not show.</summary>
    public MemoryBlock Snapshot()
    {
        if (_sealed is not null && _sealed.Rows == Rows)
        {
            return _sealed;
        }

        var columns = new List<MemoryColumnView>(_columns.Count);
        foreach (var column in _columns)
        {
            if (column.Values.Count > 0)
            {
                columns.Add(column.View());
            }
        }

        return _sealed = new MemoryBlock(_signal, Rows, _minTime, _maxTime, [.. _streams], _streamOfRow, [.. _scopes], columns);
    }

    public int StreamNumber(StreamEntry stream)
    {
        if (!_streamNumbers.TryGetValue(stream, out var number))
        {
            number = _streams.Count;
            _streams.Add(stream);
            _streamNumbers.Add(stream, number);
        }

        return number;
    }

    public int ScopeNumber(ScopeIdentity scope)
    {
        if (!_scopeNumbers.TryGetValue(scope, out var number))
        {
            number = _scopes.Count;
            _scopes.Add(scope);
            _scopeNumbers.Add(scope, number);
        }

        return number;
    }

    private int BeginRow(long time, int stream, int scope)
    {
        var row = Rows;
        if (row == _streamOfRow.Length)
        {
            Array.Resize(ref _streamOfRow, row * 2);
        }

        _streamOfRow[row] = stream;
        _minTime = Math.Min(_minTime, time);
        _maxTime = Math.Max(_maxTime, time);
        _fields[0].Add(row, AttributeType.Int, time);
        Number(1, row, scope);
        _bytes += 40;
        Rows++;
        return row;
    }

    private void Number(int field, int row, long value)
    {
        if (value != 0)
        {
            _fields[field].Add(row, AttributeType.Int, value);
            _bytes += 13;
        }
    }

    private void Text(int field, int row, AttributeType type, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > 0)
        {
            _fields[field].Add(row, type, bytes);
            _bytes += 13 + bytes.Length;
        }
    }

    private void Id(int field, int row, ulong id)
    {
        if (id != 0)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(bytes, id);
            Text(field, row, AttributeType.Bytes, bytes);
        }
    }

    private void Trace(int field, int row, TraceId id)
    {
        if (!id.IsEmpty)
        {
            Span<byte> bytes = stackalloc byte[16];
            BinaryPrimitives.WriteUInt64BigEndian(bytes, id.High);
            BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], id.Low);
            Text(field, row, AttributeType.Bytes, bytes);
        }
    }

    private void Attributes(int row, EventBatch batch, AttributeRange range, int[] keys)
    {
        for (var i = range.Start; i < range.Start + range.Count; i++)
        {
            var column = ColumnOf(keys[i]);
            while (column.LastRow == row)
            {
                column = column.NextOccurrence ??= AddColumn(ColumnKey.Attribute(column.Key.Name, column.Key.Occurrence + 1));
            }

            Value(column, row, batch, batch.AttributeTypeOf(i), batch.AttributeBits(i));
        }
    }

    private void Value(MemoryColumn column, int row, EventBatch batch, AttributeType type, long bits)
    {
        _bytes += 13;
        switch (type)
        {
            case AttributeType.None:
                // An AnyValue without a value is an empty message.
                column.Add(row, AttributeType.Composite, []);
                break;
            case AttributeType.Int or AttributeType.Double or AttributeType.Bool:
                column.Add(row, type, bits);
                break;
            default:
                var text = batch.Text(TextRef.Unpack(bits));
                column.Add(row, type, text);
                _bytes += text.Length;
                break;
        }
    }

    private MemoryColumn ColumnOf(int key)
    {
        if (key >= _byKey.Length)
        {
            Array.Resize(ref _byKey, Math.Max(_keys.Count, key + 1));
        }

        return _byKey[key] ??= AddColumn(ColumnKey.Attribute(_keys.Name(key)));
    }

    private MemoryColumn AddColumn(ColumnKey key)
    {
        var column = new MemoryColumn(key);
        _columns.Add(column);
        _bytes += 1024;
        return column;
    }
}
