using System.Diagnostics;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.Templates;
using Sightglass.Query.LogQL.Tree;

namespace Sightglass.Query.LogQL.Metrics;

/// <summary>Evaluates a metric query over all steps at once, leaf by leaf. Used once, by one thread.</summary>
internal sealed class MetricEvaluator(IEventStore store, QueryLimits limits, StepGrid grid, LogQLStatistics statistics, CancellationToken cancellation)
{
    /// <summary>The series; a number alone is a series without labels at every step.</summary>
    public List<StepSeries> Evaluate(MetricNode node)
    {
        switch (node)
        {
            case NumberNode number:
                return Constant(number.Value);
            case VectorLiteralNode literal:
                return Constant(literal.Value);
            case RangeNode range:
                return Range(range, range.Grouping, hinted: true, whole: true);
            case VectorNode { Inner: RangeNode { Grouping: null } inner } vector when Merges(vector.Function, inner):
                return Range(inner, vector.Grouping ?? Grouping.All, hinted: vector.Function == "sum", whole: false);
            case VectorNode vector:
                return VectorAggregation.Run(vector, Evaluate(vector.Inner), grid.Count);
            case BinaryNode { Left: NumberNode number } binary:
                return BinaryEvaluation.WithNumber(binary, Evaluate(binary.Right), number.Value, numberIsLeft: true, grid.Count);
            case BinaryNode { Right: NumberNode number } binary:
                return BinaryEvaluation.WithNumber(binary, Evaluate(binary.Left), number.Value, numberIsLeft: false, grid.Count);
            case BinaryNode binary:
                return BinaryEvaluation.Run(binary, Evaluate(binary.Left), Evaluate(binary.Right), grid.Count);
            case LabelReplaceNode replace:
                return LabelReplace(replace);
            default:
                throw new UnreachableException($"BUG: node {node.GetType().Name}");
        }
    }

    // Where adding up within a series and then over series is the same as adding up all at once, no series is made for each
    // set of labels: lines with ids in their labels would each be one.
    private static bool Merges(string aggregation, RangeNode range) => (aggregation, range.Function) switch
    {
        ("sum", "count_over_time" or "rate" or "bytes_over_time" or "bytes_rate" or "sum_over_time") => true,
        ("min", "min_over_time") => true,
        ("max", "max_over_time") => true,
        _ => false,
    };

    // With hinted a parser stops where it found the labels that the query asks for, as Loki's does in sums: what comes after that in a line is no error.
    private List<StepSeries> Range(RangeNode node, Grouping? grouping, bool hinted, bool whole)
    {
        var needs = new LabelNeeds();
        if (node.Function == "absent_over_time")
        {
            grouping = Grouping.All;
        }

        if (grouping is { Without: false })
        {
            foreach (var name in grouping.Names)
            {
                needs.Add(name);
            }
        }
        else
        {
            needs.AddAll();
        }

        if (node.Unwrap is { } unwrap)
        {
            needs.Add(unwrap.Label);
            foreach (var condition in unwrap.Conditions)
            {
                condition.AddNeeds(needs);
            }
        }

        var min = grid.StartNano - node.RangeNano - node.OffsetNano + 1;
        var max = grid.EndNano - node.OffsetNano + 1;

        // Sums of doubles depend on their order, and an answer should not change from one time to the next.
        var order = node.Unwrap is null || WindowSamples.IsOrderFree(node.Function) ? EventOrder.Any : EventOrder.TimeAscending;
        var needsLine = node.Function is "bytes_rate" or "bytes_over_time";
        var scan = new LogScan(
            store, limits, node.Log, needs, needsLine, min, max, order, statistics, cancellation, LogFold.Of(node, grid, min), hinted && !needs.All, preservesErrors: true);
        var aggregation = new RangeAggregation(node, grouping, whole, grid, limits);
        scan.RunWeighted(
            (entry, lines) =>
            {
                aggregation.Add(entry, lines);
                return true;
            },
            cancellation);
        return aggregation.Finish();
    }

    private List<StepSeries> Constant(double value)
    {
        var series = new StepSeries(LabelSet.Empty, grid.Count);
        for (var step = 0; step < grid.Count; step++)
        {
            series.Set(step, value);
        }

        return [series];
    }

    private List<StepSeries> LabelReplace(LabelReplaceNode node)
    {
        var output = new List<StepSeries>();
        var seen = new HashSet<LabelSet>();
        foreach (var series in Evaluate(node.Inner))
        {
            var labels = series.Labels;
            var match = node.Expression.Regex.Match(labels[node.Source]);
            if (match.Success)
            {
                labels = labels.With(node.Target, GoExpansion.Expand(node.Replacement, node.Expression.Regex, match));
            }

            if (!seen.Add(labels))
            {
                throw new QueryException(QueryErrorKind.Execution, "vector cannot contain metrics with the same labelset", node.Position);
            }

            var result = new StepSeries(labels, grid.Count);
            series.Values.CopyTo(result.Values, 0);
            series.Present.CopyTo(result.Present, 0);
            output.Add(result);
        }

        return output;
    }
}
