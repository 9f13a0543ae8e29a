using Sightglass.Query.Syntax;

namespace Sightglass.Query.PromQL;

/// <summary>Modifiers of binary operators.</summary>
public sealed partial class PromQLParser
{
    private (bool ReturnBool, VectorMatching? Matching) Modifiers(BinaryOperator op, PromQLToken opToken, int left)
    {
        var returnBool = false;
        if (Current.Is("bool"))
        {
            _at++;
            returnBool = true;
            if (!PromQLOperators.IsComparison(op))
            {
                throw Error(opToken.Start, "bool modifier can only be used on comparison operators");
            }
        }

        var matching = new VectorMatching(PromQLOperators.IsSet(op) ? MatchCardinality.ManyToMany : MatchCardinality.OneToOne, false, [], []);
        var given = false;
        if ((Current.Is("on") || Current.Is("ignoring")) && Ahead.Kind == TokenKind.LeftParen)
        {
            given = true;
            var on = Current.Is("on");
            _at++;
            matching = matching with { On = on, Labels = LabelList() };
            if ((Current.Is("group_left") || Current.Is("group_right")))
            {
                var group = Current;
                _at++;
                var include = Current.Kind == TokenKind.LeftParen ? LabelList() : BeginsExpression(Current) ? [] : throw Unexpected("in grouping opts, expected \"(\"");
                if (PromQLOperators.IsSet(op))
                {
                    throw Error(left, $"no grouping allowed for \"{PromQLOperators.Text(op)}\" operation");
                }

                matching = matching with { Cardinality = group.Is("group_left") ? MatchCardinality.ManyToOne : MatchCardinality.OneToMany, Include = include };
                foreach (var label in include)
                {
                    if (on && matching.Labels.Contains(label))
                    {
                        throw Error(opToken.Start, $"label \"{label}\" must not occur in ON and GROUP clause at once");
                    }
                }
            }
        }

        while ((Current.Is("fill") || Current.Is("fill_left") || Current.Is("fill_right")) && Ahead.Kind == TokenKind.LeftParen)
        {
            given = true;
            matching = Fill(op, matching);
        }

        return (returnBool, given || PromQLOperators.IsSet(op) ? matching : null);
    }

    private VectorMatching Fill(BinaryOperator op, VectorMatching matching)
    {
        var token = Current;
        if (!_options.FillModifiers)
        {
            throw Error(token.Start, "binop fill modifiers are experimental and not enabled");
        }

        if (PromQLOperators.IsSet(op))
        {
            throw Error(token.Start, "filling in missing series not allowed for set operators");
        }

        _at += 2;
        var sign = 1;
        while (Current is { Kind: TokenKind.Operator, Operator: BinaryOperator.Add or BinaryOperator.Subtract })
        {
            sign = Current.Operator == BinaryOperator.Subtract ? -sign : sign;
            _at++;
        }

        var value = Current.Kind switch
        {
            TokenKind.Number => NumberOf(Current),
            TokenKind.Duration => SecondsOf(Current),
            TokenKind.Identifier when Current.Is("nan") => SpecialNumbers.NaN,
            TokenKind.Identifier when Current.Is("inf") => double.PositiveInfinity,
            _ => throw Unexpected("in fill modifier"),
        };
        value = sign * value;
        _at++;
        Expect(TokenKind.RightParen, "in fill modifier");
        return token.Text.ToLowerInvariant() switch
        {
            "fill" => matching with { FillLeft = value, FillRight = value },
            "fill_left" => matching with { FillLeft = value },
            _ => matching with { FillRight = value },
        };
    }

    private static BinaryExpression Binary(BinaryOperator op, PromQLExpression left, PromQLExpression right, VectorMatching? matching, bool returnBool, SourceSpan span)
    {
        if (left.Type == PromQLType.Vector && right.Type == PromQLType.Vector)
        {
            matching ??= new VectorMatching(PromQLOperators.IsSet(op) ? MatchCardinality.ManyToMany : MatchCardinality.OneToOne, false, [], []);
        }
        else if (matching is { Labels.Count: 0, FillLeft: null, FillRight: null })
        {
            // Beside a scalar nothing is matched; a matching by no labels is let through, whatever its grouping.
            matching = null;
        }

        return new BinaryExpression(op, left, right, matching, returnBool, span);
    }

    private List<string> LabelList()
    {
        if (Current.Kind != TokenKind.LeftParen)
        {
            throw Error(Current.Start, $"unexpected {Current.Describe()} in grouping opts, expected \"(\"");
        }

        _at++;
        var labels = new List<string>();
        while (Current.Kind != TokenKind.RightParen)
        {
            if (Current.Kind is not (TokenKind.Identifier or TokenKind.MetricIdentifier or TokenKind.String))
            {
                throw Error(Current.Start, $"unexpected {Current.Describe()} in grouping opts, expected label");
            }

            if (Current.Text.Length == 0)
            {
                throw Error(Current.Start, $"invalid label name for grouping: {QuotedText.Quote(Current.Text)}");
            }

            labels.Add(Current.Text);
            _at++;
            if (Current.Kind == TokenKind.Comma)
            {
                _at++;
            }
            else if (Current.Kind != TokenKind.RightParen)
            {
                throw Error(Current.Start, $"unexpected {Current.Describe()} in grouping opts, expected \",\" or \")\"");
            }
        }

        _at++;
        return labels;
    }
}
