using System.Buffers;
using Sightglass.Core.Model;

namespace Sightglass.Events.Columns;

/// <summary>Collects the values of a column. Grows by doubling and never changes what it has handed out, so readers may hold an older view; arrays that nobody has seen are used again.</summary>
internal sealed class ValueBuilder
{
    private AttributeType[] _types;
    private long[] _bits;
    private byte[] _arena = [];
    private int _arenaLength;
    private AttributeType _uniform;
    private bool _mixed;
    private bool _seen;

    public ValueBuilder(int capacity = 64)
    {
        _types = ArrayPool<AttributeType>.Shared.Rent(capacity);
        _bits = ArrayPool<long>.Shared.Rent(capacity);
    }

    public int Count { get; private set; }

    /// <summary>Bytes of texts.</summary>
    public int ArenaLength => _arenaLength;

    /// <summary>Forgets the values and keeps the arrays. Only for a builder whose views nobody holds any more.</summary>
    public void Clear()
    {
        Count = 0;
        _arenaLength = 0;
        _uniform = AttributeType.None;
        _mixed = false;
        _seen = false;
    }

    public void Add(AttributeType type, long bits)
    {
        if (Count == _bits.Length || Count == _types.Length)
        {
            Grow(ref _types, Count, Count * 2);
            Grow(ref _bits, Count, Count * 2);
        }

        if (Count == 0)
        {
            _uniform = type;
        }
        else if (type != _uniform)
        {
            _mixed = true;
        }

        _types[Count] = type;
        _bits[Count++] = bits;
    }

    public void Add(AttributeType type, ReadOnlySpan<byte> bytes)
    {
        var at = _arenaLength;
        if (_arena.Length - at < bytes.Length)
        {
            Grow(ref _arena, at, Math.Max(Math.Max(_arena.Length * 2, 256), checked(at + bytes.Length)));
        }

        bytes.CopyTo(_arena.AsSpan(at));
        _arenaLength = at + bytes.Length;
        Add(type, new TextRef(at, bytes.Length).Packed);
    }

    public void Add(ValueVector source, int entry)
    {
        var type = source.TypeOf(entry);
        if (FieldTypes.HasBytes(type))
        {
            Add(type, source.BytesOf(entry));
        }
        else
        {
            Add(type, source.Bits[entry]);
        }
    }

    /// <summary>The values so far, without copying them.</summary>
    public ValueVector View()
    {
        _seen = true;
        return new(Count, Count, _mixed ? AttributeType.None : _uniform, _mixed || _uniform == AttributeType.None ? _types : null, _bits, _arena);
    }

    /// <summary>Makes an array of the caller larger, along with those here. What was in it before goes back to the pool unless a view may hold it.</summary>
    public void Grow<T>(ref T[] array, int count, int length)
    {
        var next = ArrayPool<T>.Shared.Rent(length);
        array.AsSpan(0, count).CopyTo(next);
        if (!_seen)
        {
            ArrayPool<T>.Shared.Return(array);
        }

        array = next;
    }
}
