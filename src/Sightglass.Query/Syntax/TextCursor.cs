using Sightglass.Core.Errors;

namespace Sightglass.Query.Syntax;

/// <summary>Walks over a query's text: what the lexers of the three languages stand on. Past the end it sees <c>'\0'</c>.</summary>
public sealed class TextCursor(string text)
{
    /// <summary>The whole text.</summary>
    public string Text { get; } = text;

    /// <summary>Offset of the current character.</summary>
    public int Position { get; set; }

    /// <summary>True past the last character.</summary>
    public bool AtEnd => Position >= Text.Length;

    /// <summary>The current character.</summary>
    public char Current => Position < Text.Length ? Text[Position] : '\0';

    /// <summary>A character further on.</summary>
    public char Peek(int ahead = 1) => Position + ahead < Text.Length ? Text[Position + ahead] : '\0';

    /// <summary>The text from <paramref name="start"/> to the current character.</summary>
    public string Since(int start) => Text[start..Position];

    /// <summary>True when <paramref name="expected"/> stands here.</summary>
    public bool Sees(string expected) => string.CompareOrdinal(Text, Position, expected, 0, expected.Length) == 0;

    /// <summary>Steps over <paramref name="expected"/> when it stands here.</summary>
    public bool Take(string expected)
    {
        if (!Sees(expected))
        {
            return false;
        }

        Position += expected.Length;
        return true;
    }

    /// <summary>Steps over one character when it stands here.</summary>
    public bool Take(char expected)
    {
        if (Current != expected || AtEnd)
        {
            return false;
        }

        Position++;
        return true;
    }

    /// <summary>Steps over white space and <c>#</c> comments.</summary>
    public void SkipBlanks()
    {
        while (Position < Text.Length)
        {
            var c = Text[Position];
            if (c == '#')
            {
                var end = Text.IndexOf('\n', Position);
                Position = end < 0 ? Text.Length : end;
            }
            else if (c is ' ' or '\t' or '\n' or '\r')
            {
                Position++;
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>Reads a quoted string (<c>"…"</c>, <c>'…'</c> or <c>`…`</c>) that starts here and steps over it.</summary>
    /// <exception cref="QueryException">The string does not end, or has an escape that does not exist.</exception>
    public string ReadString()
    {
        var start = Position;
        if (!QuotedText.TryRead(Text, ref start, out var value, out var error))
        {
            throw Error(start, error);
        }

        Position = start;
        return value;
    }

    /// <summary>A syntax error at <paramref name="at"/>.</summary>
    public QueryException Error(int at, string message) => SourcePosition.ParseError(Text, at, message);
}
