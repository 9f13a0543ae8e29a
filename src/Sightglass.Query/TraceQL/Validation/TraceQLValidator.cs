using Sightglass.Core.Errors;
using Sightglass.Query.Syntax;
using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL.Validation;

/// <summary>Checks what the grammar cannot: types of operands, references to the span, and what is not supported.</summary>
internal sealed class TraceQLValidator(string query)
{
    /// <summary>Checks a query.</summary>
    /// <exception cref="QueryException">It makes no sense, or is not supported.</exception>
    public void Check(TraceQuery root) => Check(root.Body);

    private void Check(StageNode node)
    {
        switch (node)
        {
            case SpanFilterNode filter:
                Filter(filter);
                break;
            case SpansetOperationNode operation:
                Check(operation.Left);
                Check(operation.Right);
                break;
            case PipelineNode pipeline:
                foreach (var stage in pipeline.Stages)
                {
                    Check(stage);
                }

                if (pipeline.Stages.Any(static s => s is MetricsFunctionNode { Function: "compare" }) && pipeline.Stages[^1] is not MetricsFunctionNode)
                {
                    throw Error(pipeline.Stages[^1].Position, "compare() cannot be followed by another stage");
                }

                break;
            case ScalarFilterNode filter:
                ScalarFilter(filter);
                break;
            case ScalarOperationNode operation:
                Check(operation.Left);
                Check(operation.Right);
                break;
            case AggregateNode { Of: { } of } aggregate:
                Aggregate(aggregate, of);
                break;
            case GroupNode group:
                Check(group.By);
                if (!ReferencesSpan(group.By))
                {
                    throw Error(group.Position, "by() has to refer to the span");
                }

                break;
            case SelectNode select:
                foreach (var field in select.Fields)
                {
                    Check(field);
                }

                break;
            default:
                Metrics(node);
                break;
        }
    }

    private void Metrics(StageNode node)
    {
        switch (node)
        {
            case MetricsFunctionNode function:
                if (function.Of is not null)
                {
                    Check(function.Of);
                }

                foreach (var by in function.By)
                {
                    Check(by);
                }

                if (function.Selection is not null)
                {
                    Filter(function.Selection);
                }

                break;
            case MetricsRankNode { Count: <= 0 } rank:
                throw Error(rank.Position, $"{rank.Function}() needs a number greater than 0");
            case MetricsFilterNode filter:
                Check(filter.Inner);
                NotCompare(filter.Inner, filter.Position);
                break;
            case MetricsOperationNode operation:
                Check(operation.Left);
                Check(operation.Right);
                NotCompare(operation.Left, operation.Position);
                NotCompare(operation.Right, operation.Position);
                break;
        }
    }

    private void NotCompare(StageNode node, int position)
    {
        if (node is MetricsFunctionNode { Function: "compare" } || (node is PipelineNode pipeline && pipeline.Stages.Any(static s => s is MetricsFunctionNode { Function: "compare" })))
        {
            throw Error(position, "the result of compare() cannot be compared or calculated with");
        }
    }

    private void Filter(SpanFilterNode filter)
    {
        Check(filter.Condition);
        if (TypeOf(filter.Condition) is not (TraceValueType.Attribute or TraceValueType.Bool))
        {
            throw Error(filter.Condition.Position, "a span filter has to be true or false");
        }
    }

    private void ScalarFilter(ScalarFilterNode filter)
    {
        Check(filter.Left);
        Check(filter.Right);
        if (filter.Left is not AggregateNode)
        {
            throw NotSupported(filter.Left.Position, "arithmetic of aggregates and of pipelines");
        }

        if (filter.Right is not ConstantNode)
        {
            throw NotSupported(filter.Right.Position, "comparing with another aggregate");
        }
    }

    private void Aggregate(AggregateNode aggregate, FieldNode of)
    {
        Check(of);
        if (TypeOf(of) is not (TraceValueType.Attribute or TraceValueType.Int or TraceValueType.Float or TraceValueType.Duration))
        {
            throw Error(aggregate.Position, $"{aggregate.Function}() needs a number");
        }

        if (!ReferencesSpan(of))
        {
            throw Error(aggregate.Position, $"{aggregate.Function}() has to refer to the span");
        }
    }

    private void Check(FieldNode node)
    {
        switch (node)
        {
            case AttributeField { OfParent: true } or AttributeField { Intrinsic: Intrinsic.Parent }:
                throw NotSupported(node.Position, "parent");
            case UnaryField unary:
                Check(unary.Inner);
                var inner = TypeOf(unary.Inner);
                var fits = inner == TraceValueType.Attribute || (unary.Operator == "!" ? inner == TraceValueType.Bool : IsNumeric(inner));
                if (!fits)
                {
                    throw Error(unary.Position, $"{unary.Operator} does not apply to a value of type {Name(inner)}");
                }

                break;
            case BinaryField binary:
                Check(binary.Left);
                Check(binary.Right);
                Binary(binary);
                break;
        }
    }

