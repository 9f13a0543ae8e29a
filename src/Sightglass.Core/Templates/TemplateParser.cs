using System.Globalization;
using System.Numerics;

namespace Sightglass.Core.Templates;

/// <summary>Makes trees of Go's template language: one for the template itself, one for each <c>define</c> and <c>block</c> in it.</summary>
public sealed class TemplateParser
{
    private readonly string _name;
    private readonly IReadOnlySet<string> _functions;
    private readonly List<TemplateToken> _tokens;
    private readonly Dictionary<string, ListNode> _definitions;
    private List<string> _variables = ["$"];
    private int _next;
    private int _nesting;
    private int _rangeDepth;

    private TemplateParser(string name, string source, IReadOnlySet<string> functions, Dictionary<string, ListNode> definitions)
    {
        _name = name;
        _functions = functions;
        _definitions = definitions;
        _tokens = TemplateLexer.Tokenize(name, source);
    }

    private TemplateToken Current => _tokens[_next];

    /// <summary>Parses a template.</summary>
    /// <param name="name">Its name, for errors.</param>
    /// <param name="source">Its text.</param>
    /// <param name="functions">The functions that it may call.</param>
    /// <param name="definitions">Where what it defines is put.</param>
    /// <exception cref="TemplateException">It does not parse.</exception>
    public static ListNode Parse(string name, string source, IReadOnlySet<string> functions, Dictionary<string, ListNode> definitions)
    {
        var parser = new TemplateParser(name, source, functions, definitions);
        var (list, end) = parser.List(topLevel: true);
        return end.Length == 0 ? list : throw parser.Error($"unexpected {{{{{end}}}}}");
    }

    /// <summary>Reads nodes up to <c>end</c>, <c>else</c> or the end of the source; says which.</summary>
    private (ListNode List, string End) List(bool topLevel = false)
    {
        Enter();
        var nodes = new List<TemplateNode>();
        var line = Current.Line;
        while (true)
        {
            var token = Take();
            if (token.Kind == TokenKind.End)
            {
                _nesting--;
                return topLevel ? (new ListNode(nodes, line), string.Empty) : throw Error("unexpected EOF");
            }

            if (token.Kind == TokenKind.Text)
            {
                nodes.Add(new TextNode(token.Value, token.Line));
                continue;
            }

            if (Current.Kind == TokenKind.Keyword && Current.Value is "end" or "else" && Current.Kind == TokenKind.Keyword)
            {
                var end = Take().Value;
                if (end == "end")
                {
                    Expect(TokenKind.RightDelimiter, "end");
                }

                _nesting--;
                return (new ListNode(nodes, line), end);
            }

            if (Action() is { } node)
            {
                nodes.Add(node);
            }
        }
    }

    private TemplateNode? Action()
    {
        var token = Current;
        if (token.Kind != TokenKind.Keyword)
        {
            var pipe = Pipeline("command", TokenKind.RightDelimiter);
            return new ActionNode(pipe, token.Line);
        }

        switch (token.Value)
        {
            case "if":
                Take();
                return Control("if", token.Line, static (p, t, e, l) => new IfNode(p, t, e, l));
            case "with":
                Take();
                return Control("with", token.Line, static (p, t, e, l) => new WithNode(p, t, e, l));
            case "range":
                Take();
                return Control("range", token.Line, static (p, t, e, l) => new RangeNode(p, t, e, l));
            case "define":
                Take();
                Define();
                return null;
            case "block":
                Take();
                return Block(token.Line);
            case "template":
                Take();
                return Call(token.Line);
            case "break" or "continue":
                Take();
                if (_rangeDepth == 0)
                {
                    throw Error($"{{{{{token.Value}}}}} outside {{{{range}}}}");
                }

                Expect(TokenKind.RightDelimiter, token.Value);
                return token.Value == "break" ? new BreakNode(token.Line) : new ContinueNode(token.Line);
            default:
                return new ActionNode(Pipeline("command", TokenKind.RightDelimiter), token.Line);
        }
    }

