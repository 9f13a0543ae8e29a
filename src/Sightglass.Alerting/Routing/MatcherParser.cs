using System.Text;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Alerting.Routing;

/// <summary>Reads matchers as Alertmanager writes them: <c>a="b"</c>, <c>{a=~"b", "ü"!="c"}</c>, and the old unquoted form <c>a=b c</c>.</summary>
public static class MatcherParser
{
    /// <summary>Reads one or more matchers.</summary>
    /// <exception cref="QueryException">The text is none.</exception>
    public static IReadOnlyList<LabelMatcher> Parse(string text)
    {
        var position = 0;
        SkipSpace(text, ref position);
        var braced = position < text.Length && text[position] == '{';
        position += braced ? 1 : 0;
        var matchers = new List<LabelMatcher>();
        while (true)
        {
            SkipSpace(text, ref position);
            if (braced && position < text.Length && text[position] == '}')
            {
                position++;
                break;
            }

            if (position >= text.Length)
            {
                if (braced && matchers.Count == 0)
                {
                    throw Error(text, position, "want a closing brace");
                }

                break;
            }

            matchers.Add(One(text, ref position, braced));
            SkipSpace(text, ref position);
            if (position < text.Length && text[position] == ',')
            {
                position++;
            }
            else if (position < text.Length && !(braced && text[position] == '}'))
            {
                throw Error(text, position, "want a comma between matchers");
            }
        }

        SkipSpace(text, ref position);
        return position < text.Length ? throw Error(text, position, "text after the matchers")
            : matchers.Count == 0 && !braced ? throw Error(text, 0, "no matcher") : matchers;
    }

    private static LabelMatcher One(string text, ref int position, bool braced)
    {
        var start = position;
        string name;
        if (text[position] == '"')
        {
            name = Quoted(text, ref position);
        }
        else
        {
            while (position < text.Length && text[position] is not ('=' or '!' or '~' or ',' or '{' or '}' or '"' or '\'' or '`' or '\\') && !char.IsWhiteSpace(text[position]))
            {
                position++;
            }

            name = text[start..position];
        }

        if (name.Length == 0)
        {
            throw Error(text, start, "want a label name");
        }

        SkipSpace(text, ref position);
        var type = Type(text, ref position);
        SkipSpace(text, ref position);
        string value;
        if (position < text.Length && text[position] == '"')
        {
            value = Quoted(text, ref position);
        }
        else
        {
            var from = position;
            while (position < text.Length && text[position] != ',' && text[position] != '"' && !(braced && text[position] == '}' && text.AsSpan(position + 1).Trim().Length == 0))
            {
                position++;
            }

            value = text[from..position].TrimEnd();
            if (position < text.Length && text[position] == '"')
            {
                throw Error(text, position, "quote inside an unquoted value");
            }
        }

        return new LabelMatcher(type, name, value);
    }

    private static MatchType Type(string text, ref int position)
    {
        var rest = text.AsSpan(position);
        var (type, length) = rest.StartsWith("=~", StringComparison.Ordinal) ? (MatchType.Regex, 2)
            : rest.StartsWith("!~", StringComparison.Ordinal) ? (MatchType.NotRegex, 2)
            : rest.StartsWith("!=", StringComparison.Ordinal) ? (MatchType.NotEqual, 2)
            : rest.StartsWith("=", StringComparison.Ordinal) ? (MatchType.Equal, 1)
            : throw Error(text, position, "want =, !=, =~ or !~");
        position += length;
        return type;
    }

    private static string Quoted(string text, ref int position)
    {
        var value = new StringBuilder();
        for (var i = position + 1; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                position = i + 1;
                return value.ToString();
            }

            if (text[i] == '\\' && i + 1 < text.Length)
            {
                var escape = text[++i];
                _ = escape switch
                {
                    'n' => value.Append('\n'),
                    't' => value.Append('\t'),
                    '"' or '\\' => value.Append(escape),
                    _ => value.Append('\\').Append(escape),
                };
                continue;
            }

            value.Append(text[i]);
        }

        throw Error(text, position, "a quoted text that does not end");
    }

    private static void SkipSpace(string text, ref int position)
    {
        while (position < text.Length && char.IsWhiteSpace(text[position]))
        {
            position++;
        }
    }

    private static QueryException Error(string text, int position, string message) =>
        new(QueryErrorKind.BadData, $"bad matcher format: {text}: {message} at character {position + 1}", position);
}
