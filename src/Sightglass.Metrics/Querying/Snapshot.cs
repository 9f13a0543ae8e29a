using Sightglass.Metrics.Memory;
using Sightglass.Metrics.Parts;

namespace Sightglass.Metrics.Querying;

/// <summary>What a store consists of at one moment; replaced as a whole. Parts and tables stand in the order of writing.</summary>
internal sealed record StoreState(MemoryTable Active, MemoryTable[] Frozen, MetricPart[] Parts);

/// <summary>A state with a reference on every part. Dispose gives them back.</summary>
internal sealed class Snapshot(StoreState state) : IDisposable
{
    private int _disposed;

    public MetricPart[] Parts => state.Parts;

    /// <summary>Tables, oldest first.</summary>
    public IEnumerable<MemoryTable> Tables => [.. state.Frozen, state.Active];

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            foreach (var part in state.Parts)
            {
                part.Release();
            }
        }
    }
}
