using Sightglass.Core.Errors;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.PromQL;

/// <summary>Operations in a duration expression (an experimental part of the language).</summary>
public enum DurationOperator
{
    /// <summary>A fixed number of seconds.</summary>
    Literal,

    /// <summary>Addition.</summary>
    Add,

    /// <summary>Subtraction, or negation where there is no left side.</summary>
    Subtract,

    /// <summary>Multiplication.</summary>
    Multiply,

    /// <summary>Division.</summary>
    Divide,

    /// <summary>Remainder.</summary>
    Modulo,

    /// <summary>Power.</summary>
    Power,

    /// <summary>The query's step.</summary>
    Step,

    /// <summary>The query's range.</summary>
    Range,

    /// <summary>The smaller of two.</summary>
    Min,

    /// <summary>The larger of two.</summary>
    Max,

    /// <summary>Parentheses.</summary>
    Paren,
}

/// <summary>The length of a range, an offset or a step: almost always a literal.</summary>
/// <param name="Operator">Operation.</param>
/// <param name="Seconds">Value of a literal.</param>
/// <param name="IsDuration">The literal was written with units.</param>
/// <param name="Left">Left side or first argument.</param>
/// <param name="Right">Right side, second argument or inner expression.</param>
/// <param name="Span">Where it stands.</param>
public sealed record DurationExpression(DurationOperator Operator, double Seconds, bool IsDuration, DurationExpression? Left, DurationExpression? Right, SourceSpan Span)
{
    /// <summary>A literal.</summary>
    public static DurationExpression Literal(double seconds, bool isDuration, SourceSpan span) => new(DurationOperator.Literal, seconds, isDuration, null, null, span);

    /// <summary>Whether the value depends on nothing but the text.</summary>
    public bool IsLiteral => Operator == DurationOperator.Literal;

    /// <summary>A literal in whole milliseconds; of what a number has beside, nothing is rounded up.</summary>
    public long LiteralMs => (long)(Math.Round(Seconds * 1e9) / 1e6);

    /// <summary>Where it stands without the parentheses at its ends.</summary>
    private SourceSpan Bare => Operator switch
    {
        DurationOperator.Paren => Right!.Bare,
        DurationOperator.Literal or DurationOperator.Step or DurationOperator.Range or DurationOperator.Min or DurationOperator.Max => Span,
        _ => new SourceSpan((Left?.Bare ?? Span).Start, Right!.Bare.End),
    };

    /// <summary>What is wrong with the value, with the place where the expression stands, as Prometheus tells it.</summary>
    internal QueryException Error(string message) => new(QueryErrorKind.BadData, FormattableString.Invariant($"{Bare.Start}:{Bare.End}: {message}"), Bare.Start);

    /// <summary>The value in seconds for a query's step and range.</summary>
    internal double Evaluate(double stepSeconds, double rangeSeconds) => Operator switch
    {
        DurationOperator.Literal => Seconds,
        DurationOperator.Step => stepSeconds,
        DurationOperator.Range => rangeSeconds,
        DurationOperator.Paren => Right!.Evaluate(stepSeconds, rangeSeconds),
        DurationOperator.Subtract when Left is null => -Right!.Evaluate(stepSeconds, rangeSeconds),
        DurationOperator.Add when Left is null => Right!.Evaluate(stepSeconds, rangeSeconds),
        DurationOperator.Divide or DurationOperator.Modulo when Right!.Evaluate(stepSeconds, rangeSeconds) == 0 =>
            throw Error(Operator == DurationOperator.Divide ? "division by zero" : "modulo by zero"),
        _ => Combine(Left!.Evaluate(stepSeconds, rangeSeconds), Right!.Evaluate(stepSeconds, rangeSeconds)),
    };

    private double Combine(double left, double right) => Operator switch
    {
        DurationOperator.Add => left + right,
        DurationOperator.Subtract => left - right,
        DurationOperator.Multiply => left * right,
        DurationOperator.Divide => left / right,
        DurationOperator.Modulo => left % right,
        DurationOperator.Power => Math.Pow(left, right),
        DurationOperator.Min => Math.Min(left, right),
        _ => Math.Max(left, right),
    };
}
