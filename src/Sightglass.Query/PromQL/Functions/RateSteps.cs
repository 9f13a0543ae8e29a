using System.Numerics;
using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>
/// <c>rate</c>, <c>increase</c> and <c>delta</c> of a series of floats for all steps together: one walk finds every window's ends, then the
/// extrapolation is done for several steps at a time. The arithmetic is that of <see cref="RateKernels"/>, operation for operation.
/// </summary>
internal sealed class RateSteps
{
    private int[] _resets = new int[16];
    private double[] _first = [];
    private double[] _toStart = [];
    private double[] _toEnd = [];
    private double[] _sampled = [];
    private double[] _intervals = [];
    private int _resetCount;

    /// <summary>Fills a row with the values of all steps; returns the number of samples in the windows, and whether there is any value.</summary>
    public long Fill(ReadOnlySpan<long> times, ReadOnlySpan<double> values, long firstEnd, long step, long range, bool isCounter, bool isRate, Span<double> row, out bool any)
    {
        EnsureRoom(row.Length);
        _resetCount = 0;
        if (isCounter)
        {
            FindResets(values);
        }

        var used = Walk(times, values, firstEnd, step, range, row, out any);
        if (any)
        {
            Extrapolate(row, isCounter, isRate ? range / 1000.0 : 0);
        }

        return used;
    }

    private void EnsureRoom(int steps)
    {
        if (_first.Length < steps)
        {
            _first = new double[steps];
            _toStart = new double[steps];
            _toEnd = new double[steps];
            _sampled = new double[steps];
            _intervals = new double[steps];
        }
    }

    private void FindResets(ReadOnlySpan<double> values)
    {
        // Resets are rare: blocks without one are passed over several values at a time.
        var i = 1;
        while (i < values.Length)
        {
            if (i + Vector<double>.Count <= values.Length && !Vector.LessThanAny(new Vector<double>(values[i..]), new Vector<double>(values[(i - 1)..])))
            {
                i += Vector<double>.Count;
                continue;
            }

            var end = Math.Min(values.Length, i + Vector<double>.Count);
            for (; i < end; i++)
            {
                if (values[i] < values[i - 1])
                {
                    if (_resetCount == _resets.Length)
                    {
                        Array.Resize(ref _resets, _resetCount * 2);
                    }

                    _resets[_resetCount++] = i;
                }
            }
        }
    }

    /// <summary>Finds every step's window; the row holds the change over it, or the mark of absence.</summary>
    private long Walk(ReadOnlySpan<long> times, ReadOnlySpan<double> values, long end, long step, long range, Span<double> row, out bool any)
    {
        var (from, to, reset) = (0, 0, 0);
        long used = 0;
        var absent = SpecialNumbers.Absent;
        any = false;
        for (var i = 0; i < row.Length; i++, end += step)
        {
            var start = end - range;
            while (to < times.Length && times[to] <= end)
            {
                to++;
            }

            while (from < to && times[from] <= start)
            {
                from++;
            }

            used += to - from;
            if (to - from < 2)
            {
                row[i] = absent;
                _sampled[i] = 1;
                _intervals[i] = 1;
                continue;
            }

            var change = values[to - 1] - values[from];
            while (reset < _resetCount && _resets[reset] <= from)
            {
                reset++;
            }

            for (var r = reset; r < _resetCount && _resets[r] < to; r++)
            {
                change += values[_resets[r] - 1];
            }

            any = true;
            row[i] = change;
            _first[i] = values[from];
            _toStart[i] = times[from] - start;
            _toEnd[i] = end - times[to - 1];
            _sampled[i] = times[to - 1] - times[from];
            _intervals[i] = to - from - 1;
        }

        return used;
    }

    private void Extrapolate(Span<double> row, bool isCounter, double rangeSeconds)
    {
        var width = Vector<double>.Count;
        var thousand = new Vector<double>(1000.0);
        var half = new Vector<double>(2.0);
        var seconds = new Vector<double>(rangeSeconds);
        var at = 0;
        for (; at + width <= row.Length; at += width)
        {
            var change = new Vector<double>(row[at..]);
            var sampled = new Vector<double>(_sampled, at) / thousand;
            var toStart = new Vector<double>(_toStart, at) / thousand;
            var toEnd = new Vector<double>(_toEnd, at) / thousand;
            var average = sampled / new Vector<double>(_intervals, at);
            var threshold = average * new Vector<double>(1.1);
            var halfway = average / half;
            toStart = Vector.ConditionalSelect(Vector.GreaterThanOrEqual(toStart, threshold), halfway, toStart);
            if (isCounter)
            {
                var first = new Vector<double>(_first, at);
                var toZero = sampled * (first / change);
                var limited = Vector.GreaterThan(change, Vector<double>.Zero) & Vector.GreaterThanOrEqual(first, Vector<double>.Zero) & Vector.LessThan(toZero, toStart);
                toStart = Vector.ConditionalSelect(limited, toZero, toStart);
            }

            toEnd = Vector.ConditionalSelect(Vector.GreaterThanOrEqual(toEnd, threshold), halfway, toEnd);
            var factor = (sampled + toStart + toEnd) / sampled;
            factor = rangeSeconds > 0 ? factor / seconds : factor;
            var bits = Vector.AsVectorInt64(change);
            var absent = Vector.Equals(bits, new Vector<long>((long)SpecialValues.StaleNaNBits));
            Vector.ConditionalSelect(Vector.AsVectorDouble(absent), change, change * factor).CopyTo(row[at..]);
        }

        for (; at < row.Length; at++)
        {
            if (!SpecialValues.IsStale(row[at]))
            {
                row[at] = Extrapolated(row[at], at, isCounter, rangeSeconds);
            }
        }
    }

    private double Extrapolated(double change, int at, bool isCounter, double rangeSeconds)
    {
        var sampled = _sampled[at] / 1000.0;
        var toStart = _toStart[at] / 1000.0;
        var toEnd = _toEnd[at] / 1000.0;
        var average = sampled / _intervals[at];
        var threshold = average * 1.1;
        toStart = toStart >= threshold ? average / 2 : toStart;
        if (isCounter && change > 0 && _first[at] >= 0)
        {
            var toZero = sampled * (_first[at] / change);
            toStart = toZero < toStart ? toZero : toStart;
        }

        toEnd = toEnd >= threshold ? average / 2 : toEnd;
        var factor = (sampled + toStart + toEnd) / sampled;
        return change * (rangeSeconds > 0 ? factor / rangeSeconds : factor);
    }
}
