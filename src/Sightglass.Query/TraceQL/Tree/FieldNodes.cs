using Sightglass.Core.Model;

namespace Sightglass.Query.TraceQL.Tree;

/// <summary>Where an attribute is looked for.</summary>
internal enum FieldScope
{
    /// <summary><c>.a</c>: the span, then its resource.</summary>
    Any,
    Span,
    Resource,
    Event,
    Link,
    Instrumentation,

    /// <summary>A fixed field.</summary>
    Intrinsic,
}

/// <summary>Fixed fields of a span, its trace, events and links.</summary>
internal enum Intrinsic
{
    None,
    Duration,
    ChildCount,
    Name,
    Status,
    StatusMessage,
    Kind,
    Parent,
    TraceDuration,
    RootName,
    RootService,
    TraceId,
    SpanId,
    ParentId,
    EventName,
    EventTimeSinceStart,
    LinkTraceId,
    LinkSpanId,
    InstrumentationName,
    InstrumentationVersion,
    NestedSetLeft,
    NestedSetRight,
    NestedSetParent,
}

/// <summary>An expression about one span.</summary>
/// <param name="Position">Offset of its first character.</param>
internal abstract record FieldNode(int Position);

/// <summary>A constant.</summary>
internal sealed record ValueField(int Position, TraceValue Value) : FieldNode(Position);

/// <summary>An attribute, or an intrinsic field.</summary>
/// <param name="Position">Offset.</param>
/// <param name="Scope">Where it is looked for.</param>
/// <param name="Name">The attribute's key as sent, or the intrinsic as written.</param>
/// <param name="Intrinsic">Which fixed field.</param>
/// <param name="OfParent">Of the parent span.</param>
internal sealed record AttributeField(int Position, FieldScope Scope, string Name, Intrinsic Intrinsic = Intrinsic.None, bool OfParent = false) : FieldNode(Position);

/// <summary>Two expressions with an operator between.</summary>
internal sealed record BinaryField(int Position, string Operator, FieldNode Left, FieldNode Right) : FieldNode(Position)
{
    private Re2? _expression;

    /// <summary>The expression of <c>=~</c> and <c>!~</c>, whose right side is a text.</summary>
    /// <exception cref="Core.Errors.QueryException">It is not a valid expression.</exception>
    public Re2 Expression => _expression ??= Re2.Anchored(((ValueField)Right).Value.Text!);
}

/// <summary><c>-x</c> or <c>!x</c>.</summary>
internal sealed record UnaryField(int Position, string Operator, FieldNode Inner) : FieldNode(Position);
