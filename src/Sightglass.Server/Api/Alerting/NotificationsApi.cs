using System.Globalization;
using System.Text.Json;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Rules;

namespace Sightglass.Server.Api.Alerting;

/// <summary>Our own <c>/sightglass/v1/notifications</c> and <c>/sightglass/v1/alerts/history</c>.</summary>
internal static class NotificationsApi
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1_000;

    /// <summary>Adds the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, INotificationStore notifications, IAlertStateStore alerts)
    {
        routes.MapGet("/sightglass/v1/notifications", context => Answer(context, limit => WriteNotifications(context, notifications.List(limit))));
        routes.MapGet("/sightglass/v1/alerts/history", context => Answer(context, limit => WriteHistory(context, alerts.History(limit))));
    }

    private static async Task Answer(HttpContext context, Func<int, Task> handler)
    {
        var text = context.Request.Query["limit"].ToString();
        var limit = DefaultLimit;
        if (text.Length > 0 && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MaxLimit))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await AlertmanagerJson.Write(context, json =>
            {
                json.WriteStartObject();
                json.WriteString("error", $"limit: got \"{text}\", want 1 to {MaxLimit}");
                json.WriteEndObject();
            });
            return;
        }

        await handler(limit);
    }

    private static Task WriteNotifications(HttpContext context, IReadOnlyList<NotificationRecord> records) => AlertmanagerJson.Write(context, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("notifications");
        foreach (var record in records)
        {
            json.WriteStartObject();
            json.WriteString("id", record.Id);
            json.WriteString("createdAt", ApiTime.Nano(record.CreatedAt));
            json.WriteString("updatedAt", ApiTime.Nano(record.UpdatedAt));
            json.WriteString("receiver", record.Receiver);
            json.WriteString("integration", record.Integration);
            json.WriteString("groupKey", record.GroupKey);
            RulesApi.WriteLabels(json, "groupLabels", record.GroupLabels);
            json.WriteString("status", record.Status switch { NotificationStatus.Sent => "sent", NotificationStatus.Failed => "failed", _ => "pending" });
            json.WriteNumber("attempts", record.Attempts);
            json.WriteString("error", record.Error);
            json.WriteStartArray("alerts");
            foreach (var alert in record.Alerts)
            {
                WriteAlert(json, alert);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void WriteAlert(Utf8JsonWriter json, NotifiedAlert alert)
    {
        json.WriteStartObject();
        RulesApi.WriteLabels(json, "labels", alert.Labels);
        RulesApi.WriteLabels(json, "annotations", alert.Annotations);
        json.WriteString("status", alert.Resolved ? "resolved" : "firing");
        json.WriteString("startsAt", ApiTime.Nano(alert.StartsAt));
        if (alert.EndsAt is { } end)
        {
            json.WriteString("endsAt", ApiTime.Nano(end));
        }
        else
        {
            json.WriteNull("endsAt");
        }

        json.WriteString("fingerprint", alert.Fingerprint);
        json.WriteEndObject();
    }

    private static Task WriteHistory(HttpContext context, IReadOnlyList<AlertChange> changes) => AlertmanagerJson.Write(context, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("changes");
        foreach (var change in changes)
        {
            json.WriteStartObject();
            json.WriteString("at", ApiTime.Nano(change.At));
            json.WriteString("ruleGroup", change.RuleGroup);
            json.WriteString("alertname", change.AlertName);
            RulesApi.WriteLabels(json, "labels", change.Labels);
            json.WriteString("from", RulesApi.Name(change.From));
            json.WriteString("to", RulesApi.Name(change.To));
            if (double.IsFinite(change.Value))
            {
                json.WriteNumber("value", change.Value);
            }
            else
            {
                json.WriteString("value", ApiTime.Exponent(change.Value));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });
}
