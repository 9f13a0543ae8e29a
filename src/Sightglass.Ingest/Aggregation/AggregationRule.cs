using System.Globalization;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;

namespace Sightglass.Ingest.Aggregation;

/// <summary>A rule of aggregation at work: the series that it takes, by group. Thread-safe.</summary>
internal sealed class AggregationRule
{
    /// <summary>Series whose samples a rule takes at one time, some 150 bytes each.</summary>
    public const int MaxInputSeries = 1_000_000;

    private readonly Dictionary<Hash128, AggregatedSeries> _series = [];
    private readonly Dictionary<Hash128, AggregationGroup> _groups = [];
    private readonly long _countFirstFromMs;
    private readonly long _intervalMs;
    private readonly long _dedupMs;
    private int _skip;
    private long _beganMs;
    private long _samples;
    private long _ignored;
    private long _refused;
    private long _results;

    /// <summary>A rule whose first interval begins now.</summary>
    public AggregationRule(AggregationConfiguration configuration, long nowMs)
    {
        Configuration = configuration;
        _intervalMs = (long)configuration.Interval.TotalMilliseconds;
        _dedupMs = (long)configuration.DedupInterval.TotalMilliseconds;
        _countFirstFromMs = nowMs + (long)configuration.IgnoreFirstSampleInterval.TotalMilliseconds;
        _beganMs = configuration.NoAlignFlushToInterval ? nowMs : nowMs / _intervalMs * _intervalMs;
        NextFlushMs = configuration.NoAlignFlushToInterval ? nowMs + _intervalMs : (nowMs / _intervalMs * _intervalMs) + _intervalMs;
        NextDedupMs = _dedupMs == 0 ? long.MaxValue : configuration.NoAlignFlushToInterval ? nowMs + _dedupMs : (nowMs / _dedupMs * _dedupMs) + _dedupMs;

        // An interval of which only the end is seen.
        _skip = configuration.IgnoreFirstIntervals + (configuration.FlushOnShutdown || configuration.NoAlignFlushToInterval || NextFlushMs - nowMs == _intervalMs ? 0 : 1);
    }

    public AggregationConfiguration Configuration { get; }

    /// <summary>When the interval ends, milliseconds since the Unix epoch.</summary>
    public long NextFlushMs { get; private set; }

    /// <summary>When the interval of deduplication ends.</summary>
    public long NextDedupMs { get; private set; }

    public AggregationFigure Figure
    {
        get
        {
            lock (_series)
            {
                return new AggregationFigure(
                    Configuration.Name, Interlocked.Read(ref _samples), Interlocked.Read(ref _ignored), _refused, _series.Count, _groups.Count, Interlocked.Read(ref _results));
            }
        }
    }

    /// <summary>Whether it takes a series.</summary>
    public bool Takes(LabelSet labels) => Configuration.Match.Count == 0 || Configuration.Match.Any(selector => selector.All(m => m.Matches(labels[m.Name])));

    /// <summary>The series that a taken one counts as; null where relabelling drops it.</summary>
    /// <param name="labels">A series that it takes.</param>
    /// <param name="nowMs">The time now.</param>
    /// <param name="isFull">Whether there is no room for another series.</param>
    public AggregatedSeries? Find(LabelSet labels, long nowMs, out bool isFull)
    {
        isFull = false;
        if (Configuration.InputRelabel.Count + Configuration.DropInputLabels.Count > 0)
        {
            var builder = new LabelSetBuilder(labels);
            if (!RelabelRule.Apply(Configuration.InputRelabel, builder))
            {
                return null;
            }

            foreach (var name in Configuration.DropInputLabels)
            {
                builder.Remove(name);
            }

            labels = builder.Build();
            if (labels.Count == 0)
            {
                return null;
            }
        }

        using var key = new ByteWriter(256);
        var hash = HashOf(labels, key);
        lock (_series)
        {
            if (_series.TryGetValue(hash, out var series) && !series.Removed)
            {
                return series;
            }

            if (_series.Count >= MaxInputSeries)
            {
                isFull = true;
                _refused++;
                return null;
            }

            var kept = GroupOf(labels);
            var groupHash = HashOf(kept, key);
            if (!_groups.TryGetValue(groupHash, out var group))
            {
                _groups.Add(groupHash, group = new AggregationGroup(Configuration, [.. ResultKeys(kept)]));
            }

            return _series[hash] = group.Add(nowMs);
        }
    }

