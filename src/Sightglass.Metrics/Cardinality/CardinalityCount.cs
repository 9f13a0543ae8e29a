using System.Runtime.InteropServices;
using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Metrics.Index;
using Sightglass.Metrics.Memory;
using Sightglass.Metrics.Parts;

namespace Sightglass.Metrics.Cardinality;

/// <summary>
/// Counts the series of a range of time by label and value off the indexes: no labels of a series are made, values are told apart by their
/// hashes and only those that are answered become text. Each series counts once, in the first source that has it. Not thread-safe.
/// </summary>
internal sealed class CardinalityCount(IReadOnlyList<IReadOnlyList<LabelMatcher>> selectors, long minTime, long maxTime, CancellationToken cancellation)
{
    private const int CancellationInterval = 4096;

    private readonly HashSet<Hash128> _seen = [];
    private readonly List<(SeriesIndex Index, SeriesRegistry? Registry, SeriesBitmap Series)> _sources = [];
    private readonly Dictionary<string, LabelTally> _labels = new(StringComparer.Ordinal);
    private long _series;
    private long _oldest = long.MaxValue;
    private long _newest = long.MinValue;

    /// <summary>Counts the series of memory tables that share a registry.</summary>
    public void Add(SeriesRegistry registry, IReadOnlyList<MemoryTable> tables)
    {
        registry.Lock.EnterReadLock();
        try
        {
            var found = Find(registry);
            var fresh = new SeriesBitmap(registry.SeriesCount, full: false);
            foreach (var table in tables)
            {
                table.Lock.EnterReadLock();
                try
                {
                    if (table.SampleCount == 0 || table.MinTime > maxTime || table.MaxTime < minTime)
                    {
                        continue;
                    }

                    Span(table.MinTime, table.MaxTime);
                    for (var id = found.Next(0); id >= 0; id = found.Next(id + 1))
                    {
                        if (table.Overlaps(id, minTime, maxTime))
                        {
                            fresh.Add(id);
                        }
                    }
                }
                finally
                {
                    table.Lock.ExitReadLock();
                }
            }

            Take(registry, registry, fresh, registry.HashOf);
        }
        finally
        {
            registry.Lock.ExitReadLock();
        }
    }

    /// <summary>Counts the series of a part.</summary>
    public void Add(MetricPart part)
    {
        if (part.MinTime > maxTime || part.MaxTime < minTime)
        {
            return;
        }

        var index = part.Index;
        var covered = part.MinTime >= minTime && part.MaxTime <= maxTime;
        var found = Find(index);
        var fresh = new SeriesBitmap(index.SeriesCount, full: false);
        var deletions = part.Deletions;
        for (var id = found.Next(0); id >= 0; id = found.Next(id + 1))
        {
            if ((covered || index.Overlaps(id, minTime, maxTime)) && deletions?.Hides(id, minTime, maxTime) != true)
            {
                fresh.Add(id);
            }
        }

        Span(part.MinTime, part.MaxTime);
        Take(index, null, fresh, index.HashOf);
    }

    /// <summary>The report, with the first <paramref name="limit"/> of each list.</summary>
    public CardinalityReport Finish(int limit, string? label)
    {
        var pairs = _labels.SelectMany(l => l.Value.Series.Select(v => (Label: l.Key, Hash: v.Key, Series: (long)v.Value)));
        var topPairs = Largest(pairs, limit);
        var metrics = TopValues(LabelSet.MetricName, limit);
        var values = label is null ? [] : TopValues(label, limit);
        var texts = Texts([.. topPairs.Concat(metrics).Concat(values).Select(p => (p.Label, p.Hash))]);
        CardinalityItem Item((string Label, Hash128 Hash, long Series) p) => new(texts.GetValueOrDefault((p.Label, p.Hash), string.Empty), p.Series);
        return new CardinalityReport
        {
            Series = _series,
            LabelPairs = _labels.Values.Sum(l => (long)l.Series.Count),
            MinTimeMs = _series == 0 ? null : Math.Max(_oldest, minTime),
            MaxTimeMs = _series == 0 ? null : Math.Min(_newest, maxTime),
            Metrics = Sorted(metrics.Select(Item), limit),
            LabelValues = Sorted(_labels.Select(l => new CardinalityItem(l.Key, l.Value.Series.Count)), limit),
            LabelBytes = Sorted(_labels.Select(l => new CardinalityItem(l.Key, l.Value.Bytes)), limit),
            LabelSeries = Sorted(_labels.Select(l => new CardinalityItem(l.Key, l.Value.Series.Values.Sum(static n => (long)n))), limit),
            Values = Sorted(values.Select(Item), limit),
            Pairs =
            [
                .. topPairs.Select(p => new CardinalityPair(p.Label, texts.GetValueOrDefault((p.Label, p.Hash), string.Empty), p.Series))
                    .OrderByDescending(p => p.Series).ThenBy(p => p.Label, StringComparer.Ordinal).ThenBy(p => p.Value, StringComparer.Ordinal),
            ],
        };
    }

