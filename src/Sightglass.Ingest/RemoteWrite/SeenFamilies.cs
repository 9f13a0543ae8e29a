using System.Collections.Concurrent;
using Sightglass.Core.Bytes;

namespace Sightglass.Ingest.RemoteWrite;

/// <summary>
/// Metadata that the store has already: remote write 2.0 sends them with every series, and only what is new is handed on. Thread-safe; forgets
/// everything when full.
/// </summary>
internal sealed class SeenFamilies
{
    private const int MaxFamilies = 1 << 16;

    private readonly ConcurrentDictionary<Hash128, byte> _seen = [];

    public bool Has(Hash128 metadata) => _seen.ContainsKey(metadata);

    /// <summary>Remembers what was stored.</summary>
    public void Add(IReadOnlyCollection<Hash128> stored)
    {
        if (_seen.Count + stored.Count > MaxFamilies)
        {
            _seen.Clear();
        }

        foreach (var metadata in stored)
        {
            _seen[metadata] = 0;
        }
    }
}
