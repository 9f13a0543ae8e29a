using System.Buffers;
using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL.Parsers;

/// <summary>
/// Walks the members of a JSON object in place, as forgiving as the library that Loki reads with: a value that is no string, object or array ends
/// at a blank, comma or closing bracket and is looked at no further, and what stands after the object is not looked at. Slices are of the whole text.
/// </summary>
internal ref struct JsonObjectReader(ReadOnlySpan<char> text, int start)
{
    public const string BadObject = "Value looks like object, but can't find closing '}' symbol";
    public const string BadArray = "Value looks like array, but can't find closing ']' symbol";
    public const string BadString = "Value looks like string, but can't find closing '\"' symbol";
    public const string BadJson = "Malformed JSON error";
    public const string BadEscape = "Encountered an invalid escape sequence in a string";
    public const string UnknownValue = "Unknown value type";

    private static readonly SearchValues<char> EndOfScalar = SearchValues.Create(" \n\r\t,}]");

    private readonly ReadOnlySpan<char> _text = text;
    private int _at = start;
    private bool _entered;

    /// <summary>What was wrong; null while nothing was.</summary>
    public string? Error { get; private set; }

    /// <summary>The member's name as between its quotes.</summary>
    public TextSlice Key { get; private set; }

    /// <summary>The name has escapes to resolve.</summary>
    public bool KeyEscaped { get; private set; }

    /// <summary>Kind of the member's value.</summary>
    public JsonKind Kind { get; private set; }

    /// <summary>The value as written; a string without its quotes.</summary>
    public TextSlice Value { get; private set; }

    /// <summary>The value is a string with escapes to resolve.</summary>
    public bool ValueEscaped { get; private set; }

    /// <summary>Moves to the next member; false after the last one, or with an <see cref="Error"/>.</summary>
    public bool Next()
    {
        if (!_entered)
        {
            if (!SkipBlanks() || _text[_at] != '{')
            {
                return Fail(BadObject);
            }

            _at++;
            _entered = true;
            if (!SkipBlanks())
            {
                return Fail(BadJson);
            }
        }
        else if (!Separator())
        {
            return false;
        }

        if (_text[_at] == '}')
        {
            return false;
        }

        if (_text[_at] != '"')
        {
            return Fail(BadObject);
        }

        if (!ReadString(out var key, out var escaped))
        {
            return Fail(BadJson);
        }

        (Key, KeyEscaped) = (key, escaped);
        if (!SkipBlanks() || _text[_at] != ':')
        {
            return Fail(BadJson);
        }

        _at++;
        return SkipBlanks() ? ReadValue() : Fail(BadJson);
    }

    // A comma and what comes behind it, or the end of the object.
    private bool Separator()
    {
        if (!SkipBlanks())
        {
            return Fail(BadArray);
        }

        switch (_text[_at])
        {
            case '}':
                return false;
            case ',':
                _at++;
                return SkipBlanks() || Fail(BadArray);
            default:
                return Fail(BadObject);
        }
    }

    private bool ReadValue()
    {
        ValueEscaped = false;
        var from = _at;
        switch (_text[_at])
        {
            case '"':
                Kind = JsonKind.String;
                if (!ReadString(out var value, out var escaped))
                {
                    return Fail(BadString);
                }

                (Value, ValueEscaped) = (value, escaped);
                return true;
            case '{':
                Kind = JsonKind.Object;
                return Block('{', '}', BadObject);
            case '[':
                Kind = JsonKind.Array;
                return Block('[', ']', BadArray);
        }

        var length = _text[_at..].IndexOfAny(EndOfScalar);
        _at = length < 0 ? _text.Length : _at + length;
        Value = new TextSlice(from, _at - from);
        var word = _text[from.._at];
        Kind = word is "true" or "false" ? JsonKind.Literal
            : word is "null" ? JsonKind.Null
            : word.Length > 0 && (char.IsAsciiDigit(word[0]) || word[0] == '-') ? JsonKind.Number
            : JsonKind.Invalid;
        return Kind != JsonKind.Invalid || Fail(UnknownValue);
    }

    // Only brackets of the same kind count, and none within strings.
    private bool Block(char open, char close, string error)
    {
        var from = _at;
        var depth = 0;
        while (_at < _text.Length)
        {
            var c = _text[_at];
            if (c == '"')
            {
                if (!ReadString(out _, out _))
                {
                    return Fail(error);
                }

                continue;
            }

            _at++;
            depth += c == open ? 1 : c == close ? -1 : 0;
            if (depth == 0)
            {
                Value = new TextSlice(from, _at - from);
                return true;
            }
        }

        return Fail(error);
    }

    private bool ReadString(out TextSlice value, out bool escaped)
    {
        var from = ++_at;
        escaped = false;
        value = default;
        while (true)
        {
            var offset = _text[_at..].IndexOfAny('"', '\\');
            if (offset < 0)
            {
                return false;
            }

            _at += offset;
            if (_text[_at] == '"')
            {
                value = new TextSlice(from, _at - from);
                _at++;
                return true;
            }

            escaped = true;
            if ((_at += 2) > _text.Length)
            {
                return false;
            }
        }
    }

    private bool SkipBlanks()
    {
        while (_at < _text.Length && _text[_at] is ' ' or '\t' or '\n' or '\r')
        {
            _at++;
        }

        return _at < _text.Length;
    }

    private bool Fail(string error)
    {
        Error = error;
        return false;
    }
}
