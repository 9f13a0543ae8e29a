using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.PromQL;

/// <summary>
/// Parses PromQL by recursive descent and checks types. Keywords are names wherever a name can stand. Errors are
/// <see cref="QueryException"/>s of kind <see cref="QueryErrorKind.BadData"/> with a position.
/// </summary>
public sealed partial class PromQLParser
{
    private readonly string _text;
    private readonly PromQLOptions _options;
    private readonly QueryLimits _limits;
    private readonly List<PromQLToken> _tokens;
    private readonly QueryException? _lexicalError;
    private int _at;
    private int _depth;
    private int _aggregations;

    private PromQLParser(string text, PromQLOptions options, QueryLimits limits)
    {
        _text = text;
        _options = options;
        _limits = limits;
        if (text.Length > limits.MaxQueryBytes)
        {
            throw new LimitExceededException(nameof(QueryLimits.MaxQueryBytes), limits.MaxQueryBytes, text.Length, "query is too long");
        }

        _tokens = PromQLLexer.Tokenize(text, out _lexicalError);
    }

    private PromQLToken Current => _tokens[_at] is { Kind: not TokenKind.Error } token ? token : throw _lexicalError!;

    private PromQLToken Ahead => _tokens[Math.Min(_at + 1, _tokens.Count - 1)];

    private int PreviousEnd => _at == 0 ? 0 : _tokens[_at - 1].End;

    /// <summary>Parses and checks an expression.</summary>
    /// <exception cref="QueryException">It is not a valid expression.</exception>
    /// <exception cref="LimitExceededException">It is too long or nests too deep.</exception>
    public static PromQLExpression Parse(string text, PromQLOptions? options = null, QueryLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parser = new PromQLParser(text, options ?? PromQLOptions.Default, limits ?? QueryLimits.Default);
        if (parser.Current.Kind == TokenKind.End)
        {
            throw text.Length > 0 ? SourcePosition.ParseError(text, 0, "no expression found in input") : new QueryException(QueryErrorKind.BadData, "unknown position: parse error: no expression found in input", 0);
        }

        var expression = parser.Expression(0);
        if (parser.Current.Kind != TokenKind.End)
        {
            throw parser.Unexpected();
        }

        TypeCheck.Check(text, expression);
        return expression;
    }

    /// <summary>Parses a vector selector alone, as <c>match[]</c> parameters have it, to its matchers.</summary>
    /// <exception cref="QueryException">It is not a selector.</exception>
    public static IReadOnlyList<LabelMatcher> ParseSelector(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parser = new PromQLParser(text, PromQLOptions.Default, QueryLimits.Default);
        if (text.Length == 0)
        {
            throw new QueryException(QueryErrorKind.BadData, "unknown position: parse error: unexpected end of input", 0);
        }

        if (parser.Current.Kind is not (TokenKind.Identifier or TokenKind.MetricIdentifier or TokenKind.LeftBrace))
        {
            throw parser.Unexpected();
        }

        var selector = parser.Selector();
        if (parser.Current.Kind != TokenKind.End)
        {
            throw parser.Unexpected();
        }

        return selector.Matchers;
    }

    private PromQLExpression Expression(int minimumPrecedence)
    {
        if (++_depth > _limits.MaxExpressionDepth)
        {
            throw new LimitExceededException(nameof(QueryLimits.MaxExpressionDepth), _limits.MaxExpressionDepth, _depth, "query nests too deep");
        }

        var left = Unary();
        var chain = 0;
        while (TryBinaryOperator(out var op) && PromQLOperators.Precedence(op) >= Math.Max(1, minimumPrecedence))
        {
            // Chains lean to the left: as deep a tree as nesting makes.
            if (++chain > _limits.MaxExpressionDepth * 16)
            {
                throw new LimitExceededException(nameof(QueryLimits.MaxExpressionDepth), _limits.MaxExpressionDepth * 16L, chain, "query chains too many operators");
            }

            var opToken = Current;
            _at++;
            var (returnBool, matching) = Modifiers(op, opToken, left.Span.Start);
            var precedence = PromQLOperators.Precedence(op);
            var right = Expression(op == BinaryOperator.Power ? precedence : precedence + 1);
            var span = left.Span.To(right.Span);
            left = Binary(op, left, right, matching, returnBool, span) with { OperatorAt = opToken.Start };
        }

        _depth--;
        return left;
    }

