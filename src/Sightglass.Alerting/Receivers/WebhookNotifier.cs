using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Sightglass.Alerting.Templates;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Receivers;

/// <summary>Posts Alertmanager's webhook message, version 4, or the payload that the configuration writes.</summary>
internal sealed class WebhookNotifier(WebhookConfiguration configuration, NotificationTemplates templates, TimeProvider? time = null) : INotifier, IDisposable
{
    private const string NoTime = "0001-01-01T00:00:00Z";
    private readonly HttpPoster _http = new(configuration.Http, time);

    public async Task SendAsync(NotificationMessage message, CancellationToken cancellation)
    {
        var url = await configuration.Url.ReadAsync(cancellation).ConfigureAwait(false);
        var first = message.First(configuration.MaxAlerts);
        var address = new Secret(templates.Text(url.Reveal(), first.Data));
        await _http.SendAsync(HttpMethod.Post, address, configuration.Payload is { } payload ? Payload(payload, first) : Body(first, "4"), null, cancellation).ConfigureAwait(false);
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Alertmanager's message with its version.</summary>
    internal static ReadOnlyMemory<byte> Body(NotificationMessage message, string version)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var writer = new Utf8JsonWriter(buffer, HttpPoster.Json))
        {
            writer.WriteStartObject();
            writer.WriteString("receiver", message.Receiver);
            writer.WriteString("status", message.Status);
            writer.WriteStartArray("alerts");
            foreach (var (alert, resolved) in message.Alerts)
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

            writer.WriteString("version", version);
            writer.WriteString("groupKey", message.GroupKey);
            writer.WriteNumber("truncatedAlerts", message.Truncated);
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }

    private ReadOnlyMemory<byte> Payload(PayloadNode payload, NotificationMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, HttpPoster.Json))
        {
            payload.Write(writer, text => templates.Text(text, message.Data));
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
