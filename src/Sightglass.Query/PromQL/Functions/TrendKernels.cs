using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>Functions of a series' course: regression, smoothing, changes and resets.</summary>
internal static class TrendKernels
{
    public static bool Derivative(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram)
    {
        histogram = null;
        value = SpecialNumbers.NaN;
        if (!Regressible(w, call, metric))
        {
            return false;
        }

        // Relative to the first sample, so that large timestamps cost no digits.
        (value, _) = Regression(w.Times, w.Values, w.Times[0]);
        return true;
    }

    public static bool Predict(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram)
    {
        histogram = null;
        value = SpecialNumbers.NaN;
        if (!Regressible(w, call, metric))
        {
            return false;
        }

        var (slope, intercept) = Regression(w.Times, w.Values, w.StepMs);
        value = (slope * call.Scalar(1, step)) + intercept;
        return true;
    }

    public static bool Smooth(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram)
    {
        histogram = null;
        value = SpecialNumbers.NaN;
        var smoothing = call.Scalar(1, step);
        var trendFactor = call.Scalar(2, step);
        if (smoothing is not (> 0 and < 1))
        {
            throw new QueryException(QueryErrorKind.Execution, $"invalid smoothing factor. Expected: 0 < sf < 1, got: {smoothing:F6}", call.Expression.Span.Start);
        }

        if (trendFactor is not (> 0 and < 1))
        {
            throw new QueryException(QueryErrorKind.Execution, $"invalid trend factor. Expected: 0 < tf < 1, got: {trendFactor:F6}", call.Expression.Span.Start);
        }

        if (w.Values.Length < 2)
        {
            if (w.Values.Length == 1 && w.Histograms.Length > 0)
            {
                OverTimeKernels.FloatsOnly(w, call, metric);
            }

            return false;
        }

        OverTimeKernels.FloatsOnly(w, call, metric);
        double previous = 0;
        var current = w.Values[0];
        var trend = w.Values[1] - w.Values[0];
        for (var i = 1; i < w.Values.Length; i++)
        {
            var scaled = smoothing * w.Values[i];
            if (i > 1)
            {
                trend = (trendFactor * (current - previous)) + ((1 - trendFactor) * trend);
            }

            var rest = (1 - smoothing) * (current + trend);
            previous = current;
            current = scaled + rest;
        }

        value = current;
        return true;
    }

    public static bool Changes(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram)
    {
        histogram = null;
        value = 0;
        var f = 0;
        var h = 0;
        var first = true;
        double previous = 0;
        NativeHistogram? previousHistogram = null;
        while (f < w.Times.Length || h < w.Histograms.Length)
        {
            var isFloat = h == w.Histograms.Length || (f < w.Times.Length && w.Times[f] <= w.HistogramTimes[h]);
            double number = 0;
            NativeHistogram? current = null;
            if (isFloat)
            {
                number = w.Values[f++];
            }
            else
            {
                current = w.Histograms[h++];
            }

            if (!first)
            {
                var changed = (current, previousHistogram) switch
                {
                    (null, null) => number != previous && !(double.IsNaN(number) && double.IsNaN(previous)),
                    (not null, not null) => !HistogramArithmetic.AreEqual(current, previousHistogram),
                    _ => true,
                };
                value += changed ? 1 : 0;
            }

            first = false;
            previous = number;
            previousHistogram = current;
        }

        return true;
    }

    public static bool Resets(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram)
    {
        histogram = null;
        value = 0;
        var f = 0;
        var h = 0;
        var first = true;
        double previous = 0;
        NativeHistogram? previousHistogram = null;
        while (f < w.Times.Length || h < w.Histograms.Length)
        {
            var isFloat = h == w.Histograms.Length || (f < w.Times.Length && w.Times[f] <= w.HistogramTimes[h]);
            double number = 0;
            NativeHistogram? current = null;
            if (isFloat)
            {
                number = w.Values[f++];
            }
            else
            {
                current = w.Histograms[h++];
            }

            if (!first)
            {
                var reset = (current, previousHistogram) switch
                {
                    (null, null) => number < previous || Began(w.Times, w.Starts, f - 1),
                    (not null, not null) => Began(w.HistogramTimes, w.HistogramStarts, h - 1) || HistogramReset.Detect(previousHistogram, current),
                    _ => true,
                };
                value += reset ? 1 : 0;
            }

            first = false;
            previous = number;
            previousHistogram = current;
        }

        return true;
    }

    private static bool Began(ReadOnlySpan<long> times, ReadOnlySpan<long> starts, int at) =>
        starts.Length > 0 && at > 0 && StartTimes.IsReset(starts[at - 1], times[at - 1], starts[at], times[at]);

    private static bool Regressible(in RangeWindow w, RangeCall call, string metric)
    {
        if (w.Values.Length >= 2)
        {
            OverTimeKernels.FloatsOnly(w, call, metric);
            return true;
        }

        if (w.Values.Length == 1 && w.Histograms.Length > 0)
        {
            OverTimeKernels.FloatsOnly(w, call, metric);
        }

        return false;
    }

    private static (double Slope, double Intercept) Regression(ReadOnlySpan<long> times, ReadOnlySpan<double> values, long interceptMs)
    {
        var sums = new RegressionSums(values[0]);
        for (var i = 0; i < values.Length; i++)
        {
            sums.Add((times[i] - interceptMs) / 1e3, values[i]);
        }

        return sums.Line;
    }
}

/// <summary>Least squares with compensated sums, of the points so far; a constant series has slope 0.</summary>
internal struct RegressionSums(double initial)
{
    public double Count;
    public double X;
    public double XCompensation;
    public double Y;
    public double YCompensation;
    public double XY;
    public double XYCompensation;
    public double X2;
    public double X2Compensation;
    public bool IsConstant = true;

    public readonly (double Slope, double Intercept) Line
    {
        get
        {
            if (IsConstant)
            {
                return double.IsInfinity(initial) ? (SpecialNumbers.NaN, SpecialNumbers.NaN) : (0, initial);
            }

            var (x, y) = (X + XCompensation, Y + YCompensation);
            var covariance = XY + XYCompensation - (x * y / Count);
            var variance = X2 + X2Compensation - (x * x / Count);
            var slope = covariance / variance;
            return (slope, (y / Count) - (slope * x / Count));
        }
    }

    public void Add(double x, double y)
    {
        IsConstant &= y == initial;
        Count++;
        KahanSum.Add(x, ref X, ref XCompensation);
        KahanSum.Add(y, ref Y, ref YCompensation);
        KahanSum.Add(x * y, ref XY, ref XYCompensation);
        KahanSum.Add(x * x, ref X2, ref X2Compensation);
    }
}
