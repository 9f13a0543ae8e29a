using Sightglass.Core.Errors;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.PromQL;

/// <summary>Aggregations that pick series of their input and keep the labels: <c>topk</c>, <c>bottomk</c>, <c>limitk</c>, <c>limit_ratio</c>.</summary>
internal sealed class SeriesPicker(QueryRun run, AggregateExpression aggregate, double[] parameter, int steps)
{
    private readonly Dictionary<Column, Column> _picked = [];
    private readonly BestHeap _heap = new(aggregate.Operator == AggregateOperator.TopK);

    public List<Column> Pick(List<List<Column>> groups, List<Column> input)
    {
        var output = new List<Column>();
        if (aggregate.Operator != AggregateOperator.LimitRatio && Array.TrueForAll(parameter, k => k < 1))
        {
            // None at any step, however far below.
            return output;
        }

        if (aggregate.Operator == AggregateOperator.LimitRatio)
        {
            run.Annotations.RatiosOutOfRange(parameter, aggregate.Parameter!);
        }

        for (var step = 0; step < steps; step++)
        {
            if ((step & 127) == 0)
            {
                run.Check();
            }

            if (aggregate.Operator == AggregateOperator.LimitRatio)
            {
                Ratio(groups, step, output);
                continue;
            }

            var k = Limit(parameter[step], input.Count);
            if (k < 1)
            {
                continue;
            }

            foreach (var group in groups)
            {
                if (aggregate.Operator == AggregateOperator.LimitK)
                {
                    Take(group.Where(c => c.Has(step)).Take(k), step, output);
                }
                else
                {
                    Best(group, k, step, output);
                }
            }
        }

        if (aggregate.Operator is AggregateOperator.TopK or AggregateOperator.BottomK && input.Exists(c => c.Histograms is not null && Array.Exists(c.Histograms, h => h is not null)))
        {
            AggregateKernels.IgnoredHistogram(aggregate, aggregate, run.Annotations);
        }

        return output;
    }

    private int Limit(double k, int series)
    {
        if (double.IsNaN(k))
        {
            throw new QueryException(QueryErrorKind.Execution, "Parameter value is NaN", aggregate.Parameter!.Span.Start);
        }

        if (k < long.MinValue || k >= long.MaxValue)
        {
            throw new QueryException(QueryErrorKind.Execution, $"Scalar value {GoFloat.General(k)} {(k < 0 ? "underflows" : "overflows")} int64", aggregate.Parameter!.Span.Start);
        }

        return (int)Math.Min((long)k, series);
    }

    private void Best(List<Column> group, int k, int step, List<Column> output)
    {
        _heap.Clear();
        foreach (var column in group)
        {
            if (column.HasFloat(step))
            {
                _heap.Offer(column.Values[step], column, k);
            }
        }

        Take(_heap.Ordered(), step, output);
    }

    private void Ratio(List<List<Column>> groups, int step, List<Column> output)
    {
        var ratio = parameter[step];
        if (double.IsNaN(ratio))
        {
            throw new QueryException(QueryErrorKind.Execution, "Ratio value is NaN", aggregate.Parameter!.Span.Start);
        }

        ratio = Math.Clamp(ratio, -1, 1);
        foreach (var group in groups)
        {
            Take(group.Where(c => c.Has(step) && LabelRatio.Keeps(ratio, c.Labels)), step, output);
        }
    }

    private void Take(IEnumerable<Column> columns, int step, List<Column> output)
    {
        foreach (var column in columns)
        {
            if (!_picked.TryGetValue(column, out var result))
            {
                run.Take(steps);
                _picked.Add(column, result = Column.Empty(column.Labels, steps, column.DropName));
                output.Add(result);
            }

            result.CopyFrom(column, step, step);
        }
    }
}
