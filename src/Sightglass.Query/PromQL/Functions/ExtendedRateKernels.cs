using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>
/// <c>rate</c>, <c>increase</c> and <c>delta</c> of <c>anchored</c> and <c>smoothed</c> ranges: no extrapolation, but the value at either
/// end of the range. Windows hold the samples within the lookback before the range too, and for <c>smoothed</c> those after it.
/// </summary>
internal static class ExtendedRateKernels
{
    public static bool Run(in RangeWindow w, RangeCall call, bool smoothed, string metric, out double value, out NativeHistogram? histogram)
    {
        var isCounter = call.Expression.Function.Name != "delta";
        var isRate = call.Expression.Function.Name == "rate";
        value = SpecialNumbers.NaN;
        histogram = null;
        if (w.Times.Length > 0 && w.Histograms.Length > 0)
        {
            call.Annotations.WarnNamed("encountered a mix of histograms and floats", metric, call.Source);
            return false;
        }

        if (!Bounds(w.Times.Length > 0 ? w.Times : w.HistogramTimes, w.StartMs, w.EndMs, smoothed, out var first, out var last))
        {
            return false;
        }

        if (w.Times.Length > 0)
        {
            value = Floats(w, first, last, smoothed, isCounter);
            value = isRate ? value / w.RangeSeconds : value;
            return true;
        }

        histogram = Histograms(w, first, last, smoothed, isCounter, metric, call);
        if (histogram is not null && isRate)
        {
            histogram = HistogramArithmetic.Divide(histogram, w.RangeSeconds);
        }

        histogram = histogram is null ? null : histogram with { ResetHint = CounterResetHint.Gauge };
        return histogram is not null;
    }

    /// <summary>The value between two samples, on the line from one to the other; a counter that was reset rises from zero.</summary>
    public static double Between(long t1, double v1, long t2, double v2, long at, bool isCounter)
    {
        var from = isCounter && v2 < v1 ? 0 : v1;
        return from + ((v2 - from) * (at - t1) / (t2 - t1));
    }

    /// <summary>The same of histograms; null where exponential and custom buckets meet.</summary>
    public static NativeHistogram? Between(long t1, NativeHistogram h1, long t2, NativeHistogram h2, long at, bool isCounter, Func<HistogramOutcome, string, NativeHistogram?> check)
    {
        if (at == t1 || at == t2)
        {
            return at == t1 ? h1 : h2;
        }

        var fraction = (double)(at - t1) / (t2 - t1);
        if (isCounter && HistogramReset.Detect(h1, h2))
        {
            return HistogramArithmetic.Scale(h2, fraction);
        }

        return check(HistogramArithmetic.Subtract(h2, h1), "subtraction") is { } difference
            ? check(HistogramArithmetic.Add(HistogramArithmetic.Scale(difference, fraction), h1), "addition")
            : null;
    }

    /// <summary>The samples that stand for both ends of the range; false where there is none to say anything of it.</summary>
    private static bool Bounds(ReadOnlySpan<long> times, long startMs, long endMs, bool smoothed, out int first, out int last)
    {
        last = times.Length - 1;
        first = 0;
        if (last < 0)
        {
            return false;
        }

        while (first < last && times[first] <= startMs)
        {
            first++;
        }

        first = Math.Max(0, first - 1);
        if (smoothed)
        {
            var at = 0;
            while (at < last && times[at] < endMs)
            {
                at++;
            }

            last = at;
        }

        return times[last] > startMs && !(smoothed && times[first] > endMs);
    }

    /// <summary>The values at both ends of a range, no counter's; false where there are none.</summary>
    public static bool Ends(ReadOnlySpan<long> times, ReadOnlySpan<double> values, long startMs, long endMs, bool smoothed, out double left, out double right)
    {
        left = right = 0;
        if (!Bounds(times, startMs, endMs, smoothed, out var first, out var last))
        {
            return false;
        }

        left = Left(times, values, first, startMs, smoothed, isCounter: false);
        right = Right(times, values, last, endMs, smoothed, isCounter: false);
        return true;
    }

    private static double Left(ReadOnlySpan<long> times, ReadOnlySpan<double> values, int first, long startMs, bool smoothed, bool isCounter) =>
        smoothed && times[first] < startMs ? Between(times[first], values[first], times[first + 1], values[first + 1], startMs, isCounter) : values[first];

    private static double Right(ReadOnlySpan<long> times, ReadOnlySpan<double> values, int last, long endMs, bool smoothed, bool isCounter) =>
        smoothed && last > 0 && times[last] > endMs ? Between(times[last - 1], values[last - 1], times[last], values[last], endMs, isCounter) : values[last];

    private static double Floats(in RangeWindow w, int first, int last, bool smoothed, bool isCounter)
    {
        var times = w.Times;
        var values = w.Values;
        var left = Left(times, values, first, w.StartMs, smoothed, isCounter);
        var right = Right(times, values, last, w.EndMs, smoothed, isCounter);
        var change = right - left;
        if (!isCounter)
        {
            return change;
        }

        // Resets between the samples that lie within; the ends have seen to theirs.
        var previous = left;
        for (var i = times[first] <= w.StartMs ? first + 1 : first; i <= (times[last] >= w.EndMs ? last - 1 : last); i++)
        {
            change += values[i] < previous ? previous : 0;
            previous = values[i];
        }

        return change + (right < previous ? previous : 0);
    }

    private static NativeHistogram? Histograms(in RangeWindow w, int first, int last, bool smoothed, bool isCounter, string metric, RangeCall call)
    {
        var times = w.HistogramTimes;
        var points = w.Histograms;
        foreach (var point in points[first..(last + 1)])
        {
            if (HistogramLayout.IsCustom(point) != HistogramLayout.IsCustom(points[first]))
            {
                HistogramRate.Mixed(metric, call);
                return null;
            }

            if (isCounter && point.ResetHint == CounterResetHint.Gauge)
            {
                HistogramRate.NotCounter(metric, call);
            }
        }

        NativeHistogram? Check(HistogramOutcome outcome, string operation) => HistogramRate.Combined(outcome, operation, metric, call);
        var left = smoothed && times[first] < w.StartMs ? Between(times[first], points[first], times[first + 1], points[first + 1], w.StartMs, isCounter, Check) : points[first];
        var right = smoothed && last > 0 && times[last] > w.EndMs ? Between(times[last - 1], points[last - 1], times[last], points[last], w.EndMs, isCounter, Check) : points[last];
        if (left is null || right is null)
        {
            return null;
        }

        if (!isCounter && (left.ResetHint != CounterResetHint.Gauge || right.ResetHint != CounterResetHint.Gauge))
        {
            call.Annotations.Warn($"this native histogram metric is not a gauge: {Syntax.QuotedText.Quote(metric)}", call.Source);
        }

        var change = HistogramRate.Difference(right, left, metric, call);
        if (!isCounter || change is null)
        {
            return change;
        }

        // The last sample is never compared itself: the right end is it, or has its hint.
        var from = first + 1;
        var previous = left;
        if (smoothed && times[first] < w.StartMs && HistogramReset.Detect(points[first], points[first + 1]))
        {
            // The left end has seen to this reset.
            previous = points[first + 1];
            from++;
        }

        if (from > last)
        {
            return change;
        }

        for (var i = from; i <= last; i++)
        {
            var current = i < last ? points[i] : right;
            if (HistogramReset.Detect(previous, current))
            {
                change = HistogramRate.Sum(change, previous, metric, call);
                if (change is null)
                {
                    return null;
                }
            }

            previous = current;
        }

        return change;
    }
}
