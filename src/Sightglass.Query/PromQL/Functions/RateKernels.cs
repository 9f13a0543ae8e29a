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
        var starts = !isCounter ? default : w.Histograms.Length > 0 ? w.HistogramStarts : w.Starts;
        if (w.Histograms.Length > 1)
        {
            intervals = w.Histograms.Length - 1;
            firstMs = w.HistogramTimes[0];
            lastMs = w.HistogramTimes[^1];
            histogram = HistogramRate.Change(w.Histograms, w.HistogramTimes, starts, isCounter, metric, call);
            if (histogram is null)
            {
                return false;
            }

            zeroFrom = w.Histograms[0].Count;
            change = histogram.Count;
        }
        else if (starts.Length > 0 && w.Times.Length > 0)
        {
            intervals = w.Times.Length - 1;
            firstMs = w.Times[0];
            lastMs = w.Times[^1];
            change = ChangeWithStarts(w, metric, call);
            zeroFrom = w.Values[0];
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
        else if (w.Histograms.Length == 1 && starts.Length > 0)
        {
            // One sample is enough where its start lies in the window.
            intervals = 0;
            firstMs = lastMs = w.HistogramTimes[0];
            zeroFrom = change = 0;
        }
        else
        {
            return false;
        }

        var toStart = (firstMs - w.StartMs) / 1000.0;
        var toEnd = (w.EndMs - lastMs) / 1000.0;
        var sampled = (lastMs - firstMs) / 1000.0;
        var average = intervals > 0 ? sampled / intervals : 0;
        var threshold = average * 1.1;
        if (StartTimes.BeginsWithin(starts, w.StartMs, firstMs))
        {
            // The counter was zero at its start: no guess is needed on this side.
            toStart = 0;
            sampled = (lastMs - starts[0]) / 1000.0;
            if (!AddFirst(w, metric, call, ref change, ref histogram))
            {
                return false;
            }

            isCounter = false;
        }
        else if (intervals == 0)
        {
            return false;
        }
        else if (toStart >= threshold)
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

        var factor = sampled == 0 ? 1 : (sampled + toStart + toEnd) / sampled;
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

    /// <summary>The increase of floats that have start timestamps.</summary>
    private static double ChangeWithStarts(in RangeWindow w, string metric, RangeCall call)
    {
        StartTimes.Check(w.Starts, w.Times, metric, call);
        var change = w.Values[^1] - w.Values[0];
        for (var i = 1; i < w.Values.Length; i++)
        {
            if (w.Values[i] < w.Values[i - 1] || StartTimes.IsReset(w.Starts[i - 1], w.Times[i - 1], w.Starts[i], w.Times[i]))
            {
                change += w.Values[i - 1];
            }
        }

        return change;
    }

    /// <summary>Adds what the counter rose by from its start to the first sample.</summary>
    private static bool AddFirst(in RangeWindow w, string metric, RangeCall call, ref double change, ref NativeHistogram? histogram)
    {
        if (w.Histograms.Length == 0)
        {
            change += w.Values[0];
            return true;
        }

        histogram = histogram is null ? w.Histograms[0] : HistogramRate.Sum(histogram, w.Histograms[0], metric, call);
        return histogram is not null;
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
            var began = isRate && w.HistogramStarts.Length > 0 && StartTimes.IsReset(w.HistogramStarts[h - 1], previousMs, w.HistogramStarts[h], lastMs);
            histogram = HistogramRate.InstantChange(w.Histograms[h - 1], w.Histograms[h], isRate, began, metric, call);
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
        var reset = isRate && (last < previous || (w.Starts.Length > 0 && StartTimes.IsReset(w.Starts[f - 1], previousMs, w.Starts[f], lastMs)));
        value = reset ? last : last - previous;
        if (isRate)
        {
            value /= interval / 1000.0;
        }

        return true;
    }
}
