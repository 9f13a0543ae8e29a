using System.Text;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;

namespace Sightglass.Ingest.Pipeline;

/// <summary>
/// Metrics made from logs: counted in memory, stored at every interval like those of a scraped target. A metric that a reload leaves as it was goes on
/// counting. A series begins with a sample of 0 at the time of its first record, so that what comes first is an increase, and a restart is a reset, whatever the
/// value was before. Thread-safe.
/// </summary>
internal sealed class LogMetrics(TimeProvider time)
{
    /// <summary>Who brings the series, where limits are on senders.</summary>
    public const string Sender = "pipelines";

    private readonly Dictionary<string, LogMetric> _metrics = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>The metric of a configuration; one of the same name, type and labels is the same.</summary>
    public LogMetric Of(MetricConfiguration configuration)
    {
        lock (_gate)
        {
            if (!_metrics.TryGetValue(configuration.Name, out var metric) || !metric.IsOf(configuration))
            {
                _metrics[configuration.Name] = metric = new LogMetric(configuration, time);
            }

            return metric;
        }
    }

    /// <summary>Keeps the metrics of these names only.</summary>
    public void Retain(IReadOnlySet<string> names)
    {
        lock (_gate)
        {
            foreach (var name in _metrics.Keys.Where(n => !names.Contains(n)).ToArray())
            {
                _metrics.Remove(name);
            }
        }
    }

    /// <summary>Stores all values as of a time.</summary>
    /// <exception cref="StorageFailedException">They were not stored; the next time they are, with what came since.</exception>
    public void Store(IBatchSink sink, DateTimeOffset now)
    {
        LogMetric[] metrics;
        lock (_gate)
        {
            metrics = [.. _metrics.Values];
        }

        using var batch = MetricBatch.Rent();
        batch.Sender = Sender;
        foreach (var metric in metrics)
        {
            metric.AddTo(batch, now.ToUnixTimeMilliseconds());
        }

        if (batch.SampleCount == 0)
        {
            return;
        }

        sink.Append(batch);
        foreach (var metric in metrics)
        {
            metric.HaveBegun();
        }
    }
}

/// <summary>One metric from logs. Thread-safe.</summary>
internal sealed class LogMetric(MetricConfiguration configuration, TimeProvider time)
{
    private static readonly LabelSet Other = LabelSet.From([new Label("overflow", "(other)")]);

    private readonly Dictionary<LabelSet, Values> _series = [];
    private readonly Lock _gate = new();
    private readonly double[] _bounds = [.. configuration.Buckets];

    public string Name => configuration.Name;

    public bool IsHistogram => _bounds.Length > 0;

    public bool IsOf(MetricConfiguration other) => other.Buckets.SequenceEqual(configuration.Buckets) && other.Labels.SequenceEqual(configuration.Labels) && other.Value == configuration.Value;

    /// <summary>Counts a value; false when it went to the label set of those for whom there is no room.</summary>
    public bool TryObserve(LabelSet labels, double value, long weight)
    {
        lock (_gate)
        {
            var hasRoom = true;
            if (!_series.TryGetValue(labels, out var values))
            {
                hasRoom = _series.Count < MetricConfiguration.MaxSeries;
                labels = hasRoom ? labels : Other;
                if (!_series.TryGetValue(labels, out values))
                {
                    _series[labels] = values = new Values(new long[_bounds.Length + 1], time.GetUtcNow().ToUnixTimeMilliseconds());
                }
            }

            values.Sum += value * weight;
            if (IsHistogram)
            {
                var bucket = Array.BinarySearch(_bounds, value);
                values.Buckets[bucket < 0 ? ~bucket : bucket] += weight;
            }

            return hasRoom;
        }
    }

    public void AddTo(MetricBatch batch, long timestampMs)
    {
        lock (_gate)
        {
            if (_series.Count > 0)
            {
                batch.Metadata.Add(new MetricMetadata(configuration.Name, IsHistogram ? MetricType.Histogram : MetricType.Counter, configuration.Help, string.Empty));
            }

            foreach (var (labels, values) in _series)
            {
                values.WasGiven = true;
                var from = values.HasBegun ? (long?)null : Math.Min(values.CreatedMs, timestampMs - 1);
                if (!IsHistogram)
                {
                    Add(batch, from, timestampMs, string.Empty, labels, null, values.Sum);
                    continue;
                }

                long below = 0;
                for (var i = 0; i <= _bounds.Length; i++)
                {
                    below += values.Buckets[i];
                    Add(batch, from, timestampMs, "_bucket", labels, i < _bounds.Length ? BoundText(_bounds[i]) : "+Inf", below);
                }

                Add(batch, from, timestampMs, "_count", labels, null, below);
                Add(batch, from, timestampMs, "_sum", labels, null, values.Sum);
            }
        }
    }

    /// <summary>Called when what <see cref="AddTo"/> gave is stored.</summary>
    public void HaveBegun()
    {
        lock (_gate)
        {
            foreach (var values in _series.Values)
            {
                values.HasBegun = values.WasGiven;
            }
        }
    }

    private void Add(MetricBatch batch, long? fromMs, long timestampMs, string suffix, LabelSet labels, string? bound, double value)
    {
        batch.BeginSeries();
        batch.AddLabel("__name__"u8, Encoding.UTF8.GetBytes(configuration.Name + suffix));
        foreach (var label in labels.Span)
        {
            batch.AddLabel(Encoding.UTF8.GetBytes(label.Name), Encoding.UTF8.GetBytes(label.Value));
        }

        if (bound is not null)
        {
            batch.AddLabel("le"u8, Encoding.UTF8.GetBytes(bound));
        }

        if (batch.EndSeries() is var series and >= 0)
        {
            if (fromMs is { } from)
            {
                batch.AddSample(series, from, 0);
            }

            batch.AddSample(series, timestampMs, value);
        }
    }

    private static string BoundText(double bound)
    {
        Span<byte> text = stackalloc byte[GoNumberText.MaxBytes];
        return Encoding.ASCII.GetString(text[..GoNumberText.Fixed(bound, text)]);
    }

    private sealed class Values(long[] buckets, long createdMs)
    {
        /// <summary>When its first record came.</summary>
        public long CreatedMs { get; } = createdMs;

        /// <summary>Whether it was in a batch.</summary>
        public bool WasGiven { get; set; }

        /// <summary>Whether its sample of 0 is stored.</summary>
        public bool HasBegun { get; set; }

        public double Sum { get; set; }

        public long[] Buckets { get; } = buckets;
    }
}
