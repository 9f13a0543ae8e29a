using System.Text.Json;
using Sightglass.Alerting.History;
using Sightglass.Server.Api.Prometheus;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Alerting;

/// <summary>Our own <c>/sightglass/v1/alerts/noise</c>: which alerts wake people for nothing.</summary>
internal static class NoiseApi
{
    /// <summary>Events that one report is made of.</summary>
    private const int MaxEvents = 200_000;

    private static readonly TimeSpan DefaultRange = TimeSpan.FromDays(7);

    private static readonly AlertEventKind[] Kinds =
    [
        AlertEventKind.Firing, AlertEventKind.Resolved, AlertEventKind.Notified, AlertEventKind.NotifyFailed, AlertEventKind.Acknowledged,
        AlertEventKind.Silenced, AlertEventKind.Unsilenced, AlertEventKind.Inhibited, AlertEventKind.Muted,
    ];

    /// <summary>Adds the route.</summary>
    public static void Map(RouteTable routes, IAlertTimeline timeline, TimeProvider time) =>
        routes.MapGet("/sightglass/v1/alerts/noise", context => OwnAnswer.Run(context, parameters => Noise(context, parameters, timeline, time)));

    private static async Task Noise(HttpContext context, ApiParameters parameters, IAlertTimeline timeline, TimeProvider time)
    {
        var to = OwnAnswer.TimeOrNull(parameters, "to") ?? time.GetUtcNow();
        var from = OwnAnswer.TimeOrNull(parameters, "from") ?? to - DefaultRange;
        if (from >= to)
        {
            throw OwnAnswer.Bad("from: not before to");
        }

        var options = new NoiseOptions { From = from, To = to };
        options = options with
        {
            Flap = OwnAnswer.Length(parameters, "flap", options.Flap),
            Short = OwnAnswer.Length(parameters, "short", options.Short),
            Together = OwnAnswer.Length(parameters, "together", options.Together),
            Support = parameters.Count("support") switch
            {
                null => options.Support,
                >= 1 and var support => support,
                var other => throw OwnAnswer.Bad($"support: got {other}, want 1 or more"),
            },
        };
        var filter = new AlertEventFilter { AlertName = OwnAnswer.TextOrNull(parameters, "alertname"), Selectors = parameters.Selectors(), From = from, To = to, Kinds = Kinds };
        var (report, complete) = await Task.Run(
            () =>
            {
                var (episodes, complete) = AlertEpisodes.Read(timeline, filter, MaxEvents, context.RequestAborted);
                return (NoiseReport.Of(episodes, options), complete);
            },
            context.RequestAborted);
        await AlertmanagerJson.Write(context, json => Write(json, report, options, complete));
    }

    private static void Write(Utf8JsonWriter json, NoiseReport report, NoiseOptions options, bool complete)
    {
        json.WriteStartObject();
        json.WriteString("from", ApiTime.Nano(options.From));
        json.WriteString("to", ApiTime.Nano(options.To));
        json.WriteNumber("flapSeconds", options.Flap.TotalSeconds);
        json.WriteNumber("shortSeconds", options.Short.TotalSeconds);
        json.WriteNumber("togetherSeconds", options.Together.TotalSeconds);
        json.WriteNumber("support", options.Support);
        json.WriteBoolean("complete", complete);
        json.WriteStartArray("alerts");
        foreach (var alert in report.Alerts)
        {
            json.WriteStartObject();
            json.WriteString("alertname", alert.AlertName);
            json.WriteString("ruleGroup", alert.RuleGroup);
            json.WriteNumber("series", alert.Series);
            json.WriteNumber("episodes", alert.Episodes);
            json.WriteNumber("totalSeconds", alert.Total.TotalSeconds);
            json.WriteNumber("medianSeconds", alert.Median.TotalSeconds);
            json.WriteNumber("flaps", alert.Flaps);
            json.WriteNumber("shortEpisodes", alert.ShortEpisodes);
            json.WriteNumber("shortShare", Share(alert.ShortEpisodes, alert.Episodes));
            json.WriteNumber("notifications", alert.Notifications);
            json.WriteNumber("failedNotifications", alert.FailedNotifications);
            json.WriteNumber("acknowledged", alert.Acknowledged);
            json.WriteNumber("acknowledgedShare", Share(alert.Acknowledged, alert.Episodes));
            json.WriteBoolean("neverAcknowledged", alert.NeverAcknowledged);
            json.WriteNumber("silencedEpisodes", alert.SilencedEpisodes);
            json.WriteBoolean("alwaysSilenced", alert.AlwaysSilenced);
            AlertmanagerJson.WriteTexts(json, "suggestions", alert.Suggestions);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("pairs");
        foreach (var pair in report.Pairs)
        {
            json.WriteStartObject();
            json.WriteString("first", pair.First);
            json.WriteString("second", pair.Second);
            json.WriteNumber("together", pair.Together);
            json.WriteNumber("firstTimes", pair.FirstTimes);
            json.WriteNumber("secondTimes", pair.SecondTimes);
            json.WriteNumber("jaccard", pair.Jaccard);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static double Share(int part, int whole) => whole == 0 ? 0 : Math.Round((double)part / whole, 4);
}
