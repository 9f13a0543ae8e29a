using System.Globalization;
using System.Text.RegularExpressions;
using Sightglass.Query.LogQL;
using Sightglass.TestKit;

namespace Sightglass.Query.Tests.LogQL;

/// <summary>Runs Loki's own list of queries; the placeholders stand for a stream of the format that the query parses.</summary>
public sealed partial class LokiConformanceTests
{
    private static readonly string[] Levels = ["info", "error", "warn", "debug"];

    [SharedFact]
    public void Loki_s_list_of_queries_runs_and_finds_something()
    {
        var world = new LogWorld();
        for (var i = 0; i < 120; i++)
        {
            var level = Levels[i % 4];
            var error = level == "error" ? "timeout" : string.Empty;
            world.Line(i * 30, "app=logfmt,env=prod", $"level={level} msg=\"item {i}\" duration={i}ms duration_ms={i} size={i} bytes={i} status={200 + (i % 4 * 100)} error={error}", $"trace_id={i:x32}");
            world.Line(
                i * 30,
                "app=json,env=prod",
                string.Create(CultureInfo.InvariantCulture, $$$"""{"level":"{{{level}}}","msg":"item {{{i}}}","duration":"{{{i}}}ms","duration_ms":{{{i}}},"size":{{{i}}},"bytes":{{{i}}},"status":200,"error":"{{{error}}}"}"""),
                $"trace_id={i:x32}");
        }

        var (queries, empty) = (0, new List<string>());
        foreach (var file in Directory.GetFiles(SharedInput.PathOf("conformance/logql"), "*.yaml").Order(StringComparer.Ordinal))
        {
            foreach (Match match in QueryLine().Matches(File.ReadAllText(file)))
            {
                var text = match.Groups["query"].Value.Trim();
                text = text[0] is '\'' or '"' && text[^1] == text[0] ? text[1..^1] : text[0] is '>' or '|' ? text[text.IndexOf('\n', StringComparison.Ordinal)..].Trim() : text;
                var query = text.Replace("${SELECTOR}", text.Contains("| json", StringComparison.Ordinal) ? "{app=\"json\"}" : "{app=\"logfmt\"}", StringComparison.Ordinal)
                    .Replace("${LABEL_NAME}", "env", StringComparison.Ordinal).Replace("${LABEL_VALUE}", "prod", StringComparison.Ordinal).Replace("${RANGE}", "5m", StringComparison.Ordinal);
                query.ShouldNotContain("${");
                var result = Should.NotThrow(() => world.Engine.QueryRange(
                    new LogQLRange(query, LogWorld.Epoch, LogWorld.At(3600)) { StepNano = 60 * LogWorld.Second }, CancellationToken.None), query);
                queries++;
                if (result.Lines.Count + result.Series.Count == 0 && !query.Contains("not hit any line", StringComparison.Ordinal))
                {
                    empty.Add(query);
                }
            }
        }

        queries.ShouldBeGreaterThan(50);
        empty.ShouldBeEmpty();
    }

    [GeneratedRegex(@"^    query: (?<query>.*(?:\n      .*)*)$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex QueryLine();
}
