using Sightglass.Core.Model;

namespace Sightglass.Alerting.Rules;

/// <summary>A rule that makes the same series or alerts as an earlier one.</summary>
/// <param name="Line">Line of the later rule in the file.</param>
/// <param name="Name">Name of the alert or the series.</param>
/// <param name="Labels">Labels of the rule.</param>
/// <param name="FirstLine">Line of the earlier rule.</param>
public sealed record DuplicateRule(int Line, string Name, LabelSet Labels, int FirstLine);

/// <summary>Finds in a rule file what is allowed and probably not meant.</summary>
public static class RuleLint
{
    /// <summary>Rules with the name and the labels of an earlier one, over all groups of the file.</summary>
    public static IReadOnlyList<DuplicateRule> Duplicates(RuleFile file)
    {
        var first = new Dictionary<(string, LabelSet), int>();
        var duplicates = new List<DuplicateRule>();
        foreach (var rule in file.Groups.SelectMany(static g => g.Rules))
        {
            if (!first.TryAdd((rule.Name, rule.Labels), rule.Line))
            {
                duplicates.Add(new DuplicateRule(rule.Line, rule.Name, rule.Labels, first[(rule.Name, rule.Labels)]));
            }
        }

        return duplicates;
    }
}
