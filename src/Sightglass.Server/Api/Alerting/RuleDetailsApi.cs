using Sightglass.Alerting.Rules;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Alerting;

/// <summary>Our own <c>/sightglass/v1/rules</c>: what Prometheus' form of the rules has no place for.</summary>
internal static class RuleDetailsApi
{
    /// <summary>Adds the route.</summary>
    public static void Map(RouteTable routes, RuleManager rules) =>
        routes.MapGet("/sightglass/v1/rules", context => Rules(context, rules));

    private static Task Rules(HttpContext context, RuleManager rules)
    {
        // All of them, or those of one name: a page shows one.
        var name = context.Request.Query["name"].ToString();
        return AlertmanagerJson.Write(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("rules");
            foreach (var group in rules.Groups())
            {
                for (var i = 0; i < group.Rules.Count; i++)
                {
                    var rule = group.Rules[i].Definition;
                    if (name.Length > 0 && rule.Name != name)
                    {
                        continue;
                    }

                    json.WriteStartObject();
                    json.WriteString("file", group.File);
                    json.WriteString("group", group.Name);
                    json.WriteNumber("index", i);
                    json.WriteString("name", rule.Name);
                    json.WriteNumber("line", rule.Line);
                    json.WriteString("language", rule.Language.Name());
                    json.WriteStartArray("comparisons");
                    foreach (var comparison in RuleComparison.Of(rule))
                    {
                        json.WriteStartObject();
                        json.WriteString("expression", comparison.Expression);
                        json.WriteString("operator", comparison.Operator);
                        if (double.IsFinite(comparison.Threshold))
                        {
                            json.WriteNumber("threshold", comparison.Threshold);
                        }
                        else
                        {
                            json.WriteString("threshold", ApiTime.Exponent(comparison.Threshold));
                        }

                        json.WriteEndObject();
                    }

                    json.WriteEndArray();
                    json.WriteEndObject();
                }
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }
}
