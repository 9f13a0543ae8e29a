using System.Runtime.InteropServices;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Metrics.Index;
using Sightglass.Metrics.Memory;
using Sightglass.Metrics.Parts;

namespace Sightglass.Metrics.Querying;

/// <summary>A series of a selection.</summary>
internal readonly record struct FoundSeries(LabelSet Labels, int FirstPlace);

/// <summary>Where samples of a series are: the index of the source (parts, then tables: the order of writing), the id there, the next place.</summary>
internal readonly record struct Place(int Source, int Id, int Next);

/// <summary>Gathers the series of all sources by their identity. Not thread-safe.</summary>
internal sealed class SeriesSearch(IReadOnlyList<LabelMatcher> matchers, long minTime, long maxTime, CancellationToken cancellation)
{
    /// <summary>Series between two looks at the cancellation.</summary>
    private const int CancellationInterval = 1024;

    private readonly Dictionary<Hash128, int> _known = [];
    private readonly List<Entry> _series = [];
    private readonly List<Place> _places = [];

    /// <summary>Adds the series of a part.</summary>
    public void Add(MetricPart part, int source)
    {
        if (part.MinTime > maxTime || part.MaxTime < minTime || part.IsIndexLost)
        {
            return;
        }

        var index = part.Index;
        var deletions = part.Deletions is { IsActive: true } active ? active : null;
        var covered = part.MinTime >= minTime && part.MaxTime <= maxTime;
        var ids = index.Find(matchers, cancellation);
        var seen = 0;
        for (var id = ids.Next(0); id >= 0; id = ids.Next(id + 1))
        {
            if (++seen % CancellationInterval == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            if ((covered || index.Overlaps(id, minTime, maxTime)) && deletions?.Hides(id, minTime, maxTime) != true)
            {
                ref var entry = ref Find(index.HashOf(id), source, id, out var known);
                entry = known ? entry : entry with { Labels = part.LabelsOf(id) };
            }
        }
    }

    /// <summary>Adds the series of memory tables, oldest first; the first is source <paramref name="source"/>.</summary>
    public void Add(ReadOnlySpan<MemoryTable> tables, int source)
    {
        SeriesRegistry? registry = null;
        SeriesBitmap? ids = null;
        foreach (var table in tables)
        {
            if (table.Registry != registry)
            {
                registry = table.Registry;
                ids = Find(registry);
            }

            Add(table, ids!, source++);
        }
    }

    private SeriesBitmap Find(SeriesRegistry registry)
    {
        registry.Lock.EnterReadLock();
        try
        {
            return registry.Find(matchers, cancellation);
        }
        finally
        {
            registry.Lock.ExitReadLock();
        }
    }

    // What was added to the registry after its series were found is newer than the query. The locks are taken in the appender's order.
    private void Add(MemoryTable table, SeriesBitmap ids, int source)
    {
        table.Registry.Lock.EnterReadLock();
        table.Lock.EnterReadLock();
        try
        {
            if (table.MinTime > maxTime || table.MaxTime < minTime)
            {
                return;
            }

            for (var id = ids.Next(0); id >= 0; id = ids.Next(id + 1))
            {
                if (table.Overlaps(id, minTime, maxTime))
                {
                    ref var entry = ref Find(table.Registry.HashOf(id), source, id, out var known);
                    entry = known ? entry : entry with { Labels = table.Registry.LabelsOf(id) };
                }
            }
        }
        finally
        {
            table.Lock.ExitReadLock();
            table.Registry.Lock.ExitReadLock();
        }
    }

    /// <summary>The series in the order of their labels, and their places.</summary>
    public (FoundSeries[] Series, Place[] Places) Finish()
    {
        var series = new FoundSeries[_series.Count];
        var sorted = true;
        for (var i = 0; i < series.Length; i++)
        {
            series[i] = new FoundSeries(_series[i].Labels, _series[i].First);
            sorted &= i == 0 || series[i - 1].Labels.CompareTo(series[i].Labels) < 0;
        }

        if (!sorted)
        {
            Array.Sort(series, static (a, b) => a.Labels.CompareTo(b.Labels));
        }

        return (series, [.. _places]);
    }

    private ref Entry Find(Hash128 identity, int source, int id, out bool known)
    {
        ref var at = ref CollectionsMarshal.GetValueRefOrAddDefault(_known, identity, out known);
        if (!known)
        {
            at = _series.Count;
            _series.Add(new Entry(LabelSet.Empty, _places.Count, _places.Count));
        }

        ref var entry = ref CollectionsMarshal.AsSpan(_series)[at];
        if (known)
        {
            CollectionsMarshal.AsSpan(_places)[entry.Last] = _places[entry.Last] with { Next = _places.Count };
            entry = entry with { Last = _places.Count };
        }

        _places.Add(new Place(source, id, -1));
        return ref entry;
    }

    private readonly record struct Entry(LabelSet Labels, int First, int Last);
}
