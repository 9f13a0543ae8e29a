using Sightglass.Core.Bytes;

namespace Sightglass.Events.Columns;

/// <summary>Finds the distinct values of a column, and gives up early where a dictionary would not pay. Not thread-safe; reused.</summary>
internal sealed class DistinctValues
{
    /// <summary>After so many values it is clear enough whether they repeat.</summary>
    private const int Probe = 1024;

    private readonly ValueBuilder _entries = new();
    private int[] _slots = new int[1024];
    private ulong[] _hashes = new ulong[256];
    private int _mask;
    private int[] _first = new int[256];

    public int Count { get; private set; }

    /// <summary>Entry of each value, after success.</summary>
    public int[] Index { get; private set; } = [];

    /// <summary>Collects; false when there are too many distinct values.</summary>
    public bool TryCollect(ValueVector values)
    {
        Count = 0;
        var count = values.Count;
        if (count == 0)
        {
            return false;
        }

        var most = Math.Min(ColumnBounds.MaxDictionary, Math.Max(1, count / 3));
        Resize(Math.Min(count, Probe));
        if (Index.Length < count)
        {
            Index = new int[count];
        }

        for (var i = 0; i < count; i++)
        {
            var entry = Find(values, i);
            if (Count > most || (i == Probe && Count > Probe * 2 / 3))
            {
                return false;
            }

            Index[i] = entry;
        }

        return true;
    }

    /// <summary>Index of the first value that an entry was found in.</summary>
    public int FirstOf(int entry) => _first[entry];

    /// <summary>The distinct values in the order of their first use.</summary>
    public ValueVector Entries(ValueVector values)
    {
        _entries.Clear();
        for (var i = 0; i < Count; i++)
        {
            _entries.Add(values, _first[i]);
        }

        return _entries.View();
    }

    private int Find(ValueVector values, int value)
    {
        var type = values.TypeOf(value);
        var hash = FieldTypes.HasBytes(type) ? Hash128.Compute(values.BytesOf(value)).Low : (ulong)values.Bits[value] * 0x9e3779b97f4a7c15;
        hash ^= hash >> 29;
        hash += (ulong)type;
        var slot = (int)hash & _mask;
        while (_slots[slot] != 0)
        {
            var entry = _slots[slot] - 1;
            if (_hashes[entry] == hash && Same(values, _first[entry], value))
            {
                return entry;
            }

            slot = (slot + 1) & _mask;
        }

        if (Count == _first.Length)
        {
            Array.Resize(ref _first, Count * 2);
            Array.Resize(ref _hashes, Count * 2);
        }

        _first[Count] = value;
        _hashes[Count] = hash;
        _slots[slot] = ++Count;
        if (Count * 2 > _mask)
        {
            Resize(Count * 4);
        }

        return Count - 1;
    }

    private static bool Same(ValueVector values, int a, int b)
    {
        var type = values.TypeOf(a);
        return type == values.TypeOf(b)
            && (FieldTypes.HasBytes(type) ? values.BytesOf(a).SequenceEqual(values.BytesOf(b)) : values.Bits[a] == values.Bits[b]);
    }

    private void Resize(int entries)
    {
        var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(entries * 2, 64));
        if (_slots.Length < size)
        {
            _slots = new int[size];
        }
        else
        {
            _slots.AsSpan(0, size).Clear();
        }

        _mask = size - 1;
        for (var entry = 0; entry < Count; entry++)
        {
            var slot = (int)_hashes[entry] & _mask;
            while (_slots[slot] != 0)
            {
                slot = (slot + 1) & _mask;
            }

            _slots[slot] = entry + 1;
        }
    }
}
