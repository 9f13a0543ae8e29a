namespace Sightglass.Metrics.Memory;

/// <summary>Room for the newest samples of many series, a few of each.</summary>
internal sealed class OpenSlab
{
    /// <summary>Samples of one series that stand here before they are packed.</summary>
    public const int SlotSamples = 4;

    /// <summary>Series of one slab.</summary>
    public const int Slots = 4096;

    public long[] Timestamps { get; } = new long[Slots * SlotSamples];

    public double[] Values { get; } = new double[Slots * SlotSamples];

    /// <summary>Number of the histogram (from 1) of each sample, 0 for floats; null while there is none.</summary>
    public int[]? Histograms { get; set; }
}

/// <summary>Slabs of tables that were written out, for the next table: large arrays that come and go would hold memory that nobody uses. Thread-safe.</summary>
internal sealed class SlabPool
{
    private readonly Lock _gate = new();
    private readonly Stack<OpenSlab> _open = [];
    private readonly Stack<byte[]> _bytes = [];

    public OpenSlab RentOpen()
    {
        lock (_gate)
        {
            return _open.TryPop(out var slab) ? slab : new OpenSlab();
        }
    }

    public byte[] RentBytes()
    {
        lock (_gate)
        {
            return _bytes.TryPop(out var slab) ? slab : GC.AllocateUninitializedArray<byte>(ByteSlabs.SlabBytes);
        }
    }

    public void Return(IReadOnlyList<OpenSlab> slabs)
    {
        lock (_gate)
        {
            foreach (var slab in slabs)
            {
                slab.Histograms = null;
                _open.Push(slab);
            }
        }
    }

    public void Return(ReadOnlySpan<byte[]> slabs)
    {
        lock (_gate)
        {
            foreach (var slab in slabs)
            {
                _bytes.Push(slab);
            }
        }
    }

    /// <summary>Lets go of what is not in use.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            _open.Clear();
            _bytes.Clear();
        }
    }
}