    private static IReadOnlyList<CardinalityItem> Sorted(IEnumerable<CardinalityItem> items, int limit) =>
        [.. items.OrderByDescending(i => i.Value).ThenBy(i => i.Name, StringComparer.Ordinal).Take(limit)];

    // A heap of the size of the answer: what there are a million of is not sorted.
    private static List<(string Label, Hash128 Hash, long Series)> Largest(IEnumerable<(string Label, Hash128 Hash, long Series)> all, int limit)
    {
        var heap = new PriorityQueue<(string Label, Hash128 Hash, long Series), long>(limit + 1);
        foreach (var one in all)
        {
            if (heap.Count < limit)
            {
                heap.Enqueue(one, one.Series);
            }
            else if (heap.TryPeek(out _, out var least) && one.Series > least)
            {
                heap.DequeueEnqueue(one, one.Series);
            }
        }

        return [.. heap.UnorderedItems.Select(i => i.Element)];
    }

    private List<(string Label, Hash128 Hash, long Series)> TopValues(string label, int limit) =>
        _labels.TryGetValue(label, out var tally) ? Largest(tally.Series.Select(v => (label, v.Key, (long)v.Value)), limit) : [];

    private SeriesBitmap Find(SeriesIndex index)
    {
        if (selectors.Count == 1)
        {
            return index.Find(selectors[0], cancellation);
        }

        var any = new SeriesBitmap(index.SeriesCount, full: selectors.Count == 0);
        foreach (var matchers in selectors)
        {
            var found = index.Find(matchers, cancellation);
            for (var id = found.Next(0); id >= 0; id = found.Next(id + 1))
            {
                any.Add(id);
            }
        }

        return any;
    }

    private void Span(long oldest, long newest) => (_oldest, _newest) = (Math.Min(_oldest, oldest), Math.Max(_newest, newest));

    private void Take(SeriesIndex index, SeriesRegistry? registry, SeriesBitmap series, Func<int, Hash128> hashOf)
    {
        var fresh = new SeriesBitmap(index.SeriesCount, full: false);
        var count = 0;
        for (var id = series.Next(0); id >= 0; id = series.Next(id + 1))
        {
            if (id % CancellationInterval == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            if (_seen.Add(hashOf(id)))
            {
                fresh.Add(id);
                count++;
            }
        }

        if (count == 0)
        {
            return;
        }

        _series += count;
        _sources.Add((index, registry, fresh));
        index.Count(fresh, Tally, cancellation);
    }

    private Dictionary<(string Label, Hash128 Hash), string> Texts(HashSet<(string Label, Hash128 Hash)> wanted)
    {
        var texts = new Dictionary<(string Label, Hash128 Hash), string>();
        var names = wanted.Select(w => w.Label).ToHashSet(StringComparer.Ordinal);
        foreach (var (index, registry, series) in _sources)
        {
            registry?.Lock.EnterReadLock();
            try
            {
                index.Count(series, Resolve, cancellation);
            }
            finally
            {
                registry?.Lock.ExitReadLock();
            }
        }

        return texts;

        void Resolve(string name, ReadOnlySpan<byte> value, int count)
        {
            if (names.Contains(name) && (name, Hash128.Compute(value)) is var key && wanted.Contains(key))
            {
                texts.TryAdd(key, Encoding.UTF8.GetString(value));
            }
        }
    }

    private void Tally(string name, ReadOnlySpan<byte> value, int count)
    {
        ref var tally = ref CollectionsMarshal.GetValueRefOrAddDefault(_labels, name, out _);
        tally ??= new LabelTally();
        tally.Bytes += (long)value.Length * count;
        CollectionsMarshal.GetValueRefOrAddDefault(tally.Series, Hash128.Compute(value), out _) += count;
    }

    private sealed class LabelTally
    {
        public Dictionary<Hash128, int> Series { get; } = [];

        public long Bytes { get; set; }
    }
}
