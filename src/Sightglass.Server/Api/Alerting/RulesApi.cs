using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sightglass.Alerting.Rules;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Server.Api.Prometheus;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Alerting;

/// <summary>Prometheus' <c>/api/v1/rules</c> and <c>/api/v1/alerts</c>.</summary>
internal static class RulesApi
{
    /// <summary>Adds the routes.</summary>
    public static void Map(RouteTable routes, RuleManager rules)
    {
        routes.Api(PrometheusRoutes.GetOnly, "/rules", (context, _) => Rules(context, rules));
        routes.Api(PrometheusRoutes.GetOnly, "/alerts", (context, _) => Alerts(context, rules));
    }

    private static Task Rules(HttpContext context, RuleManager rules)
    {
        var filter = RuleFilter.Read(context.Request.Query);
        var groups = new List<(RuleGroupView Group, List<RuleView> Rules)>();
        foreach (var group in rules.Groups())
        {
            if (filter.HasGroup(group) && group.Rules.Where(filter.HasRule).ToList() is { Count: > 0 } kept)
            {
                groups.Add((group, kept));
            }
        }

        var next = Page(filter, groups);
        return ApiResponse.Success(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("groups");
            foreach (var (group, kept) in groups)
            {
                WriteGroup(json, group, kept, filter.ExcludeAlerts);
            }

            json.WriteEndArray();
            if (next is not null)
            {
                json.WriteString("groupNextToken", next);
            }

            json.WriteEndObject();
        });
    }

    /// <summary>Cuts the groups to the page asked for; the token of the next one, or null.</summary>
    private static string? Page(RuleFilter filter, List<(RuleGroupView Group, List<RuleView> Rules)> groups)
    {
        if (filter.GroupNextToken.Length > 0)
        {
            var start = groups.FindIndex(g => Token(g.Group) == filter.GroupNextToken);
            if (start < 0)
            {
                throw ApiParameters.Invalid("group_next_token", $"invalid group_next_token '{filter.GroupNextToken}'. were rule groups changed?");
            }

            groups.RemoveRange(0, start);
        }

        if (filter.GroupLimit is not { } limit || groups.Count <= limit)
        {
            return null;
        }

        var token = Token(groups[limit].Group);
        groups.RemoveRange(limit, groups.Count - limit);
        return token;
    }

#pragma warning disable CA5350 // Names a page, protects nothing; the form is Prometheus' own.
    private static string Token(RuleGroupView group) => Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes($"{group.File};{group.Name}")));