    private bool TryBinaryOperator(out BinaryOperator op)
    {
        op = Current.Operator;
        return Current.Kind == TokenKind.Operator || (Current.Kind == TokenKind.Identifier && PromQLLexer.IsOperatorWord(Current.Text));
    }

    private PromQLExpression Unary()
    {
        var token = Current;
        if (token is { Kind: TokenKind.Operator, Operator: BinaryOperator.Add or BinaryOperator.Subtract })
        {
            _at++;
            if (++_depth > _limits.MaxExpressionDepth)
            {
                throw new LimitExceededException(nameof(QueryLimits.MaxExpressionDepth), _limits.MaxExpressionDepth, _depth, "query nests too deep");
            }

            // Binds as tight as multiplication: -a^b is -(a^b).
            var operand = Expression(PromQLOperators.Precedence(BinaryOperator.Power));
            _depth--;
            var negative = token.Operator == BinaryOperator.Subtract;
            var span = new SourceSpan(token.Start, operand.Span.End);
            if (operand is NumberLiteral number)
            {
                return number with { Value = negative ? -number.Value : number.Value, Span = span };
            }

            return new UnaryExpression(negative, operand, span);
        }

        return Postfix(Primary());
    }

    private PromQLExpression Primary()
    {
        var token = Current;
        switch (token.Kind)
        {
            case TokenKind.Number:
                _at++;
                return new NumberLiteral(NumberOf(token), false, new SourceSpan(token.Start, token.End));
            case TokenKind.Duration:
                _at++;
                return new NumberLiteral(SecondsOf(token), true, new SourceSpan(token.Start, token.End));
            case TokenKind.String:
                _at++;
                return new StringLiteral(token.Text, new SourceSpan(token.Start, token.End));
            case TokenKind.LeftParen:
                _at++;
                var inner = Expression(0);
                Expect(TokenKind.RightParen);
                return new ParenExpression(inner, new SourceSpan(token.Start, PreviousEnd));
            case TokenKind.LeftBrace:
            case TokenKind.MetricIdentifier:
                return Selector();
            case TokenKind.Identifier:
                return PromQLLexer.CanBeMetric(token.Text) ? Named(token) : throw Unexpected();
            default:
                throw Unexpected();
        }
    }

    private PromQLExpression Named(PromQLToken token)
    {
        if (token.Text.Equals("nan", StringComparison.OrdinalIgnoreCase) || token.Text.Equals("inf", StringComparison.OrdinalIgnoreCase))
        {
            _at++;
            var value = token.Text.Length == 3 && char.ToLowerInvariant(token.Text[0]) == 'n' ? SpecialNumbers.NaN : double.PositiveInfinity;
            return new NumberLiteral(value, false, new SourceSpan(token.Start, token.End));
        }

        if (PromQLOperators.TryAggregate(token.Text, out var aggregate) && (Ahead.Kind == TokenKind.LeftParen || Ahead.Is("by") || Ahead.Is("without")))
        {
            return Aggregation(aggregate, token);
        }

        if (Ahead.Kind == TokenKind.LeftParen && PromQLLexer.CanBeFunction(token.Text))
        {
            return Call(token);
        }

        return Selector();
    }

    private CallExpression Call(PromQLToken name)
    {
        _at++;
        var arguments = Arguments();
        if (!FunctionTable.TryGet(name.Text, out var function))
        {
            throw Error(name.Start, $"unknown function with name {QuotedText.Quote(name.Text)}");
        }

        if (function.IsExperimental && !_options.ExperimentalFunctions)
        {
            throw Error(name.Start, $"function {QuotedText.Quote(name.Text)} is not enabled");
        }

        var span = new SourceSpan(name.Start, PreviousEnd);
        return new CallExpression(function, arguments, span);
    }

