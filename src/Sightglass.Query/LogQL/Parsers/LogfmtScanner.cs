using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL.Parsers;

/// <summary>Walks <c>key=value</c> pairs of a line without copying. Words that are no pair are skipped; the first such word is kept as an error.</summary>
internal ref struct LogfmtScanner(ReadOnlySpan<char> text)
{
    private readonly ReadOnlySpan<char> _text = text;
    private int _at;

    /// <summary>What was wrong with the first word that is no pair; null when nothing was.</summary>
    public string? Error { get; private set; }

    /// <summary>Key of the current pair.</summary>
    public TextSlice Key { get; private set; }

    /// <summary>Value of the current pair, as between its quotes when it has them.</summary>
    public TextSlice Value { get; private set; }

    /// <summary>The value with its escapes resolved; null when it has none.</summary>
    public string? Unescaped { get; private set; }

    /// <summary>Moves to the next pair; a key alone has an empty value.</summary>
    public bool Next()
    {
        while (true)
        {
            while (_at < _text.Length && _text[_at] <= ' ')
            {
                _at++;
            }

            if (_at >= _text.Length)
            {
                return false;
            }

            var start = _at;
            Value = default;
            Unescaped = null;
            while (_at < _text.Length && _text[_at] > ' ' && _text[_at] is not ('=' or '"'))
            {
                _at++;
            }

            Key = new TextSlice(start, _at - start);
            if (_at < _text.Length && _text[_at] == '"')
            {
                SkipWord($"logfmt syntax error at pos {_at + 1} : unexpected '\"'");
                continue;
            }

            if (Key.Length == 0)
            {
                SkipWord($"logfmt syntax error at pos {_at + 1} : unexpected '='");
                continue;
            }

            if (_at >= _text.Length || _text[_at] != '=')
            {
                return true;
            }

            _at++;
            if (_at < _text.Length && _text[_at] == '"')
            {
                if (Quoted())
                {
                    return true;
                }

                continue;
            }

            start = _at;
            while (_at < _text.Length && _text[_at] > ' ' && _text[_at] is not ('=' or '"'))
            {
                _at++;
            }

            Value = new TextSlice(start, _at - start);
            if (_at < _text.Length && _text[_at] > ' ')
            {
                SkipWord($"logfmt syntax error at pos {_at + 1} : unexpected '{_text[_at]}'");
                continue;
            }

            return true;
        }
    }

    private bool Quoted()
    {
        var start = ++_at;
        var escaped = false;
        while (_at < _text.Length)
        {
            var c = _text[_at];
            if (c == '\\')
            {
                escaped = true;
                _at += 2;
                continue;
            }

            if (c == '"')
            {
                Value = new TextSlice(start, _at - start);
                _at++;
                string? text = null;
                if (escaped && !JsonScanner.TryUnescape(_text.Slice(Value.Start, Value.Length), out text, apostrophe: true))
                {
                    Error ??= $"logfmt syntax error at pos {_at + 1} : invalid quoted value";
                    return false;
                }

                Unescaped = text;
                return true;
            }

            _at++;
        }

        _at = _text.Length;
        Error ??= $"logfmt syntax error at pos {_at + 1} : unterminated quoted value";
        return false;
    }

    private void SkipWord(string error)
    {
        Error ??= error;
        while (_at < _text.Length && _text[_at] > ' ')
        {
            _at++;
        }
    }
}
