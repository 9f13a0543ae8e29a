using System.Diagnostics;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.Templates;
using Sightglass.Query.LogQL.Tree;

namespace Sightglass.Query.LogQL.Metrics;

/// <summary>Evaluates a metric query over all steps at once, leaf by leaf. Used by one thread.</summary>
internal sealed class MetricEvaluator(IEventStore store, QueryLimits limits, StepGrid grid, LogQLStatistics statistics, CancellationToken cancellation)
{
    private readonly Dictionary<RangeNode, List<StepSeries>> _read = new(ReferenceEqualityComparer.Instance);

    /// <summary>
    /// Reads the lines of several queries once. Leaves with the same selector, stages, time and labels are one reading, of which all take the lines; what is
    /// unwrapped is one by itself, since a failed conversion is an error of that leaf only. Readings of the same selector share what the store hands out, except
    /// where it counts for one of them by itself.
    /// </summary>
    public void ReadTogether(IReadOnlyList<MetricNode> nodes)
    {
        var counted = new List<Reading>();
        var bySelector = new Dictionary<string, List<Reading>>(StringComparer.Ordinal);
        var leaves = nodes.SelectMany(Leaves).ToList();
        foreach (var same in leaves.GroupBy(l => l.Node.Unwrap is null ? KeyOf(l) : $"{leaves.IndexOf(l)}", StringComparer.Ordinal))
        {
            var reading = ReadingOf([.. same]);
            var selector = string.Join(',', reading.Leaves[0].Node.Log.Matchers);
            (reading.Scan.Folds ? counted : bySelector.TryGetValue(selector, out var readings) ? readings : bySelector[selector] = []).Add(reading);
        }

        foreach (var reading in counted.Concat(bySelector.Values.Where(static r => r.Count == 1).SelectMany(static r => r)))
        {
            Read(reading);
        }

        foreach (var readings in bySelector.Values.Where(static r => r.Count > 1))
        {
            var together = readings.ConvertAll(r => ReadingOf(r.Leaves, together: true));
            LogScan.RunTogether([.. together.Select(static r => (r.Scan, (Action<LogEntry>)(entry => r.Take(entry, 1))))], cancellation);
            together.ForEach(Keep);
        }
    }

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
                return Range(Leaf.Of(range));
            case VectorNode { Inner: RangeNode { Grouping: null } inner } vector when Merges(vector.Function, inner):
                return Range(Leaf.Of(vector, inner));
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

    private static IEnumerable<Leaf> Leaves(MetricNode node) => node switch
    {
        RangeNode range => [Leaf.Of(range)],
        VectorNode { Inner: RangeNode { Grouping: null } inner } vector when Merges(vector.Function, inner) => [Leaf.Of(vector, inner)],
        VectorNode vector => Leaves(vector.Inner),
        BinaryNode binary => Leaves(binary.Left).Concat(Leaves(binary.Right)),
        LabelReplaceNode replace => Leaves(replace.Inner),
        _ => [],
    };

    private static string KeyOf(Leaf leaf)
    {
        var needs = leaf.Needs();
        var labels = needs.All ? "*" : string.Join(',', needs.Names.Order(StringComparer.Ordinal));
        return $"{string.Join(',', leaf.Node.Log.Matchers)} {string.Join(' ', leaf.Node.Log.Stages)} {leaf.Node.RangeNano} {leaf.Node.OffsetNano} {labels} {leaf.Hinted}";
    }

    private List<StepSeries> Range(Leaf leaf)
    {
        if (_read.TryGetValue(leaf.Node, out var known))
        {
            return known;
        }

        Read(ReadingOf([leaf]));
        return _read[leaf.Node];
    }

