using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>Functions of range vectors: for every series two cursors walk over its samples once for all steps.</summary>
internal sealed partial class Evaluator
{
    private static readonly Dictionary<string, RangeKernel> RangeKernels = new(StringComparer.Ordinal)
    {
        ["rate"] = RateKernels.Rate,
        ["increase"] = RateKernels.Increase,
        ["delta"] = RateKernels.Delta,
        ["irate"] = RateKernels.InstantRate,
        ["idelta"] = RateKernels.InstantDelta,
        ["sum_over_time"] = OverTimeKernels.Sum,
        ["avg_over_time"] = OverTimeKernels.Average,
        ["count_over_time"] = OverTimeKernels.Count,
        ["present_over_time"] = OverTimeKernels.Present,
        ["absent_over_time"] = OverTimeKernels.Present,
        ["last_over_time"] = OverTimeKernels.Last,
        ["first_over_time"] = OverTimeKernels.First,
        ["min_over_time"] = OverTimeKernels.Min,
        ["max_over_time"] = OverTimeKernels.Max,
        ["ts_of_last_over_time"] = OverTimeKernels.TimeOfLast,
        ["ts_of_first_over_time"] = OverTimeKernels.TimeOfFirst,
        ["ts_of_min_over_time"] = OverTimeKernels.TimeOfMin,
        ["ts_of_max_over_time"] = OverTimeKernels.TimeOfMax,
        ["stddev_over_time"] = OverTimeKernels.Stddev,
        ["stdvar_over_time"] = OverTimeKernels.Stdvar,
        ["quantile_over_time"] = OverTimeKernels.Quantile,
        ["mad_over_time"] = OverTimeKernels.MedianDeviation,
        ["deriv"] = TrendKernels.Derivative,
        ["predict_linear"] = TrendKernels.Predict,
        ["double_exponential_smoothing"] = TrendKernels.Smooth,
        ["changes"] = TrendKernels.Changes,
        ["resets"] = TrendKernels.Resets,
    };

    private static bool KeepsName(string function) => function is "last_over_time" or "first_over_time";

    private List<Column> RangeCallOf(CallExpression call, StepGrid grid)
    {
        var scalars = new double[]?[call.Arguments.Count];
        PromQLExpression source = null!;
        for (var i = 0; i < scalars.Length; i++)
        {
            if (call.Arguments[i].Type == PromQLType.Matrix)
            {
                source = call.Arguments[i];
            }
            else
            {
                scalars[i] = Evaluate(call.Arguments[i], grid).Scalar;
            }
        }

        var rangeCall = new RangeCall { Expression = call, Source = source, Annotations = _run.Annotations, Scalars = scalars };
        var kernel = RangeKernels[call.Function.Name];
        var keepsName = KeepsName(call.Function.Name);
        source = Unwrapped(source);
        List<Column> columns;
        if (source is MatrixSelector matrix)
        {
            columns = OverSelector(matrix, rangeCall, kernel, keepsName, grid);
        }
        else
        {
            columns = OverSubquery((SubqueryExpression)source, rangeCall, kernel, keepsName, grid);
        }

        if (call.Function.Name == "absent_over_time")
        {
            return Absent(rangeCall.Source, columns, grid);
        }

        return keepsName ? columns : Distinct(columns);
    }

    private List<Column> OverSelector(MatrixSelector matrix, RangeCall call, RangeKernel kernel, bool keepsName, StepGrid grid)
    {
        var shift = matrix.Vector.Shift;
        var range = _run.Milliseconds(matrix.Range, positive: true);
        var offset = shift.Offset is { } o ? _run.Milliseconds(o, positive: false) : 0;
        var first = _run.Reference(shift, offset, grid.StartMs) - range;
        var last = _run.Reference(shift, offset, grid.EndMs);
        var extension = matrix.Vector.Extension;
        if (extension != RangeExtension.None)
        {
            CheckExtension(extension, call.Expression.Function.Name);
            first -= _run.LookbackMs;
            last += extension == RangeExtension.Smoothed ? _run.LookbackMs : 0;
        }

        using var selection = _run.Select(new MetricSelection(matrix.Vector.Matchers, first + 1, last, _run.Options.StartTimestamps));
        var output = new Column?[selection.Count];
        SeriesLoop.Run(selection.Count, _run, (series, scratch) =>
        {
            var buffer = scratch.Buffer;
            selection.Read(series, buffer);
            if (buffer.Count == 0)
            {
                return;
            }

            scratch.Note(buffer.Count);
            _run.Take(buffer.Count);
            var samples = RangeSamples.From(buffer, _run.Options.StartTimestamps);
            if (_detectResets)
            {
                samples.DetectResets();
            }

            var function = call.Expression.Function.Name;
            var isPlain = extension == RangeExtension.None && shift.At == AtModifier.None && samples.Histograms.IsEmpty && samples.Starts.IsEmpty && !_run.Counted.PerStep;
            output[series] = isPlain && function is "rate" or "increase" or "delta" ? RateColumn(samples, selection.Labels(series), call, grid, offset, range, scratch)
                : isPlain && samples.Weights.IsEmpty && WindowSteps.Knows(function) ? WindowColumn(samples, selection.Labels(series), call, grid, offset, range, scratch)
                : extension == RangeExtension.None ? Windows(samples, selection.Labels(series), false, call, kernel, keepsName, grid, shift, offset, range)
                : ExtendedWindows(samples, selection.Labels(series), call, kernel, extension, grid, shift, offset, range);
            _run.Release(buffer.Count);
        });
        return Compact(output);
    }

