using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd.Differential;

/// <summary>
/// The rule files and dashboards of others over the same synthetic series in this server and in a prometheus of version 3.5 (<c>SIGHTGLASS_PROMETHEUS</c>):
/// the same rules with their alerts, recorded series and errors, and the same answer to what Grafana sends for each panel and variable. Takes some minutes.
/// <c>SIGHTGLASS_DIFFERENCES</c> names a file for what differs.
/// </summary>
public sealed partial class RulesAndDashboardsTests
{
    private const int Hour = 3_600;
    private const int Steady = 420;
    private const long SliceMs = 600_000;
    private const int EvaluationSeconds = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly string[] Dashboards = ["node-exporter-full.json", "apache-full.json"];

    private static readonly Dictionary<string, string> Variables = new() { ["job"] = "node", ["instance"] = "h1:9100", ["node"] = "h1:9100", ["nodename"] = "n1" };

    [ModernPrometheusFact]
    public async Task Rules_and_panels_are_answered_as_prometheus_does()
    {
        var rules = SharedInput.Folder is null ? string.Empty : $"rule_files: ['{SharedInput.PathOf("data/rules")}/*.yml']\n";
        await using var pair = await ServerPair.StartAsync($"global: {{ scrape_interval: 15s, evaluation_interval: {EvaluationSeconds}s }}\n{rules}", arguments: "--enable-feature=exemplar-storage");
        var random = new Random(ServerPair.Setting("SIGHTGLASS_SEED", 44));
        var dashboards = Dashboards.Select(d => GrafanaDashboard.Read(SharedInput.PathOf($"data/dashboards/{d}"))).ToArray();
        var differences = new List<string>();

        var known = new PlausibleSeries();
        var asked = Rules((await pair.AskAsync("rules")).Theirs).Select(r => r.GetProperty("query").GetString()!).ToArray();
        foreach (var expression in asked.Concat(dashboards.SelectMany(d => d.Expressions()).Select(e => GrafanaDashboard.Fill(e, Variables, Hour, 15))).Where(e => e.Length > 0).Distinct())
        {
            var (ours, theirs) = await pair.AskAsync("parse_query", [new("query", expression)]);
            Compare(differences, $"parse_query {expression}", Without(ours, ",?\"((anchored|smoothed)\":false|fillValues\":\\{\"lhs\":null,\"rhs\":null\\})"), theirs);
            known.Learn(theirs.GetProperty("data"));
        }

        // Until some minutes from now: every evaluation finds all of its samples there.
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds() * 1_000;
        var series = known.Make(now - (Hour * 1_100L), now - (Steady * 1_000), now + (8 * 60_000), random);
        for (var from = now - (Hour * 1_100L); from < now + (8 * 60_000); from += SliceMs)
        {
            await pair.WriteAsync(series.Select(s => s.Between(from, from + SliceMs)));
        }

        var written = Stopwatch.StartNew();
        foreach (var dashboard in dashboards)
        {
            await CompareDashboard(pair, dashboard, now / 1_000, differences);
        }

        while (written.Elapsed < TimeSpan.FromSeconds(8 * EvaluationSeconds))
        {
            // Evaluations of other processes are waited for: they have no clock that a test could move.
            await Task.Delay(TimeSpan.FromSeconds(1));
        }

        await CompareRules(pair, differences);
        await CompareOthers(pair, now / 1_000, differences);
        if (Environment.GetEnvironmentVariable("SIGHTGLASS_DIFFERENCES") is { Length: > 0 } file)
        {
            await File.WriteAllLinesAsync(file, differences);
        }

        known.Count.ShouldBeGreaterThan(500);
        differences.ShouldBeEmpty($"{differences.Count}:\n{string.Join('\n', differences.Take(20))}");
    }

    private static IEnumerable<JsonElement> Rules(JsonElement answer) =>
        answer.GetProperty("data").GetProperty("groups").EnumerateArray().SelectMany(g => g.GetProperty("rules").EnumerateArray());

    private static async Task CompareDashboard(ServerPair pair, GrafanaDashboard dashboard, long now, List<string> differences)
    {
        var variables = new Dictionary<string, string>(Variables);
        var times = $"start={now - Hour}&end={now}";
        foreach (var (name, selector, label) in dashboard.Variables())
        {
            var match = Uri.EscapeDataString(GrafanaDashboard.Fill(selector, variables, Hour, 15));
            foreach (var path in (string[])[$"label/{label}/values?match[]={match}&{times}", $"series?match[]={match}&{times}", $"labels?match[]={match}&{times}"])
            {
                var (ours, theirs) = await pair.AskAsync(path);
                Compare(differences, path, ours, theirs);
                if (path.StartsWith("label/", StringComparison.Ordinal) && theirs.GetProperty("data").EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.String } value)
                {
                    variables[name] = value.GetString()!;
                }
            }
        }

