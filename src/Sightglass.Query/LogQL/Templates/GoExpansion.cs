using System.Text;
using System.Text.RegularExpressions;

namespace Sightglass.Query.LogQL.Templates;

/// <summary>Texts with <c>$1</c>, <c>$name</c> and <c>${name}</c>, as Go's regular expressions put a match into them.</summary>
internal static class GoExpansion
{
    /// <summary>The text for a match. A name goes as far as letters, digits and underscores do; a group that there is not is empty; <c>$$</c> is a dollar sign.</summary>
    public static string Expand(string text, Match match)
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

            output.Append(match.Groups[text[start..end]].Value);
            i = braces ? end : end - 1;
        }

        return output.ToString();
    }
}
