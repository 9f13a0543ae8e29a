using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Metrics.Memory;

namespace Sightglass.Metrics.Log;

/// <summary>Fills a memory table from the records of the log. Not thread-safe.</summary>
internal sealed class Replay(FamilyMetadata metadata, SlabPool pool) : BatchRecord.ITarget
{
    private readonly Dictionary<(long Generation, int Id), int> _ids = [];
    private readonly List<string> _messages = [];
    private readonly SeriesRegistry _registry = new();
    private MemoryTable? _table;
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
        _newest = Math.Max(_newest, generation);
        var hash = Hash128.Compute(key);
        _ids[(generation, id)] = _registry.TryFind(hash, out var known) ? known : _registry.Add(hash, key);
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
        _newest = Math.Max(_newest, generation);
        if (_ids.TryGetValue((generation, id), out known))
        {
            return true;
        }

        _orphans++;
        return false;
    }
}
