using System.Globalization;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.LogQL.Templates;

/// <summary>Reads a template.</summary>
internal sealed class TemplateParser(string text)
{
    private const int MaxDepth = 64;
    private int _at;
    private int _depth;
    private int _loops;
    private bool _trimNext;

    /// <summary>The whole template.</summary>
    public List<TemplateNode> Read()
    {
        var nodes = Nodes(out var end);
        return end is null ? nodes : throw new TemplateException($"unexpected {{{{{end}}}}}");
    }

    // Nodes until {{end}}, {{else …}} or the end of the text; after a keyword the position is behind it, inside the action.
    private List<TemplateNode> Nodes(out string? end)
    {
        if (++_depth > MaxDepth)
        {
            throw new TemplateException($"nests deeper than {MaxDepth}");
        }

        var nodes = new List<TemplateNode>();
        while (true)
        {
            var open = text.IndexOf("{{", _at, StringComparison.Ordinal);
            var literal = open < 0 ? text[_at..] : text[_at..open];
            literal = _trimNext ? literal.TrimStart() : literal;
            _trimNext = false;
            if (open < 0)
            {
                Add(nodes, literal);
                _at = text.Length;
                end = null;
                _depth--;
                return nodes;
            }

            _at = open + 2;
            if (_at + 1 < text.Length && text[_at] == '-' && char.IsWhiteSpace(text[_at + 1]))
            {
                literal = literal.TrimEnd();
                _at++;
            }

            Add(nodes, literal);
            SkipBlanks();
            if (text.AsSpan(_at).StartsWith("/*"))
            {
                var close = text.IndexOf("*/", _at, StringComparison.Ordinal);
                _at = close < 0 ? throw new TemplateException("unclosed comment") : close + 2;
                Close();
                continue;
            }

            var word = PeekWord();
            switch (word)
            {
                case "end" or "else":
                    _at += word.Length;
                    end = word;
                    _depth--;
                    return nodes;
                case "if" or "with":
                    _at += word.Length;
                    nodes.Add(Branch(word == "with"));
                    break;
                case "range":
                    _at += word.Length;
                    nodes.Add(Loop());
                    break;
                case "break" or "continue":
                    _at += word.Length;
                    Close();
                    nodes.Add(_loops > 0 ? new LeaveTemplate(word == "break" ? TemplateFlow.Break : TemplateFlow.Continue) : throw new TemplateException($"{{{{{word}}}}} outside {{{{range}}}}"));
                    break;
                case "define" or "template" or "block":
                    throw new TemplateException($"\"{word}\" is not supported");
                default:
                    nodes.Add(Action());
                    break;
            }
        }
    }

    private BranchTemplate Branch(bool isWith)
    {
        var names = Declarations(out var declares);
        if (names.Count > 1 || (names.Count == 1 && !declares))
        {
            throw new TemplateException("too many declarations in command");
        }

        var condition = Pipeline();
        var variable = names.Count > 0 ? names[0] : null;
        Close();
        var then = Nodes(out var end);
        var otherwise = new List<TemplateNode>();
        if (end == "else")
        {
            SkipBlanks();
            var word = PeekWord();
            if (word is "if" or "with")
            {
                _at += word.Length;
                otherwise.Add(Branch(word == "with"));
                return new BranchTemplate(condition, variable, isWith, then, otherwise);
            }

            Close();
            otherwise = Nodes(out end);
        }

        if (end != "end")
        {
            throw new TemplateException("unexpected EOF, want {{end}}");
        }

        Close();
        return new BranchTemplate(condition, variable, isWith, then, otherwise);
    }

    private RangeTemplate Loop()
    {
        var names = Declarations(out _);
        var items = Pipeline();
        Close();
        _loops++;
        var body = Nodes(out var end);
        _loops--;
        var otherwise = new List<TemplateNode>();
        if (end == "else")
        {
            Close();
            otherwise = Nodes(out end);
        }

        if (end != "end")
        {
            throw new TemplateException("unexpected EOF, want {{end}}");
        }

        Close();
        return new RangeTemplate(items, names.Count > 1 ? names[0] : null, names.Count > 0 ? names[^1] : null, body, otherwise);
    }

    private ActionTemplate Action()
    {
        var names = Declarations(out var declares);
        if (names.Count > 1)
        {
            throw new TemplateException("too many declarations in command");
        }

        var expression = Pipeline();
        Close();
        return new ActionTemplate(expression, names.Count > 0 ? names[0] : null, declares);
    }

    // "$x :=", "$x =" or "$k, $v :=" before an expression; none when it begins otherwise.
    private List<string> Declarations(out bool declares)
    {
        var names = new List<string>();
        var start = _at;
        declares = false;
        SkipBlanks();
        while (Current == '$')
        {
            _at++;
            var name = PeekWord();
            _at += name.Length;
            names.Add(name);
            SkipBlanks();
            if (Current == ',' && names.Count == 1)
            {
                _at++;
                SkipBlanks();
                continue;
            }

            declares = text.AsSpan(_at).StartsWith(":=");
            if (declares || (Current == '=' && name.Length > 0))
            {
                _at += declares ? 2 : 1;
                return names;
            }

            break;
        }

        _at = start;
        return [];
    }

