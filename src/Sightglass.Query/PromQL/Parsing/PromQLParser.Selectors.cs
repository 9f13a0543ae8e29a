using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.Syntax;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Query.PromQL;

/// <summary>Selectors, their modifiers, and durations.</summary>
public sealed partial class PromQLParser
{
    private const long FarAwayMs = long.MaxValue / 1000;

    private VectorSelector Selector()
    {
        var start = Current.Start;
        var name = string.Empty;
        var matchers = new List<LabelMatcher>();
        if (Current.Kind is TokenKind.Identifier or TokenKind.MetricIdentifier)
        {
            name = Current.Text;
            _at++;
        }

        if (Current.Kind == TokenKind.LeftBrace)
        {
            _at++;
            while (Current.Kind != TokenKind.RightBrace)
            {
                Matcher(matchers);
                if (Current.Kind == TokenKind.Comma)
                {
                    _at++;
                    continue;
                }

                if (Current.Kind != TokenKind.RightBrace)
                {
                    throw Error(Current.Start, $"unexpected {Current.DescribeInBraces()} in label matching, expected \",\" or \"}}\"");
                }
            }

            _at++;
        }

        if (name.Length > 0)
        {
            matchers.Add(new LabelMatcher(MatchType.Equal, LabelSet.MetricName, name));
        }

        return new VectorSelector(name, matchers, TimeShift.None, new SourceSpan(start, PreviousEnd));
    }

    private void Matcher(List<LabelMatcher> matchers)
    {
        var label = Current;
        if (label.Kind is not (TokenKind.Identifier or TokenKind.String))
        {
            throw Error(label.Start, $"unexpected {label.DescribeInBraces()} in label matching, expected identifier or \"}}\"");
        }

        _at++;
        if (label.Kind == TokenKind.String && Current.Kind is TokenKind.Comma or TokenKind.RightBrace)
        {
            matchers.Add(new LabelMatcher(MatchType.Equal, LabelSet.MetricName, label.Text));
            return;
        }

        MatchType type;
        switch (Current)
        {
            case { Kind: TokenKind.Assign }:
                type = MatchType.Equal;
                break;
            case { Kind: TokenKind.Operator, Operator: BinaryOperator.NotEqual }:
                type = MatchType.NotEqual;
                break;
            case { Kind: TokenKind.MatchRegex }:
                type = MatchType.Regex;
                break;
            case { Kind: TokenKind.MatchNotRegex }:
                type = MatchType.NotRegex;
                break;
            default:
                throw Error(Current.Start, $"unexpected {Current.DescribeInBraces()} in label matching, expected {(label.Kind == TokenKind.String ? "\",\" or \"}\"" : "label matching operator")}");
        }

        _at++;
        var value = Current;
        if (value.Kind != TokenKind.String)
        {
            throw Error(value.Start, $"unexpected {value.DescribeInBraces()} in label matching, expected string");
        }

