namespace Sightglass.Metrics.Memory;

/// <summary>Memory for the samples of many chunks.</summary>
internal sealed class SampleSlab
{
    /// <summary>Samples of one link of a series' chain.</summary>
    public const int ChunkSamples = 8;

    /// <summary>Chunks of one slab: half a megabyte of samples.</summary>
    public const int Chunks = 4096;

    public long[] Timestamps { get; } = new long[Chunks * ChunkSamples];

    public double[] Values { get; } = new double[Chunks * ChunkSamples];

    /// <summary>The chunk that follows, for chunks that are full.</summary>
    public int[] Next { get; } = new int[Chunks];

    /// <summary>Number of the histogram (from 1) of each sample, 0 for floats; null while there is none.</summary>
    public int[]? Histograms { get; set; }
}

/// <summary>Slabs of tables that were written out, for the next table: large arrays that come and go would hold memory that nobody uses. Thread-safe.</summary>
internal sealed class SlabPool
{
    private readonly Lock _gate = new();
    private readonly Stack<SampleSlab> _idle = [];

    public SampleSlab Rent()
    {
        lock (_gate)
        {
            return _idle.TryPop(out var slab) ? slab : new SampleSlab();
        }
    }

    public void Return(IReadOnlyList<SampleSlab> slabs)
    {
        lock (_gate)
        {
            foreach (var slab in slabs)
            {
                slab.Histograms = null;
                _idle.Push(slab);
            }
        }
    }

    /// <summary>Lets go of what is not in use.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            _idle.Clear();
        }
    }
}
