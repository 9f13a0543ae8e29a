using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Metrics.Blocks;
using Sightglass.Metrics.Memory;
using Sightglass.Metrics.Parts;

namespace Sightglass.Metrics.Querying;

/// <summary>The series that a selection found, with their places in parts and tables.</summary>
internal sealed class SeriesSelection : ISeriesSelection
{
    /// <summary>Series between two looks at the cancellation.</summary>
    private const int CancellationInterval = 128;

    [ThreadStatic]
    private static (SampleList Samples, List<BlockRef> Blocks)? _scratch;

    private readonly Snapshot _snapshot;
    private readonly GroupCache _cache;
    private readonly Action<CorruptDataException> _lost;
    private readonly long _minTime;
    private readonly long _maxTime;
    private readonly MemoryTable[] _tables;
    private readonly Found[] _series;

    private SeriesSelection(Snapshot snapshot, GroupCache cache, Action<CorruptDataException> lost, long minTime, long maxTime, MemoryTable[] tables, Found[] series)
    {
        _snapshot = snapshot;
        _cache = cache;
        _lost = lost;
        _minTime = minTime;
        _maxTime = maxTime;
        _tables = tables;
        _series = series;
    }

    public int Count => _series.Length;

    /// <summary>Finds series; takes the snapshot over.</summary>
    public static SeriesSelection Create(
        Snapshot snapshot,
        GroupCache cache,
        Action<CorruptDataException> lost,
        IReadOnlyList<LabelMatcher> matchers,
        long minTime,
        long maxTime,
        CancellationToken cancellation)
    {
        try
        {
            var tables = snapshot.Tables.ToArray();
            var found = new Dictionary<LabelSet, Found>();
            var blocks = new List<BlockRef>();
            for (var p = 0; p < snapshot.Parts.Length; p++)
            {
                if (snapshot.Parts[p].MinTime <= maxTime && snapshot.Parts[p].MaxTime >= minTime)
                {
                    CollectPart(snapshot.Parts[p], p, matchers, minTime, maxTime, blocks, found, cancellation);
                }
            }

            for (var t = 0; t < tables.Length; t++)
            {
                CollectTable(tables[t], snapshot.Parts.Length + t, matchers, minTime, maxTime, found, cancellation);
            }

            var series = new Found[found.Count];
            found.Values.CopyTo(series, 0);
            Array.Sort(series, static (a, b) => a.Labels.CompareTo(b.Labels));
            return new SeriesSelection(snapshot, cache, lost, minTime, maxTime, tables, series);
        }
        catch
        {
            snapshot.Dispose();
            throw;
        }
    }

    public LabelSet Labels(int series) => _series[series].Labels;

    public void Read(int series, SampleBuffer buffer)
    {
        buffer.Clear();
        var (samples, blocks) = _scratch ??= (new SampleList(), []);
        samples.Clear();
        foreach (var (source, id) in _series[series].Places)
        {
            if (source < _snapshot.Parts.Length)
            {
                try
                {
                    _snapshot.Parts[source].Read(id, _minTime, _maxTime, _cache, blocks, samples);
                }
                catch (CorruptDataException e)
                {
                    _lost(e);
                    throw;
                }

                continue;
            }

            var table = _tables[source - _snapshot.Parts.Length];
            table.Lock.EnterReadLock();
            try
            {
                table.Read(id, samples);
            }
            finally
            {
                table.Lock.ExitReadLock();
            }
        }

        samples.Normalize();
        samples.CopyTo(buffer, _minTime, _maxTime);
    }

    public void Dispose() => _snapshot.Dispose();

    private static void CollectPart(MetricPart part, int source, IReadOnlyList<LabelMatcher> matchers, long minTime, long maxTime, List<BlockRef> blocks, Dictionary<LabelSet, Found> found, CancellationToken cancellation)
    {
        var ids = part.Index.Find(matchers, cancellation);
        var seen = 0;
        for (var id = ids.Next(0); id >= 0; id = ids.Next(id + 1))
        {
            if (++seen % CancellationInterval == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            blocks.Clear();
            part.Index.ReadBlocks(id, blocks);
            foreach (var block in blocks)
            {
                if (block.MinTime <= maxTime && block.MaxTime >= minTime)
                {
                    Add(found, part.Index.LabelsOf(id), source, id);
                    break;
                }
            }
        }
    }

    private static void CollectTable(MemoryTable table, int source, IReadOnlyList<LabelMatcher> matchers, long minTime, long maxTime, Dictionary<LabelSet, Found> found, CancellationToken cancellation)
    {
        using var keys = new ByteWriter();
        var places = new List<(int Id, int KeyAt, int KeyLength)>();
        table.Lock.EnterReadLock();
        try
        {
            if (table.MinTime > maxTime || table.MaxTime < minTime)
            {
                return;
            }

            var ids = table.Index.Find(matchers, cancellation);
            for (var id = ids.Next(0); id >= 0; id = ids.Next(id + 1))
            {
                if (table.Overlaps(id, minTime, maxTime))
                {
                    var key = table.KeyOf(id);
                    places.Add((id, keys.Write(key), key.Length));
                }
            }
        }
        finally
        {
            table.Lock.ExitReadLock();
        }

        // Strings are made outside the lock: appends go on.
        foreach (var (id, keyAt, keyLength) in places)
        {
            Add(found, LabelSet.FromKey(keys.Written.Slice(keyAt, keyLength)), source, id);
        }
    }

    private static void Add(Dictionary<LabelSet, Found> found, LabelSet labels, int source, int id)
    {
        if (!found.TryGetValue(labels, out var series))
        {
            found.Add(labels, series = new Found(labels));
        }

        series.Places.Add((source, id));
    }

    private sealed class Found(LabelSet labels)
    {
        public LabelSet Labels { get; } = labels;

        /// <summary>Index of the source (parts, then tables: the order of writing) and the series' id there.</summary>
        public List<(int Source, int Id)> Places { get; } = new(1);
    }
}
