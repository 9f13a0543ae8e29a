using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>
/// Arithmetic and comparison between two vectors. Series find each other once, by their signature; only where several series of
/// the "one" side share a signature does every step look for the one that has a value.
/// </summary>
internal sealed class VectorMatcher(QueryRun run, BinaryExpression binary, int steps)
{
    private readonly VectorMatching _matching = binary.Matching!;
    private readonly bool _keepsName = PromQLOperators.IsComparison(binary.Operator) || PromQLOperators.IsTrim(binary.Operator);
    private readonly Dictionary<LabelSet, Column> _results = [];
    private readonly List<Column> _order = [];
    private readonly Dictionary<object, bool[]> _used = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(LabelSet, LabelSet), LabelSet> _labels = [];

    /// <summary>The labels by which two series find each other.</summary>
    public static LabelSet Signature(VectorMatching matching, LabelSet labels) => matching.On
        ? labels.Only([.. matching.Labels])
        : labels.Without([.. matching.Labels, LabelSet.MetricName]);

    public List<Column> Match(List<Column> left, List<Column> right)
    {
        if (left.Count == 0 && right.Count == 0)
        {
            return [];
        }

        // The "one" side is the right one, unless group_right turns the operation round; fill_left and fill_right go with the turn.
        var swapped = _matching.Cardinality == MatchCardinality.OneToMany;
        var many = swapped ? right : left;
        var one = swapped ? left : right;
        if ((many.Count == 0 && _matching.FillLeft is null) || (one.Count == 0 && _matching.FillRight is null))
        {
            return [];
        }

        var oneBySignature = Group(one);
        CheckUnique(oneBySignature, many, swapped);
        var manyBySignature = Group(many);
        foreach (var (signature, columns) in manyBySignature)
        {
            var ones = oneBySignature.GetValueOrDefault(signature);
            run.Check();
            foreach (var column in columns)
            {
                Pair(signature, column, ones, swapped, columns);
            }
        }

        // Series of the one side that nobody on the other side has at a step.
        if (_matching.FillLeft is { } filled)
        {
            foreach (var (signature, columns) in oneBySignature)
            {
                FillMany(signature, columns, manyBySignature.GetValueOrDefault(signature), filled, swapped);
            }
        }

        _order.RemoveAll(column => column.IsEmpty());
        return _order;
    }

    private Dictionary<LabelSet, List<Column>> Group(List<Column> columns)
    {
        var groups = new Dictionary<LabelSet, List<Column>>(columns.Count);
        foreach (var column in columns)
        {
            var signature = Signature(_matching, column.Labels);
            if (!groups.TryGetValue(signature, out var group))
            {
                groups.Add(signature, group = new List<Column>(1));
            }

            group.Add(column);
        }

        return groups;
    }

    private void CheckUnique(Dictionary<LabelSet, List<Column>> groups, List<Column> many, bool swapped)
    {
        bool[]? relevant = null;
        foreach (var (signature, columns) in groups)
        {
            if (columns.Count < 2)
            {
                continue;
            }

            relevant ??= AnyAt(many);
            for (var step = 0; step < steps; step++)
            {
                if (!relevant[step] && _matching.FillLeft is null)
                {
                    continue;
                }

                Column? first = null;
                foreach (var column in columns)
                {
                    if (!column.Has(step))
                    {
                        continue;
                    }

                    if (first is not null)
                    {
                        throw new QueryException(
                            QueryErrorKind.Execution,
                            $"found duplicate series for the match group {MetricLabels.Text(signature)} on the {(swapped ? "left" : "right")} hand-side of the operation: [{MetricLabels.Text(first.Labels)}, {MetricLabels.Text(column.Labels)}];many-to-many matching not allowed: matching labels must be unique on one side",
                            binary.Span.Start);
                    }

                    first = column;
                }
            }
        }
    }

    private bool[] AnyAt(List<Column> columns)
    {
        var any = new bool[steps];
        foreach (var column in columns)
        {
            for (var i = 0; i < steps; i++)
            {
                any[i] |= column.Has(i);
            }
        }

        return any;
    }

    private void Pair(LabelSet signature, Column many, List<Column>? ones, bool swapped, List<Column> group)
    {
        var fillOne = _matching.FillRight;
        if (ones is null && fillOne is null)
        {
            return;
        }

        foreach (var one in ones ?? [])
        {
            Column? result = null;
            for (var step = 0; step < steps; step++)
            {
                if (many.Has(step) && one.Has(step))
                {
                    Step(many, many.Values[step], many.Histogram(step), one, one.Values[step], one.Histogram(step), step, swapped, ref result, group);
                }
            }
        }

        if (fillOne is { } filled)
        {
            Column? result = null;
            for (var step = 0; step < steps; step++)
            {
                if (many.Has(step) && (ones is null || !ones.Exists(o => o.Has(step))))
                {
                    var stand = new Column(signature, []);
                    Step(many, many.Values[step], many.Histogram(step), stand, filled, null, step, swapped, ref result, group);
                }
            }
        }
    }

