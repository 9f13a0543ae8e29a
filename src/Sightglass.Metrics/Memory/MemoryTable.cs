using System.Buffers.Binary;
using Sightglass.Core.Model;
using Sightglass.Metrics.Blocks;

namespace Sightglass.Metrics.Memory;

/// <summary>
/// What was acknowledged since the last flush: the newest samples of each series of a registry in plain arrays, those before them packed. One
/// writer at a time (the store's append lock); writers and readers exclude each other by <see cref="Lock"/>.
/// </summary>
internal sealed class MemoryTable(long generation, SeriesRegistry registry, SlabPool pool)
{
    private const int SlotSamples = OpenSlab.SlotSamples;

    /// <summary>Series whose records are walked side by side: more than the processor waits for at once, and what they hold fits its cache.</summary>
    public const int MaxTouched = 16;

    /// <summary>Samples of each series, on average, below which a table is not written out for its size.</summary>
    private const int MinSeriesSamples = 16;

    /// <summary>Estimated bytes of a series: its entry, and its share of the registry.</summary>
    private const int SeriesBytes = 200;

    /// <summary>Estimated bytes of a native histogram.</summary>
    private const int HistogramBytes = 512;

    private readonly ByteSlabs _packed = new(pool);
    private readonly List<OpenSlab> _open = [];
    private readonly List<NativeHistogram> _histograms = [];
    private int _readers;
    private int _openSlots;
    private long _baseTime;
    private StartTable? _starts;
    private Entry[] _series = new Entry[Math.Max(registry.SeriesCount, 1024)];

    /// <summary>The series; ids are the registry's.</summary>
    public SeriesRegistry Registry { get; } = registry;

    /// <summary>Readers hold it for reading, the appender for writing.</summary>
    public ReaderWriterLockSlim Lock { get; } = new();

    /// <summary>Number of the table: series ids in log records belong to it.</summary>
    public long Generation { get; private set; } = generation;

    /// <summary>Sequence of the last record in the table, set when it is frozen.</summary>
    public long LastSequence { get; set; }

    /// <summary>Series with samples in the table.</summary>
    public int SeriesCount { get; private set; }

    public long SampleCount { get; private set; }

    public long MinTime { get; private set; } = long.MaxValue;

    public long MaxTime { get; private set; } = long.MinValue;

    /// <summary>Bytes held by samples.</summary>
    public long SampleBytes => _packed.Bytes + ((long)_openSlots * SlotSamples * 16) + ((long)_histograms.Count * HistogramBytes) + (_starts?.Bytes ?? 0);

    /// <summary>Bytes held, estimated: samples, entries and registry.</summary>
    public long Bytes => SampleBytes + ((long)SeriesCount * SeriesBytes);

    /// <summary>
    /// Whether it is time to write the table out: it holds that many bytes of samples, and more than a few samples of each series, or parts
    /// would be all index.
    /// </summary>
    public bool IsFull(long flushBytes) => SampleBytes >= flushBytes && SampleCount >= (long)SeriesCount * MinSeriesSamples;

    /// <summary>A query begins to read; only while the store still has the table.</summary>
    public void BeginRead() => Interlocked.Increment(ref _readers);

    /// <summary>A query has read.</summary>
    public void EndRead() => Interlocked.Decrement(ref _readers);

    /// <summary>Gives the memory of the samples back after the store let go of the table; while somebody still reads it goes with the table.</summary>
    public void Retire()
    {
        if (Volatile.Read(ref _readers) == 0)
        {
            pool.Return(_open);
            _open.Clear();
            _packed.Return();
        }
    }

    /// <summary>The same table under another generation, before anybody else sees it.</summary>
    public MemoryTable As(long generation)
    {
        Generation = generation;
        return this;
    }

    /// <summary>Whether a record of the log that was written names the series under this table's generation.</summary>
    public bool IsLogged(int id) => id < _series.Length && _series[id].Logged;

    public void SetLogged(int id) => EntryOf(id).Logged = true;

    /// <summary>Whether the series has samples in the table.</summary>
    public bool Has(int id) => id < _series.Length && _series[id].Count > 0;

