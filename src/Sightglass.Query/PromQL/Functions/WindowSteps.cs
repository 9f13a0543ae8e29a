namespace Sightglass.Query.PromQL;

/// <summary>
/// Functions of a series of floats over the windows of all steps together: one walk finds the windows' ends, then what is counted is counted once for all windows, and what
/// is summed is summed for several windows side by side. The arithmetic is that of <see cref="OverTimeKernels"/> and <see cref="TrendKernels"/>, operation for operation.
/// </summary>
internal sealed class WindowSteps
{
    private int[] _from = [];
    private int[] _to = [];
    private int[] _counts = [];

    /// <summary>Whether a function is one of these.</summary>
    public static bool Knows(string function) => function is "sum_over_time" or "avg_over_time" or "count_over_time" or "min_over_time" or "max_over_time" or "stddev_over_time" or "stdvar_over_time"
        or "changes" or "resets" or "deriv" or "predict_linear";

    /// <summary>Fills a row with the values of all steps; returns the number of samples in the windows, and whether there is any value.</summary>
    /// <param name="function">One that <see cref="Knows"/>.</param>
    /// <param name="times">Times of the samples.</param>
    /// <param name="values">Their values.</param>
    /// <param name="grid">The steps.</param>
    /// <param name="offset">How far before its step a window ends.</param>
    /// <param name="range">How long a window is.</param>
    /// <param name="ahead">How many seconds ahead is predicted at each step, for <c>predict_linear</c>.</param>
    /// <param name="row">Where the values go.</param>
    /// <param name="any">Whether there is any.</param>
    public long Fill(string function, ReadOnlySpan<long> times, ReadOnlySpan<double> values, StepGrid grid, long offset, long range, double[]? ahead, Span<double> row, out bool any)
    {
        var isTrend = function is "deriv" or "predict_linear";
        var used = Walk(times, grid, offset, range, isTrend ? 2 : 1, row, out any);
        if (!any)
        {
            return used;
        }

        var windows = new Windows(times, values, _from.AsSpan(0, row.Length), _to.AsSpan(0, row.Length));
        switch (function)
        {
            case "sum_over_time":
                Lockstep.Sum(windows, row);
                break;
            case "avg_over_time":
                Lockstep.Average(windows, row);
                break;
            case "stddev_over_time" or "stdvar_over_time":
                Lockstep.Variance(windows, function == "stddev_over_time", row);
                break;
            case "deriv" or "predict_linear":
                Lockstep.Regression(windows, grid, ahead, row);
                break;
            case "min_over_time" or "max_over_time":
                for (var i = 0; i < row.Length; i++)
                {
                    row[i] = windows.IsEmpty(i) ? row[i] : Extremes.Of(windows.Values(i), function == "max_over_time");
                }

                break;
            case "count_over_time":
                for (var i = 0; i < row.Length; i++)
                {
                    row[i] = windows.IsEmpty(i) ? row[i] : _to[i] - _from[i];
                }

                break;
            default:
                CountPairs(values, function == "resets");
                for (var i = 0; i < row.Length; i++)
                {
                    row[i] = windows.IsEmpty(i) ? row[i] : _counts[_to[i] - 1] - _counts[_from[i]];
                }

                break;
        }

        return used;
    }

    // Windows with too few samples are empty, and their steps absent.
    private long Walk(ReadOnlySpan<long> times, StepGrid grid, long offset, long range, int fewest, Span<double> row, out bool any)
    {
        if (_from.Length < row.Length)
        {
            (_from, _to) = (new int[row.Length], new int[row.Length]);
        }

        var (from, to) = (0, 0);
        long used = 0;
        any = false;
        for (var i = 0; i < row.Length; i++)
        {
            var end = grid.Time(i) - offset;
            while (to < times.Length && times[to] <= end)
            {
                to++;
            }

            while (from < to && times[from] <= end - range)
            {
                from++;
            }

            used += to - from;
            row[i] = SpecialNumbers.Absent;
            _from[i] = from;
            _to[i] = to - from < fewest ? from : to;
            any |= to - from >= fewest;
        }

        return used;
    }

    // Of each sample, how often the value changed, or fell, up to it.
    private void CountPairs(ReadOnlySpan<double> values, bool resets)
    {
        if (_counts.Length < values.Length)
        {
            _counts = new int[Math.Max(values.Length, 1024)];
        }

        var count = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (i > 0 && (resets ? values[i] < values[i - 1] : values[i] != values[i - 1] && !(double.IsNaN(values[i]) && double.IsNaN(values[i - 1]))))
            {
                count++;
            }

            _counts[i] = count;
        }
    }

    /// <summary>The windows of the steps over one series.</summary>
    internal readonly ref struct Windows(ReadOnlySpan<long> times, ReadOnlySpan<double> values, ReadOnlySpan<int> from, ReadOnlySpan<int> to)
    {
        private readonly ReadOnlySpan<long> _times = times;
        private readonly ReadOnlySpan<double> _values = values;
        private readonly ReadOnlySpan<int> _from = from;
        private readonly ReadOnlySpan<int> _to = to;

        public bool IsEmpty(int step) => _to[step] == _from[step];

        public ReadOnlySpan<double> Values(int step) => _values[_from[step].._to[step]];

        public ReadOnlySpan<long> Times(int step) => _times[_from[step].._to[step]];
    }
}
