using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Sightglass.Query.LogQL.Templates;

/// <summary>Texts with <c>$1</c>, <c>$name</c> and <c>${name}</c>, as Go's regular expressions put a match into them.</summary>
internal static class GoExpansion
{
    private static readonly ConditionalWeakTable<Regex, string[]> Known = [];

    /// <summary>The text for a match. A name goes as far as letters, digits and underscores do; a group that there is not is empty; <c>$$</c> is a dollar sign.</summary>
    public static string Expand(string text, Regex expression, Match match)
    {
        if (!text.Contains('$', StringComparison.Ordinal))
        {
            return text;
        }

        var output = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '$' || i + 1 >= text.Length)
            {
                output.Append(text[i]);
                continue;
            }

            if (text[i + 1] == '$')
            {
                output.Append('$');
                i++;
                continue;
            }

            var braces = text[i + 1] == '{';
            var start = i + (braces ? 2 : 1);
            var end = start;
            while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_'))
            {
                end++;
            }

            if (end == start || (braces && (end >= text.Length || text[end] != '}')))
            {
                // No name: the dollar sign itself.
                output.Append('$');
                continue;
            }

            var name = text[start..end];
            output.Append(int.TryParse(name, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
                ? Group(expression, match, number).Value
                : match.Groups[name].Value);
            i = braces ? end : end - 1;
        }

        return output.ToString();
    }

    // Go numbers all groups from left to right, the framework those with a name after the others.
    private static Group Group(Regex expression, Match match, int number)
    {
        var names = Known.GetValue(expression, static e => NamesOf(e.ToString()));
        return number == 0 ? match : match.Groups[number <= names.Length ? names[number - 1] : string.Empty];
    }

    /// <summary>Names of all groups from left to right, as often as each stands there; those without one have their number.</summary>
    public static string[] NamesOf(string pattern)
    {
        var names = new List<string>();
        var unnamed = 0;
        var inClass = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '\\':
                    i++;
                    break;
                case '[' when !inClass:
                    inClass = true;
                    break;
                case ']':
                    inClass = false;
                    break;
                case '(' when !inClass && i + 1 < pattern.Length && pattern[i + 1] != '?':
                    names.Add((++unnamed).ToString(System.Globalization.CultureInfo.InvariantCulture));
                    break;
                case '(' when !inClass && string.CompareOrdinal(pattern, i, "(?<", 0, 3) == 0 && i + 3 < pattern.Length && pattern[i + 3] is not ('=' or '!'):
                    names.Add(pattern[(i + 3)..pattern.IndexOf('>', i)]);
                    break;
            }
        }

        return [.. names];
    }
}