    private void Binary(BinaryField binary)
    {
        var (left, right) = (TypeOf(binary.Left), TypeOf(binary.Right));
        if (left == TraceValueType.Nil || right == TraceValueType.Nil)
        {
            Nil(binary, left == TraceValueType.Nil ? binary.Right : binary.Left);
            return;
        }

        var matching = left == TraceValueType.Attribute || right == TraceValueType.Attribute || left == right || (IsNumeric(left) && IsNumeric(right));
        if (!matching || !Applies(binary.Operator, left) || !Applies(binary.Operator, right))
        {
            throw Error(binary.Position, $"{binary.Operator} does not apply to values of type {Name(left)} and {Name(right)}");
        }

        if (binary.Operator is "=~" or "!~")
        {
            if (binary.Right is not ValueField { Value.Type: TraceValueType.String })
            {
                throw Error(binary.Right.Position, $"{binary.Operator} needs a text at its right");
            }

            try
            {
                _ = binary.Expression;
            }
            catch (QueryException e)
            {
                throw Error(binary.Right.Position, e.Message);
            }
        }
    }

    // Names that every span has are never nil, except the name, which may be empty.
    private void Nil(BinaryField binary, FieldNode other)
    {
        if (binary.Operator is not ("=" or "!="))
        {
            throw Error(binary.Position, $"{binary.Operator} does not apply to nil");
        }

        var intrinsic = other is AttributeField { Scope: FieldScope.Intrinsic, Intrinsic: not Intrinsic.Name };
        if (intrinsic || other is AttributeField { Scope: FieldScope.Resource, Name: "service.name" })
        {
            throw Error(other.Position, "this field is there always and cannot be nil");
        }
    }

    private static bool Applies(string op, TraceValueType type) => type switch
    {
        TraceValueType.Attribute => true,
        TraceValueType.Bool => op is "&&" or "||" or "=" or "!=",
        TraceValueType.Int or TraceValueType.Float or TraceValueType.Duration => op is not ("&&" or "||" or "=~" or "!~"),
        TraceValueType.String => op is "=" or "!=" or "=~" or "!~" or "<" or "<=" or ">" or ">=",
        TraceValueType.Status or TraceValueType.Kind => op is "=" or "!=",
        _ => false,
    };

    private static bool IsNumeric(TraceValueType type) => type is TraceValueType.Int or TraceValueType.Float or TraceValueType.Duration;

    private static TraceValueType TypeOf(FieldNode node)
    {
        switch (node)
        {
            case ValueField value:
                return value.Value.Type;
            case AttributeField attribute:
                return TypeOf(attribute);
            case UnaryField unary:
                return TypeOf(unary.Inner);
            case BinaryField { Operator: "+" or "-" or "*" or "/" or "%" or "^" } binary:
                var left = TypeOf(binary.Left);
                return left == TraceValueType.Attribute ? TypeOf(binary.Right) : left;
            default:
                return TraceValueType.Bool;
        }
    }

    private static TraceValueType TypeOf(AttributeField attribute) => attribute.Intrinsic switch
    {
        Intrinsic.None => TraceValueType.Attribute,
        Intrinsic.Duration or Intrinsic.TraceDuration or Intrinsic.EventTimeSinceStart => TraceValueType.Duration,
        Intrinsic.ChildCount or Intrinsic.NestedSetLeft or Intrinsic.NestedSetRight or Intrinsic.NestedSetParent => TraceValueType.Int,
        Intrinsic.Status => TraceValueType.Status,
        Intrinsic.Kind => TraceValueType.Kind,
        _ => TraceValueType.String,
    };

    private static bool ReferencesSpan(FieldNode node) => node switch
    {
        AttributeField => true,
        UnaryField unary => ReferencesSpan(unary.Inner),
        BinaryField binary => ReferencesSpan(binary.Left) || ReferencesSpan(binary.Right),
        _ => false,
    };

    private static string Name(TraceValueType type) => type switch
    {
        TraceValueType.Int => "integer",
        TraceValueType.Bool => "boolean",
        _ => type.ToString().ToLowerInvariant(),
    };

    private QueryException Error(int position, string message) =>
        new(QueryErrorKind.BadData, $"{SourcePosition.Describe(query, position)}: invalid query: {message}", position);

    private QueryException NotSupported(int position, string what) =>
        new(QueryErrorKind.BadData, $"{SourcePosition.Describe(query, position)}: not supported yet: {what}", position);
}
