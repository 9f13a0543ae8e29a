using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Sightglass.EndToEnd.Alertmanager;

/// <summary>One server under a scenario: where its API is, what its receivers got, what it answered.</summary>
internal sealed class ScenarioRun(HttpClient http, Action<string> configure, WebhookRecorder recorder)
{
    private readonly Dictionary<string, string> _silences = [];

    /// <summary>Answers of the API by step.</summary>
    public List<(TimeSpan At, JsonNode Alerts, JsonNode Groups)> Looks { get; } = [];

    public DateTimeOffset Beginning { get; private set; }

    public IReadOnlyList<Arrival> Arrivals => recorder.Arrivals;

    public static string Resolve(string configuration, WebhookRecorder recorder) => configuration.Replace("SINK", recorder.Address, StringComparison.Ordinal);

    /// <summary>Goes through the scenario by the clock.</summary>
    public async Task PlayAsync(Scenario scenario, DateTimeOffset beginning)
    {
        Beginning = beginning;
        foreach (var step in scenario.Steps)
        {
            await UntilAsync(beginning + step.At);
            await DoAsync(step);
        }

        await UntilAsync(beginning + scenario.Length);
    }

    private static async Task UntilAsync(DateTimeOffset time)
    {
        // The scenario is about the clock of two other processes; only waiting moves it.
        if (time - TimeProvider.System.GetUtcNow() is { Ticks: > 0 } wait)
        {
            await Task.Delay(wait);
        }
    }

    private async Task DoAsync(Step step)
    {
        switch (step)
        {
            case PostStep post:
                using (var answer = await http.PostAsJsonAsync(new Uri("api/v2/alerts", UriKind.Relative), new JsonArray([.. post.Alerts.Select(a => a.Json(Beginning))])))
                {
                    ((int)answer.StatusCode).ShouldBe(200, await answer.Content.ReadAsStringAsync());
                }

                break;
            case SilenceStep silence:
                _silences[silence.Name] = await SilenceAsync(silence);
                break;
            case ExpireStep expire:
                using (var answer = await http.DeleteAsync(new Uri($"api/v2/silence/{_silences[expire.Name]}", UriKind.Relative)))
                {
                    ((int)answer.StatusCode).ShouldBe(200, await answer.Content.ReadAsStringAsync());
                }

                break;
            case ReloadStep reload:
                configure(Resolve(reload.Configuration, recorder));
                using (var answer = await http.PostAsync(new Uri("-/reload", UriKind.Relative), null))
                {
                    ((int)answer.StatusCode).ShouldBe(200, await answer.Content.ReadAsStringAsync());
                }

                break;
            default:
                Looks.Add((step.At, await GetAsync("api/v2/alerts"), await GetAsync("api/v2/alerts/groups")));
                break;
        }
    }

    private async Task<string> SilenceAsync(SilenceStep silence)
    {
        var body = new JsonObject
        {
            ["matchers"] = new JsonArray([.. silence.Matchers.Select(static m => new JsonObject { ["name"] = m.Name, ["value"] = m.Value, ["isEqual"] = m.Equal, ["isRegex"] = m.Regex })]),
            ["startsAt"] = ScenarioAlert.Text(Beginning + silence.At - TimeSpan.FromSeconds(1)),
            ["endsAt"] = ScenarioAlert.Text(Beginning + silence.End),
            ["createdBy"] = "test",
            ["comment"] = silence.Name,
        };
        using var answer = await http.PostAsJsonAsync(new Uri("api/v2/silences", UriKind.Relative), body);
        var text = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(200, text);
        return JsonNode.Parse(text)!["silenceID"]!.GetValue<string>();
    }

    private async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await http.GetStringAsync(new Uri(path, UriKind.Relative)))!;
}
