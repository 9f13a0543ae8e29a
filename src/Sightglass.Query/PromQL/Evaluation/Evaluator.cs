using System.Diagnostics;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>Evaluates expressions over a grid of steps, series by series.</summary>
internal sealed partial class Evaluator(QueryRun run)
{
    /// <summary>What is said of two values that one series would have at one step.</summary>
    public const string SameLabels = "vector cannot contain metrics with the same labelset";

    private readonly QueryRun _run = run;

    /// <summary>Set below functions that use only counts and sums of histograms.</summary>
    private bool _detectResets;

    /// <summary>The value of <paramref name="expression"/> at every step.</summary>
    public EvaluatedValue Evaluate(PromQLExpression expression, StepGrid grid)
    {
        _run.Check();
        if (grid.Count > 1 && expression is not (NumberLiteral or StringLiteral or ParenExpression) && expression.Type != PromQLType.Matrix && StepInvariance.Of(expression))
        {
            var counted = _run.Counted;
            _run.Counted = new SampleCount(1, perStep: false);
            var once = Evaluate(expression, grid with { Count = 1 });
            counted.AddForEachStep(_run.Counted.Total, grid.Count);
            _run.Counted = counted;
            return Expand(once, grid.Count);
        }

        return expression switch
        {
            NumberLiteral number => Constant(number.Value, grid),
            StringLiteral text => text.Value,
            ParenExpression paren => Evaluate(paren.Inner, grid),
            UnaryExpression unary => Unary(unary, grid),
            VectorSelector { Extension: RangeExtension.Anchored } => throw new Core.Errors.QueryException(Core.Errors.QueryErrorKind.Execution, "anchored modifier can only be used with range vector selectors"),
            VectorSelector { Extension: RangeExtension.Smoothed } smoothed => SelectSmoothed(smoothed, grid),
            VectorSelector selector => Select(selector, grid, SelectedValue.Sample),
            CallExpression call => Call(call, grid),
            AggregateExpression aggregate => Aggregate(aggregate, grid),
            BinaryExpression binary => Binary(binary, grid),
            _ => throw new UnreachableException($"BUG: {expression.GetType().Name} outside of a function"),
        };
    }

    private static double[] Constant(double value, StepGrid grid)
    {
        var values = new double[grid.Count];
        Array.Fill(values, value);
        return values;
    }

    private EvaluatedValue Expand(EvaluatedValue value, int steps)
    {
        switch (value.Type)
        {
            case PromQLType.Scalar:
                var scalars = new double[steps];
                Array.Fill(scalars, value.Scalar[0]);
                return scalars;
            case PromQLType.Vector:
                _run.Take((long)value.Vector.Count * steps);
                return value.Vector.ConvertAll(column =>
                {
                    var values = new double[steps];
                    Array.Fill(values, column.Values[0]);
                    NativeHistogram?[]? histograms = null;
                    if (column.Histogram(0) is { } histogram)
                    {
                        histograms = new NativeHistogram?[steps];
                        Array.Fill(histograms, histogram);
                    }

                    return new Column(column.Labels, values, histograms) { DropName = column.DropName };
                });
            default:
                return value;
        }
    }

    private EvaluatedValue Unary(UnaryExpression unary, StepGrid grid)
    {
        var value = Evaluate(unary.Operand, grid);
        if (!unary.Negative)
        {
            return value;
        }

        if (value.Type == PromQLType.Scalar)
        {
            return Array.ConvertAll(value.Scalar, v => -v);
        }

        var output = new List<Column>(value.Vector.Count);
        foreach (var column in value.Vector)
        {
            var result = Unnamed(column, column.Values.Length);
            for (var i = 0; i < grid.Count; i++)
            {
                if (column.Histogram(i) is { } histogram)
                {
                    result.Set(i, HistogramArithmetic.Scale(histogram, -1));
                }
                else if (column.Has(i))
                {
                    result.Values[i] = -column.Values[i];
                }
            }

            output.Add(result);
        }

        return Distinct(output);
    }

    /// <summary>An empty column with the labels of another and without the metric's name.</summary>
    private Column Unnamed(Column from, int steps) => Unnamed(from.Labels, steps);

    private Column Unnamed(LabelSet labels, int steps) => _run.Options.DelayedNameRemoval
        ? Column.Empty(labels, steps, dropName: true)
        : Column.Empty(MetricLabels.WithoutName(labels), steps);

    /// <summary>Merges columns of the same labels; two values at one step are an error.</summary>
    private List<Column> Distinct(List<Column> columns) =>
        _run.Options.DelayedNameRemoval ? columns : MergeSameLabels(columns);

