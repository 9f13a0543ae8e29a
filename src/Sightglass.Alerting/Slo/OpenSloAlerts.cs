namespace Sightglass.Alerting.Slo;

/// <summary>Reads OpenSLO's alert policies, conditions and targets, inline and named.</summary>
internal sealed class OpenSloAlerts(Dictionary<(string Kind, string Name), OpenSloDocument> documents)
{
    /// <summary>Reads a document that perhaps nothing refers to.</summary>
    public void Check(OpenSloDocument document)
    {
        _ = document.Kind switch
        {
            "AlertPolicy" => Policy(document.Name, document.Spec),
            "AlertCondition" => (object)Condition(document.Spec),
            _ => Target(document.Name, document.Spec),
        };
    }

    /// <summary>The conditions of an objective; null when it names no policy.</summary>
    public IReadOnlyList<SloCondition>? Of(YamlSection slo)
    {
        var policies = slo.Items("alertPolicies");
        if (policies.Count == 0)
        {
            return null;
        }

        var conditions = new List<SloCondition>();
        foreach (var node in policies)
        {
            var (name, spec) = node is YamlDotNet.RepresentationModel.YamlScalarNode { Value: { } text }
                ? (text, Named(slo, "alertPolicies", "AlertPolicy", text))
                : Item(slo.Of(node, "an entry of alertPolicies"), "alertPolicyRef", "AlertPolicy");
            conditions.Add(Policy(name, spec));
        }

        return conditions;
    }

    private SloCondition Policy(string name, YamlSection spec)
    {
        _ = spec.Text("description");
        var (noData, resolved, breaching) = (spec.Bool("alertWhenNoData") ?? false, spec.Bool("alertWhenResolved"), spec.Bool("alertWhenBreaching") ?? true);
        // Whether people are told of the end is the receivers' (send_resolved); a policy may say so, it decides nothing.
        _ = resolved;
        var conditions = spec.Sections("conditions");
        var targets = spec.Sections("notificationTargets").ConvertAll(target =>
        {
            var (targetName, targetSpec) = Item(target, "targetRef", "AlertNotificationTarget");
            return Target(targetName, targetSpec);
        });
        spec.RejectUnknown();
        if (conditions.Count != 1)
        {
            throw spec.Error("conditions", $"conditions: got {conditions.Count} entries, want one");
        }

        var (_, condition) = Item(conditions[0], "conditionRef", "AlertCondition");
        return Condition(condition) with { Policy = name, WhenNoData = noData, WhenBreaching = breaching, Targets = targets };
    }

    private static SloCondition Condition(YamlSection spec)
    {
        _ = spec.Text("description");
        var severity = spec.Text("severity") is { Length: > 0 } given ? given : throw spec.Error("an AlertCondition needs a severity");
        var condition = spec.Section("condition") ?? throw spec.Error("an AlertCondition needs a condition");
        spec.RejectUnknown();
        var kind = condition.Text("kind", string.Empty);
        if (kind != "burnrate")
        {
            throw condition.Error("kind", $"kind: got \"{kind}\", want burnrate");
        }

        var comparison = condition.Text("op") switch
        {
            "lte" => "<=",
            "gte" => ">=",
            "lt" => "<",
            "gt" => ">",
            var other => throw condition.Error("op", $"op: got \"{other}\", want lte, gte, lt or gt"),
        };
        var threshold = SloText.Number(condition, "threshold") is { } number and > 0 ? number : throw condition.Error("threshold", "threshold: want a burn rate above 0");
        var lookback = condition.Duration("lookbackWindow") is { } window && window >= TimeSpan.FromMinutes(1) ? window : throw condition.Error("lookbackWindow", "lookbackWindow: want 1m or more");
        var after = condition.Duration("alertAfter") ?? TimeSpan.Zero;
        condition.RejectUnknown();
        return new SloCondition(string.Empty, severity, comparison, threshold, lookback, after, true, false, []);
    }

    private static string Target(string name, YamlSection spec)
    {
        _ = spec.Text("description");
        _ = spec.Text("target");
        spec.RejectUnknown();
        return name;
    }

    // Either a reference, or the document itself.
    private (string Name, YamlSection Spec) Item(YamlSection item, string reference, string kind)
    {
        if (item.Text(reference) is { } name)
        {
            item.RejectUnknown();
            return (name, Named(item, reference, kind, name));
        }

        _ = item.Text("apiVersion");
        if (item.Text("kind") is { } given && given != kind)
        {
            throw item.Error("kind", $"kind: got \"{given}\", want {kind}");
        }

        var metadata = item.Section("metadata") ?? throw item.Error($"want {reference}, or the {kind} itself with metadata and spec");
        var spec = item.Section("spec") ?? throw item.Error($"{kind}: spec must be set");
        item.RejectUnknown();
        metadata.Accept("displayName", "labels", "annotations");
        name = SloText.Name(metadata, "name");
        metadata.RejectUnknown();
        return (name, spec);
    }

    private YamlSection Named(YamlSection place, string key, string kind, string name) =>
        documents.TryGetValue((kind, name), out var document) ? document.Spec : throw place.Error(key, $"{key}: there is no {kind} \"{name}\" in this file");
}
