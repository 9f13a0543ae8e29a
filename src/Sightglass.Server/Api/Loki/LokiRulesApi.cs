using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sightglass.Alerting.Rules;
using Sightglass.Core.Model;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Loki;

/// <summary>Loki's listing of rules in YAML: the rules in LogQL, by file (Loki's namespace) and group. All rules are in Prometheus' <c>/api/v1/rules</c>.</summary>
internal static class LokiRulesApi
{
    /// <summary>Maps the endpoints.</summary>
    public static void Map(RouteTable routes, RuleManager rules)
    {
        routes.MapGet("/loki/api/v1/rules", context => Answer(context, rules, null, null));
        routes.MapGet("/loki/api/v1/rules/{file}", context => Answer(context, rules, Value(context, "file"), null));
        routes.MapGet("/loki/api/v1/rules/{file}/{group}", context => Answer(context, rules, Value(context, "file"), Value(context, "group")));
    }

    private static async Task Answer(HttpContext context, RuleManager rules, string? file, string? group)
    {
        var found = rules.Groups()
            .Where(g => (file is null || Namespace(g) == file) && (group is null || g.Name == group))
            .Select(static g => (Group: g, Rules: g.Rules.Select(static r => r.Definition).Where(static r => r.Language == RuleLanguage.LogQL).ToList()))
            .Where(static g => g.Rules.Count > 0).ToList();
        if (found.Count == 0)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            await context.Response.WriteAsync(group is null ? "no rule groups found\n" : "group does not exist\n", context.RequestAborted);
            return;
        }

        var text = new StringBuilder();
        if (group is not null)
        {
            Write(text, found[0].Group, found[0].Rules, first: string.Empty, rest: string.Empty);
        }
        else
        {
            foreach (var members in found.GroupBy(static g => Namespace(g.Group), StringComparer.Ordinal))
            {
                text.Append(Scalar(members.Key)).Append(":\n");
                foreach (var member in members)
                {
                    Write(text, member.Group, member.Rules, first: "  - ", rest: "    ");
                }
            }
        }

        context.Response.ContentType = "application/yaml";
        await context.Response.WriteAsync(text.ToString(), context.RequestAborted);
    }

    private static string? Value(HttpContext context, string name) => (string?)context.Request.RouteValues[name];

    private static string Namespace(RuleGroupView group) => Path.GetFileName(group.File);

    private static void Write(StringBuilder text, RuleGroupView group, List<RuleDefinition> rules, string first, string rest)
    {
        text.Append(first).Append("name: ").Append(Scalar(group.Name)).Append('\n');
        text.Append(rest).Append("interval: ").Append(Seconds(group.Interval)).Append('\n');
        if (group.Limit > 0)
        {
            text.Append(rest).Append(CultureInfo.InvariantCulture, $"limit: {group.Limit}\n");
        }

        text.Append(rest).Append("rules:\n");
        foreach (var rule in rules)
        {
            text.Append(rest).Append("  - ").Append(rule.Alert is null ? "record: " : "alert: ").Append(Scalar(rule.Name)).Append('\n');
            text.Append(rest).Append("    expr: ").Append(Scalar(rule.Expression)).Append('\n');
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
    private static string Scalar(string value) => $"\"{JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
