using Sightglass.Core.Model;

namespace Sightglass.Events.Columns;

/// <summary>Collects the values of a column. Grows by doubling and never changes what it has handed out, so readers may hold an older view.</summary>
internal sealed class ValueBuilder
{
    private AttributeType[] _types;
    private long[] _bits;
    private byte[] _arena = [];
    private int _arenaLength;
    private AttributeType _uniform;
    private bool _mixed;

    public ValueBuilder(int capacity = 64)
    {
        _types = new AttributeType[capacity];
        _bits = new long[capacity];
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
    }

    public void Add(AttributeType type, long bits)
    {
        if (Count == _bits.Length)
        {
            Array.Resize(ref _types, Count * 2);
            Array.Resize(ref _bits, Count * 2);
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
            Array.Resize(ref _arena, Math.Max(Math.Max(_arena.Length * 2, 256), checked(at + bytes.Length)));
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
    public ValueVector View() => new(Count, Count, _mixed ? AttributeType.None : _uniform, _mixed || _uniform == AttributeType.None ? _types : null, _bits, _arena);
}