    private TemplateExpression Pipeline()
    {
        var value = Command(null);
        while (true)
        {
            SkipBlanks();
            if (Current != '|')
            {
                return value;
            }

            _at++;
            value = Command(value);
        }
    }

    private TemplateExpression Command(TemplateExpression? piped)
    {
        SkipBlanks();
        var name = PeekWord();
        if (name.Length == 0 || name is "true" or "false" or "nil" || Current is '.' or '$')
        {
            return piped is null ? Operand() : throw new TemplateException("a pipe needs a function after it");
        }

        _at += name.Length;
        if (!TemplateFunctions.All.TryGetValue(name, out var function))
        {
            throw new TemplateException($"function \"{name}\" not defined");
        }

        var arguments = new List<TemplateExpression>();
        while (true)
        {
            SkipBlanks();
            if (AtClose || Current is '|' or ')' or '\0')
            {
                break;
            }

            arguments.Add(Operand());
        }

        if (piped is not null)
        {
            arguments.Add(piped);
        }

        return arguments.Count >= function.MinArguments && arguments.Count <= function.MaxArguments
            ? new CallExpression(function, name, arguments)
            : throw new TemplateException($"wrong number of args for {name}: want {function.MinArguments} got {arguments.Count}");
    }

    // A value with the fields behind it.
    private TemplateExpression Operand()
    {
        var value = Simple();
        while (Current == '.' && value is not DotExpression && value is not ConstantExpression)
        {
            _at++;
            var field = PeekWord();
            _at += field.Length;
            value = field.Length > 0 ? new FieldExpression(value, false, field) : throw new TemplateException("unexpected . in operand");
        }

        return value;
    }

    private TemplateExpression Simple()
    {
        SkipBlanks();
        var c = Current;
        if (c == '(')
        {
            if (++_depth > MaxDepth)
            {
                throw new TemplateException($"nests deeper than {MaxDepth}");
            }

            _at++;
            var inside = Pipeline();
            SkipBlanks();
            if (Current != ')')
            {
                throw new TemplateException("unclosed left paren");
            }

            _at++;
            _depth--;
            return inside;
        }

        if (c == '\'')
        {
            return Character();
        }

        if (c is '"' or '`')
        {
            return QuotedText.TryRead(text, ref _at, out var value, out var error) ? new ConstantExpression(value) : throw new TemplateException(error);
        }

        if (c == '.')
        {
            _at++;
            var field = PeekWord();
            _at += field.Length;
            return field.Length == 0 ? new DotExpression(isRoot: false) : new FieldExpression(null, false, field);
        }

        if (c == '$')
        {
            _at++;
            var variable = PeekWord();
            _at += variable.Length;
            if (variable.Length > 0)
            {
                return new VariableExpression(variable);
            }

            if (Current != '.')
            {
                return new DotExpression(isRoot: true);
            }

            _at++;
            var field = PeekWord();
            _at += field.Length;
            return new FieldExpression(null, true, field);
        }

        if (char.IsAsciiDigit(c) || c is '-' or '+')
        {
            return Number();
        }

        var word = PeekWord();
        _at += word.Length;
        return word switch
        {
            "true" => new ConstantExpression(true),
            "false" => new ConstantExpression(false),
            "nil" => new ConstantExpression(null),
            "" => throw new TemplateException($"unexpected \"{c}\" in command"),
            _ when TemplateFunctions.All.TryGetValue(word, out var function) && function.MinArguments == 0 => new CallExpression(function, word, []),
            _ => throw new TemplateException($"function \"{word}\" not defined"),
        };
    }

    // A character constant is its number, as in Go.
    private ConstantExpression Character() =>
        QuotedText.TryRead(text, ref _at, out var value, out var error) && value.EnumerateRunes().Count() == 1
            ? new ConstantExpression((long)value.EnumerateRunes().First().Value)
            : throw new TemplateException(error ?? "malformed character constant");

    private ConstantExpression Number()
    {
        var start = _at++;
        while (char.IsAsciiLetterOrDigit(Current) || Current == '.')
        {
            _at++;
        }

        var word = text[start.._at];
        if (long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            return new ConstantExpression(whole);
        }

        return double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? new ConstantExpression(number)
            : throw new TemplateException($"bad number syntax: \"{word}\"");
    }

    private char Current => _at < text.Length ? text[_at] : '\0';

    private bool AtClose => text.AsSpan(_at).StartsWith("}}") || text.AsSpan(_at).StartsWith("-}}");

    private void Close()
    {
        SkipBlanks();
        if (Current == '-')
        {
            _trimNext = true;
            _at++;
        }

        if (!text.AsSpan(_at).StartsWith("}}"))
        {
            throw new TemplateException(_at >= text.Length ? "unclosed action" : $"unexpected \"{Current}\" in command");
        }

        _at += 2;
    }

    private string PeekWord()
    {
        var end = _at;
        while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_'))
        {
            end++;
        }

        return end > _at && char.IsAsciiDigit(text[_at]) ? string.Empty : text[_at..end];
    }

    private void SkipBlanks()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at]))
        {
            _at++;
        }
    }

    private static void Add(List<TemplateNode> nodes, string literal)
    {
        if (literal.Length > 0)
        {
            nodes.Add(new TextTemplate(literal));
        }
    }
}
