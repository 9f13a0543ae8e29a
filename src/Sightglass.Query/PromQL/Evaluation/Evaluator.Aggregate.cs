using System.Runtime.InteropServices;
using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>Aggregations: groups are found once by labels, then every group walks its series column by column.</summary>
internal sealed partial class Evaluator
{
    private sealed class AggregateGroup(LabelSet labels)
    {
        public LabelSet Labels { get; } = labels;

        public List<Column> Columns { get; } = [];

        public bool DropName { get; set; }
    }

    private List<Column> Aggregate(AggregateExpression aggregate, StepGrid grid)
    {
        if (TryFused(aggregate, grid) is { } fused)
        {
            return fused;
        }

        var input = Evaluate(aggregate.Inner, grid).Vector;
        if (aggregate.Operator == AggregateOperator.CountValues)
        {
            var label = Evaluate(aggregate.Parameter!, grid).Text;
            return CountValues(aggregate, input, label, grid.Count);
        }

        var parameter = aggregate.Parameter is null ? null : Evaluate(aggregate.Parameter, grid).Scalar;
        var groups = Groups(aggregate, input);
        if (aggregate.Operator is AggregateOperator.TopK or AggregateOperator.BottomK or AggregateOperator.LimitK or AggregateOperator.LimitRatio)
        {
            return new SeriesPicker(_run, aggregate, parameter!, grid.Count).Pick(groups.ConvertAll(g => g.Columns), input);
        }

        if (aggregate.Operator == AggregateOperator.Quantile)
        {
            _run.Annotations.QuantilesOutOfRange(parameter, aggregate.Parameter!);
        }

        var output = new List<Column>(groups.Count);
        foreach (var group in groups)
        {
            _run.Check();
            var result = Column.Empty(group.Labels, grid.Count, group.DropName);
            AggregateKernels.Run(aggregate, group.Columns, parameter, result, _run.Annotations);
            if (!result.IsEmpty())
            {
                output.Add(result);
            }
        }

        return output;
    }

    private static List<AggregateGroup> Groups(AggregateExpression aggregate, List<Column> input)
    {
        var groups = new List<AggregateGroup>();
        var byLabels = new Dictionary<LabelSet, AggregateGroup>();
        string[] grouping = [.. aggregate.Grouping];
        foreach (var column in input)
        {
            var labels = aggregate.Without ? WithoutLabels(column.Labels, grouping) : grouping.Length == 0 ? LabelSet.Empty : column.Labels.Only(grouping);
            if (!byLabels.TryGetValue(labels, out var group))
            {
                byLabels.Add(labels, group = new AggregateGroup(labels));
                groups.Add(group);
            }

            group.DropName |= column.DropName;
            group.Columns.Add(column);
        }

        return groups;
    }

    private static LabelSet WithoutLabels(LabelSet labels, string[] names) => MetricLabels.WithoutName(labels.Without(names));

    private List<Column> CountValues(AggregateExpression aggregate, List<Column> input, string label, int steps)
    {
        if (label.Length == 0 || Syntax.QuotedText.HasStrayBytes(label))
        {
            throw new Core.Errors.QueryException(Core.Errors.QueryErrorKind.Execution, $"invalid label name {Syntax.QuotedText.Quote(label)}", aggregate.Span.Start);
        }

        string[] grouping = [.. aggregate.Grouping];
        var results = new Dictionary<LabelSet, Column>();
        var output = new List<Column>();

        // Numbers come again and again: what they are as text is asked once.
        var groups = new Dictionary<LabelSet, Dictionary<long, Column>>();
        foreach (var column in input)
        {
            var labels = aggregate.Without ? WithoutLabels(column.Labels, grouping) : column.Labels.Only(grouping);
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(groups, labels, out _);
            known ??= [];
            for (var step = 0; step < steps; step++)
            {
                if (!column.Has(step))
                {
                    continue;
                }

                var bits = BitConverter.DoubleToInt64Bits(column.Values[step]);
                if (column.Histogram(step) is null && known.TryGetValue(bits, out var counted))
                {
                    counted.Values[step] = counted.Has(step) ? counted.Values[step] + 1 : 1;
                    continue;
                }

                var text = column.Histogram(step) is { } histogram ? HistogramText.Format(histogram) : Syntax.GoFloat.Plain(column.Values[step]);

                // What groups without some labels has neither these nor a name, not even one that it gives itself.
                var key = aggregate.Without && (label == LabelSet.MetricName || grouping.Contains(label)) ? labels : labels.With(label, text);
                if (!results.TryGetValue(key, out var result))
                {
                    _run.Take(steps);
                    results.Add(key, result = Column.Empty(key, steps));
                    output.Add(result);
                }

                result.Values[step] = result.Has(step) ? result.Values[step] + 1 : 1;
                if (column.Histogram(step) is null)
                {
                    known[bits] = result;
                }
            }
        }

        return output;
    }
}
