using System.Text.Json;
using Sightglass.Alerting.History;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Rules;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Server.Api.Prometheus;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Alerting;

/// <summary>Our own <c>/sightglass/v1/alerts/{fingerprint}</c>: one alert, its rule and what became of each time that it fired.</summary>
internal sealed class AlertDetailApi(IAlertTimeline timeline, RuleManager rules, AlertDispatcher dispatcher, Func<LabelSet> externalLabels, TimeProvider time)
{
    /// <summary>Events of one alert that are looked at.</summary>
    private const int MaxEvents = 20_000;

    /// <summary>Messages shown of one episode.</summary>
    private const int MaxTold = 100;

    private static readonly TimeSpan DefaultRange = TimeSpan.FromDays(30);

    /// <summary>Adds the route.</summary>
    public static void Map(RouteTable routes, IAlertTimeline timeline, RuleManager rules, AlertDispatcher dispatcher, Func<LabelSet> externalLabels, TimeProvider time)
    {
        var api = new AlertDetailApi(timeline, rules, dispatcher, externalLabels, time);
        routes.MapGet("/sightglass/v1/alerts/{fingerprint}", context => OwnAnswer.Run(context, parameters => api.One(context, parameters)));
    }

    private async Task One(HttpContext context, ApiParameters parameters)
    {
        var fingerprint = (string)context.Request.RouteValues["fingerprint"]!;
        var now = time.GetUtcNow();
        var to = OwnAnswer.TimeOrNull(parameters, "to") ?? now;
        var from = OwnAnswer.TimeOrNull(parameters, "from") ?? to - DefaultRange;
        if (from >= to)
        {
            throw OwnAnswer.Bad("from: not before to");
        }

        var limit = OwnAnswer.Limit(parameters);
        var alert = await Task.Run(() => Find(fingerprint, from, to, context.RequestAborted), context.RequestAborted);
        await AlertmanagerJson.Write(context, json => Write(json, alert, limit, from, to));
    }

    private FoundAlert Find(string fingerprint, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        var (episodes, complete) = AlertEpisodes.Read(timeline, new AlertEventFilter { Fingerprint = fingerprint, From = from, To = to }, MaxEvents, cancellation);
        var newest = timeline.List(new AlertEventFilter { Fingerprint = fingerprint, Kinds = [AlertEventKind.Firing, AlertEventKind.Pending], Limit = 1 }).Events;
        var status = dispatcher.Alerts().FirstOrDefault(a => a.Alert.Fingerprint == fingerprint);
        var labels = newest is [var one] ? one.Labels : status?.Alert.Labels ?? throw new QueryException(QueryErrorKind.NotFound, "no alert of this fingerprint is known");
        var (group, rule, present) = RuleOf(fingerprint, labels, newest is [var last] ? last.RuleGroup : status!.Alert.RuleGroup);
        return new FoundAlert
        {
            Fingerprint = fingerprint,
            Labels = labels,
            RuleGroup = newest is [var of] ? of.RuleGroup : status!.Alert.RuleGroup,
            Episodes = episodes,
            IsComplete = complete,
            Acknowledged = timeline.Open().FirstOrDefault(e => e.Fingerprint == fingerprint && e.Kind == AlertEventKind.Acknowledged),
            Status = status,
            Group = group,
            Rule = rule,
            Present = present,
        };
    }

    /// <summary>The rule that makes an alert: the one that has it now, else one of the name, group and fixed labels.</summary>
    private (RuleGroupView? Group, RuleDefinition? Rule, AlertView? Present) RuleOf(string fingerprint, LabelSet labels, string ruleGroup)
    {
        (RuleGroupView? Group, RuleDefinition? Rule) like = default;
        foreach (var group in rules.Groups())
        {
            foreach (var rule in group.Rules.Where(r => r.Definition.Alert == labels["alertname"]))
            {
                if (rule.Alerts.FirstOrDefault(a => a.Fingerprint == fingerprint) is { } present)
                {
                    return (group, rule.Definition, present);
                }

                if (group.Name == ruleGroup && rule.Definition.Labels.All(l => l.Value.Contains("{{", StringComparison.Ordinal) || labels[l.Name] == l.Value))
                {
                    like = like.Rule is null ? (group, rule.Definition) : like;
                }
            }
        }

        return (like.Group, like.Rule, null);
    }

