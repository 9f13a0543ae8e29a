using System.Text;

namespace Sightglass.Core.Model;

/// <summary>An anchored expression that needs no engine: literals, or one literal with <c>.*</c> or <c>.+</c> before or after it.</summary>
internal sealed class Re2Shape
{
    private const int MaxPatternLength = Re2.MaxPatternLength;

    private readonly string _literal = string.Empty;
    private readonly int _least;
    private readonly bool _openStart;
    private readonly bool _openEnd;
    private readonly int _before;
    private readonly int _after;

    private Re2Shape(string[] literals) => Literals = literals;

    private Re2Shape(string literal, int before, int after)
    {
        _literal = literal;
        _openStart = before >= 0;
        _openEnd = after >= 0;
        _before = Math.Max(before, 0);
        _after = Math.Max(after, 0);
        _least = literal.Length + _before + _after;
    }

    /// <summary>The literals, or null.</summary>
    public string[]? Literals { get; }

    /// <summary>What every match starts with.</summary>
    public string Prefix => Literals is null && !_openStart ? _literal : Literals is { Length: 1 } ? Literals[0] : string.Empty;

    /// <summary>The shape of a pattern, or null when it takes an engine to match it.</summary>
    public static Re2Shape? TryParse(string pattern)
    {
        if (pattern.Length > MaxPatternLength)
        {
            return null;
        }

        var text = pattern.AsSpan();
        if (text.StartsWith("^"))
        {
            text = text[1..];
        }

        if (text.EndsWith("$") && !EndsInEscape(text[..^1]))
        {
            text = text[..^1];
        }

        // An alternation outside of parentheses would bind weaker than the anchors taken off.
        if (text.Length != pattern.Length && HasOuterAlternation(text))
        {
            return null;
        }

        if (TryLiterals(text) is { } literals)
        {
            return new Re2Shape(literals);
        }

        var before = -1;
        var after = -1;
        if (text.StartsWith(".*") || text.StartsWith(".+"))
        {
            before = text[1] == '+' ? 1 : 0;
            text = text[2..];
        }

        if ((text.EndsWith(".*") || text.EndsWith(".+")) && !EndsInEscape(text[..^2]))
        {
            after = text[^1] == '+' ? 1 : 0;
            text = text[..^2];
        }

        return (before >= 0 || after >= 0) && Unescape(text) is { } literal ? new Re2Shape(literal, before, after) : null;
    }

    public bool IsMatch(string text)
    {
        if (Literals is not null)
        {
            foreach (var literal in Literals)
            {
                if (literal == text)
                {
                    return true;
                }
            }

            return false;
        }

        if (text.Length < _least)
        {
            return false;
        }

        if (!_openStart)
        {
            return text.StartsWith(_literal, StringComparison.Ordinal);
        }

        return _openEnd
            ? text.AsSpan(_before, text.Length - _before - _after).Contains(_literal, StringComparison.Ordinal)
            : text.EndsWith(_literal, StringComparison.Ordinal);
    }

    private static string[]? TryLiterals(ReadOnlySpan<char> text)
    {
        // One group around everything: (a|b) or (?:a|b).
        if (text.Length > 2 && text[0] == '(' && text[^1] == ')' && text[1..].IndexOf('(') < 0)
        {
            var inner = text[1..^1];
            if (inner.StartsWith("?:"))
            {
                inner = inner[2..];
            }

            if (!inner.StartsWith("?") && !EndsInEscape(inner))
            {
                text = inner;
            }
        }

        var literals = new List<string>();
        var start = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] == '\\')
            {
                i++;
                continue;
            }

            if (i == text.Length || text[i] == '|')
            {
                if (Unescape(text[start..i]) is not { } literal)
                {
                    return null;
                }

                literals.Add(literal);
                start = i + 1;
            }
        }

        return start == text.Length + 1 ? [.. literals] : null;
    }

    private static bool HasOuterAlternation(ReadOnlySpan<char> text)
    {
        var depth = 0;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\':
                    i++;
                    break;
                case '(':
                    depth++;
                    break;
                case ')':
                    depth--;
                    break;
                case '|' when depth == 0:
                    return true;
            }
        }

        return false;
    }

    /// <summary>The text without its escapes, or null when something in it has a meaning.</summary>
    private static string? Unescape(ReadOnlySpan<char> text)
    {
        if (text.IndexOfAny(Special) < 0)
        {
            return text.ToString();
        }

        var output = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\\')
            {
                // Escaped letters and digits are classes, anchors or control characters.
                if (i + 1 == text.Length || !(char.IsAscii(text[i + 1]) && !char.IsAsciiLetterOrDigit(text[i + 1])))
                {
                    return null;
                }

                output.Append(text[++i]);
            }
            else if (Special.Contains(c))
            {
                return null;
            }
            else
            {
                output.Append(c);
            }
        }

        return output.ToString();
    }

    private static bool EndsInEscape(ReadOnlySpan<char> text)
    {
        var slashes = 0;
        while (slashes < text.Length && text[^(slashes + 1)] == '\\')
        {
            slashes++;
        }

        return slashes % 2 == 1;
    }

    private static readonly System.Buffers.SearchValues<char> Special = System.Buffers.SearchValues.Create("\\.+*?()[]{}^$|");
}
