using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Events.Records;

namespace Sightglass.Events.Memory;

/// <summary>Rows that are not in a part yet, in chunks. One writer at a time (the store's lock); snapshots are for everybody.</summary>
internal sealed class MemoryTable(EventSignal signal, AttributeKeys keys)
{
    private readonly List<MemoryChunk> _chunks = [];
    private long _fullBytes;

    public long Rows { get; private set; }

    /// <summary>Rough memory held, in bytes.</summary>
    public long Bytes => _fullBytes + (_chunks.Count == 0 ? 0 : _chunks[^1].Bytes);

    /// <summary>Adds the rows that <paramref name="rejected"/> does not name.</summary>
    public void Add(LogBatch batch, PreparedBatch prepared, ReadOnlySpan<bool> rejected)
    {
        MemoryChunk? chunk = null;
        var places = new Places(prepared);
        for (var i = 0; i < batch.Count; i++)
        {
            if (rejected.Length > 0 && rejected[i])
            {
                continue;
            }

            chunk = ChunkFor(chunk, ref places);
            ref readonly var row = ref batch.Rows[i];
            chunk.Add(batch, i, places.Stream(chunk, row.Resource), places.Scope(chunk, row.Scope), prepared.Keys);
            Rows++;
        }
    }

    /// <summary>Adds the spans that <paramref name="rejected"/> does not name.</summary>
    public void Add(SpanBatch batch, PreparedBatch prepared, ReadOnlySpan<bool> rejected)
    {
        MemoryChunk? chunk = null;
        var places = new Places(prepared);
        for (var i = 0; i < batch.Count; i++)
        {
            if (rejected.Length > 0 && rejected[i])
            {
                continue;
            }

            chunk = ChunkFor(chunk, ref places);
            ref readonly var row = ref batch.Rows[i];
            chunk.Add(batch, i, places.Stream(chunk, row.Resource), places.Scope(chunk, row.Scope), prepared.Keys);
            Rows++;
        }
    }

    /// <summary>The rows so far, in the order they came; what comes later does not show.</summary>
    public MemoryBlock[] Snapshot() => [.. _chunks.Where(c => c.Rows > 0).Select(c => c.Snapshot())];

    private MemoryChunk ChunkFor(MemoryChunk? current, ref Places places)
    {
        if (current is not null && !current.IsFull)
        {
            return current;
        }

        if (_chunks.Count == 0 || _chunks[^1].IsFull)
        {
            _fullBytes += _chunks.Count == 0 ? 0 : _chunks[^1].Bytes;
            _chunks.Add(new MemoryChunk(signal, keys));
        }

        places.Reset();
        return _chunks[^1];
    }

    /// <summary>Numbers of a batch's streams and scopes in the current chunk, looked up once each.</summary>
    private ref struct Places(PreparedBatch prepared)
    {
        private readonly int[] _streams = NewCache(prepared.Streams.Count);
        private readonly int[] _scopes = NewCache(prepared.Scopes.Count);

        public readonly void Reset()
        {
            _streams.AsSpan().Fill(-1);
            _scopes.AsSpan().Fill(-1);
        }

        public readonly int Stream(MemoryChunk chunk, int resource)
        {
            ref var number = ref _streams[resource];
            return number >= 0 ? number : number = chunk.StreamNumber(prepared.Streams[resource]);
        }

        public readonly int Scope(MemoryChunk chunk, int scope)
        {
            if (scope < 0)
            {
                return 0;
            }

            ref var number = ref _scopes[scope];
            return number >= 0 ? number : number = chunk.ScopeNumber(prepared.Scopes[scope]);
        }

        private static int[] NewCache(int count)
        {
            var cache = new int[count];
            cache.AsSpan().Fill(-1);
            return cache;
        }
    }
}
