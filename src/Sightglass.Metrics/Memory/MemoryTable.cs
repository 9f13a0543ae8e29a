using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Metrics.Blocks;

namespace Sightglass.Metrics.Memory;

/// <summary>
/// What was acknowledged since the last flush: series by hash, their samples in slabs of plain arrays. One writer at a time (the
/// store's append lock); writers and readers exclude each other by <see cref="Lock"/>.
/// </summary>
internal sealed class MemoryTable(long generation, SlabPool pool, int expectedSeries = 0)
{
    private const int ChunkSamples = SampleSlab.ChunkSamples;
    private const int SlabChunks = SampleSlab.Chunks;
    private const int KeySlabBytes = 1 << 20;
    private const int ChunkOverheadBytes = 4;

    /// <summary>Bytes of samples of each series, on average, below which a table is not written out for its size: two chunks.</summary>
    private const long MinSeriesBytes = 2 * ((ChunkSamples * 16) + ChunkOverheadBytes);
    private readonly Dictionary<Hash128, int> _ids = new(expectedSeries);
    private readonly MemoryIndex _index = new();
    private readonly List<byte[]> _keySlabs = [];
    private readonly List<SampleSlab> _slabs = [];
    private int _readers;
    private readonly List<NativeHistogram> _histograms = [];
    private int _keySlabUsed = KeySlabBytes;
    private int _chunks;
    private long _keyBytes;
    private Entry[] _series = new Entry[Math.Max(expectedSeries, 1024)];
    private Hash128[] _hashes = new Hash128[Math.Max(expectedSeries, 1024)];
    private LabelSet?[] _labels = new LabelSet?[Math.Max(expectedSeries, 1024)];

    /// <summary>Readers hold it for reading, the appender for writing.</summary>
    public ReaderWriterLockSlim Lock { get; } = new();

    /// <summary>Number of the table: series ids in log records belong to it.</summary>
    public long Generation { get; private set; } = generation;

    /// <summary>Sequence of the last record in the table, set when it is frozen.</summary>
    public long LastSequence { get; set; }

    public MemoryIndex Index => _index;

    public int SeriesCount { get; private set; }

    public long SampleCount { get; private set; }

    public long MinTime { get; private set; } = long.MaxValue;

    public long MaxTime { get; private set; } = long.MinValue;

    /// <summary>Bytes of the samples.</summary>
    public long SampleBytes => (long)_chunks * ((ChunkSamples * 16) + ChunkOverheadBytes);

    /// <summary>Bytes held, estimated from counts: samples, keys, entries and index.</summary>
    public long Bytes => SampleBytes + _keyBytes + ((long)SeriesCount * 160) + ((long)_histograms.Count * 512);

    /// <summary>
    /// Whether it is time to write the table out: it holds that many bytes of samples, and more than a few of each series, or parts would be
    /// all index.
    /// </summary>
    public bool IsFull(long flushBytes) => SampleBytes + ((long)_histograms.Count * 512) >= Math.Max(flushBytes, SeriesCount * MinSeriesBytes);

    /// <summary>A query begins to read; only while the store still has the table.</summary>
    public void BeginRead() => Interlocked.Increment(ref _readers);

    /// <summary>A query has read.</summary>
    public void EndRead() => Interlocked.Decrement(ref _readers);

    /// <summary>Gives the memory of the samples back after the store let go of the table; while somebody still reads it goes with the table.</summary>
    public void Retire()
    {
        if (Volatile.Read(ref _readers) == 0)
        {
            pool.Return(_slabs);
            _slabs.Clear();
        }
    }

    /// <summary>The same table under another generation, before anybody else sees it.</summary>
    public MemoryTable As(long generation)
    {
        Generation = generation;
        return this;
    }

    public bool TryFind(Hash128 hash, out int id) => _ids.TryGetValue(hash, out id);

    /// <summary>Adds a series that is not there yet.</summary>
    public int AddSeries(Hash128 hash, ReadOnlySpan<byte> key)
    {
        if (SeriesCount == _series.Length)
        {
            Array.Resize(ref _series, SeriesCount * 2);
            Array.Resize(ref _hashes, SeriesCount * 2);
            Array.Resize(ref _labels, SeriesCount * 2);
        }

        if (_keySlabUsed + key.Length > KeySlabBytes)
        {
            _keySlabs.Add(new byte[Math.Max(KeySlabBytes, key.Length)]);
            _keySlabUsed = 0;
        }

        key.CopyTo(_keySlabs[^1].AsSpan(_keySlabUsed));
        var id = SeriesCount++;
        _series[id] = new Entry { KeySlab = _keySlabs.Count - 1, KeyAt = _keySlabUsed, KeyLength = key.Length, Head = -1, Tail = -1, MinTime = long.MaxValue, MaxTime = long.MinValue };
        _hashes[id] = hash;
        _keySlabUsed += key.Length;
        _keyBytes += key.Length;
        _ids.Add(hash, id);
        _index.Add(key);
        return id;
    }

