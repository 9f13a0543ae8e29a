using Sightglass.Core.Model;

namespace Sightglass.Ingest.Aggregation;

/// <summary>A series that a rule takes; its state belongs to <see cref="Group"/> and is guarded by it.</summary>
internal sealed class AggregatedSeries(AggregationGroup group)
{
    public AggregationGroup Group { get; } = group;

    /// <summary>Forgotten: whoever still knows it looks for the one that took its place.</summary>
    public bool Removed;

    /// <summary>When it is forgotten, milliseconds since the Unix epoch.</summary>
    public long DeadlineMs;

    /// <summary>The newest sample, and whether there was one.</summary>
    public bool HasLast;
    public long LastMs;
    public double LastValue;

    /// <summary>The last interval that it had a sample in.</summary>
    public long Epoch = -1;

    /// <summary>The newest sample of the intervals before, and the rise since.</summary>
    public long PreviousMs;
    public double Rise;

    /// <summary>A sample that waits for the end of the deduplication's interval.</summary>
    public bool IsWaiting;
    public long WaitingMs;
    public double WaitingValue;
}

/// <summary>The series of a rule whose results are the same ones, and what came of them in this interval. Thread-safe.</summary>
internal sealed class AggregationGroup(AggregationConfiguration configuration, byte[]?[] resultKeys)
{
    /// <summary>Values of which quantiles are computed; of more a random part of so many.</summary>
    private const int MaxQuantileSamples = 1000;

    /// <summary>Different values that are counted in an interval.</summary>
    private const int MaxUniqueSamples = 1_000_000;

    /// <summary>Beyond it whole numbers are no longer exact: the counter begins anew.</summary>
    private const double MaxTotal = 1L << 53;

    private readonly List<AggregatedSeries> _series = [];
    private readonly bool _counters = configuration.Outputs.Any(static o => o.Kind is AggregationKind.Increase or AggregationKind.IncreasePrometheus
        or AggregationKind.Total or AggregationKind.TotalPrometheus or AggregationKind.RateAvg or AggregationKind.RateSum);
    private readonly HashSet<double>? _unique = configuration.Outputs.Any(static o => o.Kind == AggregationKind.UniqueSamples) ? [] : null;
    private readonly List<double>? _values = configuration.Outputs.Any(static o => o.Kind == AggregationKind.Quantiles) ? [] : null;
    private Random _random = new(1);
    private long _deadlineMs;
    private long _epoch;
    private long _count;
    private int _seriesCount;
    private double _sum;
    private double _min;
    private double _max;
    private double _mean;
    private double _squares;
    private long _lastMs;
    private double _last;
    private double _increase;
    private double _increasePrometheus;
    private double _total;
    private double _totalPrometheus;

    /// <summary>Adds a series; under the lock of the rule.</summary>
    public AggregatedSeries Add(long nowMs)
    {
        var series = new AggregatedSeries(this) { DeadlineMs = nowMs + (long)configuration.StalenessInterval.TotalMilliseconds };
        lock (_series)
        {
            _deadlineMs = Math.Max(_deadlineMs, series.DeadlineMs);
            _series.Add(series);
        }

        return series;
    }

    /// <summary>Takes a sample; false when the series was forgotten meanwhile.</summary>
    /// <param name="series">Its series.</param>
    /// <param name="timestampMs">Its timestamp.</param>
    /// <param name="value">Its value, a number.</param>
    /// <param name="nowMs">The time now.</param>
    /// <param name="countFirst">Whether the first sample of a series is an increase.</param>
    public bool Push(AggregatedSeries series, long timestampMs, double value, long nowMs, bool countFirst)
    {
        lock (_series)
        {
            if (series.Removed)
            {
                return false;
            }

            series.DeadlineMs = _deadlineMs = nowMs + (long)configuration.StalenessInterval.TotalMilliseconds;
            if (configuration.DedupInterval == TimeSpan.Zero)
            {
                Take(series, timestampMs, value, countFirst);
            }
            else if (!series.IsWaiting || timestampMs > series.WaitingMs || (timestampMs == series.WaitingMs && value > series.WaitingValue))
            {
                (series.IsWaiting, series.WaitingMs, series.WaitingValue) = (true, timestampMs, value);
            }

            return true;
        }
    }

    /// <summary>The end of an interval of deduplication.</summary>
    public void TakeWaiting(bool countFirst)
    {
        lock (_series)
        {
            foreach (var series in _series)
            {
                if (series.IsWaiting)
                {
                    series.IsWaiting = false;
                    Take(series, series.WaitingMs, series.WaitingValue, countFirst);
                }
            }
        }
    }

