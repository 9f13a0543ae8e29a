using Sightglass.Core.Contracts;
using Sightglass.Core.Model;

namespace Sightglass.TestKit;

/// <summary>A metric store that does everything the plain way: what real stores are compared with and what engines are tested on.</summary>
public sealed class InMemoryMetricStore : IMetricStore
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<LabelSet, SortedList<long, (double Value, NativeHistogram? Histogram)>> _series = [];
    private readonly SortedDictionary<string, MetricMetadata> _metadata = new(StringComparer.Ordinal);

    /// <summary>Adds one sample.</summary>
    public void Add(LabelSet labels, long timestampMs, double value) => Put(labels, timestampMs, (value, null));

    /// <summary>Adds one native histogram.</summary>
    public void Add(LabelSet labels, long timestampMs, NativeHistogram histogram) => Put(labels, timestampMs, (double.NaN, histogram));

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
            Add(labels[batch.SampleSeries[i]], batch.SampleTimestampsMs[i], batch.SampleValues[i]);
        }

        foreach (var (series, timestampMs, histogram) in batch.Histograms)
        {
            Add(labels[series], timestampMs, histogram);
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
        return new Selection(Find(selection.Matchers, selection.MinTimeMs, selection.MaxTimeMs));
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

    private void Put(LabelSet labels, long timestampMs, (double, NativeHistogram?) sample)
    {
        lock (_gate)
        {
            if (!_series.TryGetValue(labels, out var samples))
            {
                _series.Add(labels, samples = []);
            }

            samples[timestampMs] = sample;
        }
    }

    private List<(LabelSet Labels, List<(long Time, double Value, NativeHistogram? Histogram)> Samples)> Find(IReadOnlyList<LabelMatcher> matchers, long minTimeMs, long maxTimeMs)
    {
        lock (_gate)
        {
            var found = new List<(LabelSet, List<(long, double, NativeHistogram?)>)>();
            foreach (var (labels, samples) in _series)
            {
                if (!matchers.All(m => m.Matches(labels[m.Name])))
                {
                    continue;
                }

                var inside = samples.Where(s => s.Key >= minTimeMs && s.Key <= maxTimeMs).Select(s => (s.Key, s.Value.Value, s.Value.Histogram)).ToList();
                if (inside.Count > 0)
                {
                    found.Add((labels, inside));
                }
            }

            return found;
        }
    }

    private sealed class Selection(List<(LabelSet Labels, List<(long Time, double Value, NativeHistogram? Histogram)> Samples)> found) : ISeriesSelection
    {
        public int Count => found.Count;

        public LabelSet Labels(int series) => found[series].Labels;

        public void Read(int series, SampleBuffer buffer)
        {
            buffer.Clear();
            foreach (var (time, value, histogram) in found[series].Samples)
            {
                if (histogram is null)
                {
                    buffer.Add(time, value);
                }
                else
                {
                    buffer.Add(time, histogram);
                }
            }
        }

        public void Dispose()
        {
        }
    }
}