        _at++;
        try
        {
            matchers.Add(new LabelMatcher(type, label.Text, value.Text));
        }
        catch (QueryException e)
        {
            throw Error(label.Start, e.Message);
        }
    }

    private PromQLExpression Postfix(PromQLExpression expression)
    {
        while (true)
        {
            var token = Current;
            if (token.Kind == TokenKind.LeftBracket)
            {
                expression = Range(expression);
            }
            else if (token.Is("offset"))
            {
                _at++;
                expression = WithOffset(expression);
            }
            else if (token.Kind == TokenKind.At)
            {
                _at++;
                expression = WithAt(expression);
            }
            else if (token.Is("anchored") || token.Is("smoothed"))
            {
                _at++;
                expression = WithExtension(expression, token);
            }
            else
            {
                return expression;
            }
        }
    }

    private PromQLExpression Range(PromQLExpression expression)
    {
        var open = Current;
        _at++;
        var range = Duration(DurationUse.Range);
        if (Current.Kind == TokenKind.Colon)
        {
            _at++;
            var step = Current.Kind == TokenKind.RightBracket ? null : Duration(DurationUse.Step);
            Expect(TokenKind.RightBracket, "in subquery selector, expected \"]\"");
            return new SubqueryExpression(expression, range, step, TimeShift.None, new SourceSpan(expression.Span.Start, PreviousEnd));
        }

        if (Current.Kind != TokenKind.RightBracket)
        {
            throw Error(Current.Start, $"unexpected {Current.Describe()} in subquery or range, expected \":\" or \"]\"");
        }

        _at++;
        if (expression is not VectorSelector selector)
        {
            throw Error(open.Start, "ranges only allowed for vector selectors");
        }

        if (selector.Shift.Offset is not null)
        {
            throw Error(open.Start, "no offset modifiers allowed before range");
        }

        if (selector.Shift.At != AtModifier.None)
        {
            throw Error(open.Start, "no @ modifiers allowed before range");
        }

        return new MatrixSelector(selector, range, new SourceSpan(expression.Span.Start, PreviousEnd));
    }

    private PromQLExpression WithExtension(PromQLExpression expression, PromQLToken token)
    {
        var modifier = token.Text.ToLowerInvariant();
        var at = expression.Span.Start;
        if (!_options.ExtendedRangeSelectors)
        {
            throw Error(at, $"{modifier} modifier is experimental and not enabled");
        }

        var extension = modifier == "anchored" ? RangeExtension.Anchored : RangeExtension.Smoothed;
        return expression switch
        {
            VectorSelector s => Extended(s),
            MatrixSelector m => m with { Vector = Extended(m.Vector) },
            SubqueryExpression => throw Error(at, $"{modifier} modifier is not supported for subqueries"),
            _ => throw Error(at, $"{modifier} modifier not implemented"),
        };

        VectorSelector Extended(VectorSelector selector) => selector.Extension == RangeExtension.None || selector.Extension == extension
            ? selector with { Extension = extension }
            : throw Error(at, "anchored and smoothed modifiers cannot be used together");
    }

    private PromQLExpression WithOffset(PromQLExpression expression)
    {
        var offset = Duration(DurationUse.Offset);
        var span = new SourceSpan(expression.Span.Start, PreviousEnd);
        return Shifted(expression, span, "offset", shift => shift.Offset is null
            ? shift with { Offset = offset }
            : throw Error(expression.Span.Start, "offset may not be set multiple times"));
    }

    private PromQLExpression WithAt(PromQLExpression expression)
    {
        var at = AtModifier.Time;
        long atMs = 0;
        if (Current.Is("start") || Current.Is("end"))
        {
            at = Current.Is("start") ? AtModifier.Start : AtModifier.End;
            _at++;
            if (Current.Kind != TokenKind.LeftParen || Ahead.Kind != TokenKind.RightParen)
            {
                _at += Current.Kind == TokenKind.LeftParen ? 1 : 0;
                throw Unexpected("in @, expected timestamp");
            }

            _at += 2;
        }
        else
        {
            var sign = 1;
            while (Current is { Kind: TokenKind.Operator, Operator: BinaryOperator.Add or BinaryOperator.Subtract })
            {
                sign = Current.Operator == BinaryOperator.Subtract ? -sign : sign;
                _at++;
            }

            var number = Current;
            var seconds = number.Kind switch
            {
                TokenKind.Number => NumberOf(number),
                TokenKind.Duration => SecondsOf(number),
                TokenKind.Identifier when number.Is("inf") || number.Is("nan") => double.NaN,
                _ => throw Error(number.Start, $"unexpected {number.Describe()} in @, expected timestamp"),
            };
            _at++;
            if (!double.IsFinite(seconds) || Math.Abs(seconds) >= long.MaxValue / 1000.0)
            {
                throw Error(expression.Span.Start, $"timestamp out of bounds for @ modifier: {(double.IsNaN(seconds) ? (number.Is("nan") ? "NaN" : sign < 0 ? "-Inf" : "+Inf") : new System.Numerics.BigInteger(sign * seconds) + ".000000")}");
            }

            // Far beyond all samples nothing is lost, and later sums cannot overflow.
            atMs = sign * Math.Min((long)Math.Round(seconds * 1000, MidpointRounding.AwayFromZero), FarAwayMs);
        }

        var span = new SourceSpan(expression.Span.Start, PreviousEnd);
        return Shifted(expression, span, "@", shift => shift.At == AtModifier.None
            ? shift with { At = at, AtMs = atMs }
            : throw Error(expression.Span.Start, "@ <timestamp> may not be set multiple times"));
    }

    private PromQLExpression Shifted(PromQLExpression expression, SourceSpan span, string modifier, Func<TimeShift, TimeShift> change) => expression switch
    {
        VectorSelector s => s with { Shift = change(s.Shift), Span = span },
        MatrixSelector m => m with { Vector = m.Vector with { Shift = change(m.Vector.Shift) }, Span = span },
        SubqueryExpression q => q with { Shift = change(q.Shift), Span = span },
        _ => throw Error(expression.Span.Start, $"{modifier} modifier must be preceded by an instant vector selector or range vector selector or a subquery"),
    };
}