    private List<PromQLExpression> Arguments()
    {
        Expect(TokenKind.LeftParen);
        var arguments = new List<PromQLExpression>();
        if (Current.Kind == TokenKind.RightParen)
        {
            _at++;
            return arguments;
        }

        while (true)
        {
            arguments.Add(Expression(0));
            if (Current.Kind != TokenKind.Comma)
            {
                break;
            }

            _at++;
            if (!BeginsExpression(Current))
            {
                throw Error(_tokens[_at - 1].Start, "trailing commas not allowed in function call args");
            }
        }

        Expect(TokenKind.RightParen);
        return arguments;
    }

    private AggregateExpression Aggregation(AggregateOperator op, PromQLToken name)
    {
        _at++;
        if (PromQLOperators.IsExperimental(op) && !_options.ExperimentalFunctions)
        {
            throw Error(name.Start, $"{PromQLOperators.Name(op)}() is experimental and must be enabled with --enable-feature=promql-experimental-functions");
        }

        _aggregations++;
        IReadOnlyList<string> grouping = [];
        var without = false;
        var grouped = false;
        if (Current.Is("by") || Current.Is("without"))
        {
            (grouping, without) = GroupingModifier();
            grouped = true;
        }

        var arguments = Arguments();
        if (!grouped && (Current.Is("by") || Current.Is("without")))
        {
            (grouping, without) = GroupingModifier();
        }

        _aggregations--;
        var span = new SourceSpan(name.Start, PreviousEnd);
        var wanted = PromQLOperators.HasParameter(op) ? 2 : 1;
        if (arguments.Count == 0)
        {
            throw Error(name.Start, "no arguments for aggregate expression provided");
        }

        if (arguments.Count != wanted)
        {
            throw Error(name.Start, $"wrong number of arguments for aggregate expression provided, expected {wanted}, got {arguments.Count}");
        }

        return new AggregateExpression(op, arguments[^1], wanted == 2 ? arguments[0] : null, grouping, without, span);
    }

    private (IReadOnlyList<string> Labels, bool Without) GroupingModifier()
    {
        var without = Current.Is("without");
        _at++;
        return (LabelList(), without);
    }

    private static bool BeginsExpression(PromQLToken token) => token.Kind is TokenKind.Number or TokenKind.Duration or TokenKind.String or TokenKind.LeftParen or TokenKind.LeftBrace
        or TokenKind.MetricIdentifier || token is { Kind: TokenKind.Operator, Operator: BinaryOperator.Add or BinaryOperator.Subtract }
        || (token.Kind == TokenKind.Identifier && PromQLLexer.CanBeMetric(token.Text));

    /// <summary>What is wrong here, and in what: of what has no name of its own, the aggregation around it.</summary>
    private QueryException Unexpected(string? context = null) =>
        Error(Current.Start, $"unexpected {Current.Describe()}{(context is not null ? " " + context : _aggregations > 0 ? " in aggregation" : string.Empty)}");

    private PromQLToken Expect(TokenKind kind, string? context = null) => Current.Kind == kind ? _tokens[_at++] : throw Unexpected(context);

    private QueryException Error(int at, string message) => SourcePosition.ParseError(_text, at, message);

    private double NumberOf(PromQLToken token)
    {
        if (NumberText.TryParse(token.Text, out var value))
        {
            return value;
        }

        throw Error(token.Start, $"error parsing number: strconv.ParseFloat: parsing {QuotedText.Quote(token.Text)}: {(double.IsInfinity(value) ? "value out of range" : "invalid syntax")}");
    }

    private double SecondsOf(PromQLToken token)
    {
        return DurationText.TryParse(token.Text, out var milliseconds) ? milliseconds / 1000.0 : throw Error(token.Start, DurationText.Problem(token.Text));
    }
}
