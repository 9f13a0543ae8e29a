using System.Text.Json;
using Sightglass.Alerting.History;
using Sightglass.Alerting.Routing;
using Sightglass.Core.Errors;
using Sightglass.Server.Api.Prometheus;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Alerting.Changes;

/// <summary>Our own <c>/sightglass/v1/alerts/changes</c>: what changed around an alert's start.</summary>
internal sealed class ChangesApi(IAlertTimeline timeline, AlertDispatcher dispatcher, ChangeFinder finder, SemaphoreSlim slots, TimeProvider time)
{
    /// <summary>Changes of one answer.</summary>
    private const int MaxChanges = 200;

    /// <summary>Requests at a time; others wait.</summary>
    private const int MaxConcurrent = 2;

    private static readonly TimeSpan DefaultWindow = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan MaxWindow = TimeSpan.FromHours(6);

    /// <summary>Adds the route.</summary>
    public static void Map(RouteTable routes, IAlertTimeline timeline, AlertDispatcher dispatcher, ChangeFinder finder, TimeProvider time)
    {
#pragma warning disable CA2000 // Lives as long as the routes.
        var api = new ChangesApi(timeline, dispatcher, finder, new SemaphoreSlim(MaxConcurrent), time);
#pragma warning restore CA2000
        routes.MapGet("/sightglass/v1/alerts/changes", context => OwnAnswer.Run(context, parameters => api.Changes(context, parameters)));
    }

    private async Task Changes(HttpContext context, ApiParameters parameters)
    {
        var window = OwnAnswer.Length(parameters, "window", DefaultWindow);
        if (window > MaxWindow)
        {
            throw new LimitExceededException("MaxWindow", (long)MaxWindow.TotalSeconds, (long)window.TotalSeconds, "seconds of window");
        }

        var scope = Scope(parameters, window);
        await slots.WaitAsync(context.RequestAborted);
        try
        {
            var found = await Task.Run(() => finder.Find(scope, context.RequestAborted), context.RequestAborted);
            await AlertmanagerJson.Write(context, json => Write(json, scope, found));
        }
        finally
        {
            slots.Release();
        }
    }

    private ChangeScope Scope(ApiParameters parameters, TimeSpan window)
    {
        var fingerprint = OwnAnswer.TextOrNull(parameters, "fingerprint") ?? throw OwnAnswer.Bad("fingerprint: missing");
        var began = Newest(fingerprint, AlertEventKind.Firing) ?? Newest(fingerprint);
        var alert = began is null ? dispatcher.Alerts().FirstOrDefault(a => a.Alert.Fingerprint == fingerprint)?.Alert : null;
        return new ChangeScope
        {
            Fingerprint = fingerprint,
            Labels = began?.Labels ?? alert?.Labels ?? throw new QueryException(QueryErrorKind.NotFound, "no alert of this fingerprint is known"),
            At = OwnAnswer.TimeOrNull(parameters, "at") ?? began?.At ?? alert!.StartsAt,
            Window = window,
            Now = time.GetUtcNow(),
        };
    }

    private AlertEvent? Newest(string fingerprint, params AlertEventKind[] kinds) =>
        timeline.List(new AlertEventFilter { Fingerprint = fingerprint, Kinds = kinds, Limit = 1 }).Events is [var newest] ? newest : null;

    private static void Write(Utf8JsonWriter json, ChangeScope scope, FoundChanges found)
    {
        json.WriteStartObject();
        json.WriteString("fingerprint", scope.Fingerprint);
        RulesApi.WriteLabels(json, "labels", scope.Labels);
        json.WriteString("at", ApiTime.Nano(scope.At));
        json.WriteString("from", ApiTime.Nano(scope.From));
        json.WriteString("to", ApiTime.Nano(scope.To));
        AlertmanagerJson.WriteTexts(json, "services", scope.Services);
        json.WriteBoolean("complete", found.Partial.Count == 0 && found.Changes.Count <= MaxChanges);
        json.WriteStartArray("partial");
        foreach (var (section, error) in found.Partial)
        {
            json.WriteStartObject();
            json.WriteString("section", section);
            json.WriteString("error", error);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("changes");
        foreach (var change in found.Changes.Take(MaxChanges))
        {
            WriteChange(json, scope, change);
        }

        json.WriteEndArray();
        json.WriteStartArray("neighbours");
        foreach (var neighbour in found.Neighbours)
        {
            json.WriteStartObject();
            json.WriteString("service", neighbour.Service);
            json.WriteString("direction", neighbour.IsUpstream ? "upstream" : "downstream");
            json.WriteBoolean("failsMore", neighbour.FailsMore);
            json.WriteBoolean("isSlower", neighbour.IsSlower);
            WriteFigures(json, "now", neighbour.Now);
            WriteFigures(json, "before", neighbour.Before);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteChange(Utf8JsonWriter json, ChangeScope scope, AlertChange change)
    {
        json.WriteStartObject();
        json.WriteString("at", ApiTime.Nano(change.At));
        json.WriteString("kind", change.Kind);
        json.WriteString("service", change.Service);
        json.WriteString("what", change.What);
        if (change.Fingerprint is null)
        {
            json.WriteNull("fingerprint");
        }
        else
        {
            json.WriteString("fingerprint", change.Fingerprint);
        }

        if (change.Query is { } query)
        {
            json.WriteStartObject("query");
            json.WriteString("language", query.Language);
            json.WriteString("expression", query.Expression);
            json.WriteString("start", ApiTime.Nano(scope.From));
            json.WriteString("end", ApiTime.Nano(scope.To));
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("query");
        }

        json.WriteEndObject();
    }

    private static void WriteFigures(Utf8JsonWriter json, string name, NeighbourFigures figures)
    {
        json.WriteStartObject(name);
        json.WriteNumber("rate", figures.Rate);
        json.WriteNumber("errorShare", figures.ErrorShare);
        json.WriteNumber("p95Seconds", figures.P95Seconds);
        json.WriteEndObject();
    }
}