    private static List<Column> MergeSameLabels(List<Column> columns)
    {
        if (columns.Count < 2)
        {
            return columns;
        }

        var seen = new Dictionary<LabelSet, Column>(columns.Count);
        List<Column>? merged = null;
        for (var i = 0; i < columns.Count; i++)
        {
            var column = columns[i];
            if (seen.TryAdd(column.Labels, column))
            {
                merged?.Add(column);
                continue;
            }

            merged ??= columns[..i];
            var first = seen[column.Labels];
            for (var step = 0; step < column.Values.Length; step++)
            {
                if (!column.Has(step))
                {
                    continue;
                }

                if (first.Has(step))
                {
                    throw new QueryException(QueryErrorKind.Execution, SameLabels);
                }

                first.CopyFrom(column, step, step);
            }
        }

        return merged ?? columns;
    }

    /// <summary>Drops the names that were kept until the end.</summary>
    public static List<Column> Finish(List<Column> columns)
    {
        var dropped = false;
        for (var i = 0; i < columns.Count; i++)
        {
            if (columns[i].DropName)
            {
                columns[i] = columns[i].WithLabels(MetricLabels.WithoutName(columns[i].Labels), dropName: false);
                dropped = true;
            }
        }

        return dropped ? MergeSameLabels(columns) : columns;
    }

    /// <summary>What a selector gives of the sample that it finds.</summary>
    private enum SelectedValue
    {
        Sample,
        Timestamp,
        StartTimestamp,
    }

    /// <summary>Selects series and gives every step the last sample within the lookback, or a time of that sample in seconds.</summary>
    private List<Column> Select(VectorSelector selector, StepGrid grid, SelectedValue wanted)
    {
        var offset = selector.Shift.Offset is { } o ? _run.Milliseconds(o, positive: false) : 0;
        var first = _run.Reference(selector.Shift, offset, grid.StartMs);
        var last = _run.Reference(selector.Shift, offset, grid.EndMs);
        using var selection = _run.Select(new MetricSelection(selector.Matchers, first - _run.ReachMs + 1, last, wanted == SelectedValue.StartTimestamp));
        var counted = _run.Counted;
        var output = new Column?[selection.Count];
        SeriesLoop.Run(selection.Count, _run, (series, scratch) =>
        {
            var buffer = scratch.Buffer;
            selection.Read(series, buffer);
            if (buffer.Count == 0)
            {
                return;
            }

            var times = buffer.TimestampsMs;
            var samples = buffer.Values;
            var histograms = buffer.Histograms;
            var starts = buffer.StartTimestampsMs;
            _run.Take(grid.Count);
            var column = Column.Empty(selection.Labels(series), grid.Count);
            var at = 0;
            var any = false;
            long used = 0;
            for (var step = 0; step < grid.Count; step++)
            {
                var reference = _run.Reference(selector.Shift, offset, grid.Time(step));
                while (at < times.Length && times[at] <= reference)
                {
                    at++;
                }

                if (at == 0 || times[at - 1] <= reference - buffer.LookbackOf(at - 1, _run.LookbackMs))
                {
                    continue;
                }

                var histogram = histograms.IsEmpty ? null : histograms[at - 1];
                if (_detectResets && histogram is not null && at > 1 && histograms[at - 2] is { } before)
                {
                    histogram = RangeSamples.WithHint(before, histogram);
                }

                if (histogram is null ? SpecialValues.IsStale(samples[at - 1]) : SpecialValues.IsStale(histogram.Sum))
                {
                    continue;
                }

                any = true;
                var size = histogram is null ? 1 : SampleCount.Of(histogram);
                used += size;
                counted.AtStep(step, size);
                if (wanted != SelectedValue.Sample)
                {
                    column.Values[step] = (wanted == SelectedValue.Timestamp ? times[at - 1] : starts.IsEmpty ? 0 : starts[at - 1]) / 1000.0;
                }
                else if (histogram is not null)
                {
                    column.Set(step, histogram);
                }
                else
                {
                    column.Values[step] = samples[at - 1];
                }
            }

            if (any)
            {
                counted.Add(used);
                output[series] = column;
            }
            else
            {
                _run.Release(grid.Count);
            }
        });
        return Compact(output);
    }

    private static List<Column> Compact(Column?[] columns)
    {
        var output = new List<Column>(columns.Length);
        foreach (var column in columns)
        {
            if (column is not null)
            {
                output.Add(column);
            }
        }

        return output;
    }
}
