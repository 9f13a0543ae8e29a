using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL.Evaluation;

/// <summary>
/// Conditions of a query as the store can test them. They hold at least for every span that can make a trace match; the query is
/// then run on the traces of those spans. Null means: any span.
/// </summary>
internal static class SpanPredicates
{
    /// <summary>For a part of a query.</summary>
    public static EventPredicate? Of(StageNode node) => node switch
    {
        SpanFilterNode filter => Of(filter.Condition),

        // With && both sides have a span in the trace: either finds it.
        SpansetOperationNode { Operator: "&&" } operation => Of(operation.Left) ?? Of(operation.Right),
        SpansetOperationNode { Operator: "||" } operation => Of(operation.Left) is { } left && Of(operation.Right) is { } right ? new OrPredicate([left, right]) : null,
        SpansetOperationNode operation => Of(operation.Right) ?? (operation.Operator[0] == '!' ? null : Of(operation.Left)),
        PipelineNode pipeline => Of(pipeline.Stages[0]),
        _ => null,
    };

    /// <summary>Conditions for each of which a trace that matches has a span; none where any trace may match.</summary>
    public static IEnumerable<EventPredicate> All(StageNode node) => node switch
    {
        SpansetOperationNode { Operator: "||" } => Of(node) is { } either ? [either] : [],
        SpansetOperationNode { Operator: ['!', ..] } operation => All(operation.Right),
        SpansetOperationNode operation => All(operation.Left).Concat(All(operation.Right)),
        PipelineNode pipeline => All(pipeline.Stages[0]),
        _ => Of(node) is { } one ? [one] : [],
    };

    private static EventPredicate? Of(FieldNode node)
    {
        switch (node)
        {
            case BinaryField { Operator: "&&" } both:
                return (Of(both.Left), Of(both.Right)) switch
                {
                    (null, var right) => right,
                    (var left, null) => left,
                    var (left, right) => left.And(right),
                };
            case BinaryField { Operator: "||" } either:
                return Of(either.Left) is { } one && Of(either.Right) is { } other ? new OrPredicate([one, other]) : null;
            case BinaryField { Left: AttributeField field, Right: ValueField value } binary:
                return Comparison(field, binary.Operator, value.Value, binary);
            case BinaryField { Left: ValueField value, Right: AttributeField field, Operator: not ("=~" or "!~") } binary:
                return Comparison(field, Flip(binary.Operator), value.Value, binary);
            case AttributeField { Intrinsic: Intrinsic.None } truth when !FieldEvaluator.IsRepeated(truth):
                return new ComparePredicate(Column(truth)!.Value, CompareOp.Equal, AttributeValue.Of(true));
            default:
                return null;
        }
    }

    private static EventPredicate? Comparison(AttributeField field, string op, TraceValue value, BinaryField binary)
    {
        if (Column(field) is not { } column || value.Type == TraceValueType.Nil)
        {
            return null;
        }

        if (op is "=~" or "!~")
        {
            // An intrinsic text that is empty may not be stored at all.
            EventPredicate match = new MatchesPredicate(column, binary.Expression);
            return field.Scope == FieldScope.Intrinsic ? null : op == "=~" ? match : new AndPredicate([new ExistsPredicate(column), new NotPredicate(match)]);
        }

        if (Operator(op) is not { } compare)
        {
            return null;
        }

        if (field.Scope == FieldScope.Intrinsic)
        {
            return Intrinsically(field.Intrinsic, column, compare, value);
        }

        return value.Type switch
        {
            TraceValueType.String => new ComparePredicate(column, compare, AttributeValue.Of(value.Text!)),
            TraceValueType.Int or TraceValueType.Duration => new ComparePredicate(column, compare, AttributeValue.Of(value.Whole)),
            TraceValueType.Float => new ComparePredicate(column, compare, AttributeValue.Of(value.Number)),
            TraceValueType.Bool => new ComparePredicate(column, compare, AttributeValue.Of(value.IsTrue)),
            _ => null,
        };
    }

    private static ComparePredicate? Intrinsically(Intrinsic intrinsic, ColumnRef column, CompareOp op, TraceValue value)
    {
        switch (intrinsic)
        {
            case Intrinsic.Duration:
                return new ComparePredicate(column, op, value.Type == TraceValueType.Float ? AttributeValue.Of(value.Number) : AttributeValue.Of(value.Whole));
            case Intrinsic.Kind or Intrinsic.Status when op == CompareOp.Equal && value.Whole != 0:
                // 0 is what a store may leave out.
                return new ComparePredicate(column, op, AttributeValue.Of(value.Whole));
            case Intrinsic.Name or Intrinsic.StatusMessage when op == CompareOp.Equal && value.Text is { Length: > 0 } text:
                return new ComparePredicate(column, op, AttributeValue.Of(text));
            case Intrinsic.TraceId when op == CompareOp.Equal && value.Text is { Length: 32 } id:
                return Id(column, id);
            case Intrinsic.SpanId or Intrinsic.ParentId when op == CompareOp.Equal && value.Text is { Length: 16 } id:
                return Id(column, id);
            default:
                return null;
        }
    }

    private static ComparePredicate? Id(ColumnRef column, string hex)
    {
        foreach (var c in hex)
        {
            if (!char.IsAsciiHexDigit(c))
            {
                return null;
            }
        }

        return new ComparePredicate(column, CompareOp.Equal, AttributeValue.OfBytes(AttributeType.Bytes, Convert.FromHexString(hex)));
    }

    private static ColumnRef? Column(AttributeField field) => field.Scope switch
    {
        FieldScope.Any => new ColumnRef(ColumnScope.Any, field.Name),
        FieldScope.Span => new ColumnRef(ColumnScope.Attribute, field.Name),
        FieldScope.Resource => new ColumnRef(ColumnScope.Resource, field.Name),
        FieldScope.Instrumentation => new ColumnRef(ColumnScope.Scope, field.Name),
        FieldScope.Intrinsic => field.Intrinsic switch
        {
            Intrinsic.Duration => ColumnRef.Field(EventFields.Duration),
            Intrinsic.Name => ColumnRef.Field(EventFields.Name),
            Intrinsic.Status => ColumnRef.Field(EventFields.StatusCode),
            Intrinsic.StatusMessage => ColumnRef.Field(EventFields.StatusMessage),
            Intrinsic.Kind => ColumnRef.Field(EventFields.Kind),
            Intrinsic.TraceId => ColumnRef.Field(EventFields.TraceId),
            Intrinsic.SpanId => ColumnRef.Field(EventFields.SpanId),
            Intrinsic.ParentId => ColumnRef.Field(EventFields.ParentSpanId),
            _ => null,
        },
        _ => null,
    };

    /// <summary>The store's comparison for an operator; null for one it has not.</summary>
    public static CompareOp? Operator(string op) => op switch
    {
        "=" => CompareOp.Equal,
        "!=" => CompareOp.NotEqual,
        "<" => CompareOp.Less,
        "<=" => CompareOp.LessOrEqual,
        ">" => CompareOp.Greater,
        ">=" => CompareOp.GreaterOrEqual,
        _ => null,
    };

    /// <summary>The operator with its sides changed.</summary>
    public static string Flip(string op) => op switch { "<" => ">", "<=" => ">=", ">" => "<", ">=" => "<=", _ => op };
}
