using Sightglass.Core.Contracts;
using Sightglass.Query.Vectors;

namespace Sightglass.Query.PromQL.Caching;

/// <summary>
/// Keeps the answers of queries, so that a dashboard that asks again pays for what is new only. The value at a step depends on samples up to a known time;
/// the store says up to which time nothing changed since. Bounded in bytes, the longest unused goes first. Thread-safe.
/// </summary>
/// <param name="store">The store that is asked.</param>
/// <param name="maxBytes">Estimated size of what is kept; 0 keeps nothing.</param>
internal sealed class AnswerCache(IMetricStore store, long maxBytes)
{
    /// <summary>Samples below which asking again costs no more than remembering.</summary>
    private const long MinSamples = 32;

    /// <summary>An answer larger than this part of all is not worth what it would push out.</summary>
    private const int LargestShare = 4;

    /// <summary>Queries for one time that are remembered as asked once.</summary>
    private const int MaxAskedOnce = 1024;

    private readonly Lock _gate = new();
    private readonly HashSet<CacheKey> _askedOnce = [];
    private readonly Dictionary<CacheKey, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _order = new();
    private long _bytes;

    /// <summary>Estimated bytes of what is kept.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>What is known of an answer; null for an expression whose answers cannot be kept.</summary>
    public CachedAnswer? Find(PromQLExpression expression, string query, StepGrid grid, long lookbackMs, long subqueryStepMs)
    {
        if (maxBytes <= 0)
        {
            return null;
        }

        var reach = AnswerReach.Of(expression, grid.StartMs, grid.EndMs, grid.StepMs);
        if (!reach.IsCacheable)
        {
            return null;
        }

        // Before anything is looked at: what is written from here on counts as newer.
        var revision = store.Revision;
        var key = CacheKey.Of(query, reach, grid, lookbackMs, subqueryStepMs);
        var known = new CachedAnswer(key, reach, grid, revision);
        if (Use(key) is not { } entry || grid.StartMs < entry.Grid.StartMs)
        {
            return known;
        }

        var unchanged = store.UnchangedUntilMs(entry.Revision);
        if (unchanged == long.MinValue || reach.FixedMs > unchanged)
        {
            return known;
        }

        var last = Math.Min(Math.Min(entry.Grid.EndMs, grid.EndMs), unchanged == long.MaxValue ? long.MaxValue : unchanged - reach.AheadMs);
        return last < grid.StartMs ? known : known.With(entry.Series, last);
    }

    /// <summary>Keeps an answer. <paramref name="samples"/> is what its evaluation looked at.</summary>
    public void Keep(CachedAnswer answer, IReadOnlyList<ResultSeries> series, long samples)
    {
        if (samples < MinSamples && answer.ThroughMs == long.MinValue)
        {
            return;
        }

        long bytes = 256;
        for (var i = 0; i < series.Count; i++)
        {
            // Histograms are not estimated well enough, and two series of the same labels cannot be told apart.
            if (series[i].Histograms is not null || (answer.Grid.StepMs > 0 && i > 0 && series[i - 1].Labels.CompareTo(series[i].Labels) >= 0))
            {
                return;
            }

            bytes += 200 + (16L * series[i].Count);
        }

        if (bytes > maxBytes / LargestShare)
        {
            return;
        }

        lock (_gate)
        {
            // Most queries for one time are never asked again; only of those that were is there any use.
            if (answer.Grid.StepMs == 0 && !_askedOnce.Remove(answer.Key))
            {
                if (_askedOnce.Count >= MaxAskedOnce)
                {
                    _askedOnce.Clear();
                }

                _askedOnce.Add(answer.Key);
                return;
            }

            Remove(answer.Key);
            _entries[answer.Key] = _order.AddLast(new Entry(answer.Key, answer.Grid, series, answer.Revision, bytes));
            _bytes += bytes;
            while (_bytes > maxBytes)
            {
                Remove(_order.First!.Value.Key);
            }
        }
    }

    private Entry? Use(CacheKey key)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out var node))
            {
                return null;
            }

            _order.Remove(node);
            _order.AddLast(node);
            return node.Value;
        }
    }

    private void Remove(CacheKey key)
    {
        if (_entries.Remove(key, out var node))
        {
            _order.Remove(node);
            _bytes -= node.Value.Bytes;
        }
    }

    private sealed record Entry(CacheKey Key, StepGrid Grid, IReadOnlyList<ResultSeries> Series, long Revision, long Bytes);
}