    /// <summary>The end of an interval: adds its results to a batch, unless they are not wanted, and begins the next. False when the group is forgotten.</summary>
    public bool Flush(long atMs, MetricBatch? results)
    {
        lock (_series)
        {
            // After a long pause there is something left to tell first.
            if (_deadlineMs < atMs && _count == 0 && !_series.Exists(static s => s.IsWaiting))
            {
                foreach (var series in _series)
                {
                    series.Removed = true;
                }

                _series.Clear();
                return false;
            }

            _total += _increase;
            _totalPrometheus += _increasePrometheus;
            var (rate, rates) = _counters ? Rates() : default;
            if (results is not null)
            {
                Write(atMs, results, rate, rates);
            }

            Begin();
            _series.RemoveAll(series => series.Removed = series.DeadlineMs < atMs && !series.IsWaiting);
            return true;
        }
    }

    private void Take(AggregatedSeries series, long timestampMs, double value, bool countFirst)
    {
        if (_counters)
        {
            Rise(series, timestampMs, value, countFirst);
        }

        if (series.Epoch != _epoch)
        {
            series.Epoch = _epoch;
            _seriesCount++;
        }

        _min = _count == 0 ? value : Math.Min(_min, value);
        _max = _count == 0 ? value : Math.Max(_max, value);
        if (_count == 0 || timestampMs >= _lastMs)
        {
            (_lastMs, _last) = (timestampMs, value);
        }

        _count++;
        _sum += value;
        var before = value - _mean;
        _mean += before / _count;
        _squares += before * (value - _mean);
        if (_unique is { Count: < MaxUniqueSamples })
        {
            _unique.Add(value);
        }

        if (_values is not null)
        {
            Sample(_values, value);
        }
    }

    private void Rise(AggregatedSeries series, long timestampMs, double value, bool countFirst)
    {
        if (!series.HasLast)
        {
            _increase += countFirst ? value : 0;
            (series.HasLast, series.PreviousMs) = (true, timestampMs);
        }
        else if (timestampMs < series.LastMs)
        {
            return;
        }
        else
        {
            var rise = value >= series.LastValue ? value - series.LastValue : value;
            _increase += rise;
            _increasePrometheus += rise;
            series.Rise += rise;
        }

        (series.LastMs, series.LastValue) = (timestampMs, value);
    }

    private void Sample(List<double> values, double value)
    {
        if (values.Count < MaxQuantileSamples)
        {
            values.Add(value);
        }
        else if (_random.NextInt64(_count) is < MaxQuantileSamples and var at)
        {
            values[(int)at] = value;
        }
    }

    private (double Sum, int Count) Rates()
    {
        var (sum, count) = (0.0, 0);
        foreach (var series in _series)
        {
            if (series.Epoch == _epoch && series.LastMs > series.PreviousMs)
            {
                sum += series.Rise * 1000 / (series.LastMs - series.PreviousMs);
                count++;
                (series.PreviousMs, series.Rise) = (series.LastMs, 0);
            }
        }

        return (sum, count);
    }

    private void Write(long atMs, MetricBatch results, double rate, int rates)
    {
        var at = 0;
        foreach (var output in configuration.Outputs)
        {
            if (output.Kind == AggregationKind.Quantiles)
            {
                _values!.Sort();
                foreach (var quantile in output.Quantiles)
                {
                    Add(results, resultKeys[at++], atMs, _count > 0 ? Quantile(quantile) : null);
                }

                continue;
            }

            Add(results, resultKeys[at++], atMs, output.Kind switch
            {
                AggregationKind.Increase => _increase,
                AggregationKind.IncreasePrometheus => _increasePrometheus,
                AggregationKind.Total => _total,
                AggregationKind.TotalPrometheus => _totalPrometheus,
                AggregationKind.SumSamples => _sum,
                AggregationKind.RateSum => rates > 0 ? rate : null,
                AggregationKind.RateAvg => rates > 0 ? rate / rates : null,
                _ when _count == 0 => null,
                AggregationKind.Avg => _sum / _count,
                AggregationKind.CountSamples => _count,
                AggregationKind.CountSeries => _seriesCount,
                AggregationKind.Last => _last,
                AggregationKind.Max => _max,
                AggregationKind.Min => _min,
                AggregationKind.Stddev => Math.Sqrt(_squares / _count),
                AggregationKind.Stdvar => _squares / _count,
                _ => _unique!.Count,
            });
        }
    }

    // The nearest of the values, not something between two of them.
    private double Quantile(double quantile) => quantile <= 0 ? _min : quantile >= 1 ? _max : _values![(int)((quantile * (_values.Count - 1)) + 0.5)];

    private static void Add(MetricBatch results, byte[]? key, long atMs, double? value)
    {
        if (key is not null && value is { } given)
        {
            results.AddSample(results.AddSeries(key), atMs, given);
        }
    }

    private void Begin()
    {
        _epoch++;
        (_count, _seriesCount, _sum, _mean, _squares, _increase, _increasePrometheus) = (0, 0, 0, 0, 0, 0, 0);
        (_total, _totalPrometheus) = (Anew(_total), Anew(_totalPrometheus));
        _unique?.Clear();
        if (_values is not null)
        {
            _values.Clear();
            _random = new Random(1);
        }
    }

    private static double Anew(double total) => Math.Abs(total) >= MaxTotal ? 0 : total;
}