    /// <summary>Whether the series may have samples in a range (inclusive).</summary>
    public bool Overlaps(int id, long minTime, long maxTime)
    {
        if (id >= _series.Length)
        {
            return false;
        }

        ref readonly var entry = ref _series[id];
        return entry.Count > 0 && entry.MinTime <= maxTime && entry.MaxTime >= minTime;
    }

    /// <summary>Adds a float sample; <paramref name="start"/> is its start timestamp, 0 for none.</summary>
    public void Add(int id, long timestamp, double value, long start = 0)
    {
        SetStart(id, timestamp, start);
        AddTo(id, timestamp, value, 0);
    }

    /// <summary>Adds a native histogram; <paramref name="start"/> is its start timestamp, 0 for none.</summary>
    public void Add(int id, long timestamp, NativeHistogram histogram, long start = 0)
    {
        SetStart(id, timestamp, start);
        _histograms.Add(histogram);
        AddTo(id, timestamp, double.NaN, _histograms.Count);
    }

    /// <summary>
    /// Brings what <see cref="Read"/> will read of some series, no more than <see cref="MaxTouched"/>, nearer to the processor: a series' records are scattered and each names the one before
    /// it, so that a single one waits for memory at every step. Side by side they wait once for all.
    /// </summary>
    public void Touch(ReadOnlySpan<int> ids)
    {
        Span<uint> places = stackalloc uint[MaxTouched];
        Span<int> left = stackalloc int[MaxTouched];
        var most = 0;
        for (var i = 0; i < ids.Length; i++)
        {
            if (Has(ids[i]))
            {
                ref readonly var entry = ref _series[ids[i]];
                places[i] = entry.Packed;
                left[i] = (entry.Count - 1) / SlotSamples;
                most = Math.Max(most, left[i]);
            }
        }

        for (var step = 0; step < most; step++)
        {
            for (var i = 0; i < ids.Length; i++)
            {
                if (step < left[i])
                {
                    places[i] = BinaryPrimitives.ReadUInt32LittleEndian(_packed.At(places[i]));
                }
            }
        }
    }

    /// <summary>Adds the samples of a series in the order of their arrival: those in a range of times (inclusive), and some others beside it.</summary>
    public void Read(int id, SampleList into, long minTime = long.MinValue, long maxTime = long.MaxValue)
    {
        if (id >= _series.Length || _series[id].Count == 0)
        {
            return;
        }

        var before = into.Count;
        ReadSamples(id, into, minTime, maxTime);
        if (_starts?.Has(id) == true)
        {
            _starts.Fill(id, into.Timestamps[before..], into.StartsOfLast(into.Count - before));
        }
    }

