using System.Text.Json;
using Sightglass.Alerting.Routing;
using Sightglass.Server.Api.Prometheus;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Alerting;

/// <summary>Our own <c>/sightglass/v1/notifications</c>: what was told to whom.</summary>
internal static class NotificationsApi
{
    /// <summary>Adds the route.</summary>
    public static void Map(RouteTable routes, INotificationStore notifications) =>
        routes.MapGet("/sightglass/v1/notifications", context => OwnAnswer.Run(context, parameters => Write(context, notifications.List(Filter(parameters)))));

    private static NotificationFilter Filter(ApiParameters parameters) => new()
    {
        AlertName = OwnAnswer.TextOrNull(parameters, "alertname"),
        GroupKey = OwnAnswer.TextOrNull(parameters, "groupKey"),
        Receiver = OwnAnswer.TextOrNull(parameters, "receiver"),
        Status = parameters.Text("status") switch
        {
            "" => null,
            "pending" => NotificationStatus.Pending,
            "sent" => NotificationStatus.Sent,
            "failed" => NotificationStatus.Failed,
            var other => throw OwnAnswer.Bad($"status: got \"{other}\", want pending, sent or failed"),
        },
        Limit = OwnAnswer.Limit(parameters),
        Cursor = OwnAnswer.TextOrNull(parameters, "cursor"),
    };

    private static Task Write(HttpContext context, NotificationPage page) => AlertmanagerJson.Write(context, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("notifications");
        foreach (var record in page.Notifications)
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
        OwnAnswer.WriteNext(json, page.Next);
        json.WriteEndObject();
    });

    private static void WriteAlert(Utf8JsonWriter json, NotifiedAlert alert)
    {
        json.WriteStartObject();
        RulesApi.WriteLabels(json, "labels", alert.Labels);
        RulesApi.WriteLabels(json, "annotations", alert.Annotations);
        json.WriteString("status", alert.Resolved ? "resolved" : "firing");
        json.WriteString("startsAt", ApiTime.Nano(alert.StartsAt));
        OwnAnswer.WriteTime(json, "endsAt", alert.EndsAt);
        json.WriteString("fingerprint", alert.Fingerprint);
        json.WriteEndObject();
    }
}
