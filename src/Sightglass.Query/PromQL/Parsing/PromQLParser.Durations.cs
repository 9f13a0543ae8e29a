using Sightglass.Query.Syntax;

namespace Sightglass.Query.PromQL;

/// <summary>Durations of ranges, steps and offsets.</summary>
public sealed partial class PromQLParser
{
    private enum DurationUse
    {
        Range,
        Step,
        Offset,
    }

    private DurationExpression Duration(DurationUse use)
    {
        // An offset ends where the selector's modifiers go on; only parentheses and functions make it longer.
        var start = Current.Start;
        var duration = use == DurationUse.Offset ? DurationUnary(offset: true) : DurationSum(0);
        if (!duration.IsLiteral && !_options.DurationExpressions && !IsSignedLiteral(duration))
        {
            throw Error(FirstExperiment(duration), "experimental duration expression is not enabled");
        }

        if (IsSignedLiteral(duration))
        {
            duration = DurationExpression.Literal(duration.Evaluate(0, 0), duration.Right?.IsDuration ?? duration.IsDuration, duration.Span);
        }

        if (duration.IsLiteral)
        {
            if (Math.Abs(duration.Seconds) > 9_223_372_036)
            {
                throw Error(start, "duration out of range");
            }

            if (use != DurationUse.Offset && duration.Seconds <= 0)
            {
                throw Error(start, "duration must be greater than 0");
            }
        }

        return duration;
    }

    /// <summary>Where the innermost of the first expressions that are more than a number stands; of parentheses, what is between them.</summary>
    private static int FirstExperiment(DurationExpression duration)
    {
        while (true)
        {
            if (duration.Left is { IsLiteral: false } left && !IsSignedLiteral(left))
            {
                duration = left;
            }
            else if (duration.Right is { IsLiteral: false } right && !IsSignedLiteral(right))
            {
                duration = right;
            }
            else
            {
                return (duration.Operator == DurationOperator.Paren ? duration.Right! : duration).Span.Start;
            }
        }
    }

    private static bool IsSignedLiteral(DurationExpression duration) =>
        duration is { Operator: DurationOperator.Add or DurationOperator.Subtract, Left: null, Right.IsLiteral: true };

    private DurationExpression DurationSum(int minimum)
    {
        if (++_depth > _limits.MaxExpressionDepth)
        {
            throw Error(Current.Start, "duration expression nests too deep");
        }

        var left = DurationUnary(offset: false);
        while (Current.Kind == TokenKind.Operator && DurationPrecedence(Current.Operator) is var precedence and > 0 && precedence >= minimum)
        {
            var (op, at) = (Current.Operator, Current.Start);
            _at++;
            var right = DurationSum(op == BinaryOperator.Power ? precedence : precedence + 1);
            var kind = op switch
            {
                BinaryOperator.Add => DurationOperator.Add,
                BinaryOperator.Subtract => DurationOperator.Subtract,
                BinaryOperator.Multiply => DurationOperator.Multiply,
                BinaryOperator.Divide => DurationOperator.Divide,
                BinaryOperator.Modulo => DurationOperator.Modulo,
                _ => DurationOperator.Power,
            };
            if (kind is DurationOperator.Divide or DurationOperator.Modulo && right is { IsLiteral: true, Seconds: 0 })
            {
                throw Error(at, kind == DurationOperator.Divide ? "division by zero" : "modulo by zero");
            }

            left = new DurationExpression(kind, 0, false, left, right, left.Span.To(right.Span));
        }

        _depth--;
        return left;
    }

    private static int DurationPrecedence(BinaryOperator op) => op switch
    {
        BinaryOperator.Add or BinaryOperator.Subtract => 1,
        BinaryOperator.Multiply or BinaryOperator.Divide or BinaryOperator.Modulo => 2,
        BinaryOperator.Power => 3,
        _ => 0,
    };

    private DurationExpression DurationUnary(bool offset)
    {
        var token = Current;
        if (token is { Kind: TokenKind.Operator, Operator: BinaryOperator.Add or BinaryOperator.Subtract })
        {
            _at++;
            var operand = offset ? DurationUnary(offset: true) : DurationSum(3);
            var span = new SourceSpan(token.Start, operand.Span.End);
            return new DurationExpression(token.Operator == BinaryOperator.Add ? DurationOperator.Add : DurationOperator.Subtract, 0, false, null, operand, span);
        }

        switch (token.Kind)
        {
            case TokenKind.Number:
                _at++;
                return DurationExpression.Literal(NumberOf(token), false, new SourceSpan(token.Start, token.End));
            case TokenKind.Duration:
                _at++;
                return DurationExpression.Literal(SecondsOf(token), true, new SourceSpan(token.Start, token.End));
            case TokenKind.LeftParen:
                _at++;
                var inner = DurationSum(0);
                Expect(TokenKind.RightParen, "in duration expression");
                return new DurationExpression(DurationOperator.Paren, 0, false, null, inner, new SourceSpan(token.Start, PreviousEnd));
            case TokenKind.Identifier when Ahead.Kind == TokenKind.LeftParen:
                return DurationCall(token);
            default:
                throw Error(token.Start, $"unexpected {token.Describe()} in {(offset ? "offset" : "subquery or range selector")}, expected number, duration, step(), or range()");
        }
    }

    private DurationExpression DurationCall(PromQLToken name)
    {
        _at += 2;
        var op = name.Text.ToLowerInvariant() switch
        {
            "step" => DurationOperator.Step,
            "range" => DurationOperator.Range,
            "min" or "min_of" => DurationOperator.Min,
            "max" or "max_of" => DurationOperator.Max,
            _ => throw Error(name.Start, $"unexpected {name.Describe()} in duration expression, expected step(), range(), min() or max()"),
        };
        DurationExpression? left = null;
        DurationExpression? right = null;
        if (op is DurationOperator.Min or DurationOperator.Max)
        {
            left = DurationSum(0);
            Expect(TokenKind.Comma, "in duration expression");
            right = DurationSum(0);
        }

        Expect(TokenKind.RightParen, "in duration expression");
        return new DurationExpression(op, 0, false, left, right, new SourceSpan(name.Start, PreviousEnd));
    }
}