    /// <summary>Identity of a series: the hash of its key.</summary>
    public Hash128 HashOf(int id) => _hashes[id];

    /// <summary>Labels of a series; made once.</summary>
    public LabelSet LabelsOf(int id) => _labels[id] ??= _index.LabelsOf(KeyOf(id));

    public ReadOnlySpan<byte> KeyOf(int id)
    {
        ref readonly var entry = ref _series[id];
        return _keySlabs[entry.KeySlab].AsSpan(entry.KeyAt, entry.KeyLength);
    }

    /// <summary>Whether a record of the log that was written names the series under this table's generation.</summary>
    public bool IsLogged(int id) => _series[id].Logged;

    public void SetLogged(int id) => _series[id].Logged = true;

    /// <summary>Whether the series may have samples in a range (inclusive).</summary>
    public bool Overlaps(int id, long minTime, long maxTime)
    {
        ref readonly var entry = ref _series[id];
        return entry.MinTime <= maxTime && entry.MaxTime >= minTime;
    }

    public void Add(int id, long timestamp, double value) => Add(id, timestamp, value, 0);

    public void Add(int id, long timestamp, NativeHistogram histogram)
    {
        _histograms.Add(histogram);
        Add(id, timestamp, double.NaN, _histograms.Count);
    }

    /// <summary>Adds the samples of a series in the order of their arrival.</summary>
    public void Read(int id, SampleList into)
    {
        ref readonly var entry = ref _series[id];
        for (var chunk = entry.Head; chunk >= 0;)
        {
            var slab = _slabs[chunk / SlabChunks];
            var at = chunk % SlabChunks * ChunkSamples;
            var count = chunk == entry.Tail ? entry.TailCount : ChunkSamples;
            if (slab.Histograms is null)
            {
                into.Append(count, out var timestamps, out var values);
                slab.Timestamps.AsSpan(at, count).CopyTo(timestamps);
                slab.Values.AsSpan(at, count).CopyTo(values);
            }
            else
            {
                for (var i = at; i < at + count; i++)
                {
                    if (slab.Histograms[i] is > 0 and var histogram)
                    {
                        into.Add(slab.Timestamps[i], _histograms[histogram - 1]);
                    }
                    else
                    {
                        into.Add(slab.Timestamps[i], slab.Values[i]);
                    }
                }
            }

            chunk = chunk == entry.Tail ? -1 : slab.Next[chunk % SlabChunks];
        }
    }

    private void Add(int id, long timestamp, double value, int histogram)
    {
        ref var entry = ref _series[id];
        if (entry.Tail < 0 || entry.TailCount == ChunkSamples)
        {
            AddChunk(ref entry);
        }

        var slab = _slabs[entry.Tail / SlabChunks];
        var at = (entry.Tail % SlabChunks * ChunkSamples) + entry.TailCount++;
        slab.Timestamps[at] = timestamp;
        slab.Values[at] = value;
        if (histogram > 0)
        {
            slab.Histograms ??= new int[SlabChunks * ChunkSamples];
            slab.Histograms[at] = histogram;
        }

        entry.MinTime = Math.Min(entry.MinTime, timestamp);
        entry.MaxTime = Math.Max(entry.MaxTime, timestamp);
        MinTime = Math.Min(MinTime, timestamp);
        MaxTime = Math.Max(MaxTime, timestamp);
        SampleCount++;
    }

    private void AddChunk(ref Entry entry)
    {
        if (_chunks == _slabs.Count * SlabChunks)
        {
            _slabs.Add(pool.Rent());
        }

        var chunk = _chunks++;
        if (entry.Tail < 0)
        {
            entry.Head = chunk;
        }
        else
        {
            _slabs[entry.Tail / SlabChunks].Next[entry.Tail % SlabChunks] = chunk;
        }

        entry.Tail = chunk;
        entry.TailCount = 0;
    }

    private struct Entry
    {
        public int KeySlab;
        public int KeyAt;
        public int KeyLength;
        public int Head;
        public int Tail;
        public int TailCount;
        public long MinTime;
        public long MaxTime;
        public bool Logged;
    }
}
