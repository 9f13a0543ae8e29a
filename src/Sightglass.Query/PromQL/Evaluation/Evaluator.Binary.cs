namespace Sightglass.Query.PromQL;

/// <summary>Binary operations that have a scalar on a side, and set operations.</summary>
internal sealed partial class Evaluator
{
    private EvaluatedValue Binary(BinaryExpression binary, StepGrid grid)
    {
        var left = Evaluate(binary.Left, grid);
        var right = Evaluate(binary.Right, grid);
        if (left.Type == PromQLType.Scalar && right.Type == PromQLType.Scalar)
        {
            var values = new double[grid.Count];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = BinaryArithmetic.Compute(binary.Operator, left.Scalar[i], right.Scalar[i]);
            }

            return values;
        }

        if (left.Type == PromQLType.Scalar)
        {
            return WithScalar(binary, right.Vector, left.Scalar, swapped: true);
        }

        if (right.Type == PromQLType.Scalar)
        {
            return WithScalar(binary, left.Vector, right.Scalar, swapped: false);
        }

        return binary.Operator switch
        {
            BinaryOperator.And => Intersect(binary.Matching!, left.Vector, right.Vector, grid.Count, keepMatched: true),
            BinaryOperator.Unless => Intersect(binary.Matching!, left.Vector, right.Vector, grid.Count, keepMatched: false),
            BinaryOperator.Or => Union(binary.Matching!, left.Vector, right.Vector, grid.Count),
            _ => new VectorMatcher(_run, binary, grid.Count).Match(left.Vector, right.Vector),
        };
    }

    private List<Column> WithScalar(BinaryExpression binary, List<Column> vector, double[] scalar, bool swapped)
    {
        var op = binary.Operator;
        var comparison = PromQLOperators.IsComparison(op);
        var filter = comparison && !binary.ReturnBool;
        var keepName = filter || PromQLOperators.IsTrim(op);
        var output = new List<Column>(vector.Count);
        foreach (var column in vector)
        {
            var steps = column.Values.Length;
            var result = keepName ? Column.Empty(column.Labels, steps, column.DropName) : Unnamed(column, steps);
            for (var i = 0; i < steps; i++)
            {
                if (!column.Has(i))
                {
                    continue;
                }

                if (column.Histogram(i) is { } histogram)
                {
                    var computed = BinaryArithmetic.ComputeHistogram(binary, scalar[i], swapped ? null : histogram, scalar[i], swapped ? histogram : null, _run.Annotations, out var keep);
                    if (keep && computed is not null)
                    {
                        result.Set(i, computed);
                    }

                    continue;
                }

                if (PromQLOperators.IsTrim(op))
                {
                    BinaryArithmetic.Incompatible(binary, false, false, _run.Annotations);
                    continue;
                }

                var value = column.Values[i];
                var left = swapped ? scalar[i] : value;
                var right = swapped ? value : scalar[i];
                if (!filter)
                {
                    result.Values[i] = BinaryArithmetic.Compute(op, left, right);
                }
                else if (BinaryArithmetic.Compare(op, left, right))
                {
                    result.Values[i] = value;
                }
            }

            if (!result.IsEmpty())
            {
                output.Add(result);
            }
        }

        return keepName ? output : Distinct(output);
    }

    /// <summary><c>and</c> and <c>unless</c>.</summary>
    private static List<Column> Intersect(VectorMatching matching, List<Column> left, List<Column> right, int steps, bool keepMatched)
    {
        var present = Presence(matching, right, steps);
        var output = new List<Column>(left.Count);
        foreach (var column in left)
        {
            var matched = present.GetValueOrDefault(VectorMatcher.Signature(matching, column.Labels));
            if (matched is null)
            {
                if (!keepMatched)
                {
                    output.Add(column);
                }

                continue;
            }

            var result = Column.Empty(column.Labels, steps, column.DropName);
            for (var i = 0; i < steps; i++)
            {
                if (column.Has(i) && matched[i] == keepMatched)
                {
                    result.CopyFrom(column, i, i);
                }
            }

            if (!result.IsEmpty())
            {
                output.Add(result);
            }
        }

        return output;
    }

    private static List<Column> Union(VectorMatching matching, List<Column> left, List<Column> right, int steps)
    {
        var present = Presence(matching, left, steps);
        var output = new List<Column>(left);
        foreach (var column in right)
        {
            var covered = present.GetValueOrDefault(VectorMatcher.Signature(matching, column.Labels));
            if (covered is null)
            {
                output.Add(column);
                continue;
            }

            var result = Column.Empty(column.Labels, steps, column.DropName);
            for (var i = 0; i < steps; i++)
            {
                if (column.Has(i) && !covered[i])
                {
                    result.CopyFrom(column, i, i);
                }
            }

            if (!result.IsEmpty())
            {
                output.Add(result);
            }
        }

        return MergeUnion(output);
    }

    /// <summary>The same series can come from both sides at different steps.</summary>
    private static List<Column> MergeUnion(List<Column> columns)
    {
        var seen = new HashSet<(Core.Model.LabelSet, bool)>(columns.Count);
        foreach (var column in columns)
        {
            if (!seen.Add((column.Labels, column.DropName)))
            {
                return MergeSameLabels([.. columns.Select(c => c.Copy())]);
            }
        }

        return columns;
    }

    private static Dictionary<Core.Model.LabelSet, bool[]> Presence(VectorMatching matching, List<Column> columns, int steps)
    {
        var presence = new Dictionary<Core.Model.LabelSet, bool[]>(columns.Count);
        foreach (var column in columns)
        {
            var signature = VectorMatcher.Signature(matching, column.Labels);
            if (!presence.TryGetValue(signature, out var has))
            {
                presence.Add(signature, has = new bool[steps]);
            }

            for (var i = 0; i < steps; i++)
            {
                has[i] |= column.Has(i);
            }
        }

        return presence;
    }
}
