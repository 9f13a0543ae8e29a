using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL.Metrics;

/// <summary>Adds spans up by series and interval. A series costs objects when it is new, a span none. Not thread-safe.</summary>
internal sealed class MetricTable
{
    private const int MaxExemplarsOfSeries = 100;

    private readonly Dictionary<byte[], int> _known = new(new MetricKeyComparer());
    private readonly List<byte[]> _keys = [];
    private readonly List<double[]> _values = [];
    private readonly List<double[]> _counts = [];
    private readonly List<List<TraceExemplar>?> _exemplars = [];
    private readonly QueryLimits _limits;
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private byte[] _lastKey = [];
    private int _last = -1;

    public MetricTable(MetricsFunctionNode function, MetricGrid grid, QueryLimits limits)
    {
        (Function, Grid, _limits) = (function, grid, limits);
        _lookup = _known.GetAlternateLookup<ReadOnlySpan<byte>>();
        HasBuckets = function.Function is "quantile_over_time" or "histogram_over_time";
        IsCount = HasBuckets || function.Of is null;
    }

    public MetricsFunctionNode Function { get; }

    public MetricGrid Grid { get; }

    /// <summary>Whether spans are counted by buckets of their value; the bucket's exponent is the last value of a key.</summary>
    public bool HasBuckets { get; }

    /// <summary>Whether spans are counted, and not their values added up.</summary>
    public bool IsCount { get; }

    /// <summary>Spans added.</summary>
    public long Spans { get; private set; }

    public int Count => _keys.Count;

    public ReadOnlySpan<byte> Key(int series) => _keys[series];

    public double[] Values(int series) => _values[series];

    public IReadOnlyList<TraceExemplar> Exemplars(int series) => _exemplars[series] ?? [];

    /// <summary>The series of a key.</summary>
    /// <exception cref="LimitExceededException">It is one too many.</exception>
    public int SeriesOf(ReadOnlySpan<byte> key)
    {
        if (_last >= 0 && key.SequenceEqual(_lastKey))
        {
            return _last;
        }

        if (!_lookup.TryGetValue(key, out var series))
        {
            // Buckets of one series count as one: there are sixty at most.
            var most = HasBuckets ? 64L * _limits.MaxMetricSeries : _limits.MaxMetricSeries;
            if (_keys.Count >= most)
            {
                throw new LimitExceededException(nameof(_limits.MaxMetricSeries), _limits.MaxMetricSeries, _keys.Count + 1, "series of the query");
            }

            if ((long)(_keys.Count + 1) * Grid.Count > _limits.MaxSamples)
            {
                throw new LimitExceededException(nameof(_limits.MaxSamples), _limits.MaxSamples, (long)(_keys.Count + 1) * Grid.Count, "points of the query");
            }

            series = _keys.Count;
            var own = key.ToArray();
            _known.Add(own, series);
            _keys.Add(own);
            var values = new double[Grid.Count];
            if (!IsCount)
            {
                Array.Fill(values, double.NaN);
            }

            _values.Add(values);
            _counts.Add(Function.Function == "avg_over_time" ? new double[Grid.Count] : []);
            _exemplars.Add(null);
        }

        _lastKey = _keys[series];
        return _last = series;
    }

    /// <summary>Adds spans of one interval with one value.</summary>
    public void Add(int series, int interval, double value, long weight)
    {
        Spans += weight;
        ref var slot = ref _values[series][interval];
        if (IsCount)
        {
            slot += weight;
            return;
        }

        switch (Function.Function)
        {
            case "min_over_time":
                slot = double.IsNaN(slot) || value < slot ? value : slot;
                break;
            case "max_over_time":
                slot = double.IsNaN(slot) || value > slot ? value : slot;
                break;
            default:
                slot = (double.IsNaN(slot) ? 0 : slot) + (value * weight);
                if (_counts[series] is { Length: > 0 } counts)
                {
                    counts[interval] += weight;
                }

                break;
        }
    }

    /// <summary>Keeps a span that stands for others.</summary>
    public void Add(int series, TraceExemplar exemplar)
    {
        var kept = _exemplars[series] ??= [];
        if (kept.Count < MaxExemplarsOfSeries)
        {
            kept.Add(exemplar);
        }
    }

    /// <summary>Turns sums into what the function means: rates and means.</summary>
    public void Finish()
    {
        for (var series = 0; series < Count; series++)
        {
            var values = _values[series];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = Function.Function switch
                {
                    "rate" => values[i] / (Grid.StepNano / 1e9),
                    "avg_over_time" => values[i] / _counts[series][i],
                    _ => values[i],
                };
            }
        }
    }
}