    private Column? RateColumn(in RangeSamples samples, LabelSet labels, RangeCall call, StepGrid grid, long offset, long range, SeriesScratch scratch)
    {
        var column = Unnamed(labels, grid.Count);
        var name = call.Expression.Function.Name;
        _run.Counted.Add(scratch.Rates.Fill(samples.Times, samples.Values, grid.StartMs - offset, grid.StepMs, range, name != "delta", name == "rate", column.Values, out var any));
        if (!any)
        {
            return null;
        }

        _run.Take(grid.Count);
        if (call.IsRate)
        {
            TellNonCounter(labels, call);
        }

        return column;
    }

    private Column? WindowColumn(in RangeSamples samples, LabelSet labels, RangeCall call, StepGrid grid, long offset, long range, SeriesScratch scratch)
    {
        var column = Unnamed(labels, grid.Count);
        _run.Counted.Add(scratch.Windows.Fill(call.Expression.Function.Name, samples.Times, samples.Values, grid, offset, range, call.Scalars.Length > 1 ? call.Scalars[1] : null, column.Values, out var any));
        if (!any)
        {
            return null;
        }

        _run.Take(grid.Count);
        return column;
    }

    private List<Column> OverSubquery(SubqueryExpression subquery, RangeCall call, RangeKernel kernel, bool keepsName, StepGrid grid)
    {
        var (columns, inner, offset, range) = EvaluateSubquery(subquery, grid);
        var output = new List<Column>(columns.Count);
        foreach (var column in columns)
        {
            _run.Check();
            var samples = RangeSamples.From(column, inner);
            if (Windows(samples, column.Labels, column.DropName, call, kernel, keepsName, grid, subquery.Shift, offset, range) is { } result)
            {
                output.Add(result);
            }
        }

        return output;
    }

    /// <summary>A step that is computed to less than a millisecond is as good as none; one that is written so is refused.</summary>
    private long SubqueryStep(DurationExpression? step)
    {
        var ms = step is null ? 0 : _run.Milliseconds(step, positive: true);
        return ms > 0 ? ms
            : step is { IsLiteral: true } ? throw new QueryException(QueryErrorKind.Execution, "the step of a subquery must not be less than a millisecond", step.Span.Start)
            : _run.DefaultSubqueryStepMs;
    }

    /// <summary>Evaluates a subquery's inner expression at all the times that the steps' ranges hold.</summary>
    private (List<Column> Columns, StepGrid Grid, long OffsetMs, long RangeMs) EvaluateSubquery(SubqueryExpression subquery, StepGrid grid)
    {
        var range = _run.Milliseconds(subquery.Range, positive: true);
        var offset = subquery.Shift.Offset is { } o ? _run.Milliseconds(o, positive: false) : 0;
        var step = SubqueryStep(subquery.Step);
        var first = _run.Reference(subquery.Shift, offset, grid.StartMs) - range;
        var last = _run.Reference(subquery.Shift, offset, grid.EndMs);
        var start = step * (first / step);
        if (start <= first)
        {
            start += step;
        }

        if (start > last)
        {
            return ([], new StepGrid(start, step, 0), offset, range);
        }

        var count = ((last - start) / step) + 1;
        if (count > _run.Limits.MaxSamples)
        {
            _run.Take(count);
        }

        var inner = new StepGrid(start, step, (int)count);
        var detect = _detectResets;
        _detectResets = false;

        // What goes into the inner expression does not count, what the windows see of its result does.
        var counted = _run.Counted;
        _run.Counted = new SampleCount(1, perStep: false);
        var columns = Evaluate(subquery.Inner, inner).Vector;
        _run.Counted = counted;
        _detectResets = detect;
        return (columns, inner, offset, range);
    }

