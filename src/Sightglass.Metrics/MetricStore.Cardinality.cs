using Sightglass.Core.Model;
using Sightglass.Metrics.Cardinality;
using Sightglass.Metrics.Limits;

namespace Sightglass.Metrics;

public sealed partial class MetricStore
{
    // One at a time: what it needs of memory grows with the series.
    private readonly Lock _cardinalityGate = new();
    private readonly SeriesLimiter _limiter;

    /// <summary>Bounds on new series; may be changed at any time.</summary>
    public SeriesLimits SeriesLimits
    {
        get => _limiter.Limits;
        set => _limiter.Limits = value;
    }

    /// <summary>Time of the oldest sample in the store, milliseconds since the Unix epoch; the largest number there is without samples.</summary>
    public long OldestTimeMs
    {
        get
        {
            using var snapshot = TakeSnapshot();
            var oldest = long.MaxValue;
            foreach (var part in snapshot.Parts)
            {
                oldest = Math.Min(oldest, part.MinTime);
            }

            foreach (var table in snapshot.Tables)
            {
                table.Lock.EnterReadLock();
                oldest = table.SampleCount > 0 ? Math.Min(oldest, table.MinTime) : oldest;
                table.Lock.ExitReadLock();
            }

            return Math.Max(oldest, _retention.CutoffMs());
        }
    }

    /// <summary>New series since the start of the process.</summary>
    public long SeriesCreated => _limiter.Created;

    /// <summary>Samples of new series that were refused, by sender, job and reason; most first.</summary>
    public IReadOnlyList<SeriesRefusal> SeriesRefusals => _limiter.Refusals;

    /// <summary>Who brought the series in memory, most first.</summary>
    public IReadOnlyList<SeriesSender> SeriesSenders => _limiter.Senders;

    /// <summary>The metrics with the most new series of the last hour.</summary>
    public IReadOnlyList<MetricChurn> SeriesChurn(int limit) => _limiter.Churn(limit);

    /// <summary>
    /// Counts the series with samples in the range (milliseconds, inclusive) that satisfy a selector (none: all series) by metric, label and
    /// value; <paramref name="label"/> asks for the values of one label, too. Lists have at most <paramref name="limit"/> items.
    /// </summary>
    public CardinalityReport Cardinality(IReadOnlyList<IReadOnlyList<LabelMatcher>> selectors, long minTimeMs, long maxTimeMs, int limit, string? label, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(selectors);
        lock (_cardinalityGate)
        {
            cancellation.ThrowIfCancellationRequested();
            using var snapshot = TakeSnapshot();
            var count = new CardinalityCount(selectors, Math.Max(minTimeMs, _retention.CutoffMs()), maxTimeMs, cancellation);
            foreach (var tables in snapshot.Tables.ToArray().GroupBy(static t => t.Registry))
            {
                count.Add(tables.Key, [.. tables]);
            }

            for (var i = snapshot.Parts.Length - 1; i >= 0; i--)
            {
                count.Add(snapshot.Parts[i]);
            }

            return count.Finish(limit, label);
        }
    }
}
