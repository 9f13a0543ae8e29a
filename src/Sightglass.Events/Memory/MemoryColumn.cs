using System.Buffers;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;

namespace Sightglass.Events.Memory;

/// <summary>A column of a chunk: the rows that have a value and the values.</summary>
internal sealed class MemoryColumn(ColumnKey key)
{
    private int[] _rows = ArrayPool<int>.Shared.Rent(64);

    public ColumnKey Key { get; } = key;

    public ValueBuilder Values { get; } = new();

    public int LastRow { get; private set; } = -1;

    /// <summary>The column for a second value of the same key in one row.</summary>
    public MemoryColumn? NextOccurrence { get; set; }

    public void Add(int row, AttributeType type, long bits)
    {
        Mark(row);
        Values.Add(type, bits);
    }

    public void Add(int row, AttributeType type, ReadOnlySpan<byte> bytes)
    {
        Mark(row);
        Values.Add(type, bytes);
    }

    /// <summary>What is there now. Later additions do not show in it.</summary>
    public MemoryColumnView View() => new(Key, _rows, Values.View());

    private void Mark(int row)
    {
        if (Values.Count == _rows.Length)
        {
            Values.Grow(ref _rows, _rows.Length, _rows.Length * 2);
        }

        _rows[Values.Count] = row;
        LastRow = row;
    }
}

/// <summary>A column of a chunk as it was at one moment.</summary>
internal sealed class MemoryColumnView(ColumnKey key, int[] rows, ValueVector values)
{
    public ColumnKey Key { get; } = key;

    public ColumnView ToColumn(int blockRows)
    {
        if (values.Count == blockRows)
        {
            return new ColumnView(null, values);
        }

        var bitmap = new RowBitmap(blockRows);
        for (var i = 0; i < values.Count; i++)
        {
            bitmap.Set(rows[i]);
        }

        return new ColumnView(new Presence(bitmap), values);
    }
}
