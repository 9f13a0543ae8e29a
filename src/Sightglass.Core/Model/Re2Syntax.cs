namespace Sightglass.Core.Model;

/// <summary>Checks an expression by RE2's grammar, so that what RE2 refuses is refused here too, and in its words.</summary>
internal ref struct Re2Syntax
{
    /// <summary>Largest count of a repetition, nested ones multiplied.</summary>
    private const int MaxRepeat = 1000;

    private const int MaxRune = 0x10FFFF;

    private static readonly string[] PosixClasses =
        ["alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word", "xdigit"];

    private readonly string _pattern;
    private int _at;

    private Re2Syntax(string pattern) => _pattern = pattern;

    private readonly bool Ended => _at >= _pattern.Length;

    /// <exception cref="ArgumentException">It is no expression of RE2; the message says why and quotes the place.</exception>
    public static void Check(string pattern) => new Re2Syntax(pattern).Check();

    private static ArgumentException Error(string message, ReadOnlySpan<char> text) => new($"{message}: `{text}`");

    private void Check()
    {
        // Of each open parenthesis the largest product of repetitions inside it; of the item before, its own.
        var groups = new Stack<int>();
        var (inside, item, hasItem, lastRepeat) = (1, 1, false, -1);
        while (!Ended)
        {
            var start = _at;
            var repeats = false;
            switch (_pattern[_at])
            {
                case '(':
                    Group();
                    groups.Push(inside);
                    (inside, hasItem) = (1, false);
                    break;
                case ')':
                    if (groups.Count == 0)
                    {
                        throw Error("unexpected )", _pattern);
                    }

                    _at++;
                    item = inside;
                    inside = Math.Max(inside, groups.Pop());
                    hasItem = true;
                    break;
                case '|':
                    _at++;
                    hasItem = false;
                    break;
                case '*' or '+' or '?':
                    _at++;
                    repeats = true;
                    Repeated(start, lastRepeat, hasItem);
                    break;
                case '{' when TryRepeat(out var min, out var max):
                    if (min > MaxRepeat || max > MaxRepeat || (max >= 0 && min > max))
                    {
                        throw Error("invalid repeat count", _pattern.AsSpan(start, _at - start));
                    }

                    repeats = true;
                    var counted = _at;
                    Repeated(start, lastRepeat, hasItem);
                    item *= Math.Max(1, max < 0 ? min : max);
                    if (item > MaxRepeat)
                    {
                        throw Error("invalid repeat count", _pattern.AsSpan(start, counted - start));
                    }

                    inside = Math.Max(inside, item);
                    break;
                case '[':
                    Class();
                    (item, hasItem) = (1, true);
                    break;
                case '\\':
                    Escape();
                    (item, hasItem) = (1, true);
                    break;
                default:
                    _at++;
                    (item, hasItem) = (1, true);
                    break;
            }

            lastRepeat = repeats ? (lastRepeat < 0 ? start : lastRepeat) : -1;
        }

        if (groups.Count > 0)
        {
            throw Error("missing closing )", _pattern);
        }
    }

    private void Repeated(int start, int lastRepeat, bool hasItem)
    {
        _at += !Ended && _pattern[_at] == '?' ? 1 : 0;
        if (lastRepeat >= 0)
        {
            throw Error("invalid nested repetition operator", _pattern.AsSpan(lastRepeat, _at - lastRepeat));
        }

        if (!hasItem)
        {
            throw Error("missing argument to repetition operator", _pattern.AsSpan(start, _at - start));
        }
    }

    // {2}, {2,} or {2,3}; anything else is text.
    private bool TryRepeat(out int min, out int max)
    {
        max = -1;
        var at = _at + 1;
        if (!Number(ref at, out min) || at >= _pattern.Length)
        {
            return false;
        }

        if (_pattern[at] == ',')
        {
            at++;
            if (at < _pattern.Length && _pattern[at] != '}' && !Number(ref at, out max))
            {
                return false;
            }
        }
        else
        {
            max = min;
        }

        if (at >= _pattern.Length || _pattern[at] != '}')
        {
            return false;
        }

        _at = at + 1;
        return true;
    }

    private readonly bool Number(ref int at, out int value)
    {
        var first = at;
        value = 0;
        while (at < _pattern.Length && char.IsAsciiDigit(_pattern[at]))
        {
            value = Math.Min(100_000, (value * 10) + (_pattern[at++] - '0'));
        }

        // No leading zeros.
        return at > first && (at == first + 1 || _pattern[first] != '0');
    }

    private void Group()
    {
        var start = _at++;
        if (Ended || _pattern[_at] != '?')
        {
            return;
        }

        var rest = _pattern.AsSpan(start);
        if (rest.StartsWith("(?P<") || rest.StartsWith("(?<"))
        {
            var end = rest.IndexOf('>');
            var name = end < 0 ? default : rest[(rest.IndexOf('<') + 1)..end];
            if (name.Length == 0 || name.ContainsAnyExcept(NameCharacters))
            {
                throw Error("invalid named capture", end < 0 ? rest : rest[..(end + 1)]);
            }

            _at = start + end + 1;
            return;
        }

        var (negated, some) = (false, false);
        for (_at++; !Ended; _at++)
        {
            switch (_pattern[_at])
            {
                case 'i' or 'm' or 's' or 'U':
                    some = true;
                    continue;
                case '-' when !negated:
                    (negated, some) = (true, false);
                    continue;
                case ':' or ')' when !negated || some:
                    // The flags of (?i) hold from here on; there is no group to close.
                    _at += _pattern[_at] == ':' ? 1 : 0;
                    return;
            }

            throw Error("invalid or unsupported Perl syntax", _pattern.AsSpan(start, _at + 1 - start));
        }

        throw Error("missing closing )", _pattern);
    }

    private static System.Buffers.SearchValues<char> NameCharacters { get; } = System.Buffers.SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");

    private void Class()
    {
        var start = _at++;
        _at += !Ended && _pattern[_at] == '^' ? 1 : 0;
        for (var first = true; Ended || _pattern[_at] != ']' || first; first = false)
        {
            if (Ended)
            {
                throw Error("missing closing ]", _pattern.AsSpan(start));
            }

            var from = _at;
            if (_pattern.AsSpan(_at).StartsWith("[:") && _pattern.AsSpan(_at).IndexOf(":]") is > 0 and var end)
            {
                if (!PosixClasses.Contains(_pattern[(_at + 2)..(_at + end)].TrimStart('^')))
                {
                    throw Error("invalid character class range", _pattern.AsSpan(_at, end + 2));
                }

                _at += end + 2;
                continue;
            }

            var low = One();
            if (low < 0 || _at + 1 >= _pattern.Length || _pattern[_at] != '-' || _pattern[_at + 1] == ']')
            {
                continue;
            }

            _at++;
            var high = One();
            if (high < low)
            {
                throw Error("invalid character class range", _pattern.AsSpan(from, _at - from));
            }
        }

        _at++;
    }

    /// <summary>A character of a class; below 0 for a class of its own such as <c>\d</c>.</summary>
    private int One()
    {
        if (_pattern[_at] == '\\')
        {
            return Escape();
        }

        var rune = char.IsSurrogatePair(_pattern, _at) ? char.ConvertToUtf32(_pattern, _at) : _pattern[_at];
        _at += rune > char.MaxValue ? 2 : 1;
        return rune;
    }

    /// <summary>Reads an escape sequence: the character that it stands for, or below 0.</summary>
    private int Escape()
    {
        var start = _at++;
        if (Ended)
        {
            throw Error("trailing backslash at end of expression", default);
        }

        var c = _pattern[_at++];
        switch (c)
        {
            case 'Q':
                var end = _pattern.IndexOf(@"\E", _at, StringComparison.Ordinal);
                _at = end < 0 ? _pattern.Length : end + 2;
                return -1;
            case 'A' or 'b' or 'B' or 'z' or 'd' or 'D' or 's' or 'S' or 'w' or 'W':
                return -1;
            case 'p' or 'P':
                Property(start);
                return -1;
            case 'x' when TryHex(out var rune):
                return rune;
            case >= '0' and <= '7' when c == '0' || (!Ended && _pattern[_at] is >= '0' and <= '7'):
                var value = c - '0';
                for (var n = 0; n < 2 && !Ended && _pattern[_at] is >= '0' and <= '7'; n++)
                {
                    value = (value * 8) + (_pattern[_at++] - '0');
                }

                return value;
            case 'a' or 'f' or 'n' or 'r' or 't' or 'v':
                return c switch { 'a' => 7, 'f' => 12, 'n' => 10, 'r' => 13, 't' => 9, _ => 11 };
            case < (char)0x80 when !char.IsAsciiLetterOrDigit(c):
                return c;
            default:
                throw Error("invalid escape sequence", _pattern.AsSpan(start, _at - start));
        }
    }

    private void Property(int start)
    {
        var length = 1;
        if (!Ended && _pattern[_at] == '{')
        {
            length = _pattern.IndexOf('}', _at) - _at + 1;
        }

        if (Ended || length <= 0)
        {
            throw Error("invalid character class range", _pattern.AsSpan(start));
        }

        _at += length;
    }

    private bool TryHex(out int rune)
    {
        rune = 0;
        if (Ended)
        {
            return false;
        }

        if (_pattern[_at] != '{')
        {
            for (var n = 0; n < 2; n++)
            {
                if (Ended || !char.IsAsciiHexDigit(_pattern[_at]))
                {
                    _at += Ended ? 0 : 1;
                    return false;
                }

                rune = (rune * 16) + Convert.ToInt32(_pattern[_at++].ToString(), 16);
            }

            return true;
        }

        var first = ++_at;
        while (!Ended && char.IsAsciiHexDigit(_pattern[_at]))
        {
            rune = (rune * 16) + Convert.ToInt32(_pattern[_at++].ToString(), 16);
            if (rune > MaxRune)
            {
                return false;
            }
        }

        if (Ended || _pattern[_at] != '}' || _at == first)
        {
            _at += Ended ? 0 : 1;
            return false;
        }

        _at++;
        return true;
    }
}
