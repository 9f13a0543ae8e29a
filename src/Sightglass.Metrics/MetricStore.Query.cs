using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Metrics.Memory;
using Sightglass.Metrics.Parts;
using Sightglass.Metrics.Querying;

namespace Sightglass.Metrics;

public sealed partial class MetricStore
{
    /// <inheritdoc/>
    public long CoarsestMs
    {
        get
        {
            // Of the parts and not of the rules: what was downsampled stays so when its rule is taken away.
            long coarsest = 0;
            foreach (var part in _state.Parts)
            {
                coarsest = Math.Max(coarsest, part.ResolutionMs);
            }

            return 2 * coarsest;
        }
    }

    /// <summary>Time of the newest sample, milliseconds since the Unix epoch; null when there is none.</summary>
    public long? NewestMs
    {
        get
        {
            long? newest = null;
            using var snapshot = TakeSnapshot();
            foreach (var part in snapshot.Parts)
            {
                newest = Math.Max(newest ?? part.MaxTime, part.MaxTime);
            }

            foreach (var table in snapshot.Tables)
            {
                table.Lock.EnterReadLock();
                newest = table.SeriesCount > 0 ? Math.Max(newest ?? table.MaxTime, table.MaxTime) : newest;
                table.Lock.ExitReadLock();
            }

            return newest;
        }
    }

    /// <inheritdoc/>
    public long Revision => _changes.Revision;

    /// <inheritdoc/>
    public long UnchangedUntilMs(long revision) => _changes.UnchangedUntilMs(revision);

    /// <inheritdoc/>
    public ISeriesSelection Select(MetricSelection selection, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(selection);
        return Find(selection.Matchers, selection.MinTimeMs, selection.MaxTimeMs, cancellation, selection.WithStarts);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> LabelNames(IReadOnlyList<LabelMatcher> matchers, long minTimeMs, long maxTimeMs, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(matchers);
        var names = new SortedSet<string>(StringComparer.Ordinal);
        if (CoveredByIndex(matchers, minTimeMs, maxTimeMs))
        {
            ForEachIndex(i => names.UnionWith(i.Names), (r, has) => names.UnionWith(r.NamesWith(has)));
            return [.. names];
        }

        using var found = Find(matchers, minTimeMs, maxTimeMs, cancellation);
        for (var i = 0; i < found.Count; i++)
        {
            foreach (var label in found.Labels(i).Span)
            {
                names.Add(label.Name);
            }
        }

        return [.. names];
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> LabelValues(string name, IReadOnlyList<LabelMatcher> matchers, long minTimeMs, long maxTimeMs, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(matchers);
        var values = new SortedSet<string>(StringComparer.Ordinal);
        if (CoveredByIndex(matchers, minTimeMs, maxTimeMs))
        {
            ForEachIndex(i => values.UnionWith(i.Values(name)), (r, has) => values.UnionWith(r.ValuesWith(name, has)));
            return [.. values];
        }

        using var found = Find(matchers, minTimeMs, maxTimeMs, cancellation);
        for (var i = 0; i < found.Count; i++)
        {
            if (found.Labels(i).TryGet(name, out var value))
            {
                values.Add(value);
            }
        }

        return [.. values];
    }

    /// <inheritdoc/>
    public IReadOnlyList<LabelSet> Series(IReadOnlyList<LabelMatcher> matchers, long minTimeMs, long maxTimeMs, int limit, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(matchers);
        using var found = Find(matchers, minTimeMs, maxTimeMs, cancellation);
        var count = limit > 0 ? Math.Min(limit, found.Count) : found.Count;
        var series = new LabelSet[count];
        for (var i = 0; i < count; i++)
        {
            series[i] = found.Labels(i);
        }

        return series;
    }

    /// <inheritdoc/>
    public IReadOnlyList<MetricMetadata> Metadata(string? family) => _metadata.Get(family);

    /// <inheritdoc/>
    public IReadOnlyList<ExemplarSeries> Exemplars(IReadOnlyList<IReadOnlyList<LabelMatcher>> selectors, long minTimeMs, long maxTimeMs, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(selectors);
        return _exemplars.Select(selectors, minTimeMs, maxTimeMs, cancellation);
    }

    private SeriesSelection Find(IReadOnlyList<LabelMatcher> matchers, long minTime, long maxTime, CancellationToken cancellation, bool withStarts = false) =>
        SeriesSelection.Create(TakeSnapshot(), OnLost, matchers, Math.Max(minTime, _retention.CutoffMs()), maxTime, withStarts, cancellation);

    private void OnLost(CorruptDataException error) => _options.Report($"blocks set aside: {error.Message}");

    // Without matchers and when no sample lies outside the range, names and values are read off the indexes.
    private bool CoveredByIndex(IReadOnlyList<LabelMatcher> matchers, long minTime, long maxTime)
    {
        if (matchers.Count > 0)
        {
            return false;
        }

        var from = Math.Max(minTime, _retention.CutoffMs());
        using var snapshot = TakeSnapshot();
        foreach (var part in snapshot.Parts)
        {
            if (part.MinTime < from || part.MaxTime > maxTime || part.Deletions is { IsActive: true })
            {
                return false;
            }
        }

        foreach (var table in snapshot.Tables)
        {
            table.Lock.EnterReadLock();
            var outside = table.SeriesCount > 0 && (table.MinTime < from || table.MaxTime > maxTime);
            table.Lock.ExitReadLock();
            if (outside)
            {
                return false;
            }
        }

        return true;
    }

    // A registry carries series that stopped: it is asked for those with samples in a table.
    private void ForEachIndex(Action<PartIndex> visitPart, Action<SeriesRegistry, Func<int, bool>> visitRegistry)
    {
        using var snapshot = TakeSnapshot();
        foreach (var part in snapshot.Parts)
        {
            visitPart(part.Index);
        }

        foreach (var table in snapshot.Tables)
        {
            table.Registry.Lock.EnterReadLock();
            table.Lock.EnterReadLock();
            try
            {
                visitRegistry(table.Registry, table.Has);
            }
            finally
            {
                table.Lock.ExitReadLock();
                table.Registry.Lock.ExitReadLock();
            }
        }
    }

    private Snapshot TakeSnapshot()
    {
        lock (_stateGate)
        {
            return new Snapshot(_state);
        }
    }
}
