using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary><c>anchored</c> and <c>smoothed</c> selectors: they look beyond their range by the lookback.</summary>
internal sealed partial class Evaluator
{
    private static readonly string[] AnchoredFunctions = ["changes", "delta", "increase", "rate", "resets"];
    private static readonly string[] SmoothedFunctions = ["delta", "increase", "rate"];

    private static void CheckExtension(RangeExtension extension, string function)
    {
        var (name, allowed) = extension == RangeExtension.Anchored ? ("anchored", AnchoredFunctions) : ("smoothed", SmoothedFunctions);
        if (!allowed.Contains(function))
        {
            throw new QueryException(QueryErrorKind.Execution, $"{name} modifier can only be used with: {string.Join(", ", allowed)} - not with {function}");
        }
    }

    private Column? ExtendedWindows(in RangeSamples samples, LabelSet labels, RangeCall call, RangeKernel kernel, RangeExtension extension, StepGrid grid, TimeShift shift, long offset, long range)
    {
        Column? column = null;
        var told = !call.IsRate;
        var metric = labels.Name;
        var counted = _run.Counted;
        long used = 0;
        var smoothed = extension == RangeExtension.Smoothed;
        var isRate = call.Expression.Function.Name is "rate" or "increase" or "delta";
        for (var step = 0; step < grid.Count; step++)
        {
            var end = _run.Reference(shift, offset, grid.Time(step));
            var start = end - range;
            var reach = smoothed ? end + _run.LookbackMs : end;
            var (from, to) = Within(samples.Times, start - _run.LookbackMs, reach);
            var (histogramFrom, histogramTo) = Within(samples.HistogramTimes, start - _run.LookbackMs, reach);
            if (!isRate && !Anchor(samples, start, ref from, to, ref histogramFrom, histogramTo))
            {
                continue;
            }

            if (from == to && histogramFrom == histogramTo)
            {
                continue;
            }

            var window = new RangeWindow
            {
                Times = samples.Times[from..to],
                Values = samples.Values[from..to],
                HistogramTimes = samples.HistogramTimes[histogramFrom..histogramTo],
                Histograms = samples.Histograms[histogramFrom..histogramTo],
                StartMs = start,
                EndMs = end,
                StepMs = grid.Time(step),
            };
            var size = SampleCount.Of(window.Values, window.Histograms);
            used += size;
            counted.AtStep(step, size);
            double value;
            NativeHistogram? histogram;
            if (isRate ? !ExtendedRateKernels.Run(window, call, smoothed, metric, out value, out histogram) : !kernel(window, call, step, metric, out value, out histogram))
            {
                continue;
            }

            column ??= RangeColumn(labels, false, keepsName: false, grid);
            if (histogram is not null)
            {
                column.Set(step, histogram);
            }
            else
            {
                told = told || TellNonCounter(labels, call);
                column.Values[step] = value;
            }
        }

        counted.Add(used);
        return column;
    }

    /// <summary>The part of ascending times that is later than <paramref name="after"/> and not later than <paramref name="upTo"/>.</summary>
    public static (int From, int To) Within(ReadOnlySpan<long> times, long after, long upTo)
    {
        var from = FirstAfter(times, after);
        return (from, from + FirstAfter(times[from..], upTo));
    }

