using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL.Tree;

namespace Sightglass.Query.LogQL.Metrics;

/// <summary>Operators between series, step by step.</summary>
internal static class BinaryEvaluation
{
    /// <summary>An operator between a number and series.</summary>
    public static List<StepSeries> WithNumber(BinaryNode node, List<StepSeries> input, double number, bool numberIsLeft, int steps)
    {
        var output = new List<StepSeries>(input.Count);
        foreach (var series in input)
        {
            var result = new StepSeries(series.Labels, steps);
            for (var step = 0; step < steps; step++)
            {
                if (!series.Present[step])
                {
                    continue;
                }

                var value = series.Values[step];
                var (left, right) = numberIsLeft ? (number, value) : (value, number);
                Set(result, step, node, left, right, value);
            }

            output.Add(result);
        }

        return output;
    }

    /// <summary>An operator between series.</summary>
    public static List<StepSeries> Run(BinaryNode node, List<StepSeries> left, List<StepSeries> right, int steps)
    {
        var rightBySignature = Index(right, node.Matching);
        if (node.Operator is "and" or "unless")
        {
            return Set(node, left, rightBySignature, steps);
        }

        if (node.Operator == "or")
        {
            return Or(node, left, right, steps);
        }

        // The "one" side is the right one unless group_right turns it round.
        var swap = node.Matching.Group == "right";
        var (many, one) = swap ? (right, left) : (left, right);
        var oneBySignature = Index(one, node.Matching);
        foreach (var (signature, partners) in oneBySignature)
        {
            RefuseTwice(node, signature, partners, swap, steps);
        }

        var output = new List<StepSeries>();
        var taken = new Dictionary<(LabelSet Signature, LabelSet Labels), bool[]>();
        foreach (var series in many)
        {
            var signature = Signature(series.Labels, node.Matching);
            if (!oneBySignature.TryGetValue(signature, out var partners))
            {
                continue;
            }

            foreach (var partner in partners)
            {
                var labels = ResultLabels(series.Labels, partner.Labels, node.Matching);
                var places = taken.TryGetValue((signature, labels), out var known) ? known : taken[(signature, labels)] = new bool[steps];
                output.Add(Pair(node, series, partner, labels, places, swap, steps));
            }
        }

        return Merge(output, steps);
    }

    // Whether or not anything is on the other side.
    private static void RefuseTwice(BinaryNode node, LabelSet signature, List<StepSeries> partners, bool swap, int steps)
    {
        if (partners.Count < 2)
        {
            return;
        }

        var taken = new bool[steps];
        foreach (var partner in partners)
        {
            for (var step = 0; step < steps; step++)
            {
                if (partner.Present[step] && taken[step])
                {
                    throw new QueryException(
                        QueryErrorKind.Execution,
                        $"found duplicate series on the {(swap ? "left" : "right")} hand-side for the match group {signature}; many-to-many matching not allowed: matching labels must be unique on one side",
                        node.Position);
                }

                taken[step] |= partner.Present[step];
            }
        }
    }

    private static StepSeries Pair(BinaryNode node, StepSeries series, StepSeries partner, LabelSet labels, bool[] taken, bool swap, int steps)
    {
        var result = new StepSeries(labels, steps);
        for (var step = 0; step < steps; step++)
        {
            if (!series.Present[step] || !partner.Present[step])
            {
                continue;
            }

            if (taken[step])
            {
                // Also where a comparison would leave one of them out.
                throw new QueryException(
                    QueryErrorKind.Execution,
                    node.Matching.Group is null
                        ? "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
                        : "multiple matches for labels: grouping labels must ensure unique matches",
                    node.Position);
            }

            taken[step] = true;
            var (a, b) = swap ? (partner.Values[step], series.Values[step]) : (series.Values[step], partner.Values[step]);
            Set(result, step, node, a, b, a);
        }

        return result;
    }

    /// <summary>The value of a step: of a comparison that holds <paramref name="kept"/>, of one that does not none, unless numbers are asked for.</summary>
    private static void Set(StepSeries result, int step, BinaryNode node, double left, double right, double kept)
    {
        if (!BinaryOperator.IsComparison(node.Operator) || node.Bool)
        {
            result.Set(step, BinaryOperator.Fold(node.Operator, left, right));
        }
        else if (BinaryOperator.Compare(node.Operator, left, right))
        {
            result.Set(step, kept);
        }
    }

    private static List<StepSeries> Set(BinaryNode node, List<StepSeries> left, Dictionary<LabelSet, List<StepSeries>> right, int steps)
    {
        var output = new List<StepSeries>(left.Count);
        foreach (var series in left)
        {
            right.TryGetValue(Signature(series.Labels, node.Matching), out var partners);
            var result = new StepSeries(series.Labels, steps);
            for (var step = 0; step < steps; step++)
            {
                var at = step;
                if (series.Present[step] && (partners?.Exists(p => p.Present[at]) ?? false) == (node.Operator == "and"))
                {
                    result.Set(step, series.Values[step]);
                }
            }

            output.Add(result);
        }

        return output;
    }

    private static List<StepSeries> Or(BinaryNode node, List<StepSeries> left, List<StepSeries> right, int steps)
    {
        var leftBySignature = Index(left, node.Matching);
        var output = new List<StepSeries>(left);
        foreach (var series in right)
        {
            leftBySignature.TryGetValue(Signature(series.Labels, node.Matching), out var partners);
            var result = new StepSeries(series.Labels, steps);
            for (var step = 0; step < steps; step++)
            {
                var at = step;
                if (series.Present[step] && !(partners?.Exists(p => p.Present[at]) ?? false))
                {
                    result.Set(step, series.Values[step]);
                }
            }

            output.Add(result);
        }

        return Merge(output, steps);
    }

    private static Dictionary<LabelSet, List<StepSeries>> Index(List<StepSeries> series, VectorMatching matching)
    {
        var index = new Dictionary<LabelSet, List<StepSeries>>();
        foreach (var one in series)
        {
            var signature = Signature(one.Labels, matching);
            (index.TryGetValue(signature, out var list) ? list : index[signature] = []).Add(one);
        }

        return index;
    }

    private static LabelSet Signature(LabelSet labels, VectorMatching matching)
    {
        string[] names = [.. matching.Names];
        return matching.On ? labels.Only(names) : labels.Without(names);
    }

    private static LabelSet ResultLabels(LabelSet many, LabelSet one, VectorMatching matching)
    {
        if (matching.Group is null)
        {
            return Signature(many, matching);
        }

        var labels = many;
        foreach (var name in matching.Include)
        {
            labels = labels.With(name, one[name]);
        }

        return labels;
    }

    // Series of one label set that live at different steps are one series.
    private static List<StepSeries> Merge(List<StepSeries> series, int steps)
    {
        var byLabels = new Dictionary<LabelSet, StepSeries>();
        var output = new List<StepSeries>();
        foreach (var one in series)
        {
            if (!byLabels.TryGetValue(one.Labels, out var known))
            {
                byLabels.Add(one.Labels, one);
                output.Add(one);
                continue;
            }

            var both = new StepSeries(one.Labels, steps);
            for (var step = 0; step < steps; step++)
            {
                if (known.Present[step] || one.Present[step])
                {
                    both.Set(step, known.Present[step] ? known.Values[step] : one.Values[step]);
                }
            }

            byLabels[one.Labels] = both;
            output[output.IndexOf(known)] = both;
        }

        return output;
    }
}
