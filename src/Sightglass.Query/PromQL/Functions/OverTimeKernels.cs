using System.Buffers;
using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>Functions that aggregate a series over its window.</summary>
internal static class OverTimeKernels
{
    public static bool Sum(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram)
    {
        value = 0;
        histogram = null;
        if (Mixed(w, call, metric))
        {
            return false;
        }

        if (w.Histograms.Length > 0)
        {
            histogram = HistogramAggregation.OverTime(w.Histograms, average: false, metric, call);
            return histogram is not null;
        }

        var compensation = 0d;
        for (var i = 0; i < w.Values.Length; i++)
        {
            KahanSum.Add(w.Weights.IsEmpty ? w.Values[i] : w.Weights[i].SumOf(w.Values[i]), ref value, ref compensation);
        }

        value = double.IsInfinity(value) ? value : value + compensation;
        return true;
    }

    public static bool Average(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram)
    {
        value = 0;
        histogram = null;
        if (Mixed(w, call, metric))
        {
            return false;
        }

        if (w.Histograms.Length > 0)
        {
            histogram = HistogramAggregation.OverTime(w.Histograms, average: true, metric, call);
            return histogram is not null;
        }

        if (w.Weights.IsEmpty)
        {
            value = Means.Average(w.Values);
            return true;
        }

        _ = Sum(w, call, step, metric, out var sum, out histogram);
        value = sum / CountOf(w);
        return true;
    }

    public static bool Count(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram)
    {
        histogram = null;
        value = CountOf(w) + w.Histograms.Length;
        return true;
    }

    private static double CountOf(in RangeWindow w)
    {
        double count = 0;
        foreach (var weight in w.Weights)
        {
            count += weight.CountOf;
        }

        return w.Weights.IsEmpty ? w.Values.Length : count;
    }

    public static bool Present(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram)
    {
        histogram = null;
        value = 1;
        return true;
    }

    public static bool Last(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram)
    {
        histogram = w.Histograms.Length > 0 && (w.Times.Length == 0 || w.HistogramTimes[^1] > w.Times[^1]) ? w.Histograms[^1] : null;
        value = histogram is null ? w.Values[^1] : SpecialNumbers.NaN;
        return true;
    }

    public static bool First(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram)
    {
        histogram = w.Histograms.Length > 0 && (w.Times.Length == 0 || w.HistogramTimes[0] < w.Times[0]) ? w.Histograms[0] : null;
        value = histogram is null ? w.Values[0] : SpecialNumbers.NaN;
        return true;
    }

    public static bool TimeOfLast(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram)
    {
        histogram = null;
        value = Math.Max(w.Times.Length > 0 ? w.Times[^1] : long.MinValue, w.Histograms.Length > 0 ? w.HistogramTimes[^1] : long.MinValue) / 1000.0;
        return true;
    }

    public static bool TimeOfFirst(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram)
    {
        histogram = null;
        value = Math.Min(w.Times.Length > 0 ? w.Times[0] : long.MaxValue, w.Histograms.Length > 0 ? w.HistogramTimes[0] : long.MaxValue) / 1000.0;
        return true;
    }

    public static bool Min(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram) =>
        Extreme(w, call, metric, max: false, time: false, out value, out histogram);

    public static bool Max(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram) =>
        Extreme(w, call, metric, max: true, time: false, out value, out histogram);

    public static bool TimeOfMin(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram) =>
        Extreme(w, call, metric, max: false, time: true, out value, out histogram);

    public static bool TimeOfMax(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram) =>
        Extreme(w, call, metric, max: true, time: true, out value, out histogram);

    public static bool Stdvar(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram)
    {
        histogram = null;
        value = SpecialNumbers.NaN;
        if (!FloatsOnly(w, call, metric))
        {
            return false;
        }

        value = Means.Variance(w.Values);
        return true;
    }

    public static bool Stddev(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram)
    {
        var found = Stdvar(w, call, step, metric, out value, out histogram);
        value = Math.Sqrt(value);
        return found;
    }

    public static bool Quantile(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram)
    {
        histogram = null;
        value = SpecialNumbers.NaN;
        if (!FloatsOnly(w, call, metric))
        {
            return false;
        }

        var q = call.Scalar(0, step);
        call.Annotations.QuantileOutOfRange(q, call.Expression.Arguments[0]);
        var scratch = ArrayPool<double>.Shared.Rent(w.Values.Length);
        w.Values.CopyTo(scratch);
        value = Means.Quantile(q, scratch.AsSpan(0, w.Values.Length));
        ArrayPool<double>.Shared.Return(scratch);
        return true;
    }

    public static bool MedianDeviation(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram)
    {
        histogram = null;
        value = SpecialNumbers.NaN;
        if (!FloatsOnly(w, call, metric))
        {
            return false;
        }

        var values = w.Values.ToArray();
        if (Array.Exists(values, double.IsNaN))
        {
            return true;
        }

        var median = Means.Quantile(0.5, values);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Math.Abs(values[i] - median);
        }

        value = Means.Quantile(0.5, values);
        return true;
    }

    private static bool Mixed(in RangeWindow w, RangeCall call, string metric)
    {
        if (w.Times.Length == 0 || w.Histograms.Length == 0)
        {
            return false;
        }

        call.Annotations.WarnNamed("encountered a mix of histograms and floats", metric, call.Source);
        return true;
    }

    public static bool FloatsOnly(in RangeWindow w, RangeCall call, string metric)
    {
        if (w.Times.Length == 0)
        {
            return false;
        }

        if (w.Histograms.Length > 0)
        {
            // Prometheus names the first argument, which of quantile_over_time is the quantile.
            call.Annotations.InfoNamed("ignored histograms in a range containing both floats and histograms", metric, call.Expression.Arguments[0]);
        }

        return true;
    }

    private static bool Extreme(in RangeWindow w, RangeCall call, string metric, bool max, bool time, out double value, out NativeHistogram? histogram)
    {
        histogram = null;
        value = SpecialNumbers.NaN;
        if (!FloatsOnly(w, call, metric))
        {
            return false;
        }

        if (!time)
        {
            value = Extremes.Of(w.Values, max);
            return true;
        }

        value = w.Values[0];
        var at = 0;
        for (var i = 1; i < w.Values.Length; i++)
        {
            var v = w.Values[i];
            // Of equal values the last.
            if (double.IsNaN(value) || (max ? v >= value : v <= value))
            {
                value = v;
                at = i;
            }
        }

        value = w.Times[at] / 1000.0;
        return true;
    }
}
