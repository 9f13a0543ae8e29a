using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Query.TraceQL.Evaluation;
using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL.Metrics;

/// <summary>
/// Conditions on one span as the store tests them, when that means exactly the same; null where it does not. Unlike <see cref="SpanPredicates"/>, which may
/// hold for more spans than the query means.
/// </summary>
internal static class ExactPredicates
{
    public static EventPredicate? Of(FieldNode node)
    {
        switch (node)
        {
            case ValueField value:
                return value.Value.IsTrue ? EventPredicate.True : new OrPredicate([]);
            case BinaryField { Operator: "&&" } both:
                return Of(both.Left) is { } one && Of(both.Right) is { } other ? one.And(other) : null;
            case BinaryField { Operator: "||" } either:
                return Of(either.Left) is { } left && Of(either.Right) is { } right ? new OrPredicate([left, right]) : null;
            case BinaryField { Left: AttributeField field, Right: ValueField value } binary:
                return Comparison(field, binary.Operator, value.Value, binary);
            case BinaryField { Left: ValueField value, Right: AttributeField field, Operator: not ("=~" or "!~") } binary:
                return Comparison(field, SpanPredicates.Flip(binary.Operator), value.Value, binary);
            case AttributeField { Intrinsic: Intrinsic.None } truth when SpanColumns.ColumnOf(truth) is { } column:
                return new ComparePredicate(column, CompareOp.Equal, AttributeValue.Of(true));
            case UnaryField { Operator: "!", Inner: AttributeField { Intrinsic: Intrinsic.None } truth } when SpanColumns.ColumnOf(truth) is { } column:
                return new ComparePredicate(column, CompareOp.Equal, AttributeValue.Of(false));
            case UnaryField { Operator: "!", Inner: BinaryField { Operator: not ("+" or "-" or "*" or "/" or "%" or "^") } inner }:
                return Of(inner) is { } term ? new NotPredicate(term) : null;
            default:
                return null;
        }
    }

    private static EventPredicate? Comparison(AttributeField field, string op, TraceValue value, BinaryField binary)
    {
        if (SpanColumns.ColumnOf(field) is not { } column)
        {
            return null;
        }

        switch (field.Intrinsic)
        {
            case Intrinsic.None:
                return Attribute(column, op, value, binary);
            case Intrinsic.Duration when SpanPredicates.Operator(op) is { } compare && value.IsNumeric:
                return new ComparePredicate(column, compare, value.Type == TraceValueType.Float ? AttributeValue.Of(value.Number) : AttributeValue.Of(value.Whole));
            case Intrinsic.Status or Intrinsic.Kind when op is "=" or "!=" && value.Type is TraceValueType.Status or TraceValueType.Kind:
                // 0 may be left out by a store.
                EventPredicate equal = new ComparePredicate(column, CompareOp.Equal, AttributeValue.Of(value.Whole));
                equal = value.Whole == 0 ? new OrPredicate([equal, new NotPredicate(new ExistsPredicate(column))]) : equal;
                return op == "=" ? equal : new NotPredicate(equal);
            case Intrinsic.Name or Intrinsic.StatusMessage or Intrinsic.InstrumentationName or Intrinsic.InstrumentationVersion:
                return Text(column, op, value, binary);
            default:
                return null;
        }
    }

    // A text that is always there; the empty one may be left out by a store.
    private static EventPredicate? Text(ColumnRef column, string op, TraceValue value, BinaryField binary)
    {
        var missing = new NotPredicate(new ExistsPredicate(column));
        if (value.Type != TraceValueType.String)
        {
            return null;
        }

        switch (op)
        {
            case "=" or "!=":
                EventPredicate equal = new ComparePredicate(column, CompareOp.Equal, AttributeValue.Of(value.Text!));
                equal = value.Text!.Length == 0 ? new OrPredicate([equal, missing]) : equal;
                return op == "=" ? equal : new NotPredicate(equal);
            case "=~" or "!~":
                EventPredicate match = new MatchesPredicate(column, binary.Expression);
                match = binary.Expression.IsMatch(string.Empty) ? new OrPredicate([match, missing]) : match;
                return op == "=~" ? match : new NotPredicate(match);
            default:
                return null;
        }
    }

    private static EventPredicate? Attribute(ColumnRef column, string op, TraceValue value, BinaryField binary)
    {
        if (op is "=~" or "!~")
        {
            // Expressions are for texts; the store would match the text of a number, too.
            var isText = new ComparePredicate(column, CompareOp.GreaterOrEqual, AttributeValue.Of(string.Empty));
            var match = new MatchesPredicate(column, binary.Expression);
            return new AndPredicate([isText, op == "=~" ? match : new NotPredicate(match)]);
        }

        if (value.Type == TraceValueType.Nil)
        {
            return op == "=" ? new NotPredicate(new ExistsPredicate(column)) : op == "!=" ? new ExistsPredicate(column) : null;
        }

        AttributeValue? other = value.Type switch
        {
            TraceValueType.String => AttributeValue.Of(value.Text!),
            TraceValueType.Int or TraceValueType.Duration => AttributeValue.Of(value.Whole),
            TraceValueType.Float => AttributeValue.Of(value.Number),
            _ => null,
        };
        if (value.Type == TraceValueType.Bool)
        {
            return op is "=" or "!=" ? new ComparePredicate(column, CompareOp.Equal, AttributeValue.Of(value.IsTrue == (op == "="))) : null;
        }

        // Values of different types are neither equal nor unequal here; to the store they are unequal.
        return other is not { } constant ? null
            : op == "!=" ? new OrPredicate([new ComparePredicate(column, CompareOp.Less, constant), new ComparePredicate(column, CompareOp.Greater, constant)])
            : SpanPredicates.Operator(op) is { } compare ? new ComparePredicate(column, compare, constant)
            : null;
    }
}
