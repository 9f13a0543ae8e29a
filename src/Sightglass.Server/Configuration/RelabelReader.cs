using System.Text.RegularExpressions;
using Sightglass.Alerting;
using Sightglass.Core.Errors;
using Sightglass.Ingest.Scrape;

namespace Sightglass.Server.Configuration;

/// <summary>Reads relabelling rules, with Prometheus' checks of what each action needs and may not have.</summary>
internal static partial class RelabelReader
{
    private const string DefaultRegex = "(.*)";

    /// <summary>The rules under <paramref name="key"/>.</summary>
    /// <exception cref="AlertingConfigurationException">A rule is not as it has to be.</exception>
    public static IReadOnlyList<RelabelRule> Read(YamlSection parent, string key, bool legacyNames) => [.. parent.Sections(key).Select(section => Rule(section, legacyNames))];

    private static RelabelRule Rule(YamlSection section, bool legacy)
    {
        var name = section.Text("action", "replace").ToLowerInvariant();
        var action = name switch
        {
            "replace" => RelabelAction.Replace,
            "keep" => RelabelAction.Keep,
            "drop" => RelabelAction.Drop,
            "keepequal" => RelabelAction.KeepEqual,
            "dropequal" => RelabelAction.DropEqual,
            "hashmod" => RelabelAction.HashMod,
            "labelmap" => RelabelAction.LabelMap,
            "labeldrop" => RelabelAction.LabelDrop,
            "labelkeep" => RelabelAction.LabelKeep,
            "lowercase" => RelabelAction.Lowercase,
            "uppercase" => RelabelAction.Uppercase,
            _ => throw section.Error("action", $"unknown relabel action \"{name}\""),
        };
        var sources = section.Texts("source_labels");
        var separator = section.Text("separator", ";");
        var regex = section.Text("regex", DefaultRegex);
        var target = section.Text("target_label", string.Empty);
        var replacement = section.Text("replacement", "$1");
        var modulus = section.Integer("modulus") ?? 0;
        if (modulus < 0)
        {
            throw section.Error("modulus", $"modulus: got {modulus}, want 0 or more");
        }

        if (sources.Exists(s => s.Length == 0 || (legacy && !LabelName().IsMatch(s))))
        {
            throw section.Error("source_labels", $"\"{sources.Find(s => s.Length == 0 || !LabelName().IsMatch(s))}\" is not a valid label name");
        }

        if (action == RelabelAction.HashMod && modulus == 0)
        {
            throw section.Error("relabel configuration for hashmod requires non-zero modulus");
        }

        CheckTarget(section, action, name, target, legacy);
        if (action is RelabelAction.Lowercase or RelabelAction.Uppercase or RelabelAction.KeepEqual or RelabelAction.DropEqual && replacement != "$1")
        {
            throw section.Error("replacement", $"'replacement' can not be set for {name} action");
        }

        if (action == RelabelAction.LabelMap && !IsTemplate(replacement, legacy))
        {
            throw section.Error("replacement", $"\"{replacement}\" is invalid 'replacement' for {name} action");
        }

        if (action is RelabelAction.KeepEqual or RelabelAction.DropEqual && (regex != DefaultRegex || modulus != 0 || separator != ";"))
        {
            throw section.Error($"{name} action requires only 'source_labels' and `target_label`, and no other fields");
        }

        if (action is RelabelAction.LabelDrop or RelabelAction.LabelKeep && (section.Has("source_labels") || target.Length > 0 || modulus != 0 || separator != ";" || replacement != "$1"))
        {
            throw section.Error($"{name} action requires only 'regex', and no other fields");
        }

        try
        {
            var rule = new RelabelRule(action, sources, separator, regex, target, replacement, (ulong)modulus, legacy);
            section.RejectUnknown();
            return rule;
        }
        catch (QueryException e)
        {
            throw section.Error("regex", e.Message);
        }
    }

    private static void CheckTarget(YamlSection section, RelabelAction action, string name, string target, bool legacy)
    {
        if (action is not (RelabelAction.Replace or RelabelAction.HashMod or RelabelAction.Lowercase or RelabelAction.Uppercase or RelabelAction.KeepEqual or RelabelAction.DropEqual))
        {
            return;
        }

        if (target.Length == 0)
        {
            throw section.Error($"relabel configuration for {name} action requires 'target_label' value");
        }

        var valid = action == RelabelAction.Replace && target.Contains('$', StringComparison.Ordinal) ? IsTemplate(target, legacy) : !legacy || LabelName().IsMatch(target);
        if (!valid)
        {
            throw section.Error("target_label", $"\"{target}\" is invalid 'target_label' for {name} action");
        }
    }

    private static bool IsTemplate(string text, bool legacy) => text.Length > 0 && (!legacy || Template().IsMatch(text));

    [GeneratedRegex(@"\A[a-zA-Z_][a-zA-Z0-9_]*\z")]
    private static partial Regex LabelName();

    [GeneratedRegex(@"\A(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+\z", RegexOptions.NonBacktracking)]
    private static partial Regex Template();
}
