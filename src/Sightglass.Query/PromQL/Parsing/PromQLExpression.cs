using Sightglass.Core.Model;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.PromQL;

/// <summary>Type of an expression's value.</summary>
public enum PromQLType
{
    /// <summary>A number per step.</summary>
    Scalar,

    /// <summary>An instant vector.</summary>
    Vector,

    /// <summary>A range vector.</summary>
    Matrix,

    /// <summary>A string.</summary>
    String,
}

/// <summary>A parsed expression. Immutable.</summary>
/// <param name="Span">Where it stands in the query's text.</param>
public abstract record PromQLExpression(SourceSpan Span)
{
    /// <summary>Type of its value.</summary>
    public abstract PromQLType Type { get; }

    /// <summary>The expressions it is made of.</summary>
    public abstract IEnumerable<PromQLExpression> Children { get; }

    /// <summary>The canonical text.</summary>
    public sealed override string ToString() => PromQLPrinter.Print(this);
}

/// <summary>A number, or a duration used as one.</summary>
public sealed record NumberLiteral(double Value, bool IsDuration, SourceSpan Span) : PromQLExpression(Span)
{
    /// <inheritdoc/>
    public override PromQLType Type => PromQLType.Scalar;

    /// <inheritdoc/>
    public override IEnumerable<PromQLExpression> Children => [];
}

/// <summary>A string.</summary>
public sealed record StringLiteral(string Value, SourceSpan Span) : PromQLExpression(Span)
{
    /// <inheritdoc/>
    public override PromQLType Type => PromQLType.String;

    /// <inheritdoc/>
    public override IEnumerable<PromQLExpression> Children => [];
}

/// <summary>An expression in parentheses.</summary>
public sealed record ParenExpression(PromQLExpression Inner, SourceSpan Span) : PromQLExpression(Span)
{
    /// <inheritdoc/>
    public override PromQLType Type => Inner.Type;

    /// <inheritdoc/>
    public override IEnumerable<PromQLExpression> Children => [Inner];
}

/// <summary>Unary plus or minus.</summary>
public sealed record UnaryExpression(bool Negative, PromQLExpression Operand, SourceSpan Span) : PromQLExpression(Span)
{
    /// <inheritdoc/>
    public override PromQLType Type => Operand.Type;

    /// <inheritdoc/>
    public override IEnumerable<PromQLExpression> Children => [Operand];
}

/// <summary>What the <c>@</c> modifier says.</summary>
public enum AtModifier
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A fixed time.</summary>
    Time,

    /// <summary>The start of the query's range.</summary>
    Start,

    /// <summary>The end of the query's range.</summary>
    End,
}

/// <summary>Offset and <c>@</c> of a selector or subquery.</summary>
/// <param name="Offset">Length of the offset, null where there is none.</param>
/// <param name="At">Kind of <c>@</c>.</param>
/// <param name="AtMs">The time of <see cref="AtModifier.Time"/>, milliseconds since the Unix epoch.</param>
public sealed record TimeShift(DurationExpression? Offset, AtModifier At, long AtMs)
{
    /// <summary>No shift.</summary>
    public static TimeShift None { get; } = new(null, AtModifier.None, 0);
}

/// <summary>Whether a range selector looks beyond its range (an experimental part of the language).</summary>
public enum RangeExtension
{
    /// <summary>It does not.</summary>
    None,

    /// <summary><c>anchored</c>: the last sample before the range counts as its first one.</summary>
    Anchored,

    /// <summary><c>smoothed</c>: values at the ends of the range are interpolated.</summary>
    Smoothed,
}

/// <summary>Selects series by matchers.</summary>
public sealed record VectorSelector(string Name, IReadOnlyList<LabelMatcher> Matchers, TimeShift Shift, SourceSpan Span) : PromQLExpression(Span)
{
    /// <summary>Modifier of the range.</summary>
    public RangeExtension Extension { get; init; }

    /// <inheritdoc/>
    public override PromQLType Type => PromQLType.Vector;

    /// <inheritdoc/>
    public override IEnumerable<PromQLExpression> Children => [];
}

/// <summary>A selector with a range.</summary>
public sealed record MatrixSelector(VectorSelector Vector, DurationExpression Range, SourceSpan Span) : PromQLExpression(Span)
{
    /// <inheritdoc/>
    public override PromQLType Type => PromQLType.Matrix;

    /// <inheritdoc/>
    public override IEnumerable<PromQLExpression> Children => [Vector];
}

/// <summary>An expression evaluated over a range.</summary>
public sealed record SubqueryExpression(PromQLExpression Inner, DurationExpression Range, DurationExpression? Step, TimeShift Shift, SourceSpan Span) : PromQLExpression(Span)
{
    /// <inheritdoc/>
    public override PromQLType Type => PromQLType.Matrix;

    /// <inheritdoc/>
    public override IEnumerable<PromQLExpression> Children => [Inner];
}

/// <summary>A function's call.</summary>
public sealed record CallExpression(PromQLFunction Function, IReadOnlyList<PromQLExpression> Arguments, SourceSpan Span) : PromQLExpression(Span)
{
    /// <inheritdoc/>
    public override PromQLType Type => Function.ReturnType;

    /// <inheritdoc/>
    public override IEnumerable<PromQLExpression> Children => Arguments;
}

/// <summary>An aggregation.</summary>
public sealed record AggregateExpression(AggregateOperator Operator, PromQLExpression Inner, PromQLExpression? Parameter, IReadOnlyList<string> Grouping, bool Without, SourceSpan Span) : PromQLExpression(Span)
{
    /// <inheritdoc/>
    public override PromQLType Type => PromQLType.Vector;

    /// <inheritdoc/>
    public override IEnumerable<PromQLExpression> Children => Parameter is null ? [Inner] : [Inner, Parameter];
}

/// <summary>A binary operation.</summary>
public sealed record BinaryExpression(BinaryOperator Operator, PromQLExpression Left, PromQLExpression Right, VectorMatching? Matching, bool ReturnBool, SourceSpan Span) : PromQLExpression(Span)
{
    /// <summary>Where the operator stands.</summary>
    public int OperatorAt { get; init; }

    /// <inheritdoc/>
    public override PromQLType Type => Left.Type == PromQLType.Scalar && Right.Type == PromQLType.Scalar ? PromQLType.Scalar : PromQLType.Vector;

    /// <inheritdoc/>
    public override IEnumerable<PromQLExpression> Children => [Left, Right];
}
