using Sightglass.Core.Contracts;
using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL.Scripts;

/// <summary>
/// A metric store in memory that does everything the plain way: what scripts and unit tests of rules run on, and what real stores
/// are compared with. Of two samples at one time the later added one stands. Thread-safe.
/// </summary>
public sealed class InMemoryMetricStore : IMetricStore
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<LabelSet, InMemorySeries> _series = [];
    private readonly SortedDictionary<string, MetricMetadata> _metadata = new(StringComparer.Ordinal);
    private readonly long _maxSamples;
    private long _samples;
    private long _revision;

    /// <summary>Makes an empty store that takes at most so many samples.</summary>
    public InMemoryMetricStore(long maxSamples = long.MaxValue) => _maxSamples = maxSamples;

    /// <summary>Adds one sample; <paramref name="startMs"/> is its start timestamp, 0 for none.</summary>
    /// <exception cref="Core.Errors.LimitExceededException">The store is full.</exception>
    public void Add(LabelSet labels, long timestampMs, double value, long startMs = 0) => Put(labels, timestampMs, value, null, startMs);

    /// <summary>Adds one native histogram; <paramref name="startMs"/> is its start timestamp, 0 for none.</summary>
    /// <exception cref="Core.Errors.LimitExceededException">The store is full.</exception>
    public void Add(LabelSet labels, long timestampMs, NativeHistogram histogram, long startMs = 0) => Put(labels, timestampMs, double.NaN, histogram, startMs);

    /// <summary>Takes all samples away.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _series.Clear();
            _metadata.Clear();
            _samples = 0;
            _revision++;
        }
    }

    /// <inheritdoc/>
    public long CoarsestMs => 0;

    /// <inheritdoc/>
    public long Revision => Interlocked.Read(ref _revision);

    /// <inheritdoc/>
    public long UnchangedUntilMs(long revision) => revision == Revision ? long.MaxValue : long.MinValue;

    /// <inheritdoc/>
    public AppendResult Append(MetricBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var labels = new LabelSet[batch.SeriesCount];
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = LabelSet.FromKey(batch.SeriesKey(i));
        }

        for (var i = 0; i < batch.SampleCount; i++)
        {
            Add(labels[batch.SampleSeries[i]], batch.SampleTimestampsMs[i], batch.SampleValues[i], batch.SampleStartsMs is { IsEmpty: false } starts ? starts[i] : 0);
        }

        for (var i = 0; i < batch.Histograms.Count; i++)
        {
            var (series, timestampMs, histogram) = batch.Histograms[i];
            Add(labels[series], timestampMs, histogram, batch.HistogramStartsMs is { IsEmpty: false } starts ? starts[i] : 0);
        }

        lock (_gate)
        {
            foreach (var metadata in batch.Metadata)
            {
                _metadata[metadata.Family] = metadata;
            }
        }

        return AppendResult.All(batch.SampleCount + batch.Histograms.Count);
    }

    /// <inheritdoc/>
    public ISeriesSelection Select(MetricSelection selection, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(selection);
        cancellation.ThrowIfCancellationRequested();
        return new Selection(this, Find(selection.Matchers, selection.MinTimeMs, selection.MaxTimeMs), selection.MinTimeMs, selection.MaxTimeMs);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> LabelNames(IReadOnlyList<LabelMatcher> matchers, long minTimeMs, long maxTimeMs, CancellationToken cancellation) =>
        [.. Find(matchers, minTimeMs, maxTimeMs).SelectMany(s => s.Labels.Select(l => l.Name)).Distinct().Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public IReadOnlyList<string> LabelValues(string name, IReadOnlyList<LabelMatcher> matchers, long minTimeMs, long maxTimeMs, CancellationToken cancellation) =>
        [.. Find(matchers, minTimeMs, maxTimeMs).Select(s => s.Labels[name]).Where(v => v.Length > 0).Distinct().Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public IReadOnlyList<LabelSet> Series(IReadOnlyList<LabelMatcher> matchers, long minTimeMs, long maxTimeMs, int limit, CancellationToken cancellation)
    {
        var found = Find(matchers, minTimeMs, maxTimeMs).Select(s => s.Labels);
        return [.. limit > 0 ? found.Take(limit) : found];
    }

    /// <inheritdoc/>
    public IReadOnlyList<MetricMetadata> Metadata(string? family)
    {
        lock (_gate)
        {
            return [.. _metadata.Values.Where(m => family is null || m.Family == family)];
        }
    }

    private void Put(LabelSet labels, long timestampMs, double value, NativeHistogram? histogram, long startMs)
    {
        lock (_gate)
        {
            _revision++;
            if (!_series.TryGetValue(labels, out var series))
            {
                _series.Add(labels, series = new InMemorySeries(labels));
            }

            if (!series.Put(timestampMs, value, histogram, startMs))
            {
                return;
            }

            if (++_samples > _maxSamples)
            {
                throw new Core.Errors.LimitExceededException("maxSamples", _maxSamples, _samples, "store holds too many samples");
            }
        }
    }

    private List<InMemorySeries> Find(IReadOnlyList<LabelMatcher> matchers, long minTimeMs, long maxTimeMs)
    {
        lock (_gate)
        {
            var found = new List<InMemorySeries>();
            foreach (var series in _series.Values)
            {
                if (series.HasAny(minTimeMs, maxTimeMs) && matchers.All(m => m.Matches(series.Labels[m.Name])))
                {
                    found.Add(series);
                }
            }

            return found;
        }
    }

    private sealed class Selection(InMemoryMetricStore store, List<InMemorySeries> found, long minTimeMs, long maxTimeMs) : ISeriesSelection
    {
        public int Count => found.Count;

        public LabelSet Labels(int series) => found[series].Labels;

        public void Read(int series, SampleBuffer buffer)
        {
            buffer.Clear();
            lock (store._gate)
            {
                found[series].Read(minTimeMs, maxTimeMs, buffer);
            }
        }

        public void Dispose()
        {
        }
    }
}
