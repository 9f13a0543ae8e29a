using System.Globalization;
using System.Text.Json.Nodes;

namespace Sightglass.EndToEnd.Alertmanager;

/// <summary>What happens at one moment of a scenario.</summary>
/// <param name="At">Since its beginning.</param>
internal abstract record Step(TimeSpan At);

/// <summary>Alerts are posted; times are offsets from the scenario's beginning.</summary>
/// <param name="At">When.</param>
/// <param name="Alerts">What is posted.</param>
internal sealed record PostStep(TimeSpan At, IReadOnlyList<ScenarioAlert> Alerts) : Step(At);

/// <summary>A silence is made.</summary>
/// <param name="At">When.</param>
/// <param name="Name">How later steps call it.</param>
/// <param name="Matchers">Name, value, is it equal, is it a regular expression.</param>
/// <param name="End">Its end.</param>
internal sealed record SilenceStep(TimeSpan At, string Name, IReadOnlyList<(string Name, string Value, bool Equal, bool Regex)> Matchers, TimeSpan End) : Step(At);

/// <summary>A silence is ended.</summary>
/// <param name="At">When.</param>
/// <param name="Name">Which.</param>
internal sealed record ExpireStep(TimeSpan At, string Name) : Step(At);

/// <summary>The configuration is replaced and reloaded.</summary>
/// <param name="At">When.</param>
/// <param name="Configuration">The new one.</param>
internal sealed record ReloadStep(TimeSpan At, string Configuration) : Step(At);

/// <summary>Alerts and groups are asked for by API.</summary>
/// <param name="At">When.</param>
internal sealed record LookStep(TimeSpan At) : Step(At);

/// <summary>An alert to be posted.</summary>
/// <param name="Labels">Its labels.</param>
/// <param name="Annotations">Its annotations.</param>
/// <param name="Starts">Its beginning, or null to leave it out.</param>
/// <param name="Ends">Its end, or null to leave it out.</param>
internal sealed record ScenarioAlert(IReadOnlyDictionary<string, string> Labels, IReadOnlyDictionary<string, string> Annotations, TimeSpan? Starts, TimeSpan? Ends)
{
    public JsonObject Json(DateTimeOffset beginning)
    {
        var alert = new JsonObject { ["labels"] = Pairs(Labels), ["annotations"] = Pairs(Annotations), ["generatorURL"] = "http://prometheus.example/graph?g0.expr=up%3D%3D0&g0.tab=1" };
        foreach (var (name, offset) in (ReadOnlySpan<(string, TimeSpan?)>)[("startsAt", Starts), ("endsAt", Ends)])
        {
            if (offset is { } known)
            {
                alert[name] = Text(beginning + known);
            }
        }

        return alert;
    }

    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private static JsonObject Pairs(IReadOnlyDictionary<string, string> pairs) => new(pairs.Select(static p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));
}

/// <summary>A configuration of Alertmanager and what happens under it. <c>SINK</c> in a configuration stands for the address of the recorder.</summary>
/// <param name="Configuration">alertmanager.yml.</param>
/// <param name="Steps">In order of time.</param>
/// <param name="Length">How long to watch.</param>
internal sealed record Scenario(string Configuration, IReadOnlyList<Step> Steps, TimeSpan Length);
