namespace Sightglass.Metrics.Memory;

/// <summary>
/// Bytes that only grow, in slabs that never move: what was written stays readable at its place while more is added. One writer at a time.
/// </summary>
internal sealed class ByteSlabs(SlabPool? pool = null)
{
    /// <summary>Bytes of one slab, and of the longest record.</summary>
    public const int SlabBytes = 1 << SlabBits;

    private const int SlabBits = 18;
    private byte[][] _slabs = new byte[4][];
    private int _count;
    private int _used = SlabBytes;

    /// <summary>Bytes held.</summary>
    public long Bytes => (long)_count * SlabBytes;

    /// <summary>Room for a record; what is not used of it is given back by <see cref="Commit"/>.</summary>
    public Span<byte> Reserve(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, SlabBytes);
        if (_used + bytes > SlabBytes)
        {
            if (_count == _slabs.Length)
            {
                Array.Resize(ref _slabs, _count * 2);
            }

            _slabs[_count++] = pool?.RentBytes() ?? new byte[SlabBytes];
            _used = 0;
        }

        return _slabs[_count - 1].AsSpan(_used, bytes);
    }

    /// <summary>Keeps the first bytes of the reserved room and returns their place.</summary>
    public uint Commit(int bytes)
    {
        var place = ((uint)(_count - 1) << SlabBits) | (uint)_used;
        _used += bytes;
        return place;
    }

    /// <summary>Adds a record and returns its place.</summary>
    public uint Add(ReadOnlySpan<byte> record)
    {
        record.CopyTo(Reserve(record.Length));
        return Commit(record.Length);
    }

    /// <summary>The bytes from a place to the end of its slab.</summary>
    public ReadOnlySpan<byte> At(uint place) => _slabs[place >> SlabBits].AsSpan((int)(place & (SlabBytes - 1)));

    /// <summary>Gives the slabs back; nothing may be read afterwards.</summary>
    public void Return()
    {
        pool?.Return(_slabs.AsSpan(0, _count));
        _slabs = [];
        _count = 0;
        _used = SlabBytes;
    }
}
