using System.Text.Json;
using System.Text.RegularExpressions;
using Sightglass.Core.Limits;
using Sightglass.Query.PromQL;
using Sightglass.Query.PromQL.Scripts;
using Sightglass.TestKit;

namespace Sightglass.Query.Tests.PromQL;

public partial class RealQueriesTests
{
    [SharedFact]
    public void Every_rule_of_the_shared_files_parses_prints_and_runs()
    {
        var engine = new PromQLEngine(new InMemoryMetricStore(), QueryLimits.Default, TimeProvider.System);
        var seen = 0;
        foreach (var file in Directory.GetFiles(SharedInput.PathOf("data/rules"), "*.yml"))
        {
            foreach (var query in RuleExpressions(File.ReadAllLines(file)))
            {
                Try(engine, query, Path.GetFileName(file));
                seen++;
            }
        }

        seen.ShouldBeGreaterThan(500);
    }

    [SharedFact]
    public void Every_query_of_the_shared_dashboards_parses_prints_and_runs()
    {
        var engine = new PromQLEngine(new InMemoryMetricStore(), QueryLimits.Default, TimeProvider.System);
        var seen = 0;
        foreach (var file in Directory.GetFiles(SharedInput.PathOf("data/dashboards"), "*.json"))
        {
            using var document = JsonDocument.Parse(File.ReadAllText(file));
            foreach (var query in DashboardExpressions(document.RootElement))
            {
                Try(engine, RangeVariable().Replace(query, "5m").Replace("$", "x", StringComparison.Ordinal), Path.GetFileName(file));
                seen++;
            }
        }

        seen.ShouldBeGreaterThan(300);
    }

    private static void Try(PromQLEngine engine, string query, string file)
    {
        var expression = Should.NotThrow(() => engine.Parse(query), $"{file}: {query}");
        var printed = expression.ToString();
        engine.Parse(printed).ToString().ShouldBe(printed);
        Should.NotThrow(() => engine.Instant(query, 1_000_000), $"{file}: {query}");
    }

    /// <summary>The values of <c>expr</c> keys, plain, quoted or in block form; enough YAML for the shared files.</summary>
    private static IEnumerable<string> RuleExpressions(string[] lines)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            var match = ExpressionKey().Match(lines[i]);
            if (!match.Success)
            {
                continue;
            }

            var indent = match.Groups[1].Length;
            var value = match.Groups[2].Value.Trim();
            var block = new List<string>();
            if (value is "|" or ">" or "|-" or ">-")
            {
                value = string.Empty;
            }

            while (i + 1 < lines.Length && (lines[i + 1].Trim().Length == 0 || lines[i + 1].Length - lines[i + 1].TrimStart().Length > indent))
            {
                block.Add(lines[++i].Trim());
            }

            value = string.Join('\n', block.Prepend(value)).Trim();
            if (value.StartsWith('\'') && value.EndsWith('\''))
            {
                value = value[1..^1].Replace("''", "'", StringComparison.Ordinal);
            }
            else if (value.StartsWith('"') && value.EndsWith('"'))
            {
                value = JsonSerializer.Deserialize<string>(value)!;
            }

            yield return value;
        }
    }

    private static IEnumerable<string> DashboardExpressions(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().SelectMany(DashboardExpressions),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p =>
            p.Name == "expr" && p.Value.ValueKind == JsonValueKind.String ? [p.Value.GetString()!] : DashboardExpressions(p.Value)),
        _ => [],
    };

    [GeneratedRegex(@"^(\s*(?:- )?)expr:\s*(.*)$")]
    private static partial Regex ExpressionKey();

    [GeneratedRegex(@"\$(__rate_interval|__interval|__range|\{__rate_interval\}|interval)\b")]
    private static partial Regex RangeVariable();
}
