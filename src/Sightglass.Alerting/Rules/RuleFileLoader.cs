using System.Text;
using Sightglass.Alerting.Templates;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL;
using Sightglass.Query.PromQL;
using Sightglass.Query.TraceQL;

namespace Sightglass.Alerting.Rules;

/// <summary>Loads rule files in Prometheus' format, strictly: unknown keys, names, expressions and templates are checked.</summary>
public sealed class RuleFileLoader
{
    private readonly Func<string, (string Query, string? Threshold)> _parse;
    private readonly NameValidation _names;

    /// <summary>Makes a loader for PromQL rules.</summary>
    public RuleFileLoader(NameValidation names = NameValidation.Utf8)
    {
        _parse = static expression =>
        {
            var parsed = PromQLParser.Parse(expression);
            return (parsed.ToString(), RuleThreshold.Of(parsed));
        };
        _names = names;
    }

    /// <summary>Makes a loader for a language: <paramref name="parse"/> gives an expression's own form, or throws a <see cref="QueryException"/>.</summary>
    public RuleFileLoader(Func<string, string> parse, NameValidation names = NameValidation.Utf8)
    {
        _parse = expression => (parse(expression), null);
        _names = names;
    }

    /// <summary>The language of groups that name none.</summary>
    public RuleLanguage DefaultLanguage { get; init; } = RuleLanguage.PromQL;

    /// <summary>Checks the text of one group by itself, as Loki's API takes it, and says everything that is wrong; the group is null when anything is.</summary>
    public (RuleGroupDefinition? Group, IReadOnlyList<AlertingConfigurationException> Errors) CheckGroup(string path, string text)
    {
        var errors = new List<AlertingConfigurationException>();
        RuleGroupDefinition? group = null;
        Collect(errors, () => group = Group(new YamlFile(path).Read(text, "the rule group"), errors));
        return (errors.Count == 0 ? group : null, errors);
    }

    /// <summary>Loads the text of a file.</summary>
    /// <exception cref="AlertingConfigurationException">The file is refused; says line and reason.</exception>
    public RuleFile Load(string path, string text)
    {
        var (file, errors) = Check(path, text);
        return file ?? throw errors[0];
    }

    /// <summary>Loads the text of a file and says everything that is wrong with it; the file is null when anything is.</summary>
    public (RuleFile? File, IReadOnlyList<AlertingConfigurationException> Errors) Check(string path, string text)
    {
        var errors = new List<AlertingConfigurationException>();
        var groups = new List<RuleGroupDefinition>();
        Collect(errors, () =>
        {
            var root = new YamlFile(path).Read(text, "the rule file");
            foreach (var section in root.Sections("groups"))
            {
                Collect(errors, () =>
                {
                    var group = Group(section, errors);
                    groups.Add(groups.Exists(g => g.Name == group.Name) ? throw section.Error($"groupname: \"{group.Name}\" is repeated in the same file") : group);
                });
            }

            root.RejectUnknown();
        });
        return (errors.Count == 0 ? new RuleFile(path, groups) : null, errors);
    }

    private static void Collect(List<AlertingConfigurationException> errors, Action read)
    {
        try
        {
            read();
        }
        catch (AlertingConfigurationException e)
        {
            errors.Add(e);
        }
    }

    private RuleGroupDefinition Group(YamlSection section, List<AlertingConfigurationException> errors)
    {
        var name = section.Text("name", string.Empty);
        if (name.Length == 0)
        {
            throw section.Error("a group needs a name");
        }

        var interval = section.Duration("interval");
        var offset = section.Duration("query_offset");
        var limit = section.Integer("limit") ?? 0;
        var labels = Labels(section, section, "labels", isLabel: true);
        var language = Language(section, DefaultLanguage);
        var rules = new List<RuleDefinition>();
        foreach (var rule in section.Sections("rules"))
        {
            Collect(errors, () => rules.Add(Rule(rule, labels, language)));
        }

        section.RejectUnknown();
        // Below 0 is no limit, as 0 is.
        limit = Math.Max(0, limit);
        if (limit > int.MaxValue)
        {
            throw section.Error("limit", $"limit: got {limit}, want {int.MaxValue} at most");
        }

        return new RuleGroupDefinition
        {
            Name = name,
            Interval = interval > TimeSpan.Zero ? interval : null,
            QueryOffset = offset,
            Limit = (int)limit,
            Rules = rules,
            Line = section.Line,
        };
    }