    private void ReadSamples(int id, SampleList into, long minTime, long maxTime)
    {
        ref readonly var entry = ref _series[id];
        ReadPacked(entry, into, minTime, maxTime);
        var slab = _open[entry.Slot / OpenSlab.Slots];
        var at = entry.Slot % OpenSlab.Slots * SlotSamples;
        var count = ((entry.Count - 1) % SlotSamples) + 1;
        if (slab.Histograms is null)
        {
            into.Append(count, out var timestamps, out var values);
            slab.Timestamps.AsSpan(at, count).CopyTo(timestamps);
            slab.Values.AsSpan(at, count).CopyTo(values);
            return;
        }

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

    // Each record knows the one before it; they are read from the first that is wanted.
    private void ReadPacked(in Entry entry, SampleList into, long minTime, long maxTime)
    {
        var records = (entry.Count - 1) / SlotSamples;
        Span<uint> places = records <= 256 ? stackalloc uint[records] : new uint[records];
        var first = records;
        var place = entry.Packed;
        var (floor, ceiling) = (entry.NoneBefore(minTime), entry.NoneAfter(maxTime));
        for (var i = records - 1; i >= 0; i--)
        {
            var record = _packed.At(place);
            var time = PackedSamples.FirstTime(record[sizeof(uint)..], _baseTime);
            if (time <= ceiling)
            {
                places[--first] = place;
            }

            if (time < floor)
            {
                break;
            }

            place = BinaryPrimitives.ReadUInt32LittleEndian(record);
        }

        foreach (var at in places[first..])
        {
            PackedSamples.Read(_packed.At(at)[sizeof(uint)..], _baseTime, _histograms, into);
        }
    }

    private void SetStart(int id, long timestamp, long start)
    {
        if (start == 0 && _starts is null)
        {
            return;
        }

        _starts ??= new StartTable();
        _starts.Set(id, timestamp, start, Has(id) ? _series[id].MaxTime : long.MinValue);
    }

    private void AddTo(int id, long timestamp, double value, int histogram)
    {
        ref var entry = ref EntryOf(id);
        var used = entry.Count % SlotSamples;
        if (entry.Count == 0)
        {
            Open(ref entry, timestamp);
        }

        var slab = _open[entry.Slot / OpenSlab.Slots];
        var at = entry.Slot % OpenSlab.Slots * SlotSamples;
        if (used == 0 && entry.Count > 0)
        {
            Pack(ref entry, slab, at);
        }

        at += used;
        slab.Timestamps[at] = timestamp;
        slab.Values[at] = value;
        if (histogram > 0 || slab.Histograms is not null)
        {
            slab.Histograms ??= new int[OpenSlab.Slots * SlotSamples];
            slab.Histograms[at] = histogram;
        }

        if (timestamp < entry.MaxTime)
        {
            entry.NoteLate(entry.MaxTime - timestamp);
        }

        entry.Count++;
        entry.MinTime = Math.Min(entry.MinTime, timestamp);
        entry.MaxTime = Math.Max(entry.MaxTime, timestamp);
        MinTime = Math.Min(MinTime, timestamp);
        MaxTime = Math.Max(MaxTime, timestamp);
        SampleCount++;
    }

    private void Open(ref Entry entry, long timestamp)
    {
        if (SampleCount == 0)
        {
            _baseTime = timestamp;
        }

        if (_openSlots == _open.Count * OpenSlab.Slots)
        {
            _open.Add(pool.RentOpen());
        }

        entry.Slot = _openSlots++;
        entry.MinTime = long.MaxValue;
        entry.MaxTime = long.MinValue;
        SeriesCount++;
    }

    private void Pack(ref Entry entry, OpenSlab slab, int at)
    {
        var room = _packed.Reserve(sizeof(uint) + PackedSamples.MaxBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(room, entry.Packed);
        var histograms = slab.Histograms is { } all && all.AsSpan(at, SlotSamples).ContainsAnyExcept(0) ? all.AsSpan(at, SlotSamples) : default;
        var length = PackedSamples.Write(room[sizeof(uint)..], slab.Timestamps.AsSpan(at, SlotSamples), slab.Values.AsSpan(at, SlotSamples), histograms, _baseTime);
        entry.Packed = _packed.Commit(sizeof(uint) + length);
    }

    private ref Entry EntryOf(int id)
    {
        if (id >= _series.Length)
        {
            Array.Resize(ref _series, Math.Max(id + 1, _series.Length * 2));
        }

        return ref _series[id];
    }

    private struct Entry
    {
        public int Slot;
        public int Count;
        public uint Packed;
        public bool Logged;
        private ushort _lateSeconds;
        public long MinTime;
        public long MaxTime;

        /// <summary>How far a sample was behind the newest before it.</summary>
        public void NoteLate(long byMs) => _lateSeconds = (ushort)Math.Min(ushort.MaxValue, Math.Max(_lateSeconds, (byMs / 1000) + 1));

        /// <summary>What came before a sample of an earlier time is before <paramref name="time"/> too.</summary>
        public readonly long NoneBefore(long time) => _lateSeconds < ushort.MaxValue && time > long.MinValue + LateMs ? time - LateMs : long.MinValue;

        /// <summary>What comes after a sample of a later time is after <paramref name="time"/> too.</summary>
        public readonly long NoneAfter(long time) => _lateSeconds < ushort.MaxValue && time < long.MaxValue - LateMs ? time + LateMs : long.MaxValue;

        private readonly long LateMs => _lateSeconds * 1000L;
    }
}
