using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sightglass.Alerting.Rules;
using Sightglass.Core.Model;

namespace Sightglass.Server.Api.Loki;

/// <summary>Rule groups in YAML.</summary>
internal static class RuleYaml
{
    /// <summary>Writes a group; <paramref name="first"/> stands before its first line, <paramref name="rest"/> before the others.</summary>
    public static void Write(StringBuilder text, RuleGroupView group, IReadOnlyList<RuleDefinition> rules, string first, string rest)
    {
        text.Append(first).Append("name: ").Append(Scalar(group.Name)).Append('\n');
        text.Append(rest).Append("interval: ").Append(Seconds(group.Interval)).Append('\n');
        if (group.Limit > 0)
        {
            text.Append(rest).Append(CultureInfo.InvariantCulture, $"limit: {group.Limit}\n");
        }

        text.Append(rest).Append(rules.Count > 0 ? "rules:\n" : "rules: []\n");
        foreach (var rule in rules)
        {
            text.Append(rest).Append("  - ").Append(rule.Alert is null ? "record: " : "alert: ").Append(Scalar(rule.Name)).Append('\n');
            text.Append(rest).Append("    expr: ").Append(Scalar(rule.Expression)).Append('\n');
            if (rule.Language != RuleLanguage.LogQL)
            {
                text.Append(rest).Append("    query_language: ").Append(rule.Language.Name()).Append('\n');
            }

            Duration(text, rest, "for", rule.For);
            Duration(text, rest, "keep_firing_for", rule.KeepFiringFor);
            Pairs(text, rest, "labels", rule.Labels);
            Pairs(text, rest, "annotations", rule.Annotations);
        }
    }

    private static void Duration(StringBuilder text, string indent, string name, TimeSpan value)
    {
        if (value > TimeSpan.Zero)
        {
            text.Append(indent).Append("    ").Append(name).Append(": ").Append(Seconds(value)).Append('\n');
        }
    }

    private static void Pairs(StringBuilder text, string indent, string name, LabelSet pairs)
    {
        if (pairs.Count == 0)
        {
            return;
        }

        text.Append(indent).Append("    ").Append(name).Append(":\n");
        foreach (var pair in pairs)
        {
            text.Append(indent).Append("      ").Append(Scalar(pair.Name)).Append(": ").Append(Scalar(pair.Value)).Append('\n');
        }
    }

    private static string Seconds(TimeSpan value) =>
        value.Ticks % TimeSpan.TicksPerSecond == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{value.Ticks / TimeSpan.TicksPerSecond}s")
            : string.Create(CultureInfo.InvariantCulture, $"{(long)value.TotalMilliseconds}ms");

    // A JSON string is a YAML scalar whatever is in it.
    /// <summary>A text as a YAML scalar.</summary>
    public static string Scalar(string value) => $"\"{JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
