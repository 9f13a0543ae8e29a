using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Metrics.Exemplars;

/// <summary>
/// A bounded number of exemplars, the oldest written making room for the newest, chained by series. Labels are kept as bytes: few
/// are ever asked for. Not thread-safe.
/// </summary>
internal sealed class ExemplarRing(int capacity)
{
    private const int None = -1;

    private readonly Dictionary<Hash128, Chain> _series = [];
    private Entry[] _entries = [];
    private int _next;

    /// <summary>Exemplars held.</summary>
    public int Count { get; private set; }

    /// <summary>Series that have some.</summary>
    public int SeriesCount => _series.Count;

    /// <summary>Number of the record that brought the oldest one; 0 when there is none.</summary>
    public long OldestSequence => Count == 0 ? 0 : _entries[Count < capacity ? 0 : _next].Sequence;

    /// <summary>
    /// Whether an exemplar would be taken: it has to come after its series' newest one. One at the same time counts as later when its value
    /// or, at the same value, its labels are greater; anything else is a repetition or out of order.
    /// </summary>
    public bool Takes(Hash128 series, long timestampMs, double value, ReadOnlySpan<byte> labels)
    {
        if (!_series.TryGetValue(series, out var chain))
        {
            return true;
        }

        ref readonly var newest = ref _entries[chain.Newest];
        return timestampMs != newest.TimestampMs ? timestampMs > newest.TimestampMs
            : value != newest.Value ? value > newest.Value
            : labels.SequenceCompareTo(newest.Labels) > 0;
    }

    /// <summary>Adds one that <see cref="Takes"/> would take.</summary>
    public void Add(long sequence, Hash128 series, ReadOnlySpan<byte> key, long timestampMs, double value, ReadOnlySpan<byte> labels)
    {
        if (Count < capacity && _next == _entries.Length)
        {
            Array.Resize(ref _entries, Math.Min(capacity, Math.Max(256, _entries.Length * 2)));
        }

        var at = _next;
        _next = at + 1 == capacity ? 0 : at + 1;
        if (Count == capacity)
        {
            Forget(at);
        }
        else
        {
            Count++;
        }

        if (_series.TryGetValue(series, out var chain))
        {
            _entries[chain.Newest].Later = at;
            chain.Newest = at;
        }
        else
        {
            _series.Add(series, new Chain(key.ToArray()) { Oldest = at, Newest = at });
        }

        _entries[at] = new Entry(sequence, series, timestampMs, value, labels.ToArray()) { Later = None };
    }

    /// <summary>The exemplars in a range of the series that satisfy one of the selectors; in no order of series.</summary>
    public List<ExemplarSeries> Select(IReadOnlyList<IReadOnlyList<LabelMatcher>> selectors, long minTimeMs, long maxTimeMs, CancellationToken cancellation)
    {
        var found = new List<ExemplarSeries>();
        foreach (var chain in _series.Values)
        {
            cancellation.ThrowIfCancellationRequested();
            if (_entries[chain.Newest].TimestampMs < minTimeMs || _entries[chain.Oldest].TimestampMs > maxTimeMs)
            {
                continue;
            }

            var labels = LabelSet.FromKey(chain.Key);
            if (!selectors.Any(matchers => matchers.All(m => m.Matches(labels[m.Name]))))
            {
                continue;
            }

            var exemplars = new List<Exemplar>();
            for (var at = chain.Oldest; at != None && _entries[at].TimestampMs <= maxTimeMs; at = _entries[at].Later)
            {
                ref readonly var entry = ref _entries[at];
                if (entry.TimestampMs >= minTimeMs && !entry.Deleted)
                {
                    exemplars.Add(new Exemplar(LabelSet.FromKey(entry.Labels), entry.Value, entry.TimestampMs));
                }
            }

            if (exemplars.Count > 0)
            {
                found.Add(new ExemplarSeries(labels, exemplars));
            }
        }

        return found;
    }

    /// <summary>Deletes what <see cref="Select"/> would find. It keeps its place: what comes later has to be later still.</summary>
    public void Delete(IReadOnlyList<IReadOnlyList<LabelMatcher>> selectors, long minTimeMs, long maxTimeMs)
    {
        foreach (var chain in _series.Values)
        {
            var labels = LabelSet.FromKey(chain.Key);
            if (!selectors.Any(matchers => matchers.All(m => m.Matches(labels[m.Name]))))
            {
                continue;
            }

            for (var at = chain.Oldest; at != None && _entries[at].TimestampMs <= maxTimeMs; at = _entries[at].Later)
            {
                ref var entry = ref _entries[at];
                entry.Deleted |= entry.TimestampMs >= minTimeMs;
            }
        }
    }

    // The oldest entry of all is the oldest of its series too.
    private void Forget(int at)
    {
        ref readonly var entry = ref _entries[at];
        if (entry.Later == None)
        {
            _series.Remove(entry.Series);
        }
        else
        {
            _series[entry.Series].Oldest = entry.Later;
        }
    }

    private struct Entry(long sequence, Hash128 series, long timestampMs, double value, byte[] labels)
    {
        public readonly long Sequence = sequence;
        public readonly Hash128 Series = series;
        public readonly long TimestampMs = timestampMs;
        public readonly double Value = value;
        public readonly byte[] Labels = labels;

        /// <summary>The series' next one, or <see cref="None"/>.</summary>
        public int Later;

        /// <summary>It is no longer shown.</summary>
        public bool Deleted;
    }

    private sealed class Chain(byte[] key)
    {
        public byte[] Key { get; } = key;

        public int Oldest { get; set; }

        public int Newest { get; set; }
    }
}
