using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sightglass.EndToEnd.Differential;

/// <summary>A dashboard's file: its variables and the queries of its panels as Grafana's Prometheus data source sends them.</summary>
internal sealed partial class GrafanaDashboard
{
    private const int ScrapeIntervalSeconds = 15;
    private readonly JsonElement _root;

    private GrafanaDashboard(JsonElement root) => _root = root;

    public static GrafanaDashboard Read(string file) => new(JsonDocument.Parse(File.ReadAllBytes(file)).RootElement);

    /// <summary>Variables that ask for the values of a label: their name, the selector and the label.</summary>
    public IEnumerable<(string Name, string Selector, string Label)> Variables()
    {
        foreach (var variable in _root.GetProperty("templating").GetProperty("list").EnumerateArray().Where(v => v.GetProperty("type").GetString() == "query"))
        {
            var query = variable.GetProperty("query");
            var text = query.ValueKind == JsonValueKind.Object ? query.GetProperty("query").GetString()! : query.GetString()!;
            var match = LabelValues().Match(text);
            match.Success.ShouldBeTrue(text);
            yield return (variable.GetProperty("name").GetString()!, match.Groups["selector"].Value, match.Groups["label"].Value);
        }
    }

    /// <summary>The expressions of all panels.</summary>
    public IEnumerable<string> Expressions() => Panels(_root).SelectMany(p => p.TryGetProperty("targets", out var targets) ? targets.EnumerateArray().ToArray() : [])
        .Select(t => t.GetProperty("expr").GetString()!).Distinct();

    /// <summary>An expression or selector with the variables filled and what Grafana knows by itself.</summary>
    public static string Fill(string text, IReadOnlyDictionary<string, string> variables, int rangeSeconds, int stepSeconds)
    {
        var all = new Dictionary<string, string>(variables)
        {
            ["__interval"] = $"{stepSeconds}s",
            ["__interval_ms"] = (stepSeconds * 1_000).ToString(CultureInfo.InvariantCulture),
            ["__rate_interval"] = Duration(Math.Max(stepSeconds + ScrapeIntervalSeconds, 4 * ScrapeIntervalSeconds)),
            ["__range"] = $"{rangeSeconds}s",
            ["__range_s"] = rangeSeconds.ToString(CultureInfo.InvariantCulture),
            ["__range_ms"] = (rangeSeconds * 1_000L).ToString(CultureInfo.InvariantCulture),
        };
        return Variable().Replace(text, m => all[m.Groups["name"].Value]);
    }

    private static IEnumerable<JsonElement> Panels(JsonElement holder)
    {
        foreach (var panel in holder.TryGetProperty("panels", out var panels) ? panels.EnumerateArray().ToArray() : [])
        {
            yield return panel;
            foreach (var inner in Panels(panel))
            {
                yield return inner;
            }
        }
    }

    private static string Duration(int seconds) => $"{seconds / 60}m{seconds % 60}s";

    [GeneratedRegex(@"^label_values\((?<selector>.*),\s*(?<label>\w+)\)$")]
    private static partial Regex LabelValues();

    [GeneratedRegex(@"\$\{?(?<name>\w+)(:\w+)?\}?")]
    private static partial Regex Variable();
}
