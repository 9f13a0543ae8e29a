using System.Globalization;
using System.Text.Json;
using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Rules.Backtest;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.TraceQL;

namespace Sightglass.Server.CommandLine;

/// <summary>Asks a server at which moments of a range an expression held.</summary>
internal sealed class RuleHistory : IBacktestHistory, IDisposable
{
    /// <summary>Points of one request; the server takes 11,000 at most.</summary>
    private const int PointsPerRequest = 10_000;

    private readonly HttpClient _http;

    public RuleHistory(Uri server) => _http = new HttpClient { BaseAddress = new Uri(server.ToString().TrimEnd('/') + "/"), Timeout = TimeSpan.FromMinutes(5) };

    public async Task<IReadOnlyDictionary<LabelSet, IReadOnlyList<HeldMoment>>> HoldsAsync(
        string expression, RuleLanguage language, DateTimeOffset start, DateTimeOffset end, TimeSpan interval, CancellationToken cancellation)
    {
        var holds = new Dictionary<LabelSet, List<HeldMoment>>();
        if (language == RuleLanguage.TraceQL)
        {
            var window = TraceQLRules.WindowOf(expression) ?? TraceQLRuleEngine.DefaultWindow;
            for (var at = start; at <= end; at += interval)
            {
                await AddSpansAsync(holds, expression, at - window, at, cancellation);
            }

            return holds.ToDictionary(static h => h.Key, static h => (IReadOnlyList<HeldMoment>)h.Value);
        }

        for (var from = start; from <= end; from += interval * PointsPerRequest)
        {
            var last = from + (interval * (PointsPerRequest - 1));
            await AddAsync(holds, expression, language, from, last < end ? last : end, interval, cancellation);
        }

        return holds.ToDictionary(static h => h.Key, static h => (IReadOnlyList<HeldMoment>)h.Value);
    }

    public async Task<IReadOnlyList<RuleSample>> QueryAsync(string expression, DateTimeOffset at, CancellationToken cancellation)
    {
        using var json = await AskAsync("api/v1/query", expression, new() { ["time"] = QueryTime.Seconds(at) }, cancellation);
        var data = json.RootElement.GetProperty("data");
        var result = data.GetProperty("result");
        return data.GetProperty("resultType").GetString() switch
        {
            "scalar" => [new RuleSample(LabelSet.Empty, ValueOf(result[1]))],
            "vector" => [.. result.EnumerateArray().Select(static s => new RuleSample(LabelsOf(s), s.TryGetProperty("value", out var value) ? ValueOf(value[1]) : 0))],
            _ => throw new QueryException(QueryErrorKind.Execution, "rule result is not a vector or scalar"),
        };
    }

    public void Dispose() => _http.Dispose();

    private async Task AddSpansAsync(Dictionary<LabelSet, List<HeldMoment>> holds, string expression, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        var path = $"tempo/api/metrics/query?q={Uri.EscapeDataString(expression)}&start={QueryTime.Seconds(from)}&end={QueryTime.Seconds(to)}";
        using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative), cancellation);
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        if (!answer.IsSuccessStatusCode)
        {
            throw new QueryException(QueryErrorKind.Execution, QueryErrorText.Of(text, expression, (int)answer.StatusCode));
        }

        using var json = JsonDocument.Parse(text);
        foreach (var series in json.RootElement.GetProperty("series").EnumerateArray())
        {
            Moments(holds, LabelSet.From(series.GetProperty("labels").EnumerateArray()
                .Select(static l => (Key: l.GetProperty("key").GetString()!, Value: l.GetProperty("value").EnumerateObject().First().Value.ToString()))
                .Where(static l => l.Key != LabelSet.MetricName)
                .Select(static l => new Label(TraceQLRuleEngine.NameOf(l.Key), l.Value))
                .DistinctBy(static l => l.Name))).Add(new HeldMoment(to, series.TryGetProperty("value", out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.NaN));
        }
    }

    /// <summary>A value as the API writes it; NaN for a histogram.</summary>
    private static double ValueOf(JsonElement value) => value.ValueKind != JsonValueKind.String ? double.NaN : value.GetString() switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        var text => double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : double.NaN,
    };

    private static LabelSet LabelsOf(JsonElement series) => LabelSet.From(series.GetProperty("metric").EnumerateObject().Select(static l => new Label(l.Name, l.Value.GetString()!)));

    private async Task<JsonDocument> AskAsync(string path, string expression, Dictionary<string, string> form, CancellationToken cancellation)
    {
        form["query"] = expression;
        using var content = new FormUrlEncodedContent(form);
        using var answer = await _http.PostAsync(new Uri(path, UriKind.Relative), content, cancellation);
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        return answer.IsSuccessStatusCode ? JsonDocument.Parse(text) : throw new QueryException(QueryErrorKind.Execution, QueryErrorText.Of(text, expression, (int)answer.StatusCode));
    }

    private static List<HeldMoment> Moments(Dictionary<LabelSet, List<HeldMoment>> holds, LabelSet labels)
    {
        if (!holds.TryGetValue(labels, out var moments))
        {
            holds.Add(labels, moments = []);
        }

        return moments;
    }

    private async Task AddAsync(Dictionary<LabelSet, List<HeldMoment>> holds, string expression, RuleLanguage language, DateTimeOffset from, DateTimeOffset to, TimeSpan interval, CancellationToken cancellation)
    {
        var path = language == RuleLanguage.LogQL ? "loki/api/v1/query_range" : "api/v1/query_range";
        using var json = await AskAsync(
            path,
            expression,
            new() { ["start"] = QueryTime.Seconds(from), ["end"] = QueryTime.Seconds(to), ["step"] = interval.TotalSeconds.ToString(CultureInfo.InvariantCulture) },
            cancellation);
        foreach (var series in json.RootElement.GetProperty("data").GetProperty("result").EnumerateArray())
        {
            var moments = Moments(holds, LabelsOf(series));
            foreach (var kind in (string[])["values", "histograms"])
            {
                if (series.TryGetProperty(kind, out var points))
                {
                    moments.AddRange(points.EnumerateArray().Select(static p => new HeldMoment(DateTimeOffset.FromUnixTimeMilliseconds((long)(p[0].GetDecimal() * 1000)), ValueOf(p[1]))));
                }
            }
        }
    }
}