        foreach (var (range, step) in ((int, int)[])[(Hour, 15), (6 * Hour, 30), (24 * Hour, 120)])
        {
            foreach (var text in dashboard.Expressions().Where(e => e.Length > 0))
            {
                var expression = GrafanaDashboard.Fill(text, variables, range, step);
                var end = now / step * step;
                KeyValuePair<string, string>[] form =
                [
                    new("query", expression), new("start", Text(end - range)), new("end", Text(end)), new("step", Text(step)),
                ];
                await CompareValues(pair, "query_range", form, differences);
                await CompareValues(pair, "query", [form[0], new("time", Text(end))], differences);
                if (range == Hour)
                {
                    var (ours, theirs) = await pair.AskAsync("query_exemplars", form[..3]);
                    Compare(differences, $"query_exemplars {expression}", ours, theirs);
                }
            }
        }
    }

    private static async Task CompareOthers(ServerPair pair, long now, List<string> differences)
    {
        // This server's own metrics, which it scrapes by itself, are left out.
        const string Others = "match[]=%7Bjob%21%3D%22sightglass%22%2C__name__%21%3D%22%22%7D";
        var times = $"start={now - Hour}&end={now + 60}";
        foreach (var path in (string[])
        [
            $"labels?{times}&{Others}", $"label/__name__/values?{times}&{Others}", $"label/job/values?{times}&{Others}", $"label/le/values?{times}&match[]=%7B__name__%3D~%22.*_bucket%22%7D",
            $"series?match[]=%7Bjob%3D%22node%22%7D&{times}", "query_exemplars?query=%7B__name__%3D~%22.*_bucket%22%7D&" + times, "query?query=1%2B1&time=1", "query?query=%22text%22&time=1", "query?query=",
            "query_range?query=up&start=1&end=0&step=1", "query_range?query=up&start=0&end=100000&step=1", "query_range?query=up&start=0&end=1&step=0", "query_range?query=up&start=0&end=1&step=x",
            "query?query=up&time=x", "query?query=up&timeout=x", "query?query=up&limit=x", "query?query=node_load1&lookback_delta=-1&time=1", "label/not-valid!/values", "label/job/values?limit=x",
            "series", "series?match[]=%7B%7D", "labels?match[]=%7B%7D", "labels?start=x", "labels?limit=-1", "query_exemplars?query=up%5B", "query_exemplars?query=up&start=2&end=1",
            "rules?type=x", "rules?match[]=%7B", "rules?group_limit=x", "rules?exclude_alerts=x", "rules?type=record", "targets/metadata?match_target=%7Bjob%3D%22x%22%7D", "targets/metadata?limit=x", "metadata?limit=x",
            "format_query?query=sum(up)by(job)", "format_query?query=", "parse_query?query=up%5B",
        ])
        {
            var (ours, theirs) = await pair.AskAsync(path);
            Compare(differences, path, ours, theirs);
        }
    }

    private static async Task CompareRules(ServerPair pair, List<string> differences)
    {
        var patience = Stopwatch.StartNew();
        List<string> found;
        do
        {
            found = [];
            foreach (var path in (string[])["rules", "alerts"])
            {
                var (ours, theirs) = await pair.AskAsync(path);
                Compare(found, path, Settled(ours), Settled(theirs));
            }

            foreach (var name in Rules((await pair.AskAsync("rules?type=record")).Theirs).Select(r => r.GetProperty("name").GetString()!).Append("ALERTS").Distinct())
            {
                var (ours, theirs) = await pair.AskAsync($"query?query={Uri.EscapeDataString(name)}");
                if (Answers.Difference(ours, theirs, 1e-9, times: false) is { } difference)
                {
                    found.Add($"{name}\n    {difference}");
                }
            }
        }
        while (found.Count > 0 && patience.Elapsed < Patience);

        differences.AddRange(found);
    }

    // Groups are not evaluated at the same moments of an interval: what shows when, and the last digits of rates, are not compared.
    // Neither are the series that an error names, of which there may be several.
    private static JsonElement Settled(JsonElement answer) => JsonDocument.Parse(LongNumber().Replace(
        Duplicates().Replace(Moments().Replace(answer.GetRawText(), "\"$1\":0"), "$1"), m => double.Parse(m.Value, CultureInfo.InvariantCulture).ToString("G3", CultureInfo.InvariantCulture))).RootElement;

    private static JsonElement Without(JsonElement answer, string pattern) => JsonDocument.Parse(Regex.Replace(answer.GetRawText(), pattern, string.Empty)).RootElement;

    private static async Task CompareValues(ServerPair pair, string path, KeyValuePair<string, string>[] form, List<string> differences)
    {
        var (ours, theirs) = await pair.AskAsync(path, form);
        if (Answers.Difference(ours, theirs, 1e-12) is { } difference)
        {
            differences.Add($"{path} {string.Join(' ', form.Select(f => f.Value))}\n    {difference}");
        }
    }

    private static void Compare(List<string> differences, string what, JsonElement ours, JsonElement theirs)
    {
        if (JsonDifference.Find(ours, theirs) is { } difference)
        {
            differences.Add($"{what}\n    {difference}");
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex("\"(evaluationTime|lastEvaluation|activeAt)\":(\"[^\"]*\"|[0-9.e+-]+)")]
    private static partial Regex Moments();

    [GeneratedRegex("(found duplicate series for the match group ).*?(?=;many-to-many)")]
    private static partial Regex Duplicates();

    [GeneratedRegex(@"-?[0-9]+(\.[0-9]{3,}(e[+-][0-9]+)?|(\.[0-9]+)?e[+-][0-9]+)")]
    private static partial Regex LongNumber();
}