    private Column? Windows(in RangeSamples samples, LabelSet labels, bool dropName, RangeCall call, RangeKernel kernel, bool keepsName, StepGrid grid, TimeShift shift, long offset, long range)
    {
        Column? column = null;
        var told = !call.IsRate;
        int floatFrom = 0, floatTo = 0, histogramFrom = 0, histogramTo = 0;
        var metric = labels.Name;
        var counted = _run.Counted;
        long used = 0;
        var times = samples.Times;
        var histogramTimes = samples.HistogramTimes;
        for (var step = 0; step < grid.Count; step++)
        {
            var end = _run.Reference(shift, offset, grid.Time(step));
            var start = end - range;
            while (floatTo < times.Length && times[floatTo] <= end)
            {
                floatTo++;
            }

            while (floatFrom < floatTo && times[floatFrom] <= start)
            {
                floatFrom++;
            }

            while (histogramTo < histogramTimes.Length && histogramTimes[histogramTo] <= end)
            {
                histogramTo++;
            }

            while (histogramFrom < histogramTo && histogramTimes[histogramFrom] <= start)
            {
                histogramFrom++;
            }

            if (floatFrom == floatTo && histogramFrom == histogramTo)
            {
                continue;
            }

            var window = new RangeWindow
            {
                Times = times[floatFrom..floatTo],
                Values = samples.Values[floatFrom..floatTo],
                HistogramTimes = histogramTimes[histogramFrom..histogramTo],
                Histograms = samples.Histograms[histogramFrom..histogramTo],
                StartMs = start,
                EndMs = end,
                StepMs = grid.Time(step),
                Weights = samples.Weights.IsEmpty ? default : samples.Weights[floatFrom..floatTo],
                Starts = samples.Starts.IsEmpty ? default : samples.Starts[floatFrom..floatTo],
                HistogramStarts = samples.HistogramStarts.IsEmpty ? default : samples.HistogramStarts[histogramFrom..histogramTo],
            };
            var size = SampleCount.Of(window.Values, window.Histograms);
            used += size;
            counted.AtStep(step, size);
            if (!kernel(window, call, step, metric, out var value, out var histogram))
            {
                continue;
            }

            column ??= RangeColumn(labels, dropName, keepsName, grid);
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

    private Column RangeColumn(LabelSet labels, bool dropName, bool keepsName, StepGrid grid)
    {
        _run.Take(grid.Count);
        return keepsName ? Column.Empty(labels, grid.Count, dropName) : Unnamed(labels, grid.Count);
    }

    /// <summary>Says of a series of floats whose name is no counter's that it may be none. True: once is enough.</summary>
    private bool TellNonCounter(LabelSet labels, RangeCall call)
    {
        var metric = labels.Name;
        if (metric.Length > 0 && !LooksLikeCounter(metric) && labels[MetricLabels.Type].Length == 0)
        {
            _run.Annotations.Info($"metric might not be a counter, name does not end in _total/_sum/_count/_bucket: {Syntax.QuotedText.Quote(metric)}", call.Source);
        }

        return true;
    }

    private static bool LooksLikeCounter(string metric) =>
        metric.EndsWith("_total", StringComparison.Ordinal) || metric.EndsWith("_sum", StringComparison.Ordinal)
        || metric.EndsWith("_count", StringComparison.Ordinal) || metric.EndsWith("_bucket", StringComparison.Ordinal);

    /// <summary>A series with value 1 at the steps at which nothing is there, with the labels that the selector fixes.</summary>
    private static List<Column> Absent(PromQLExpression source, List<Column> columns, StepGrid grid)
    {
        var result = Column.Empty(AbsentLabels(source), grid.Count);
        for (var step = 0; step < grid.Count; step++)
        {
            if (!columns.Exists(c => c.Has(step)))
            {
                result.Values[step] = 1;
            }
        }

        return result.IsEmpty() ? [] : [result];
    }

    private static LabelSet AbsentLabels(PromQLExpression source)
    {
        var matchers = Unwrapped(source) switch
        {
            VectorSelector s => s.Matchers,
            MatrixSelector m => m.Vector.Matchers,
            _ => [],
        };
        var builder = new LabelSetBuilder();
        var seen = new HashSet<string>();
        foreach (var matcher in matchers)
        {
            if (matcher.Name == LabelSet.MetricName)
            {
                continue;
            }

            if (matcher.Type == Core.Model.MatchType.Equal && seen.Add(matcher.Name))
            {
                builder.Set(matcher.Name, matcher.Value);
            }
            else
            {
                seen.Add(matcher.Name);
                builder.Remove(matcher.Name);
            }
        }

        return builder.Build();
    }
}
