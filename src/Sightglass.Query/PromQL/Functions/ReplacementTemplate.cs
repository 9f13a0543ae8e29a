using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Sightglass.Query.PromQL;

/// <summary>A replacement with <c>$1</c>, <c>${1}</c>, <c>$name</c>, <c>${name}</c> and <c>$$</c>, as Go's regexp package expands it: the longest name counts, unknown ones are empty.</summary>
internal sealed class ReplacementTemplate
{
    private readonly List<(string? Literal, int Group)> _parts = [];

    private ReplacementTemplate()
    {
    }

    public static ReplacementTemplate Parse(string text, Regex regex)
    {
        var template = new ReplacementTemplate();
        var literal = new StringBuilder();
        for (var i = 0; i < text.Length;)
        {
            if (text[i] != '$')
            {
                literal.Append(text[i++]);
                continue;
            }

            if (i + 1 < text.Length && text[i + 1] == '$')
            {
                literal.Append('$');
                i += 2;
                continue;
            }

            var braced = i + 1 < text.Length && text[i + 1] == '{';
            var start = i + (braced ? 2 : 1);
            var end = start;
            while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_'))
            {
                end++;
            }

            if (end == start || (braced && (end == text.Length || text[end] != '}')))
            {
                // Not a reference: Go drops nothing and keeps the dollar.
                literal.Append('$');
                i++;
                continue;
            }

            template._parts.Add((literal.ToString(), -1));
            literal.Clear();
            var name = text[start..end];
            var group = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : regex.GroupNumberFromName(name);
            if (group >= 0)
            {
                template._parts.Add((null, group));
            }

            i = end + (braced ? 1 : 0);
        }

        template._parts.Add((literal.ToString(), -1));
        return template;
    }

    public string Expand(Match match)
    {
        var output = new StringBuilder();
        foreach (var (literal, group) in _parts)
        {
            output.Append(literal ?? match.Groups[group].Value);
        }

        return output.ToString();
    }
}
