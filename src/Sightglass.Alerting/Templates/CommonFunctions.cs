using System.Globalization;
using System.Text.RegularExpressions;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Templates;

/// <summary>Functions that rule templates and notification templates share.</summary>
internal static class CommonFunctions
{
    public static TemplateFunctions AddTo(TemplateFunctions functions) => functions
        .Add("toUpper", 1, static (_, a) => TemplateValue.Of(TemplateFunctions.Text(a[0]).ToUpperInvariant()))
        .Add("toLower", 1, static (_, a) => TemplateValue.Of(TemplateFunctions.Text(a[0]).ToLowerInvariant()))
        .Add("match", 2, static (_, a) => TemplateValue.Of(Pattern(a[0]).IsMatch(TemplateFunctions.Text(a[1]))))
        .Add("reReplaceAll", 3, static (_, a) => TemplateValue.Of(Replace(Pattern(a[0]), TemplateFunctions.Text(a[1]), TemplateFunctions.Text(a[2]))))
        .Add("safeHtml", 1, static (_, a) => TemplateValue.OfHtml(TemplateFunctions.Text(a[0])))
        .Add("urlUnescape", 1, static (_, a) => TemplateValue.Of(Uri.UnescapeDataString(TemplateFunctions.Text(a[0]).Replace('+', ' '))))
        .Add("humanizeDuration", 1, static (_, a) => TemplateValue.Of(Humanize.Duration(Number(a[0]))));

    /// <summary>A number from a number or from text that is one.</summary>
    public static double Number(TemplateValue value) => value.Kind switch
    {
        TemplateKind.Float => value.Float,
        TemplateKind.Int => value.Int,
        TemplateKind.Duration => value.Nanoseconds / 1e9,
        TemplateKind.String => double.TryParse(value.Text.Replace("Inf", "Infinity", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new TemplateFunctionException($"strconv.ParseFloat: parsing {GoFormat.Quote(value.Text)}: invalid syntax"),
        _ => throw new TemplateFunctionException($"can't convert {value.TypeName} to float"),
    };

    private static Regex Pattern(TemplateValue pattern)
    {
        try
        {
            return Re2.Unanchored(TemplateFunctions.Text(pattern)).Regex;
        }
        catch (QueryException e)
        {
            throw new TemplateFunctionException(e.Message);
        }
    }

    /// <summary>Go's expansion: <c>$1</c>, <c>${name}</c>, <c>$$</c>; a reference to no group is empty.</summary>
    private static string Replace(Regex pattern, string replacement, string text) => pattern.Replace(text, match => Expand(match, replacement));

    private static string Expand(Match match, string replacement)
    {
        var result = new System.Text.StringBuilder();
        for (var i = 0; i < replacement.Length; i++)
        {
            if (replacement[i] != '$' || i + 1 >= replacement.Length)
            {
                result.Append(replacement[i]);
                continue;
            }

            if (replacement[i + 1] == '$')
            {
                result.Append('$');
                i++;
                continue;
            }

            var braced = replacement[i + 1] == '{';
            var start = i + (braced ? 2 : 1);
            var end = start;
            while (end < replacement.Length && (char.IsAsciiLetterOrDigit(replacement[end]) || replacement[end] == '_'))
            {
                end++;
            }

            if (end == start || (braced && (end >= replacement.Length || replacement[end] != '}')))
            {
                result.Append('$');
                continue;
            }

            result.Append(match.Groups[replacement[start..end]].Value);
            i = braced ? end : end - 1;
        }

        return result.ToString();
    }
}