    private TemplateNode Control(string keyword, int line, Func<PipeNode, ListNode, ListNode?, int, TemplateNode> make)
    {
        var scope = _variables.Count;
        var pipe = Pipeline(keyword, TokenKind.RightDelimiter);
        _rangeDepth += keyword == "range" ? 1 : 0;
        var (body, end) = List();
        _rangeDepth -= keyword == "range" ? 1 : 0;
        ListNode? otherwise = null;
        if (end == "else")
        {
            if (Current is { Kind: TokenKind.Keyword, Value: "if" or "with" } && Current.Value == keyword)
            {
                var inner = Take();
                Enter();
                otherwise = new ListNode([Control(keyword, inner.Line, make)], inner.Line);
                _nesting--;
            }
            else
            {
                Expect(TokenKind.RightDelimiter, "else");
                (otherwise, end) = List();
                if (end != "end")
                {
                    throw Error("expected end; found {{else}}");
                }
            }
        }

        _variables.RemoveRange(scope, _variables.Count - scope);
        return make(pipe, body, otherwise, line);
    }

    private void Define()
    {
        var name = Name("define");
        Expect(TokenKind.RightDelimiter, "define");
        Body(name);
    }

    private CallNode Block(int line)
    {
        var name = Name("block");
        var pipe = Pipeline("block", TokenKind.RightDelimiter);
        Body(name);
        return new CallNode(name, pipe, line);
    }

    private void Body(string name)
    {
        var (variables, range) = (_variables, _rangeDepth);
        (_variables, _rangeDepth) = (["$"], 0);
        var (body, end) = List();
        if (end != "end")
        {
            throw Error($"unexpected {{{{{end}}}}} in define clause");
        }

        (_variables, _rangeDepth) = (variables, range);
        if (!body.IsEmpty || !_definitions.ContainsKey(name))
        {
            _definitions[name] = body;
        }
    }

    private CallNode Call(int line)
    {
        var name = Name("template");
        if (Current.Kind == TokenKind.RightDelimiter)
        {
            Take();
            return new CallNode(name, null, line);
        }

        return new CallNode(name, Pipeline("template", TokenKind.RightDelimiter), line);
    }

    private string Name(string context)
    {
        var token = Take();
        return token.Kind == TokenKind.String ? token.Value : throw Error($"unexpected \"{token.Value}\" in {context} clause");
    }

    private PipeNode Pipeline(string context, TokenKind end)
    {
        Enter();
        var line = Current.Line;
        var declared = new List<string>();
        var assigns = false;
        if (Current.Kind == TokenKind.Variable)
        {
            var after = _tokens[_next + 1];
            if (after.Kind is TokenKind.Assign or TokenKind.Declare)
            {
                declared.Add(Take().Value);
                assigns = Take().Kind == TokenKind.Assign;
            }
            else if (after.Kind == TokenKind.Comma && context == "range" && _tokens[_next + 2].Kind == TokenKind.Variable)
            {
                declared.Add(Take().Value);
                Take();
                declared.Add(Take().Value);
                var sign = Take();
                assigns = sign.Kind == TokenKind.Assign;
                if (sign.Kind is not (TokenKind.Assign or TokenKind.Declare))
                {
                    throw Error("range can only initialize variables");
                }
            }
        }

        foreach (var name in declared)
        {
            if (assigns && !_variables.Contains(name))
            {
                throw Error($"undefined variable \"{name}\"");
            }
        }

        var commands = new List<CommandNode>();
        while (true)
        {
            commands.Add(Command(context));
            var token = Take();
            if (token.Kind == end)
            {
                break;
            }

            if (token.Kind != TokenKind.Pipe)
            {
                throw Error($"unexpected \"{token.Value}\" in {context}");
            }
        }

        for (var i = 1; i < commands.Count; i++)
        {
            if (commands[i].Operands[0] is DotNode or NilNode or ConstantNode)
            {
                throw Error($"non executable command in pipeline stage {i + 1}");
            }
        }

        if (!assigns)
        {
            _variables.AddRange(declared);
        }

        _nesting--;
        return new PipeNode(declared, assigns, commands, line);
    }