    /// <summary>Takes a sample of a series; false when the series was forgotten meanwhile.</summary>
    public bool Push(AggregatedSeries series, long timestampMs, double value, long nowMs)
    {
        if (double.IsNaN(value) || (Configuration.IgnoreOldSamples && timestampMs < _beganMs))
        {
            Interlocked.Increment(ref _ignored);
            return true;
        }

        if (!series.Group.Push(series, timestampMs, value, nowMs, nowMs > _countFirstFromMs))
        {
            return false;
        }

        Interlocked.Increment(ref _samples);
        return true;
    }

    /// <summary>Ends the intervals that are over; results are added to a batch. By one thread at a time.</summary>
    public void EndIntervals(long nowMs, MetricBatch results)
    {
        if (NextDedupMs <= nowMs)
        {
            TakeWaiting(nowMs);
            NextDedupMs += ((nowMs - NextDedupMs) / _dedupMs * _dedupMs) + _dedupMs;
        }

        if (NextFlushMs > nowMs)
        {
            return;
        }

        // After a pause the results are those of the last interval that ended.
        var ended = NextFlushMs + ((nowMs - NextFlushMs) / _intervalMs * _intervalMs);
        Flush(ended, _skip > 0 ? null : results);
        _skip = Math.Max(0, _skip - 1);
        _beganMs = ended;
        NextFlushMs = ended + _intervalMs;
    }

    /// <summary>Ends the interval before its time: the rule is no longer in force. By the thread that ends intervals.</summary>
    public void End(long nowMs, MetricBatch results)
    {
        if (Configuration.FlushOnShutdown && _skip == 0)
        {
            TakeWaiting(nowMs);
            Flush(nowMs, results);
        }
    }

    private void TakeWaiting(long nowMs)
    {
        foreach (var group in Groups())
        {
            group.TakeWaiting(nowMs > _countFirstFromMs);
        }
    }

    private AggregationGroup[] Groups()
    {
        lock (_series)
        {
            return [.. _groups.Values];
        }
    }

    private void Flush(long atMs, MetricBatch? results)
    {
        var before = results?.SampleCount ?? 0;
        lock (_series)
        {
            foreach (var (hash, group) in _groups)
            {
                if (!group.Flush(atMs, results))
                {
                    _groups.Remove(hash);
                }
            }

            foreach (var (hash, series) in _series)
            {
                if (series.Removed)
                {
                    _series.Remove(hash);
                }
            }
        }

        Interlocked.Add(ref _results, (results?.SampleCount ?? 0) - before);
    }

    private static Hash128 HashOf(LabelSet labels, ByteWriter key)
    {
        key.Clear();
        labels.WriteKey(key);
        return Hash128.Compute(key.Written);
    }

    private LabelSet GroupOf(LabelSet labels) =>
        Configuration.Without.Count > 0 ? labels.Without([.. Configuration.Without])
        : Configuration.By.Count > 0 ? labels.Only([LabelSet.MetricName, .. Configuration.By])
        : labels;

    // Of every output one, of quantiles one each.
    private IEnumerable<byte[]?> ResultKeys(LabelSet group)
    {
        foreach (var output in Configuration.Outputs)
        {
            var named = Configuration.KeepMetricNames ? group : group.With(LabelSet.MetricName, group.Name + Suffix(output));
            if (output.Kind != AggregationKind.Quantiles)
            {
                yield return ResultKey(named);
                continue;
            }

            foreach (var quantile in output.Quantiles)
            {
                yield return ResultKey(named.With("quantile", quantile.ToString("R", CultureInfo.InvariantCulture)));
            }
        }
    }

    private string Suffix(AggregationOutput output) =>
        $":{Configuration.IntervalText}{Names("by", Configuration.By)}{Names("without", Configuration.Without)}_{output.Name}";

    private static string Names(string what, IReadOnlyList<string> labels) => labels.Count == 0 ? string.Empty : $"_{what}_{string.Join('_', labels)}";

    private byte[]? ResultKey(LabelSet labels)
    {
        if (Configuration.OutputRelabel.Count > 0)
        {
            var builder = new LabelSetBuilder(labels);
            if (!RelabelRule.Apply(Configuration.OutputRelabel, builder))
            {
                return null;
            }

            labels = builder.Build();
        }

        if (labels.Count == 0)
        {
            return null;
        }

        using var key = new ByteWriter(256);
        labels.WriteKey(key);
        return key.Written.ToArray();
    }
}
