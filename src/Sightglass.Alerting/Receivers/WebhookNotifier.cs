using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Receivers;

/// <summary>Posts Alertmanager's webhook message, version 4.</summary>
internal sealed class WebhookNotifier(WebhookConfiguration configuration) : INotifier, IDisposable
{
    private const string NoTime = "0001-01-01T00:00:00Z";
    private readonly HttpPoster _http = new(configuration.Http);

    public Task SendAsync(NotificationMessage message, CancellationToken cancellation) =>
        _http.PostAsync(configuration.Url, Body(message, configuration.MaxAlerts), null, cancellation);

    public void Dispose() => _http.Dispose();

    internal static ReadOnlyMemory<byte> Body(NotificationMessage message, int maxAlerts)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var writer = new Utf8JsonWriter(buffer, HttpPoster.Json))
        {
            var count = maxAlerts > 0 ? Math.Min(maxAlerts, message.Alerts.Count) : message.Alerts.Count;
            writer.WriteStartObject();
            writer.WriteString("receiver", message.Receiver);
            writer.WriteString("status", message.Status);
            writer.WriteStartArray("alerts");
            foreach (var (alert, resolved) in message.Alerts.Take(count))
            {
                writer.WriteStartObject();
                writer.WriteString("status", resolved ? "resolved" : "firing");
                Pairs(writer, "labels", alert.Labels);
                Pairs(writer, "annotations", alert.Annotations);
                writer.WriteString("startsAt", Rfc3339(alert.StartsAt));
                writer.WriteString("endsAt", resolved ? Rfc3339(alert.EndsAt) : NoTime);
                writer.WriteString("generatorURL", alert.GeneratorUrl);
                writer.WriteString("fingerprint", alert.Fingerprint);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteString("notification_reason", message.Reason);
            Pairs(writer, "groupLabels", message.GroupLabels);
            Pairs(writer, "commonLabels", message.CommonLabels);
            Pairs(writer, "commonAnnotations", message.CommonAnnotations);
            writer.WriteString("externalURL", message.ExternalUrl);
            if (message.AcknowledgeUrl.Length > 0)
            {
                writer.WriteString("acknowledgeURL", message.AcknowledgeUrl);
            }

            writer.WriteString("version", "4");
            writer.WriteString("groupKey", message.GroupKey);
            writer.WriteNumber("truncatedAlerts", message.Alerts.Count - count);
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }

    private static string Rfc3339(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture);

    private static void Pairs(Utf8JsonWriter writer, string name, LabelSet labels)
    {
        writer.WriteStartObject(name);
        foreach (var label in labels.Span)
        {
            writer.WriteString(label.Name, label.Value);
        }

        writer.WriteEndObject();
    }
}
