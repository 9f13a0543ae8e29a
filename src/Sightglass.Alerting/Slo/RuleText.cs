using System.Globalization;
using System.Text;
using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Templates;

namespace Sightglass.Alerting.Slo;

/// <summary>Writes a rule file in Prometheus' format.</summary>
internal sealed class RuleText
{
    private readonly StringBuilder _text = new("groups:\n");

    /// <summary>A text that stands in a template as it is.</summary>
    public static string Literal(string text) => text.Contains("{{", StringComparison.Ordinal) ? $"{{{{ {GoFormat.Quote(text)} }}}}" : text;

    public void Group(string name, TimeSpan interval) =>
        _text.Append(CultureInfo.InvariantCulture, $"- name: {(Bare(name) ? name : Quoted(name))}\n  interval: {PromDuration.Format(interval)}\n  rules:\n");

    public void Record(string name, string expression, IEnumerable<KeyValuePair<string, string>> labels, RuleLanguage language = RuleLanguage.PromQL)
    {
        _text.Append(CultureInfo.InvariantCulture, $"  - record: {name}\n    expr: {Expression(expression, language)}\n");
        if (language != RuleLanguage.PromQL)
        {
            _text.Append(CultureInfo.InvariantCulture, $"    query_language: {language.Name()}\n");
        }

        Map("labels", labels);
    }

    public void Alert(string name, string expression, TimeSpan hold, IEnumerable<KeyValuePair<string, string>> labels, IEnumerable<KeyValuePair<string, string>> annotations)
    {
        _text.Append(CultureInfo.InvariantCulture, $"  - alert: {(Bare(name) ? name : Quoted(name))}\n    expr: {Expression(expression, RuleLanguage.PromQL)}\n");
        if (hold > TimeSpan.Zero)
        {
            _text.Append(CultureInfo.InvariantCulture, $"    for: {PromDuration.Format(hold)}\n");
        }

        Map("labels", labels);
        Map("annotations", annotations);
    }

    public override string ToString() => _text.ToString();

    private void Map(string key, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        // The last of a name wins: what is said of one alert goes before what is said of all.
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in pairs)
        {
            values[name] = value;
        }

        _text.Append(CultureInfo.InvariantCulture, $"    {key}:\n");
        foreach (var (name, value) in values)
        {
            _text.Append(CultureInfo.InvariantCulture, $"      {(Bare(name) ? name : Quoted(name))}: {Quoted(value)}\n");
        }
    }

    private static string Expression(string expression, RuleLanguage language) =>
        language != RuleLanguage.PromQL || expression.Contains('\n', StringComparison.Ordinal) ? Quoted(expression) : "|-\n      " + expression;

    // A word that no reader of YAML takes for anything but text.
    private static bool Bare(string text) =>
        text.Length > 2 && char.IsAsciiLetter(text[0]) && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.')
        && text.ToLowerInvariant() is not ("null" or "true" or "false" or "yes" or "off");

    // With JSON's escapes, which YAML knows.
    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                < ' ' or '\u007f' or '\u0085' or '\u2028' or '\u2029' or '\ufeff' => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }
}
