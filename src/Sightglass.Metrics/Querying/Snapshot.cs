using Sightglass.Metrics.Memory;
using Sightglass.Metrics.Parts;

namespace Sightglass.Metrics.Querying;

/// <summary>What a store consists of at one moment; replaced as a whole. Parts and tables stand in the order of writing.</summary>
internal sealed record StoreState(MemoryTable Active, MemoryTable[] Frozen, MetricPart[] Parts);

/// <summary>A state with a reference on every part and table. Dispose gives them back.</summary>
internal sealed class Snapshot : IDisposable
{
    private readonly StoreState _state;
    private int _disposed;

    /// <summary>Takes the references; under the lock that guards the state, so that all of it is still there.</summary>
    public Snapshot(StoreState state)
    {
        _state = state;
        Tables = [.. state.Frozen, state.Active];
        foreach (var part in state.Parts)
        {
            part.TryAcquire();
        }

        foreach (var table in Tables)
        {
            table.BeginRead();
        }
    }

    public MetricPart[] Parts => _state.Parts;

    /// <summary>Tables, oldest first.</summary>
    public MemoryTable[] Tables { get; }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        foreach (var part in _state.Parts)
        {
            part.Release();
        }

        foreach (var table in Tables)
        {
            table.EndRead();
        }
    }
}
