using System.Diagnostics;
using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL.Evaluation;

/// <summary>The value of an expression for one span. A field of events or links has as many values as there are; a comparison holds when it holds for one.</summary>
internal static class FieldEvaluator
{
    /// <summary>The value.</summary>
    public static TraceValue Evaluate(FieldNode node, SpanData span, TraceData trace)
    {
        switch (node)
        {
            case ValueField value:
                return value.Value;
            case AttributeField attribute:
                return IsRepeated(attribute) ? (span.Repeated(attribute) is [var first, ..] ? first : TraceValue.Nil) : Value(attribute, span, trace);
            case UnaryField { Operator: "!" } not:
                return Evaluate(not.Inner, span, trace) is { Type: TraceValueType.Bool } truth ? TraceValue.Of(!truth.IsTrue) : TraceValue.Nil;
            case UnaryField minus:
                return TraceValue.Arithmetic("-", TraceValue.Of(0L), Evaluate(minus.Inner, span, trace));
            case BinaryField binary:
                return Binary(binary, span, trace);
            default:
                throw new UnreachableException($"BUG: field {node.GetType().Name}");
        }
    }

    /// <summary>True for fields that a span has once for each event or link.</summary>
    public static bool IsRepeated(AttributeField field) =>
        field.Scope is FieldScope.Event or FieldScope.Link
        || field.Intrinsic is Intrinsic.EventName or Intrinsic.EventTimeSinceStart or Intrinsic.LinkTraceId or Intrinsic.LinkSpanId;

    private static TraceValue Binary(BinaryField binary, SpanData span, TraceData trace)
    {
        switch (binary.Operator)
        {
            case "&&":
                return TraceValue.Of(Evaluate(binary.Left, span, trace).IsTrue && Evaluate(binary.Right, span, trace).IsTrue);
            case "||":
                return TraceValue.Of(Evaluate(binary.Left, span, trace).IsTrue || Evaluate(binary.Right, span, trace).IsTrue);
            case "+" or "-" or "*" or "/" or "%" or "^":
                return TraceValue.Arithmetic(binary.Operator, Evaluate(binary.Left, span, trace), Evaluate(binary.Right, span, trace));
        }

        if (binary.Left is AttributeField left && IsRepeated(left))
        {
            return Any(binary, span.Repeated(left), Evaluate(binary.Right, span, trace), flipped: false);
        }

        if (binary.Right is AttributeField right && IsRepeated(right))
        {
            return Any(binary, span.Repeated(right), Evaluate(binary.Left, span, trace), flipped: true);
        }

        return TraceValue.Of(Holds(binary, Evaluate(binary.Left, span, trace), Evaluate(binary.Right, span, trace)));
    }

    private static TraceValue Any(BinaryField binary, List<TraceValue> values, TraceValue other, bool flipped)
    {
        if (values.Count == 0)
        {
            values.Add(TraceValue.Nil);
        }

        return TraceValue.Of(values.Exists(v => flipped ? Holds(binary, other, v) : Holds(binary, v, other)));
    }

    private static bool Holds(BinaryField binary, TraceValue left, TraceValue right)
    {
        if (binary.Operator is "=~" or "!~")
        {
            return left.Type == TraceValueType.String && binary.Expression.IsMatch(left.Text!) == (binary.Operator == "=~");
        }

        // A field that is not there is compared with nil only.
        var aboutNil = binary.Left is ValueField { Value.Type: TraceValueType.Nil } || binary.Right is ValueField { Value.Type: TraceValueType.Nil };
        if (!aboutNil && (left.Type == TraceValueType.Nil || right.Type == TraceValueType.Nil))
        {
            return false;
        }

        return TraceValue.Compare(binary.Operator, left, right);
    }

    private static TraceValue Value(AttributeField field, SpanData span, TraceData trace)
    {
        switch (field.Scope)
        {
            case FieldScope.Any:
                return span.Attributes.TryGetValue(field.Name, out var own) ? own : span.Resource(field.Name);
            case FieldScope.Span:
                return span.Attributes.GetValueOrDefault(field.Name);
            case FieldScope.Resource:
                return span.Resource(field.Name);
            case FieldScope.Instrumentation:
                return span.Instrumentation(field.Name);
        }

        return field.Intrinsic switch
        {
            Intrinsic.Duration => TraceValue.Duration(span.DurationNano),
            Intrinsic.ChildCount => TraceValue.Of((long)span.Children.Count),
            Intrinsic.Name => TraceValue.Of(span.Name),
            Intrinsic.Status => TraceValue.Status(span.Status),
            Intrinsic.StatusMessage => TraceValue.Of(span.StatusMessage),
            Intrinsic.Kind => TraceValue.Kind(span.Kind),
            Intrinsic.TraceDuration => TraceValue.Duration(trace.DurationNano),
            Intrinsic.RootName => TraceValue.Of(trace.RootName),
            Intrinsic.RootService => TraceValue.Of(trace.RootService),
            Intrinsic.TraceId => TraceValue.Of(trace.Id.ToString()),
            Intrinsic.SpanId => TraceValue.Of(span.SpanId),
            Intrinsic.ParentId => TraceValue.Of(span.ParentId),
            Intrinsic.InstrumentationName => TraceValue.Of(span.Scope?.Name ?? string.Empty),
            Intrinsic.InstrumentationVersion => TraceValue.Of(span.Scope?.Version ?? string.Empty),
            Intrinsic.NestedSetLeft => TraceValue.Of((long)span.NestedLeft),
            Intrinsic.NestedSetRight => TraceValue.Of((long)span.NestedRight),
            Intrinsic.NestedSetParent => TraceValue.Of(span.Parent is null ? -1L : span.Parent.NestedLeft),
            _ => throw new UnreachableException($"BUG: intrinsic {field.Intrinsic}"),
        };
    }
}
