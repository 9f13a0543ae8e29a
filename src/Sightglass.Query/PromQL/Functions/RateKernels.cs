using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary><c>rate</c>, <c>increase</c>, <c>delta</c> and their instant forms.</summary>
internal static class RateKernels
{
    public static bool Rate(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram) =>
        Extrapolated(w, call, metric, isCounter: true, isRate: true, out value, out histogram);

    public static bool Increase(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram) =>
        Extrapolated(w, call, metric, isCounter: true, isRate: false, out value, out histogram);

    public static bool Delta(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram) =>
        Extrapolated(w, call, metric, isCounter: false, isRate: false, out value, out histogram);

    public static bool InstantRate(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram) =>
        Instant(w, call, metric, isRate: true, out value, out histogram);

    public static bool InstantDelta(in RangeWindow w, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram) =>
        Instant(w, call, metric, isRate: false, out value, out histogram);

    /// <summary>The change over the window, extrapolated to the window's ends where the samples suggest that the series goes on there.</summary>
    private static bool Extrapolated(in RangeWindow w, RangeCall call, string metric, bool isCounter, bool isRate, out double value, out NativeHistogram? histogram)
    {
        value = SpecialNumbers.NaN;
        histogram = null;
        if (w.Times.Length > 0 && w.Histograms.Length > 0)
        {
            call.Annotations.WarnNamed("encountered a mix of histograms and floats", metric, call.Source);
            return false;
        }

        long firstMs, lastMs;
        int intervals;
        double zeroFrom, change;
        if (w.Histograms.Length > 1)
        {
            intervals = w.Histograms.Length - 1;
            firstMs = w.HistogramTimes[0];
            lastMs = w.HistogramTimes[^1];
            histogram = HistogramRate.Change(w.Histograms, isCounter, metric, call);
            if (histogram is null)
            {
                return false;
            }

            zeroFrom = w.Histograms[0].Count;
            change = histogram.Count;
        }
        else if (w.Times.Length > 1)
        {
            intervals = w.Times.Length - 1;
            firstMs = w.Times[0];
            lastMs = w.Times[^1];
            var values = w.Values;
            change = values[^1] - values[0];
            if (isCounter)
            {
                var previous = values[0];
                for (var i = 1; i < values.Length; i++)
                {
                    if (values[i] < previous)
                    {
                        change += previous;
                    }

                    previous = values[i];
                }
            }

            zeroFrom = values[0];
        }
        else
        {
            return false;
        }

        var toStart = (firstMs - w.StartMs) / 1000.0;
        var toEnd = (w.EndMs - lastMs) / 1000.0;
        var sampled = (lastMs - firstMs) / 1000.0;
        var average = sampled / intervals;
        var threshold = average * 1.1;
        if (toStart >= threshold)
        {
            toStart = average / 2;
        }

        if (isCounter && change > 0 && zeroFrom >= 0)
        {
            // A counter does not go below zero: no extrapolation beyond the point where it would have been zero.
            var toZero = sampled * (zeroFrom / change);
            if (toZero < toStart)
            {
                toStart = toZero;
            }
        }

        if (toEnd >= threshold)
        {
            toEnd = average / 2;
        }

        var factor = (sampled + toStart + toEnd) / sampled;
        if (isRate)
        {
            factor /= w.RangeSeconds;
        }

        if (histogram is not null)
        {
            histogram = HistogramArithmetic.Scale(histogram, factor);
        }
        else
        {
            value = change * factor;
        }

        return true;
    }

    private static bool Instant(in RangeWindow w, RangeCall call, string metric, bool isRate, out double value, out NativeHistogram? histogram)
    {
        value = SpecialNumbers.NaN;
        histogram = null;
        if (w.Times.Length + w.Histograms.Length < 2)
        {
            return false;
        }

        // The last two samples of both kinds together.
        var f = w.Times.Length;
        var h = w.Histograms.Length;
        var lastIsHistogram = h > 0 && (f == 0 || w.HistogramTimes[h - 1] > w.Times[f - 1]);
        var lastMs = lastIsHistogram ? w.HistogramTimes[--h] : w.Times[--f];
        var previousIsHistogram = h > 0 && (f == 0 || w.HistogramTimes[h - 1] > w.Times[f - 1]);
        var previousMs = previousIsHistogram ? w.HistogramTimes[h - 1] : w.Times[f - 1];
        if (lastIsHistogram != previousIsHistogram)
        {
            call.Annotations.WarnNamed("encountered a mix of histograms and floats", metric, call.Source);
            return false;
        }

        var interval = lastMs - previousMs;
        if (interval == 0)
        {
            return false;
        }

        if (lastIsHistogram)
        {
            histogram = HistogramRate.InstantChange(w.Histograms[h - 1], w.Histograms[h], isRate, metric, call);
            if (histogram is null)
            {
                return false;
            }

            if (isRate)
            {
                histogram = HistogramArithmetic.Divide(histogram, interval / 1000.0);
            }

            return true;
        }

        var last = w.Values[f];
        var previous = w.Values[f - 1];
        value = isRate && last < previous ? last : last - previous;
        if (isRate)
        {
            value /= interval / 1000.0;
        }

        return true;
    }
}
