using System.Diagnostics.CodeAnalysis;
using System.Text;
using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL.Parsers;

/// <summary>Kinds of JSON values.</summary>
internal enum JsonKind
{
    Invalid,
    String,
    Number,
    Literal,
    Null,
    Object,
    Array,
}

/// <summary>
/// Walks JSON text without copying and without exceptions. It is lenient as Loki's: what stands after the value is not looked at.
/// Once something is wrong, <see cref="Failed"/> stays true.
/// </summary>
internal ref struct JsonScanner(ReadOnlySpan<char> text)
{
    /// <summary>Deepest nesting that is followed.</summary>
    public const int MaxDepth = 64;

    private readonly ReadOnlySpan<char> _text = text;

    /// <summary>Offset of the next character.</summary>
    public int Position { get; private set; }

    /// <summary>True after malformed text.</summary>
    public bool Failed { get; private set; }

    /// <summary>Kind of the value that starts here.</summary>
    public JsonKind Kind()
    {
        SkipBlanks();
        return Current switch
        {
            '"' => JsonKind.String,
            '{' => JsonKind.Object,
            '[' => JsonKind.Array,
            't' or 'f' => JsonKind.Literal,
            'n' => JsonKind.Null,
            '-' or (>= '0' and <= '9') => JsonKind.Number,
            _ => JsonKind.Invalid,
        };
    }

    /// <summary>Steps into an object or array.</summary>
    public bool Enter(char bracket)
    {
        SkipBlanks();
        return Take(bracket) || Fail();
    }

    /// <summary>Moves to the next member of an object and reads its key; false after the last one or on malformed text.</summary>
    public bool NextKey(ref bool first, out TextSlice key, out bool escaped)
    {
        key = default;
        escaped = false;
        SkipBlanks();
        if (Take('}'))
        {
            return false;
        }

        if (!first && !Take(','))
        {
            return Fail();
        }

        first = false;
        if (!ReadString(out key, out escaped))
        {
            return false;
        }

        SkipBlanks();
        return Take(':') || Fail();
    }

    /// <summary>Moves to the next item of an array; false after the last one or on malformed text.</summary>
    public bool NextItem(ref bool first)
    {
        SkipBlanks();
        if (Take(']'))
        {
            return false;
        }

        if (!first && !Take(','))
        {
            return Fail();
        }

        first = false;
        return true;
    }

    /// <summary>Reads a string; the slice is what stands between the quotes.</summary>
    public bool ReadString(out TextSlice value, out bool escaped)
    {
        value = default;
        escaped = false;
        SkipBlanks();
        if (!Take('"'))
        {
            return Fail();
        }

        var start = Position;
        while (true)
        {
            var offset = _text[Position..].IndexOfAny('"', '\\');
            if (offset < 0)
            {
                return Fail();
            }

            Position += offset;
            if (_text[Position] == '"')
            {
                value = new TextSlice(start, Position - start);
                Position++;
                return true;
            }

            escaped = true;
            if ((Position += 2) > _text.Length)
            {
                return Fail();
            }
        }
    }

    /// <summary>Reads a number, a truth value or null as written.</summary>
    public bool ReadScalar(out TextSlice value)
    {
        SkipBlanks();
        var start = Position;
        while (Position < _text.Length && _text[Position] is not (',' or '}' or ']' or ' ' or '\t' or '\n' or '\r' or '"' or '{' or '[' or ':'))
        {
            Position++;
        }

        value = new TextSlice(start, Position - start);
        var word = _text[start..Position];
        var valid = word.Length > 0 && (word[0] is '-' or (>= '0' and <= '9') ? IsNumber(word) : word is "true" or "false" or "null");
        return valid || Fail();
    }

    /// <summary>Steps over a value; the slice is the value as written.</summary>
    public bool Skip(out TextSlice value, int depth = 0)
    {
        value = default;
        var kind = Kind();
        var start = Position;
        if (depth > MaxDepth)
        {
            return Fail();
        }

        var first = true;
        switch (kind)
        {
            case JsonKind.String:
                ReadString(out _, out _);
                break;
            case JsonKind.Object:
                Enter('{');
                while (NextKey(ref first, out _, out _) && Skip(out _, depth + 1))
                {
                }

                break;
            case JsonKind.Array:
                Enter('[');
                while (NextItem(ref first) && Skip(out _, depth + 1))
                {
                }

                break;
            case JsonKind.Invalid:
                return Fail();
            default:
                ReadScalar(out _);
                break;
        }

        value = new TextSlice(start, Position - start);
        return !Failed;
    }

    /// <summary>The text of a string with its escapes resolved; false when there is one that JSON does not have, or half a surrogate pair. With <paramref name="apostrophe"/> that may be escaped too.</summary>
    public static bool TryUnescape(ReadOnlySpan<char> raw, [NotNullWhen(true)] out string? text, bool apostrophe = false)
    {
        text = null;
        var output = new StringBuilder(raw.Length);
        for (var i = 0; i < raw.Length; i++)
        {
            var c = raw[i];
            if (c != '\\')
            {
                output.Append(c);
                continue;
            }

            if (++i >= raw.Length)
            {
                return false;
            }

            switch (raw[i])
            {
                case '"' or '\\' or '/':
                case '\'' when apostrophe:
                    output.Append(raw[i]);
                    break;
                case 'n':
                    output.Append('\n');
                    break;
                case 't':
                    output.Append('\t');
                    break;
                case 'r':
                    output.Append('\r');
                    break;
                case 'b':
                    output.Append('\b');
                    break;
                case 'f':
                    output.Append('\f');
                    break;
                case 'u':
                    if (!TryUnit(raw, ref i, out var unit))
                    {
                        return false;
                    }

                    output.Append(unit);
                    if (char.IsSurrogate(unit))
                    {
                        var next = i + 2;
                        if (!char.IsHighSurrogate(unit) || next >= raw.Length || raw[i + 1] != '\\' || raw[next] != 'u' || !TryUnit(raw, ref next, out var low) || !char.IsLowSurrogate(low))
                        {
                            return false;
                        }

                        output.Append(low);
                        i = next;
                    }

                    break;
                default:
                    return false;
            }
        }

        text = output.ToString();
        return true;
    }

    // Four hexadecimal digits behind the u.
    private static bool TryUnit(ReadOnlySpan<char> raw, ref int at, out char unit)
    {
        unit = default;
        if (at + 4 >= raw.Length || !ushort.TryParse(raw.Slice(at + 1, 4), System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out var code))
        {
            return false;
        }

        unit = (char)code;
        at += 4;
        return true;
    }

    private readonly char Current => Position < _text.Length ? _text[Position] : '\0';

    private static bool IsNumber(ReadOnlySpan<char> word)
    {
        foreach (var c in word)
        {
            if (!char.IsAsciiDigit(c) && c is not ('-' or '+' or '.' or 'e' or 'E'))
            {
                return false;
            }
        }

        return true;
    }

    private bool Take(char c)
    {
        if (Current != c || Position >= _text.Length)
        {
            return false;
        }

        Position++;
        return true;
    }

    private void SkipBlanks()
    {
        while (Position < _text.Length && _text[Position] is (' ' or '\t' or '\n' or '\r'))
        {
            Position++;
        }
    }

    private bool Fail()
    {
        Failed = true;
        return false;
    }
}
