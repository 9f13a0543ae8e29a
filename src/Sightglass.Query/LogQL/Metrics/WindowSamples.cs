using System.Diagnostics;
using Sightglass.Query.LogQL.Tree;

namespace Sightglass.Query.LogQL.Metrics;

/// <summary>Unwrapped values of one series with their times, and what the functions make of the windows over them. Not thread-safe.</summary>
internal sealed class WindowSamples
{
    private long[] _times = new long[16];
    private double[] _values = new double[16];
    private int _count;
    private bool _sorted = true;

    /// <summary>Adds a value.</summary>
    public void Add(long timeNano, double value)
    {
        if (_count == _times.Length)
        {
            Array.Resize(ref _times, _count * 2);
            Array.Resize(ref _values, _count * 2);
        }

        _sorted &= _count == 0 || _times[_count - 1] <= timeNano;
        _times[_count] = timeNano;
        _values[_count++] = value;
    }

    /// <summary>Whether a function gives the same, to the last bit, for the values of a window in any order.</summary>
    public static bool IsOrderFree(string function) => function is "min_over_time" or "max_over_time" or "quantile_over_time";

    /// <summary>Fills the steps of a series.</summary>
    public void Fill(StepSeries series, RangeNode node, StepGrid grid)
    {
        if (!_sorted && !(IsOrderFree(node.Function) && TrySortByCell(node, grid)))
        {
            Array.Sort(_times, _values, 0, _count);
        }

        var from = 0;
        var to = 0;
        double[]? scratch = null;
        for (var step = 0; step < grid.Count; step++)
        {
            var end = grid.TimeOf(step);
            while (to < _count && _times[to] <= end)
            {
                to++;
            }

            while (from < to && _times[from] <= end - node.RangeNano)
            {
                from++;
            }

            if (from < to)
            {
                series.Set(step, Value(node, _times.AsSpan(from, to - from), _values.AsSpan(from, to - from), end, ref scratch));
            }
        }
    }

    /// <summary>Sorts no finer than windows begin and end, which is a matter of counting; false when there are too many such cells.</summary>
    private bool TrySortByCell(RangeNode node, StepGrid grid)
    {
        var fold = LogFold.Cells(node, grid);
        if (fold == 0)
        {
            return true;
        }

        var first = grid.StartNano - node.RangeNano + 1;
        var cells = ((grid.EndNano - first) / fold) + 1;
        if (cells > (4L * _count) + 1024)
        {
            return false;
        }

        var starts = new int[cells + 1];
        for (var i = 0; i < _count; i++)
        {
            starts[((_times[i] - first) / fold) + 1]++;
        }

        for (var i = 1; i < starts.Length; i++)
        {
            starts[i] += starts[i - 1];
        }

        var (times, values) = (new long[_count], new double[_count]);
        for (var i = 0; i < _count; i++)
        {
            var to = starts[(_times[i] - first) / fold]++;
            (times[to], values[to]) = (_times[i], _values[i]);
        }

        (_times, _values, _sorted) = (times, values, true);
        return true;
    }

    private static double Value(RangeNode node, ReadOnlySpan<long> times, ReadOnlySpan<double> values, long end, ref double[]? scratch)
    {
        switch (node.Function)
        {
            case "sum_over_time":
                return Sum(values);
            case "rate":
                return Sum(values) / (node.RangeNano / 1e9);
            case "avg_over_time":
                return Average(values);
            case "min_over_time":
                return Extreme(values, -1);
            case "max_over_time":
                return Extreme(values, 1);
            case "first_over_time":
                return values[0];
            case "last_over_time":
                return values[^1];
            case "stdvar_over_time":
                return Variance(values);
            case "stddev_over_time":
                return Math.Sqrt(Variance(values));
            case "rate_counter":
                return CounterRate(times, values, end, node.RangeNano);
            case "quantile_over_time":
                if (scratch is null || scratch.Length < values.Length)
                {
                    scratch = new double[Math.Max(values.Length, (scratch?.Length ?? 8) * 2)];
                }

                values.CopyTo(scratch);
                return Quantile(node.Parameter, scratch.AsSpan(0, values.Length));
            default:
                throw new UnreachableException($"BUG: function {node.Function}");
        }
    }

    private static double Sum(ReadOnlySpan<double> values)
    {
        var sum = 0d;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum;
    }

    // A running mean does not overflow where the sum would.
    private static double Average(ReadOnlySpan<double> values)
    {
        var mean = 0d;
        for (var i = 0; i < values.Length; i++)
        {
            if (double.IsInfinity(mean) && (double.IsFinite(values[i]) || values[i] == mean))
            {
                // Infinity stays, instead of being taken from itself.
                continue;
            }

            mean += (values[i] / (i + 1)) - (mean / (i + 1));
        }

        return mean;
    }

    private static double Extreme(ReadOnlySpan<double> values, int sign)
    {
        var best = values[0];
        foreach (var value in values)
        {
            if (double.IsNaN(best) || value.CompareTo(best) * sign > 0)
            {
                best = double.IsNaN(value) ? best : value;
            }
        }

        return best;
    }

    /// <summary>The variance of a whole population.</summary>
    public static double Variance(ReadOnlySpan<double> values)
    {
        var mean = 0d;
        var sum = 0d;
        for (var i = 0; i < values.Length; i++)
        {
            var delta = values[i] - mean;
            mean += delta / (i + 1);
            sum += delta * (values[i] - mean);
        }

        return sum / values.Length;
    }

    /// <summary>The quantile by linear interpolation; sorts the values.</summary>
    public static double Quantile(double quantile, Span<double> values)
    {
        if (quantile < 0 || quantile > 1)
        {
            return quantile < 0 ? double.NegativeInfinity : double.PositiveInfinity;
        }

        if (double.IsNaN(quantile))
        {
            return double.NaN;
        }

        values.Sort();
        var rank = quantile * (values.Length - 1);
        var lower = Math.Max(0, (int)Math.Floor(rank));
        var upper = Math.Min(values.Length - 1, lower + 1);
        var weight = rank - Math.Floor(rank);
        return (values[lower] * (1 - weight)) + (values[upper] * weight);
    }

    // As Prometheus' rate: resets are added up, and the ends of the window extrapolated to.
    private static double CounterRate(ReadOnlySpan<long> times, ReadOnlySpan<double> values, long end, long rangeNano)
    {
        if (values.Length < 2)
        {
            return 0;
        }

        var result = values[^1] - values[0];
        for (var i = 1; i < values.Length; i++)
        {
            result += values[i] < values[i - 1] ? values[i - 1] : 0;
        }

        var toStart = (times[0] - (end - rangeNano)) / 1e9;
        var toEnd = (end - times[^1]) / 1e9;
        var sampled = (times[^1] - times[0]) / 1e9;
        var average = sampled / (values.Length - 1);
        var threshold = average * 1.1;
        toStart = toStart < threshold ? toStart : average / 2;
        if (result > 0 && values[0] >= 0)
        {
            // A counter does not start below zero.
            toStart = Math.Min(toStart, sampled * (values[0] / result));
        }

        var covered = sampled + toStart + (toEnd < threshold ? toEnd : average / 2);
        return result * (covered / sampled) / (rangeNano / 1e9);
    }
}
