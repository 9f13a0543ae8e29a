using System.Text.Json;
using Sightglass.Alerting.History;
using Sightglass.Alerting.Rules;
using Sightglass.Server.Api.Prometheus;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Alerting;

/// <summary>Our own <c>/sightglass/v1/alerts/timeline</c>, and <c>/sightglass/v1/alerts/history</c>: the changes of state in it.</summary>
internal static class TimelineApi
{
    private static readonly AlertEventKind[] StateKinds = [AlertEventKind.Pending, AlertEventKind.Firing, AlertEventKind.Resolved, AlertEventKind.Cleared];

    /// <summary>Adds the routes.</summary>
    public static void Map(RouteTable routes, IAlertTimeline timeline)
    {
        routes.MapGet("/sightglass/v1/alerts/timeline", context => OwnAnswer.Run(context, parameters => WriteEvents(context, timeline.List(Filter(parameters) with { Kinds = Kinds(parameters) }))));
        routes.MapGet("/sightglass/v1/alerts/history", context => OwnAnswer.Run(context, parameters => WriteChanges(context, timeline.List(Filter(parameters) with { Kinds = StateKinds }))));
    }

    /// <summary>Writes an event as every answer has it.</summary>
    public static void WriteEvent(Utf8JsonWriter json, AlertEvent e)
    {
        json.WriteStartObject();
        json.WriteString("at", ApiTime.Nano(e.At));
        json.WriteString("fingerprint", e.Fingerprint);
        RulesApi.WriteLabels(json, "labels", e.Labels);
        json.WriteString("kind", e.Kind.Name());
        json.WriteString("actor", e.Actor);
        json.WriteString("detail", e.Detail);
        OwnAnswer.WriteNumber(json, "value", e.Value);
        json.WriteString("ruleGroup", e.RuleGroup);
        json.WriteEndObject();
    }

    private static AlertEventFilter Filter(ApiParameters parameters) => new()
    {
        AlertName = OwnAnswer.TextOrNull(parameters, "alertname"),
        Fingerprint = OwnAnswer.TextOrNull(parameters, "fingerprint"),
        Selectors = parameters.Selectors(),
        From = OwnAnswer.TimeOrNull(parameters, "from"),
        To = OwnAnswer.TimeOrNull(parameters, "to"),
        Limit = OwnAnswer.Limit(parameters),
        Cursor = OwnAnswer.TextOrNull(parameters, "cursor"),
    };

    /// <summary>The kinds of <c>kind</c>, which may be given several times or as a list with commas.</summary>
    private static AlertEventKind[] Kinds(ApiParameters parameters) =>
    [
        .. parameters.All("kind").SelectMany(static k => k.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Select(static k => AlertEventKinds.Parse(k) ?? throw OwnAnswer.Bad($"kind: got \"{k}\", want one of {string.Join(", ", AlertEventKinds.All)}")),
    ];

    private static Task WriteEvents(HttpContext context, AlertEventPage page) => AlertmanagerJson.Write(context, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("events");
        foreach (var e in page.Events)
        {
            WriteEvent(json, e);
        }

        json.WriteEndArray();
        OwnAnswer.WriteNext(json, page.Next);
        json.WriteEndObject();
    });

    private static Task WriteChanges(HttpContext context, AlertEventPage page) => AlertmanagerJson.Write(context, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("changes");
        foreach (var e in page.Events)
        {
            var (from, to) = e.Kind switch
            {
                AlertEventKind.Pending => (AlertState.Inactive, AlertState.Pending),
                AlertEventKind.Firing => (e.RuleGroup.Length > 0 ? AlertState.Pending : AlertState.Inactive, AlertState.Firing),
                AlertEventKind.Resolved => (AlertState.Firing, AlertState.Inactive),
                _ => (AlertState.Pending, AlertState.Inactive),
            };
            json.WriteStartObject();
            json.WriteString("at", ApiTime.Nano(e.At));
            json.WriteString("ruleGroup", e.RuleGroup);
            json.WriteString("alertname", e.AlertName);
            RulesApi.WriteLabels(json, "labels", e.Labels);
            json.WriteString("from", RulesApi.Name(from));
            json.WriteString("to", RulesApi.Name(to));
            OwnAnswer.WriteNumber(json, "value", e.Value);
            json.WriteString("fingerprint", e.Fingerprint);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        OwnAnswer.WriteNext(json, page.Next);
        json.WriteEndObject();
    });
}