    private void Write(Utf8JsonWriter json, FoundAlert alert, int limit, DateTimeOffset from, DateTimeOffset to)
    {
        var annotations = alert.Present?.Annotations ?? alert.Status?.Alert.Annotations ?? LabelSet.Empty;
        var state = alert.Present?.State ?? (alert.Status is null ? AlertState.Inactive : AlertState.Firing);
        json.WriteStartObject();
        json.WriteString("fingerprint", alert.Fingerprint);
        json.WriteString("alertname", alert.Labels["alertname"]);
        RulesApi.WriteLabels(json, "labels", alert.Labels);
        RulesApi.WriteLabels(json, "annotations", annotations);
        json.WriteString("state", RulesApi.Name(state));
        OwnAnswer.WriteTime(json, "startsAt", state == AlertState.Firing ? alert.Status?.Alert.StartsAt ?? alert.Episodes.LastOrDefault(static e => e.End is null)?.Start : null);
        OwnAnswer.WriteNumber(json, "value", alert.Present?.Value ?? alert.Status?.Alert.Value);
        WriteText(json, "runbookUrl", annotations["runbook_url"] is { Length: > 0 } runbook ? runbook : alert.Rule?.Annotations["runbook_url"]);
        WriteText(json, "generatorUrl", alert.Status?.Alert.GeneratorUrl);
        json.WriteString("ruleGroup", alert.RuleGroup);
        WriteRule(json, alert);
        AlertmanagerJson.WriteTexts(json, "receivers", alert.Status?.Receivers ?? []);
        WriteAcknowledged(json, "acknowledged", alert.Acknowledged);
        WriteHindrances(json, alert.Status);
        json.WriteString("from", ApiTime.Nano(from));
        json.WriteString("to", ApiTime.Nano(to));
        json.WriteBoolean("complete", alert.IsComplete);
        json.WriteNumber("episodeCount", alert.Episodes.Count);
        json.WriteStartArray("episodes");
        foreach (var episode in alert.Episodes.Reverse().Take(limit))
        {
            WriteEpisode(json, episode, to);
        }

        json.WriteEndArray();
        AlertValueQuery.Write(json, alert, externalLabels(), to);
        json.WriteEndObject();
    }

    private static void WriteRule(Utf8JsonWriter json, FoundAlert alert)
    {
        if (alert is not { Rule: { } rule, Group: { } group })
        {
            json.WriteNull("rule");
            return;
        }

        json.WriteStartObject("rule");
        json.WriteString("file", group.File);
        json.WriteString("group", group.Name);
        json.WriteString("name", rule.Name);
        json.WriteNumber("line", rule.Line);
        json.WriteString("language", rule.Language.Name());
        json.WriteString("query", rule.Query);
        json.WriteNumber("intervalSeconds", group.Interval.TotalSeconds);
        json.WriteNumber("forSeconds", rule.For.TotalSeconds);
        json.WriteNumber("keepFiringForSeconds", rule.KeepFiringFor.TotalSeconds);
        RulesApi.WriteLabels(json, "labels", rule.Labels);
        RulesApi.WriteLabels(json, "annotations", rule.Annotations);
        json.WriteEndObject();
    }

    private void WriteHindrances(Utf8JsonWriter json, AlertStatusView? status)
    {
        json.WriteStartArray("silencedBy");
        foreach (var silence in (status?.SilencedBy ?? []).Select(dispatcher.Silences.Get).OfType<Sightglass.Alerting.Silences.Silence>())
        {
            json.WriteStartObject();
            json.WriteString("id", silence.Id);
            json.WriteString("createdBy", silence.CreatedBy);
            json.WriteString("comment", silence.Comment);
            json.WriteString("startsAt", ApiTime.Nano(silence.StartsAt));
            json.WriteString("endsAt", ApiTime.Nano(silence.EndsAt));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        AlertmanagerJson.WriteTexts(json, "inhibitedBy", status?.InhibitedBy ?? []);
        AlertmanagerJson.WriteTexts(json, "mutedBy", status?.MutedBy ?? []);
    }

    private static void WriteEpisode(Utf8JsonWriter json, AlertEpisode episode, DateTimeOffset to)
    {
        json.WriteStartObject();
        json.WriteString("start", ApiTime.Nano(episode.Start));
        OwnAnswer.WriteTime(json, "end", episode.End);
        json.WriteNumber("seconds", episode.Duration(to).TotalSeconds);
        json.WriteBoolean("beganBefore", episode.BeganBefore);
        OwnAnswer.WriteNumber(json, "value", episode.Value);
        json.WriteNumber("notified", episode.NotifiedCount);
        json.WriteNumber("failed", episode.FailedCount);
        json.WriteStartArray("told");
        foreach (var told in episode.Told.Take(MaxTold))
        {
            json.WriteStartObject();
            json.WriteString("at", ApiTime.Nano(told.At));
            json.WriteString("kind", told.Kind.Name());
            json.WriteString("actor", told.Actor);
            json.WriteString("detail", told.Detail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteAcknowledged(json, "acknowledged", episode.Acknowledged);
        json.WriteBoolean("silenced", episode.Silenced);
        json.WriteBoolean("alwaysSilenced", episode.AlwaysSilenced);
        json.WriteBoolean("inhibited", episode.Inhibited);
        json.WriteBoolean("muted", episode.Muted);
        json.WriteEndObject();
    }

    private static void WriteAcknowledged(Utf8JsonWriter json, string name, AlertEvent? e)
    {
        if (e is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("at", ApiTime.Nano(e.At));
        json.WriteString("by", e.Actor);
        json.WriteString("comment", e.Detail);
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteString(name, text);
        }
    }
}
