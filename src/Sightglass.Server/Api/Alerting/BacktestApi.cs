using System.Text.Json;
using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Rules.Backtest;
using Sightglass.Server.Configuration;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Alerting;

/// <summary>Our own <c>/sightglass/v1/backtest</c>: when rules would have fired over what is stored here, and what other thresholds and waits would have done.</summary>
internal static class BacktestApi
{
    /// <summary>Backtests at a time; others wait, so that rules and pages go on.</summary>
    private const int MaxConcurrent = 2;

    /// <summary>Adds the route.</summary>
    public static void Map(RouteTable routes, IBacktestHistory history, Func<ServerConfiguration> configuration, RuleManager rules, TimeProvider time)
    {
#pragma warning disable CA2000 // Lives as long as the routes.
        var slots = new SemaphoreSlim(MaxConcurrent);
#pragma warning restore CA2000
        routes.MapPost("/sightglass/v1/backtest", context => OwnAnswer.Run(context, async () =>
        {
            var request = await BacktestBody.ReadAsync(context.Request, rules, configuration().EvaluationInterval, time.GetUtcNow());
            await slots.WaitAsync(context.RequestAborted);
            try
            {
                var replayed = await new RuleBacktest(history, configuration().ExternalLabels, configuration().ExternalUrl).RunAsync(request, context.RequestAborted);
                await AlertmanagerJson.Write(context, json => Write(json, request, replayed));
            }
            finally
            {
                slots.Release();
            }
        }));
    }

    private static void Write(Utf8JsonWriter json, BacktestRequest request, IReadOnlyList<BacktestedRule> rules)
    {
        json.WriteStartObject();
        json.WriteString("from", ApiTime.Nano(request.From));
        json.WriteString("to", ApiTime.Nano(request.To));
        json.WriteNumber("flapSeconds", AlertReplay.FlapTime.TotalSeconds);
        json.WriteStartArray("rules");
        foreach (var rule in rules)
        {
            WriteRule(json, rule);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteRule(Utf8JsonWriter json, BacktestedRule replayed)
    {
        var rule = replayed.Rule;
        json.WriteStartObject();
        json.WriteString("group", replayed.Group);
        json.WriteString("name", rule.Name);
        json.WriteString("language", rule.Language.Name());
        json.WriteString("expression", rule.Expression);
        OwnAnswer.WriteNumber(json, "threshold", rule.Alert is not null && RuleComparison.Of(rule) is [var comparison, ..] ? comparison.Threshold : null);
        json.WriteNumber("intervalSeconds", replayed.Interval.TotalSeconds);
        json.WriteNumber("forSeconds", rule.For.TotalSeconds);
        json.WriteNumber("keepFiringForSeconds", rule.KeepFiringFor.TotalSeconds);
        WriteText(json, "skipped", replayed.Skipped);
        WriteText(json, "error", replayed.Error);
        WriteText(json, "noThreshold", replayed.NoThreshold);
        WriteSummary(json, replayed.Summary);
        json.WriteStartArray("episodes");
        foreach (var episode in replayed.Episodes.Take(BacktestLimits.MaxEpisodes))
        {
            json.WriteStartObject();
            RulesApi.WriteLabels(json, "labels", episode.Labels);
            json.WriteString("start", ApiTime.Nano(episode.From));
            OwnAnswer.WriteTime(json, "end", episode.IsOver ? episode.To : null);
            json.WriteNumber("seconds", (episode.To - episode.From).TotalSeconds);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("episodesLeftOut", Math.Max(0, replayed.Episodes.Count - BacktestLimits.MaxEpisodes));
        json.WriteStartArray("alternatives");
        foreach (var other in replayed.Alternatives)
        {
            json.WriteStartObject();
            OwnAnswer.WriteNumber(json, "threshold", other.Threshold);
            json.WriteNumber("forSeconds", other.For.TotalSeconds);
            json.WriteString("expression", other.Expression);
            WriteSummary(json, other.Summary);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSummary(Utf8JsonWriter json, BacktestSummary summary)
    {
        json.WriteStartObject("summary");
        json.WriteNumber("fired", summary.Fired);
        json.WriteNumber("totalSeconds", summary.Total.TotalSeconds);
        json.WriteNumber("longestSeconds", summary.Longest.TotalSeconds);
        json.WriteNumber("flaps", summary.Flaps);
        json.WriteNumber("series", summary.Series);
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (text is null)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteString(name, text);
        }
    }
}
