using System.Diagnostics;
using Sightglass.Core.Errors;
using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL.Evaluation;

/// <summary>Spans of one trace that belong together; by() makes several of one.</summary>
/// <param name="Spans">The spans, in the trace's order.</param>
/// <param name="Labels">What by() and aggregates found, under the text of their expression.</param>
internal sealed record Spanset(IReadOnlyList<SpanData> Spans, IReadOnlyList<(string Name, TraceValue Value)> Labels);

/// <summary>Runs a query on one whole trace.</summary>
internal sealed class SpansetEvaluator(TraceData trace)
{
    /// <summary>The spansets that the query leaves; none when the trace does not match.</summary>
    public List<Spanset> Run(StageNode node) => Run(node, [new Spanset(trace.Spans, [])]);

    private List<Spanset> Run(StageNode node, List<Spanset> input)
    {
        switch (node)
        {
            case SpanFilterNode filter:
                return Each(input, set => [.. set.Spans.Where(s => FieldEvaluator.Evaluate(filter.Condition, s, trace).IsTrue)]);
            case PipelineNode pipeline:
                foreach (var stage in pipeline.Stages)
                {
                    input = Run(stage, input);
                }

                return input;
            case SpansetOperationNode operation:
                return Each(input, set => Operation(operation, set));
            case ScalarFilterNode filter:
                return [.. input.Select(s => Keep(filter, s)).OfType<Spanset>()];
            case GroupNode group:
                return [.. input.SelectMany(s => Group(group, s))];
            case CoalesceNode:
                return input.Count == 0 ? input : [new Spanset([.. trace.Spans.Where(s => input.Exists(i => i.Spans.Contains(s)))], [])];
            case SelectNode:
                return input;
            case MetricsFunctionNode or MetricsRankNode or MetricsFilterNode or MetricsOperationNode:
                throw new QueryException(QueryErrorKind.BadData, "not supported yet: TraceQL metrics", node.Position);
            default:
                throw new UnreachableException($"BUG: stage {node.GetType().Name}");
        }
    }

    private static List<Spanset> Each(List<Spanset> input, Func<Spanset, List<SpanData>> run)
    {
        var output = new List<Spanset>(input.Count);
        foreach (var set in input)
        {
            var spans = run(set);
            if (spans.Count > 0)
            {
                output.Add(set with { Spans = spans });
            }
        }

        return output;
    }

    private List<SpanData> Operation(SpansetOperationNode node, Spanset set)
    {
        var left = Flat(Run(node.Left, [set]));
        var right = Flat(Run(node.Right, [set]));
        var op = node.Operator;
        if (op is "&&" or "||")
        {
            return op == "&&" && (left.Count == 0 || right.Count == 0) ? [] : InOrder(set, left.Union(right));
        }

        // The right side is what is found; & finds the left side too, ! what is not related.
        if (op[0] == '!')
        {
            return InOrder(set, right.Where(r => !Related(op[1..], left, r)));
        }

        if (op[0] != '&')
        {
            return InOrder(set, right.Where(r => Related(op, left, r)));
        }

        var found = right.Where(r => Related(op[1..], left, r)).ToHashSet();
        return InOrder(set, found.Union(left.Where(l => Related(Inverse(op[1..]), found, l))));
    }

    private static string Inverse(string relation) => relation switch { ">" => "<", "<" => ">", ">>" => "<<", "<<" => ">>", _ => relation };

    // Whether a span is a child (>), parent (<), descendant (>>), ancestor (<<) or sibling (~) of one of the others.
    private static bool Related(string relation, HashSet<SpanData> others, SpanData span)
    {
        switch (relation)
        {
            case ">":
                return span.Parent is not null && others.Contains(span.Parent);
            case "<":
                return span.Children.Exists(others.Contains);
            case "~":
                return span.Parent is not null && span.Parent.Children.Exists(c => c != span && others.Contains(c));
            case ">>":
                // Bounded by the numbers: spans that are each other's ancestors have none.
                for (var at = span.Parent; at is not null && at.NestedLeft != 0; at = at.Parent)
                {
                    if (others.Contains(at))
                    {
                        return true;
                    }
                }

                return false;
            default:
                return span.NestedLeft != 0 && others.Any(o => o.NestedLeft > span.NestedLeft && o.NestedRight < span.NestedRight);
        }
    }

    private static List<SpanData> InOrder(Spanset set, IEnumerable<SpanData> spans)
    {
        var chosen = spans.ToHashSet();
        return [.. set.Spans.Where(chosen.Contains)];
    }

    private static HashSet<SpanData> Flat(List<Spanset> sets) => [.. sets.SelectMany(static s => s.Spans)];

    private Spanset? Keep(ScalarFilterNode filter, Spanset set)
    {
        var aggregate = (AggregateNode)filter.Left;
        var value = Aggregate(aggregate, set);
        return value.Type != TraceValueType.Nil && TraceValue.Compare(filter.Operator, value, ((ConstantNode)filter.Right).Value)
            ? set with { Labels = [.. set.Labels, (FieldText.Of(aggregate), value)] }
            : null;
    }

    private TraceValue Aggregate(AggregateNode node, Spanset set)
    {
        if (node.Of is null)
        {
            return TraceValue.Of((long)set.Spans.Count);
        }

        var values = set.Spans.Select(s => FieldEvaluator.Evaluate(node.Of, s, trace)).Where(static v => v.IsNumeric).ToList();
        if (values.Count == 0)
        {
            return TraceValue.Nil;
        }

        switch (node.Function)
        {
            case "min":
                return values.MinBy(static v => v.Number);
            case "max":
                return values.MaxBy(static v => v.Number);
            default:
                var sum = values.Aggregate(static (a, b) => TraceValue.Arithmetic("+", a, b));
                return node.Function == "sum" ? sum
                    : sum.Type == TraceValueType.Duration ? TraceValue.Duration(sum.Number / values.Count)
                    : TraceValue.Of(sum.Number / values.Count);
        }
    }

    private List<Spanset> Group(GroupNode node, Spanset set)
    {
        var groups = new Dictionary<TraceValue, List<SpanData>>();
        var order = new List<TraceValue>();
        foreach (var span in set.Spans)
        {
            var value = FieldEvaluator.Evaluate(node.By, span, trace);
            if (value.Type == TraceValueType.Nil)
            {
                continue;
            }

            if (!groups.TryGetValue(value, out var members))
            {
                groups.Add(value, members = []);
                order.Add(value);
            }

            members.Add(span);
        }

        return order.ConvertAll(value => new Spanset(groups[value], [.. set.Labels, ($"by({FieldText.Of(node.By)})", value)]));
    }
}
