using System.Runtime.InteropServices;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Metrics.Memory;

namespace Sightglass.Metrics.Log;

/// <summary>Fills a memory table from the records of the log. Not thread-safe.</summary>
internal sealed class Replay(FamilyMetadata metadata, SlabPool pool) : BatchRecord.ITarget
{
    private readonly Dictionary<long, IdMap> _generations = [];
    private readonly List<string> _messages = [];
    private readonly SeriesRegistry _registry = new();
    private MemoryTable? _table;
    private IdMap _ids = new();
    private long _generation = -1;
    private long _orphans;
    private long _newest;

    /// <summary>What could not be replayed.</summary>
    public IEnumerable<string> Messages => _orphans == 0 ? _messages : _messages.Append($"{_orphans} samples of the log lost: the record that names their series is lost");

    /// <summary>The table; its generation is above all in the log, so that it names every series anew.</summary>
    public MemoryTable Table => Filling.As(_newest + 1);

    private MemoryTable Filling => _table ??= new MemoryTable(0, _registry, pool);

    public void Apply(long sequence, byte kind, ReadOnlySpan<byte> record)
    {
        if (!BatchRecord.IsKnown(kind) || !BatchRecord.TryDecode(kind, record, this))
        {
            _messages.Add($"record {sequence} of the log does not decode: kind {kind}, {record.Length} bytes");
        }
    }

    public void Series(long generation, int id, ReadOnlySpan<byte> key)
    {
        var hash = Hash128.Compute(key);
        IdsOf(generation).Set(id, _registry.TryFind(hash, out var known) ? known : _registry.Add(hash, key));
    }

    public void Sample(long generation, int id, long timestamp, double value, long start)
    {
        if (TryFind(generation, id, out var known))
        {
            Filling.Add(known, timestamp, value, start);
        }
    }

    public void Histogram(long generation, int id, long timestamp, NativeHistogram histogram, long start)
    {
        if (TryFind(generation, id, out var known))
        {
            Filling.Add(known, timestamp, histogram, start);
        }
    }

    public void Metadata(MetricMetadata one) => metadata.Set(one);

    private bool TryFind(long generation, int id, out int known)
    {
        if (IdsOf(generation).TryFind(id, out known))
        {
            return true;
        }

        _orphans++;
        return false;
    }

    private IdMap IdsOf(long generation)
    {
        if (generation != _generation)
        {
            _newest = Math.Max(_newest, generation);
            _generation = generation;
            _ids = CollectionsMarshal.GetValueRefOrAddDefault(_generations, generation, out _) ??= new IdMap();
        }

        return _ids;
    }

    /// <summary>
    /// The table's ids by those of one generation, which count up from 0: in pages, so that finding one is two reads, and a number from a record that is not to be trusted costs
    /// a page and not the room for all below it.
    /// </summary>
    private sealed class IdMap
    {
        private const int PageBits = 12;

        private int[]?[] _pages = new int[]?[1];

        public void Set(int id, int known)
        {
            if (id >> PageBits >= _pages.Length)
            {
                Array.Resize(ref _pages, Math.Max((id >> PageBits) + 1, 2 * _pages.Length));
            }

            // 0 is none.
            (_pages[id >> PageBits] ??= new int[1 << PageBits])[id & ((1 << PageBits) - 1)] = known + 1;
        }

        public bool TryFind(int id, out int known)
        {
            var pages = _pages;
            known = (uint)id >> PageBits < (uint)pages.Length && pages[id >> PageBits] is { } page ? page[id & ((1 << PageBits) - 1)] - 1 : -1;
            return known >= 0;
        }
    }
}