    private RuleDefinition Rule(YamlSection section, List<KeyValuePair<string, string>> groupLabels, RuleLanguage groupLanguage)
    {
        var (record, alert) = (section.Text("record", string.Empty), section.Text("alert", string.Empty));
        var expression = section.Text("expr", string.Empty).Trim();
        var language = Language(section, groupLanguage);
        var simple = section.Has("metric") ? Simple(section, alert, ref expression) : null;
        var (hold, keep) = (section.Duration("for"), section.Duration("keep_firing_for"));
        var labels = Labels(section, section, "labels", isLabel: true);
        var annotations = Labels(section, section, "annotations", isLabel: false);
        if (simple is not null)
        {
            hold ??= section.Duration("duration");
            Severity(section, labels);
        }

        section.RejectUnknown();

        if (record.Length > 0 && alert.Length > 0)
        {
            throw section.Error("only one of 'record' and 'alert' must be set");
        }

        if (record.Length == 0 && alert.Length == 0)
        {
            throw section.Error("one of 'record' or 'alert' must be set");
        }

        var what = alert.Length > 0 ? $"alert \"{alert}\"" : $"record \"{record}\"";
        if (expression.Length == 0)
        {
            throw section.Error($"{what}: field 'expr' must be set in rule");
        }

        string query;
        string? threshold;
        try
        {
            (query, threshold) = language == RuleLanguage.PromQL ? _parse(expression) : (Checked(language, expression), null);
        }
        catch (QueryException wrong)
        {
            var place = wrong.Position >= 0 ? $" (character {wrong.Position + 1} of the expression)" : string.Empty;
            throw section.ErrorIn("expr", wrong.Position, $"{what}: could not parse expression: {wrong.Message}{place}");
        }

        if (record.Length > 0)
        {
            CheckRecording(section, record, hold, keep, annotations);
        }
        else
        {
            CheckTemplates(section, what, "label", labels);
            CheckTemplates(section, what, "annotation", annotations);
        }

        return new RuleDefinition
        {
            Record = record.Length > 0 ? record : null,
            Alert = alert.Length > 0 ? alert : null,
            Expression = expression,
            Query = query,
            Threshold = simple ?? threshold,
            Language = language,
            For = hold ?? TimeSpan.Zero,
            KeepFiringFor = keep ?? TimeSpan.Zero,
            Labels = LabelSet.From([.. groupLabels.Concat(labels).Select(static p => new Label(p.Key, p.Value))]),
            RemovedLabels = [.. groupLabels.Where(g => labels.TrueForAll(l => l.Key != g.Key)).Concat(labels).Where(static p => p.Value.Length == 0).Select(static p => p.Key)],
            Annotations = LabelSet.From([.. annotations.Select(static p => new Label(p.Key, p.Value))]),
            Line = section.Line,
        };
    }

    private static RuleLanguage Language(YamlSection section, RuleLanguage otherwise) => section.Text("query_language") switch
    {
        null => otherwise,
        "promql" => RuleLanguage.PromQL,
        "logql" => RuleLanguage.LogQL,
        "traceql" => RuleLanguage.TraceQL,
        var other => throw section.Error("query_language", $"query_language: got \"{other}\", want promql, logql or traceql"),
    };

    private static string Checked(RuleLanguage language, string expression)
    {
        if (language == RuleLanguage.LogQL)
        {
            LogQLRules.Check(expression);
        }
        else
        {
            TraceQLRules.Check(expression);
        }

        return expression;
    }

    /// <summary>A rule without an expression of its own: makes the expression; what it compares with.</summary>
    private static string Simple(YamlSection section, string alert, ref string expression)
    {
        if (expression.Length > 0)
        {
            throw section.Error("metric", "only one of 'expr' and 'metric' must be set");
        }

        if (alert.Length == 0)
        {
            throw section.Error("metric", "a rule with a metric and a threshold is an alert: 'alert' must be set");
        }

        if (section.Has("for") && section.Has("duration"))
        {
            throw section.Error("duration", "only one of 'for' and 'duration' must be set");
        }

        (expression, var threshold) = ThresholdRule.Read(section);
        return threshold;
    }

    private static void Severity(YamlSection section, List<KeyValuePair<string, string>> labels)
    {
        if (section.Text("severity") is { } severity)
        {
            labels.Add(severity is "critical" or "warning" or "info"
                ? KeyValuePair.Create("severity", severity)
                : throw section.Error("severity", $"severity: got \"{severity}\", want critical, warning or info"));
        }
    }

    private void CheckRecording(YamlSection section, string record, TimeSpan? hold, TimeSpan? keep, List<KeyValuePair<string, string>> annotations)
    {
        foreach (var (present, key) in ((bool, string)[])[(annotations.Count > 0, "annotations"), (hold > TimeSpan.Zero, "for"), (keep > TimeSpan.Zero, "keep_firing_for")])
        {
            if (present)
            {
                throw section.Error(key, $"record \"{record}\": invalid field '{key}' in recording rule");
            }
        }

        if (record.AsSpan().IndexOfAny('{', '}') >= 0)
        {
            throw section.Error("record", $"braces present in the recording rule name \"{record}\"; should it be in expr?");
        }

        if (!IsName(record, allowColon: true))
        {
            throw section.Error("record", $"invalid recording rule name: {record}");
        }
    }

    private List<KeyValuePair<string, string>> Labels(YamlSection section, YamlSection place, string key, bool isLabel)
    {
        var labels = section.Map(key);
        foreach (var (name, value) in labels)
        {
            if (!IsName(name, allowColon: false) || (isLabel && name == LabelSet.MetricName))
            {
                throw place.Error(key, $"invalid {(isLabel ? "label" : "annotation")} name: {name}");
            }

            if (!IsUnicode(value))
            {
                throw place.Error(key, $"invalid {(isLabel ? "label" : "annotation")} value of {name}: not valid Unicode");
            }
        }

        return labels;
    }

    private static void CheckTemplates(YamlSection section, string what, string kind, List<KeyValuePair<string, string>> texts)
    {
        foreach (var (name, text) in texts)
        {
            if (RuleTemplate.Check(name, text) is { } wrong)
            {
                throw section.Error(kind + "s", $"{what}: {kind} \"{name}\": {wrong.Message}");
            }
        }
    }

    private bool IsName(string name, bool allowColon)
    {
        if (_names == NameValidation.Utf8)
        {
            return name.Length > 0 && IsUnicode(name);
        }

        for (var i = 0; i < name.Length; i++)
        {
            if (!(char.IsAsciiLetter(name[i]) || name[i] == '_' || (allowColon && name[i] == ':') || (i > 0 && char.IsAsciiDigit(name[i]))))
            {
                return false;
            }
        }

        return name.Length > 0;
    }

    private static bool IsUnicode(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar && !text.Contains('\uFFFD', StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }
}