    private CommandNode Command(string context)
    {
        var operands = new List<OperandNode>();
        var line = Current.Line;
        while (Current.Kind is not (TokenKind.RightDelimiter or TokenKind.RightParenthesis or TokenKind.Pipe or TokenKind.End))
        {
            if (operands.Count > 0 && !Current.Spaced && Current.Kind is not TokenKind.LeftParenthesis)
            {
                throw Error($"unexpected \"{Current.Value}\" in operand");
            }

            operands.Add(Operand(context));
        }

        return operands.Count > 0 ? new CommandNode(operands, line) : throw Error($"missing value for {context}");
    }

    private OperandNode Operand(string context)
    {
        var token = Take();
        OperandNode node;
        switch (token.Kind)
        {
            case TokenKind.Dot:
                return new DotNode(token.Line);
            case TokenKind.Field:
                return new FieldNode([token.Value, .. Fields()], token.Line);
            case TokenKind.Variable:
                return _variables.Contains(token.Value)
                    ? new VariableNode(token.Value, Fields(), token.Line)
                    : throw Error($"undefined variable \"{token.Value}\"");
            case TokenKind.Identifier:
                node = _functions.Contains(token.Value) ? new FunctionNode(token.Value, token.Line) : throw Error($"function \"{token.Value}\" not defined");
                break;
            case TokenKind.Keyword when token.Value == "nil":
                node = new NilNode(token.Line);
                break;
            case TokenKind.Keyword when token.Value is "true" or "false":
                node = new ConstantNode(token.Value == "true", token.Line);
                break;
            case TokenKind.Number:
                node = new ConstantNode(Number(token.Value), token.Line);
                break;
            case TokenKind.Character:
                node = new ConstantNode(long.Parse(token.Value, CultureInfo.InvariantCulture), token.Line);
                break;
            case TokenKind.String:
                node = new ConstantNode(token.Value, token.Line);
                break;
            case TokenKind.LeftParenthesis:
                node = Pipeline("parenthesized pipeline", TokenKind.RightParenthesis);
                break;
            default:
                throw Error($"unexpected \"{token.Value}\" in {context}");
        }

        var fields = Fields();
        return fields.Count == 0 ? node
            : node is PipeNode or FunctionNode ? new ChainNode(node, fields, token.Line)
            : throw Error($"unexpected . after term \"{token.Value}\"");
    }

    private List<string> Fields()
    {
        var fields = new List<string>();
        while (Current is { Kind: TokenKind.Field, Spaced: false })
        {
            fields.Add(Take().Value);
        }

        return fields;
    }

    private object Number(string text)
    {
        var plain = text.Replace("_", string.Empty, StringComparison.Ordinal);
        var negative = plain.StartsWith('-');
        var digits = plain.TrimStart('+', '-');
        var octal = digits.Length > 1 && digits[0] == '0' && digits.AsSpan().IndexOfAnyExceptInRange('0', '7') < 0;
        if (octal || (digits.Length > 2 && digits[0] == '0' && char.IsAsciiLetter(digits[1]) && digits[1] is not ('e' or 'E')))
        {
            var numberBase = octal ? 8 : char.ToLowerInvariant(digits[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => throw Error($"bad number syntax: \"{text}\"") };
            BigInteger value = 0;
            foreach (var c in digits.AsSpan(octal ? 1 : 2))
            {
                var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : 99;
                value = digit < numberBase && value < ulong.MaxValue ? (value * numberBase) + digit : throw Error($"bad number syntax: \"{text}\"");
            }

            value = negative ? -value : value;
            return value <= long.MaxValue && value >= long.MinValue ? (long)value : throw Error($"integer overflow: \"{text}\"");
        }

        if (long.TryParse(plain, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
        {
            return integer;
        }

        return double.TryParse(plain, NumberStyles.Float & ~NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : throw Error($"bad number syntax: \"{text}\"");
    }

    private TemplateToken Take() => _tokens[_next < _tokens.Count - 1 ? _next++ : _next];

    private void Expect(TokenKind kind, string context)
    {
        var token = Take();
        if (token.Kind != kind)
        {
            throw Error($"unexpected \"{token.Value}\" in {context}");
        }
    }

    private void Enter()
    {
        if (++_nesting > TemplateLimits.MaxNesting)
        {
            throw Error($"nested deeper than {TemplateLimits.MaxNesting}, the limit MaxNesting");
        }
    }

    private TemplateException Error(string message) => new(_name, _tokens[Math.Max(0, _next - 1)].Line, message);
}
