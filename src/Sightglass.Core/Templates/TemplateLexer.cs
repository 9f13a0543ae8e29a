using System.Globalization;
using System.Text;

namespace Sightglass.Core.Templates;

/// <summary>Cuts a template into tokens, as Go's text/template does: text, actions with trim markers, comments.</summary>
internal sealed class TemplateLexer
{
    private static readonly HashSet<string> Keywords =
        ["if", "else", "end", "range", "with", "define", "template", "block", "break", "continue", "nil", "true", "false"];

    private readonly string _name;
    private readonly string _source;
    private readonly List<TemplateToken> _tokens = [];
    private int _position;
    private int _line = 1;

    private TemplateLexer(string name, string source)
    {
        _name = name;
        _source = source;
    }

    public static List<TemplateToken> Tokenize(string name, string source)
    {
        if (source.Length > TemplateLimits.MaxSourceLength)
        {
            throw new TemplateException(name, 1, $"template of {source.Length} characters, limit MaxSourceLength is {TemplateLimits.MaxSourceLength}");
        }

        var lexer = new TemplateLexer(name, source);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        var trimNext = false;
        while (true)
        {
            var open = _source.IndexOf("{{", _position, StringComparison.Ordinal);
            var text = open < 0 ? _source[_position..] : _source[_position..open];
            var trimThis = open >= 0 && open + 3 < _source.Length && _source[open + 2] == '-' && IsSpace(_source[open + 3]);
            var visible = trimNext ? text.TrimStart(' ', '\t', '\r', '\n') : text;
            visible = trimThis ? visible.TrimEnd(' ', '\t', '\r', '\n') : visible;
            if (visible.Length > 0)
            {
                Add(TokenKind.Text, visible, false);
            }

            CountLines(text);
            if (open < 0)
            {
                Add(TokenKind.End, string.Empty, false);
                return;
            }

            _position = open + (trimThis ? 3 : 2);
            var afterSpace = _position;
            while (trimThis && afterSpace < _source.Length && IsSpace(_source[afterSpace]))
            {
                afterSpace++;
            }

            trimNext = StartsWith(afterSpace, "/*") ? Comment(afterSpace) : Action();
        }
    }

    private bool Comment(int start)
    {
        var close = _source.IndexOf("*/", start + 2, StringComparison.Ordinal);
        if (close < 0)
        {
            throw Error("unclosed comment");
        }

        CountLines(_source.AsSpan(_position, close - _position));
        _position = close + 2;
        var marker = _position;
        while (marker < _source.Length && IsSpace(_source[marker]))
        {
            marker++;
        }

        if (marker > _position && StartsWith(marker, "-}}"))
        {
            CountLines(_source.AsSpan(_position, marker - _position));
            _position = marker + 3;
            return true;
        }

        if (!StartsWith(_position, "}}"))
        {
            throw Error("comment ends before closing delimiter");
        }

        _position += 2;
        return false;
    }

    /// <summary>Reads up to the closing delimiter; true when it trims the text behind it.</summary>
    private bool Action()
    {
        Add(TokenKind.LeftDelimiter, "{{", false);
        while (true)
        {
            var spaced = false;
            while (_position < _source.Length && IsSpace(_source[_position]))
            {
                if (_source[_position] == '\n')
                {
                    _line++;
                }

                spaced = true;
                _position++;
            }

            if (_position >= _source.Length)
            {
                throw Error("unclosed action");
            }

            if (StartsWith(_position, "}}"))
            {
                _position += 2;
                Add(TokenKind.RightDelimiter, "}}", spaced);
                return false;
            }

            if (spaced && StartsWith(_position, "-}}"))
            {
                _position += 3;
                Add(TokenKind.RightDelimiter, "}}", spaced);
                return true;
            }

            Token(spaced);
        }
    }

    private void Token(bool spaced)
    {
        var c = _source[_position];
        switch (c)
        {
            case '(':
                Single(TokenKind.LeftParenthesis, spaced);
                return;
            case ')':
                Single(TokenKind.RightParenthesis, spaced);
                return;
            case '|':
                Single(TokenKind.Pipe, spaced);
                return;
            case ',':
                Single(TokenKind.Comma, spaced);
                return;
            case '=':
                Single(TokenKind.Assign, spaced);
                return;
            case ':' when StartsWith(_position, ":="):
                _position += 2;
                Add(TokenKind.Declare, ":=", spaced);
                return;
            case '"':
                Quoted(spaced);
                return;
            case '`':
                Raw(spaced);
                return;
            case '\'':
                Character(spaced);
                return;
            case '$':
                _position++;
                Add(TokenKind.Variable, "$" + Word(), spaced);
                return;
            case '.' when _position + 1 < _source.Length && char.IsAsciiDigit(_source[_position + 1]):
                Number(spaced);
                return;
            case '.':
                _position++;
                var field = Word();
                Add(field.Length == 0 ? TokenKind.Dot : TokenKind.Field, field, spaced);
                return;
        }

        if (char.IsAsciiDigit(c) || ((c is '+' or '-') && _position + 1 < _source.Length && (char.IsAsciiDigit(_source[_position + 1]) || _source[_position + 1] == '.')))
        {
            Number(spaced);
            return;
        }

        var word = Word();
        if (word.Length == 0)
        {
            throw Error($"unexpected character '{c}' in command");
        }

        Add(Keywords.Contains(word) ? TokenKind.Keyword : TokenKind.Identifier, word, spaced);
    }

