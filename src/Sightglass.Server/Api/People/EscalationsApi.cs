using System.Text.Json;
using Sightglass.Alerting.Escalation;
using Sightglass.Alerting.History;
using Sightglass.Alerting.Routing;
using Sightglass.Server.Api.Alerting;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.People;

/// <summary>Our own <c>/sightglass/v1/escalations</c>: those that are not over, with the step that comes next; and the policies.</summary>
internal static class EscalationsApi
{
    /// <summary>Adds the routes.</summary>
    public static void Map(RouteTable routes, AlertDispatcher dispatcher)
    {
        routes.MapGet("/sightglass/v1/escalations", context => OwnAnswer.Run(context, _ => AlertmanagerJson.Write(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("escalations");
            foreach (var view in dispatcher.Escalations())
            {
                Write(json, view);
            }

            json.WriteEndArray();
            json.WriteStartArray("policies");
            foreach (var policy in dispatcher.EscalationConfiguration.Policies.Values)
            {
                Write(json, policy);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        })));
    }

    private static void Write(Utf8JsonWriter json, EscalationView view)
    {
        var state = view.State;
        json.WriteStartObject();
        json.WriteString("id", state.Id);
        json.WriteString("policy", state.Policy);
        json.WriteString("state", view.Standing switch
        {
            EscalationStanding.Running => "running",
            EscalationStanding.Held => "held",
            EscalationStanding.Exhausted => "exhausted",
            EscalationStanding.Acknowledged => "acknowledged",
            _ => "resolved",
        });
        json.WriteString("groupKey", state.GroupKey);
        RulesApi.WriteLabels(json, "groupLabels", state.GroupLabels);
        json.WriteString("startedAt", ApiTime.Nano(state.StartedAt));
        OwnAnswer.WriteTime(json, "acknowledgedAt", state.AcknowledgedAt);
        json.WriteNumber("steps", view.Steps);
        if (view.NextNotify.Count > 0)
        {
            json.WriteStartObject("next");
            json.WriteNumber("step", state.Step + 1);
            json.WriteNumber("round", state.Round + 1);
            OwnAnswer.WriteTime(json, "at", state.NextAt);
            AlertmanagerJson.WriteTexts(json, "notify", view.NextNotify);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("next");
        }

        json.WriteStartArray("told");
        foreach (var contact in state.Told)
        {
            json.WriteStartObject();
            json.WriteString("receiver", contact.Receiver);
            json.WriteString("person", contact.Person);
            json.WriteString("rotation", contact.Rotation);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("alerts");
        foreach (var member in state.Members)
        {
            json.WriteStartObject();
            json.WriteString("fingerprint", AlertEvent.FingerprintOf(member.Labels));
            RulesApi.WriteLabels(json, "labels", member.Labels);
            json.WriteString("startsAt", ApiTime.Nano(member.StartsAt));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, EscalationPolicy policy)
    {
        json.WriteStartObject();
        json.WriteString("name", policy.Name);
        json.WriteNumber("repeat", policy.Repeat);
        json.WriteNumber("repeatAfterSeconds", (long)policy.RepeatAfter.TotalSeconds);
        json.WriteStartArray("steps");
        foreach (var step in policy.Steps)
        {
            json.WriteStartObject();
            json.WriteNumber("afterSeconds", (long)step.After.TotalSeconds);
            json.WriteStartArray("notify");
            foreach (var target in step.Notify)
            {
                json.WriteStartObject();
                json.WriteString("kind", target.Kind switch { NotifyKind.Person => "person", NotifyKind.Rotation => "rotation", _ => "receiver" });
                json.WriteString("name", target.Name);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