    private void FillMany(LabelSet signature, List<Column> ones, List<Column>? manies, double filled, bool swapped)
    {
        foreach (var one in ones)
        {
            Column? result = null;
            for (var step = 0; step < steps; step++)
            {
                if (one.Has(step) && (manies is null || !manies.Exists(m => m.Has(step))))
                {
                    var stand = new Column(signature, []);
                    Step(stand, filled, null, one, one.Values[step], one.Histogram(step), step, swapped, ref result, []);
                }
            }
        }
    }

    private void Step(Column many, double manyValue, NativeHistogram? manyHistogram, Column one, double oneValue, NativeHistogram? oneHistogram, int step, bool swapped, ref Column? result, List<Column> group)
    {
        var (leftValue, leftHistogram) = swapped ? (oneValue, oneHistogram) : (manyValue, manyHistogram);
        var (rightValue, rightHistogram) = swapped ? (manyValue, manyHistogram) : (oneValue, oneHistogram);
        var op = binary.Operator;
        double value;
        NativeHistogram? histogram = null;
        var keep = true;
        if (leftHistogram is not null || rightHistogram is not null)
        {
            histogram = BinaryArithmetic.ComputeHistogram(binary, leftValue, leftHistogram, rightValue, rightHistogram, run.Annotations, out keep);
            if (histogram is null)
            {
                return;
            }

            value = SpecialNumbers.NaN;
        }
        else if (PromQLOperators.IsTrim(op))
        {
            BinaryArithmetic.Incompatible(binary, false, false, run.Annotations);
            return;
        }
        else if (PromQLOperators.IsComparison(op))
        {
            keep = BinaryArithmetic.Compare(op, leftValue, rightValue);
            value = leftValue;
        }
        else
        {
            value = BinaryArithmetic.Compute(op, leftValue, rightValue);
        }

        // Two matches are an error even where a comparison drops one of them.
        result ??= ResultFor(many, one);
        var repeated = !First(result, step);
        if (_matching.Cardinality == MatchCardinality.OneToOne && group.Count > 1 && !First(group, step))
        {
            throw new QueryException(QueryErrorKind.Execution, "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)", binary.Span.Start);
        }

        if (repeated)
        {
            throw Repeated(many, one, step, result, group);
        }

        if (binary.ReturnBool)
        {
            value = keep ? 1 : 0;
            histogram = null;
        }
        else if (!keep)
        {
            return;
        }

        if (histogram is not null)
        {
            result.Set(step, histogram);
        }
        else
        {
            result.Values[step] = value;
        }
    }

    /// <summary>The error of a result that has a value at a step already: of another series of its match group, or of one that only a name in <c>on</c> keeps apart.</summary>
    private QueryException Repeated(Column many, Column one, int step, Column result, List<Column> group) =>
        group.Exists(other => other != many && other.Has(step) && ResultFor(other, one) == result)
            ? new QueryException(QueryErrorKind.Execution, "multiple matches for labels: grouping labels must ensure unique matches", binary.Span.Start)
            : new QueryException(QueryErrorKind.Execution, Evaluator.SameLabels);

    /// <summary>Whether a result or a signature has had no match at a step yet; names may make results differ where signatures do not.</summary>
    private bool First(object owner, int step)
    {
        if (!_used.TryGetValue(owner, out var used))
        {
            _used.Add(owner, used = new bool[steps]);
        }

        var first = !used[step];
        used[step] = true;
        return first;
    }

    private Column ResultFor(Column many, Column one)
    {
        var labels = ResultLabels(many.Labels, one.Labels);
        if (!_results.TryGetValue(labels, out var column))
        {
            // As Prometheus has it where names are dropped late: arithmetic drops them at once nevertheless, and what a filter lets through has its name again.
            column = Column.Empty(labels, steps, run.Options.DelayedNameRemoval && _keepsName && binary.ReturnBool);
            _results.Add(labels, column);
            _order.Add(column);
        }

        return column;
    }

    private LabelSet ResultLabels(LabelSet many, LabelSet one)
    {
        if (_labels.TryGetValue((many, one), out var known))
        {
            return known;
        }

        var builder = new LabelSetBuilder(_keepsName ? many : MetricLabels.WithoutName(many));
        if (_matching.Cardinality == MatchCardinality.OneToOne)
        {
            if (_matching.On)
            {
                foreach (var name in builder.Names.Where(n => !_matching.Labels.Contains(n)).ToArray())
                {
                    builder.Remove(name);
                }
            }
            else
            {
                foreach (var name in _matching.Labels)
                {
                    builder.Remove(name);
                }
            }
        }

        foreach (var name in _matching.Include)
        {
            builder.Set(name, one[name]);
        }

        // The name that a group modifier brings is dropped by bool as well.
        var labels = builder.Build();
        return _labels[(many, one)] = binary.ReturnBool && !run.Options.DelayedNameRemoval ? MetricLabels.WithoutName(labels) : labels;
    }
}