    private void Single(TokenKind kind, bool spaced)
    {
        Add(kind, _source[_position].ToString(), spaced);
        _position++;
    }

    private string Word()
    {
        var start = _position;
        while (_position < _source.Length && (_source[_position] == '_' || char.IsLetterOrDigit(_source[_position])))
        {
            _position++;
        }

        return _source[start.._position];
    }

    private void Number(bool spaced)
    {
        var start = _position++;
        while (_position < _source.Length)
        {
            var c = _source[_position];
            var sign = c is '+' or '-' && _source[_position - 1] is 'e' or 'E' or 'p' or 'P' && !_source.AsSpan(start).StartsWith("0x", StringComparison.Ordinal);
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_') && !(c is '+' or '-' && sign))
            {
                break;
            }

            _position++;
        }

        Add(TokenKind.Number, _source[start.._position], spaced);
    }

    private void Raw(bool spaced)
    {
        var close = _source.IndexOf('`', _position + 1);
        if (close < 0)
        {
            throw Error("unterminated raw quoted string");
        }

        var text = _source[(_position + 1)..close];
        Add(TokenKind.String, text, spaced);
        CountLines(text);
        _position = close + 1;
    }

    private void Quoted(bool spaced)
    {
        var text = new StringBuilder();
        _position++;
        while (true)
        {
            if (_position >= _source.Length || _source[_position] == '\n')
            {
                throw Error("unterminated quoted string");
            }

            if (_source[_position] == '"')
            {
                _position++;
                Add(TokenKind.String, text.ToString(), spaced);
                return;
            }

            Unquote(text, '"');
        }
    }

    private void Character(bool spaced)
    {
        var text = new StringBuilder();
        _position++;
        if (_position < _source.Length && _source[_position] != '\'')
        {
            Unquote(text, '\'');
        }

        if (_position >= _source.Length || _source[_position] != '\'' || text.Length == 0)
        {
            throw Error("unterminated character constant");
        }

        _position++;
        Add(TokenKind.Character, Rune.GetRuneAt(text.ToString(), 0).Value.ToString(CultureInfo.InvariantCulture), spaced);
    }

    private void Unquote(StringBuilder text, char quote)
    {
        var c = _source[_position++];
        if (c != '\\')
        {
            text.Append(c);
            return;
        }

        if (_position >= _source.Length)
        {
            throw Error("unterminated quoted string");
        }

        var escape = _source[_position++];
        switch (escape)
        {
            case 'n': text.Append('\n'); break;
            case 't': text.Append('\t'); break;
            case 'r': text.Append('\r'); break;
            case 'a': text.Append('\a'); break;
            case 'b': text.Append('\b'); break;
            case 'f': text.Append('\f'); break;
            case 'v': text.Append('\v'); break;
            case '\\': text.Append('\\'); break;
            case 'x': Code(text, 2, 16); break;
            case 'u': Code(text, 4, 16); break;
            case 'U': Code(text, 8, 16); break;
            case >= '0' and <= '7':
                _position--;
                Code(text, 3, 8);
                break;
            default:
                if (escape != quote)
                {
                    throw Error($"unknown escape sequence \\{escape}");
                }

                text.Append(quote);
                break;
        }
    }

    private void Code(StringBuilder text, int digits, int numberBase)
    {
        long value = 0;
        for (var i = 0; i < digits; i++, _position++)
        {
            var digit = _position < _source.Length && char.IsAsciiHexDigit(_source[_position]) ? Convert.ToInt32(_source[_position].ToString(), 16) : numberBase;
            if (digit >= numberBase)
            {
                throw Error("invalid escape sequence in a string");
            }

            value = (value * numberBase) + digit;
        }

        if (value > 0x10FFFF || !Rune.IsValid((int)value))
        {
            throw Error("escape sequence is not a valid character");
        }

        text.Append(new Rune((int)value).ToString());
    }

    private bool StartsWith(int position, string text) => string.CompareOrdinal(_source, position, text, 0, text.Length) == 0;

    private void Add(TokenKind kind, string value, bool spaced) => _tokens.Add(new TemplateToken(kind, value, _line, spaced));

    private void CountLines(ReadOnlySpan<char> text) => _line += text.Count('\n');

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\r' or '\n';

    private TemplateException Error(string message) => new(_name, _line, message);
}