    private Reading ReadingOf(IReadOnlyList<Leaf> leaves, bool together = false)
    {
        var (node, needs) = (leaves[0].Node, leaves[0].Needs());
        var min = grid.StartNano - node.RangeNano - node.OffsetNano + 1;
        var max = grid.EndNano - node.OffsetNano + 1;

        // Sums of doubles depend on their order, and an answer should not change from one time to the next.
        var order = node.Unwrap is null || WindowSamples.IsOrderFree(node.Function) ? EventOrder.Any : EventOrder.TimeAscending;
        var needsLine = leaves.Any(static l => l.Node.Function is "bytes_rate" or "bytes_over_time");
        var fold = !together && leaves.All(l => LogFold.Of(l.Node, grid, min) is not null) ? LogFold.Of(node, grid, min) : null;
        var scan = new LogScan(
            store, limits, node.Log, needs, needsLine, min, max, order, statistics, cancellation, fold, leaves[0].Hinted && !needs.All, preservesErrors: true, together: together);
        return new Reading(leaves, scan, [.. leaves.Select(l => new RangeAggregation(l.Node, l.Grouping, l.Whole, grid, limits))]);
    }

    private void Read(Reading reading)
    {
        reading.Scan.RunWeighted(
            (entry, lines) =>
            {
                reading.Take(entry, lines);
                return true;
            },
            cancellation);
        Keep(reading);
    }

    private void Keep(Reading reading)
    {
        for (var i = 0; i < reading.Leaves.Count; i++)
        {
            _read[reading.Leaves[i].Node] = reading.Aggregations[i].Finish();
        }
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
        var known = new Dictionary<LabelSet, StepSeries>();
        foreach (var series in Evaluate(node.Inner))
        {
            var labels = series.Labels;
            var match = node.Expression.Regex.Match(labels[node.Source]);
            if (match.Success)
            {
                labels = labels.With(node.Target, GoExpansion.Expand(node.Replacement, node.Expression.Regex, match));
            }

            if (!known.TryGetValue(labels, out var result))
            {
                known.Add(labels, result = new StepSeries(labels, grid.Count));
                output.Add(result);
            }

            // Series that get the same labels are one, as long as they are not there at the same time.
            for (var step = 0; step < grid.Count; step++)
            {
                if (series.Present[step])
                {
                    if (result.Present[step])
                    {
                        throw new QueryException(QueryErrorKind.Execution, "vector cannot contain metrics with the same labelset", node.Position);
                    }

                    result.Set(step, series.Values[step]);
                }
            }
        }

        return output;
    }

    /// <summary>Leaves that take the same lines, where those come from, and what is made of them.</summary>
    private sealed record Reading(IReadOnlyList<Leaf> Leaves, LogScan Scan, RangeAggregation[] Aggregations)
    {
        public void Take(LogEntry entry, long lines)
        {
            foreach (var aggregation in Aggregations)
            {
                aggregation.Add(entry, lines);
            }
        }
    }

    /// <summary>Lines that are read, and what is made of them.</summary>
    /// <param name="Node">The aggregation over time.</param>
    /// <param name="Grouping">How it groups; null keeps all labels.</param>
    /// <param name="Hinted">A parser stops where it found the labels that the query asks for, as Loki's does in sums: what comes after that in a line is no error.</param>
    /// <param name="Whole">Its series are what is asked for, and are not added up first.</param>
    private readonly record struct Leaf(RangeNode Node, Grouping? Grouping, bool Hinted, bool Whole)
    {
        public static Leaf Of(RangeNode range) => new(range, range.Function == "absent_over_time" ? Grouping.All : range.Grouping, Hinted: true, Whole: true);

        public static Leaf Of(VectorNode vector, RangeNode inner) => new(inner, vector.Grouping ?? Grouping.All, Hinted: vector.Function == "sum", Whole: false);

        /// <summary>The labels that it reads, beside those of the stages.</summary>
        public LabelNeeds Needs()
        {
            var needs = new LabelNeeds();
            if (Grouping is { Without: false })
            {
                foreach (var name in Grouping.Names)
                {
                    needs.Add(name);
                }
            }
            else
            {
                needs.AddAll();
            }

            if (Node.Unwrap is { } unwrap)
            {
                needs.Add(unwrap.Label);
                foreach (var condition in unwrap.Conditions)
                {
                    condition.AddNeeds(needs);
                }
            }

            return needs;
        }
    }
}