#pragma warning restore CA5350

    private static Task Alerts(HttpContext context, RuleManager rules) => ApiResponse.Success(context, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("alerts");
        foreach (var alert in rules.Groups().SelectMany(static g => g.Rules).SelectMany(static r => r.Alerts))
        {
            WriteAlert(json, alert);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void WriteGroup(Utf8JsonWriter json, RuleGroupView group, List<RuleView> rules, bool excludeAlerts)
    {
        json.WriteStartObject();
        json.WriteString("name", group.Name);
        json.WriteString("file", group.File);
        json.WriteStartArray("rules");
        foreach (var rule in rules)
        {
            WriteRule(json, rule, excludeAlerts);
        }

        json.WriteEndArray();
        json.WriteNumber("interval", group.Interval.TotalSeconds);
        json.WriteNumber("limit", group.Limit);
        json.WriteNumber("evaluationTime", group.EvaluationTime.TotalSeconds);
        json.WriteString("lastEvaluation", ApiTime.Nano(group.LastEvaluation));
        json.WriteEndObject();
    }

    private static void WriteRule(Utf8JsonWriter json, RuleView rule, bool excludeAlerts)
    {
        var isAlert = rule.Definition.Alert is not null;
        json.WriteStartObject();
        if (isAlert)
        {
            json.WriteString("state", Name(rule.State));
        }

        json.WriteString("name", rule.Definition.Name);
        json.WriteString("query", rule.Definition.Query);
        if (isAlert)
        {
            json.WriteNumber("duration", rule.Definition.For.TotalSeconds);
            json.WriteNumber("keepFiringFor", rule.Definition.KeepFiringFor.TotalSeconds);
            WriteLabels(json, rule.Definition);
            WriteLabels(json, "annotations", rule.Definition.Annotations);
            WriteAlerts(json, excludeAlerts ? null : rule.Alerts);
        }
        else if (rule.Definition.Labels.Count + rule.Definition.RemovedLabels.Count > 0)
        {
            WriteLabels(json, rule.Definition);
        }

        json.WriteString("health", rule.Health switch { RuleHealth.Ok => "ok", RuleHealth.Err => "err", _ => "unknown" });
        if (rule.LastError.Length > 0)
        {
            json.WriteString("lastError", rule.LastError);
        }

        json.WriteNumber("evaluationTime", rule.EvaluationTime.TotalSeconds);
        json.WriteString("lastEvaluation", ApiTime.Nano(rule.LastEvaluation));
        json.WriteString("type", isAlert ? "alerting" : "recording");
        json.WriteEndObject();
    }

    // Those that the file gives an empty value are shown with it.
    private static void WriteLabels(Utf8JsonWriter json, RuleDefinition rule)
    {
        json.WriteStartObject("labels");
        foreach (var label in rule.Labels.Concat(rule.RemovedLabels.Select(static name => new Label(name, string.Empty))).OrderBy(static l => l.Name, StringComparer.Ordinal))
        {
            json.WriteString(label.Name, label.Value);
        }

        json.WriteEndObject();
    }

    // Left out they are null, not none.
    private static void WriteAlerts(Utf8JsonWriter json, IReadOnlyList<AlertView>? alerts)
    {
        if (alerts is null)
        {
            json.WriteNull("alerts");
            return;
        }

        json.WriteStartArray("alerts");
        foreach (var alert in alerts)
        {
            WriteAlert(json, alert);
        }

        json.WriteEndArray();
    }

    private static void WriteAlert(Utf8JsonWriter json, AlertView alert)
    {
        json.WriteStartObject();
        WriteLabels(json, "labels", alert.Labels);
        WriteLabels(json, "annotations", alert.Annotations);
        json.WriteString("state", Name(alert.State));
        json.WriteString("activeAt", ApiTime.Nano(alert.ActiveAt));
        if (alert.KeepFiringSince is { } since)
        {
            json.WriteString("keepFiringSince", ApiTime.Nano(since));
        }

        json.WriteString("value", ApiTime.Exponent(alert.Value));
        json.WriteEndObject();
    }

    internal static string Name(AlertState state) => state switch { AlertState.Firing => "firing", AlertState.Pending => "pending", _ => "inactive" };

    internal static void WriteLabels(Utf8JsonWriter json, string name, LabelSet labels)
    {
        json.WriteStartObject(name);
        foreach (var label in labels)
        {
            json.WriteString(label.Name, label.Value);
        }

        json.WriteEndObject();
    }

    /// <summary>The parameters of <c>/api/v1/rules</c>.</summary>
    private sealed record RuleFilter(
        string Type, HashSet<string> Names, HashSet<string> Groups, HashSet<string> Files, List<IReadOnlyList<LabelMatcher>> Matchers, bool ExcludeAlerts, int? GroupLimit, string GroupNextToken)
    {
        public static RuleFilter Read(IQueryCollection query)
        {
            var type = query["type"].ToString().ToLowerInvariant();
            if (type is not ("" or "alert" or "record"))
            {
                throw new QueryException(QueryErrorKind.BadData, $"invalid parameter \"type\": not supported value \"{type}\"");
            }

            var (limit, token) = (query["group_limit"].ToString(), query["group_next_token"].ToString());
            if (token.Length > 0 && limit.Length == 0)
            {
                throw ApiParameters.Invalid("group_next_token", "group_limit needs to be present in order to paginate over the groups");
            }

            var size = int.TryParse(limit, out var parsed) ? parsed : default(int?);
            if (limit.Length > 0 && size is null)
            {
                throw ApiParameters.Invalid("group_limit", $"group_limit needs to be a valid number: strconv.ParseInt: parsing \"{limit}\": invalid syntax");
            }

            if (size <= 0)
            {
                throw ApiParameters.Invalid("group_limit", "group_limit needs to be greater than 0");
            }

            bool? exclude = query["exclude_alerts"].ToString() switch
            {
                "" or "0" or "f" or "F" or "false" or "False" or "FALSE" => false,
                "1" or "t" or "T" or "true" or "True" or "TRUE" => true,
                _ => null,
            };
            if (exclude is null)
            {
                throw ApiParameters.Invalid("exclude_alerts", $"error converting exclude_alerts: strconv.ParseBool: parsing \"{query["exclude_alerts"]}\": invalid syntax");
            }

            return new RuleFilter(
                type, Set(query, "rule_name[]"), Set(query, "rule_group[]"), Set(query, "file[]"),
                [.. query["match[]"].OfType<string>().Select(ApiParameters.Selector)], exclude.Value, size, token);
        }

        public bool HasGroup(RuleGroupView group) => (Groups.Count == 0 || Groups.Contains(group.Name)) && (Files.Count == 0 || Files.Contains(group.File));

        public bool HasRule(RuleView rule) =>
            (Type.Length == 0 || (Type == "alert") == (rule.Definition.Alert is not null))
            && (Names.Count == 0 || Names.Contains(rule.Definition.Name))
            && (Matchers.Count == 0 || Matchers.Exists(set => set.All(m => m.Matches(rule.Definition.Labels[m.Name]))));

        private static HashSet<string> Set(IQueryCollection query, string name) => [.. query[name].OfType<string>()];
    }
}