    /// <summary>Index of the first time that is later; their number when there is none.</summary>
    private static int FirstAfter(ReadOnlySpan<long> times, long time)
    {
        var (low, high) = (0, times.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (times[middle] <= time)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>Moves a window's begin to the last sample before the range; false where the range itself is empty.</summary>
    private static bool Anchor(in RangeSamples samples, long start, ref int from, int to, ref int histogramFrom, int histogramTo)
    {
        var floats = from + FirstAfter(samples.Times[from..to], start);
        var histograms = histogramFrom + FirstAfter(samples.HistogramTimes[histogramFrom..histogramTo], start);
        if (floats == to && histograms == histogramTo)
        {
            return false;
        }

        var isFloat = floats > from && (histograms == histogramFrom || samples.Times[floats - 1] > samples.HistogramTimes[histograms - 1]);
        var isHistogram = !isFloat && histograms > histogramFrom;
        from = isFloat ? floats - 1 : floats;
        histogramFrom = isHistogram ? histograms - 1 : histograms;
        return true;
    }

    /// <summary>A <c>smoothed</c> instant selector: the value on the line between the samples around each step.</summary>
    private List<Column> SelectSmoothed(VectorSelector selector, StepGrid grid)
    {
        var offset = selector.Shift.Offset is { } o ? _run.Milliseconds(o, positive: false) : 0;
        var first = _run.Reference(selector.Shift, offset, grid.StartMs);
        var last = _run.Reference(selector.Shift, offset, grid.EndMs);
        using var selection = _run.Select(new MetricSelection(selector.Matchers, first - _run.LookbackMs + 1, last + _run.LookbackMs));
        var counted = _run.Counted;
        var output = new Column?[selection.Count];
        SeriesLoop.Run(selection.Count, _run, (series, scratch) =>
        {
            var buffer = scratch.Buffer;
            selection.Read(series, buffer);
            var samples = RangeSamples.From(buffer, withStarts: false);
            var labels = selection.Labels(series);
            var column = Column.Empty(labels, grid.Count);
            long used = 0;
            for (var step = 0; step < grid.Count; step++)
            {
                var at = _run.Reference(selector.Shift, offset, grid.Time(step));
                var (from, to) = Within(samples.Times, at - _run.LookbackMs, at + _run.LookbackMs);
                var (histogramFrom, histogramTo) = Within(samples.HistogramTimes, at - _run.LookbackMs, at + _run.LookbackMs);
                if (from < to && histogramFrom < histogramTo)
                {
                    _run.Annotations.WarnNamed("encountered a mix of histograms and floats", labels.Name, selector);
                    continue;
                }

                if (from < to)
                {
                    Smoothed(samples.Times[from..to], samples.Values[from..to], at, column, step);
                }
                else if (histogramFrom < histogramTo)
                {
                    Smoothed(samples.HistogramTimes[histogramFrom..histogramTo], samples.Histograms[histogramFrom..histogramTo], at, column, step, selector);
                }

                var size = !column.Has(step) ? 0 : column.Histogram(step) is { } histogram ? SampleCount.Of(histogram) : 1;
                used += size;
                counted.AtStep(step, size);
            }

            if (used > 0)
            {
                _run.Take(grid.Count);
                counted.Add(used);
                output[series] = column;
            }
        });
        return Compact(output);
    }

    private static void Smoothed(ReadOnlySpan<long> times, ReadOnlySpan<double> values, long at, Column column, int step)
    {
        var next = FirstAfter(times, at);
        if (next == 0)
        {
            return;
        }

        column.Values[step] = next == times.Length || times[next - 1] == at
            ? values[next - 1]
            : ExtendedRateKernels.Between(times[next - 1], values[next - 1], times[next], values[next], at, isCounter: false);
    }

    private void Smoothed(ReadOnlySpan<long> times, ReadOnlySpan<NativeHistogram> values, long at, Column column, int step, VectorSelector selector)
    {
        var next = FirstAfter(times, at);
        if (next == 0)
        {
            return;
        }

        if (next == times.Length || times[next - 1] == at)
        {
            column.Set(step, values[next - 1]);
            return;
        }

        var metric = column.Labels.Name;
        NativeHistogram? Check(HistogramOutcome outcome, string operation)
        {
            if (outcome.Result is null)
            {
                _run.Annotations.WarnNamed("vector contains a mix of histograms with exponential and custom buckets schemas", metric, selector);
            }
            else if (outcome.BoundsReconciled)
            {
                _run.Annotations.Info($"mismatched custom buckets were reconciled during {operation}", selector);
            }

            return outcome.Result;
        }

        var (before, after) = (values[next - 1], values[next]);
        if (HistogramLayout.IsCustom(before) != HistogramLayout.IsCustom(after))
        {
            // Else this would look like a reset.
            Check(default, string.Empty);
            return;
        }

        var isCounter = before.ResetHint != CounterResetHint.Gauge && after.ResetHint != CounterResetHint.Gauge;
        if (ExtendedRateKernels.Between(times[next - 1], before, times[next], after, at, isCounter, Check) is { } value)
        {
            column.Set(step, value);
        }
    }
}
