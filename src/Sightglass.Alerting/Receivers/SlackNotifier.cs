using System.Buffers;
using System.Text.Json;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Templates;

namespace Sightglass.Alerting.Receivers;

/// <summary>Posts a message with one attachment to Slack's webhook or API, as Alertmanager does.</summary>
internal sealed class SlackNotifier(SlackConfiguration configuration, NotificationTemplates templates, TimeProvider? time = null) : INotifier, IDisposable
{
    /// <summary>Slack cuts longer titles itself; cut here, the mark shows it.</summary>
    private const int MaxTitleLength = 1024;

    private readonly HttpPoster _http = new(configuration.Http, time);

    public async Task SendAsync(NotificationMessage message, CancellationToken cancellation)
    {
        var url = await configuration.Url.ReadAsync(cancellation).ConfigureAwait(false);
        var token = configuration.AppToken is null ? null : await configuration.AppToken.ReadAsync(cancellation).ConfigureAwait(false);
        var known = configuration.UpdateMessage && message.Note.Split(' ') is [{ Length: > 0 } channel, var ts] ? (channel, ts) : default;
        if (message.IsAcknowledgement && known == default)
        {
            // There is no message to change.
            return;
        }

        if (known != default)
        {
            url = new Secret(url.Reveal().Replace("/chat.postMessage", "/chat.update", StringComparison.Ordinal));
        }

        var answer = await _http.SendAsync(HttpMethod.Post, url, Body(message, known), token is null ? null : ("Bearer", token), cancellation).ConfigureAwait(false);
        if (!answer.StartsWith('{'))
        {
            return;
        }

        // The API answers 200 with an error in the body.
        using var json = JsonBody.TryParse(answer);
        var root = json?.RootElement ?? default;
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("ok", out var ok) && ok.ValueKind == JsonValueKind.False)
        {
            var error = root.TryGetProperty("error", out var e) ? e.ToString() : "no reason given";
            if (known != default && error is "message_not_found" or "cant_update_message" or "edit_window_closed")
            {
                // Somebody deleted it: the next attempt writes another.
                message.Note = string.Empty;
                throw new DeliveryException($"error response from Slack: {error}", recoverable: !message.IsAcknowledgement);
            }

            throw new DeliveryException($"error response from Slack: {error}", recoverable: error is "ratelimited" or "internal_error" or "service_unavailable");
        }

        if (configuration.UpdateMessage && root.ValueKind == JsonValueKind.Object && root.TryGetProperty("channel", out var id) && root.TryGetProperty("ts", out var at))
        {
            message.Note = $"{id} {at}";
        }
    }

    public void Dispose() => _http.Dispose();

    internal ReadOnlyMemory<byte> Body(NotificationMessage message, (string Channel, string? Ts) known = default)
    {
        var data = message.Data;
        var alerts = SlackAttachments.Order(message.Alerts);
        string Text(string key) => templates.Text(configuration.Texts[key], data);
        var buffer = new ArrayBufferWriter<byte>(2048);
        using var writer = new Utf8JsonWriter(buffer, HttpPoster.Json);
        writer.WriteStartObject();
        Write(writer, "channel", known.Channel ?? Text("channel"));
        Write(writer, "username", Text("username"));
        Write(writer, "icon_emoji", Text("icon_emoji"));
        Write(writer, "icon_url", Text("icon_url"));
        if (configuration.LinkNames)
        {
            writer.WriteBoolean("link_names", true);
        }

        Write(writer, "text", Text("message_text"));
        writer.WriteStartArray("attachments");
        writer.WriteStartObject();
        var title = Text("title");
        Write(writer, "title", title.Length > MaxTitleLength ? title[..(MaxTitleLength - 1)] + "…" : title);
        foreach (var key in (ReadOnlySpan<string>)["title_link", "pretext"])
        {
            Write(writer, key, Text(key));
        }

        // These are there even when they are empty.
        writer.WriteString("text", Text("text"));
        writer.WriteString("fallback", Text("fallback"));
        writer.WriteString("callback_id", Text("callback_id"));
        Fields(writer, data, alerts);
        foreach (var key in (ReadOnlySpan<string>)["image_url", "thumb_url"])
        {
            Write(writer, key, Text(key));
        }

        writer.WriteString("footer", Text("footer"));
        var color = Text("color");
        Write(writer, "color", color.Length > 0 ? color : SlackAttachments.Color(alerts[0].Alert, alerts[0].Resolved));
        if (configuration.MarkdownIn.Count > 0)
        {
            writer.WriteStartArray("mrkdwn_in");
            foreach (var part in configuration.MarkdownIn)
            {
                writer.WriteStringValue(part);
            }

            writer.WriteEndArray();
        }

        Actions(writer, data, message.AcknowledgeUrl);
        writer.WriteEndObject();
        if (configuration.Fields is null)
        {
            MoreAlerts(writer, alerts, color);
        }

        if (message.IsAcknowledgement)
        {
            // A name is what somebody wrote: marks of Slack's in it mean nothing.
            var name = message.AcknowledgedBy.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
            writer.WriteStartObject();
            writer.WriteString("text", $"Acknowledged by {name}");
            writer.WriteString("fallback", $"Acknowledged by {name}");
            writer.WriteString("color", SlackAttachments.AcknowledgedColor);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        Write(writer, "ts", known.Ts ?? string.Empty);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter writer, string name, string value)
    {
        if (value.Length > 0)
        {
            writer.WriteString(name, value);
        }
    }

    /// <summary>The first alert is shown under the title, each other one in an attachment of its own.</summary>
    private void MoreAlerts(Utf8JsonWriter writer, IReadOnlyList<(Alert Alert, bool Resolved)> alerts, string color)
    {
        foreach (var (alert, resolved) in alerts.Take(SlackAttachments.MaxAlerts).Skip(1))
        {
            writer.WriteStartObject();
            writer.WriteString("fallback", alert.Labels["alertname"]);
            SlackAttachments.WriteFields(writer, alert, resolved, configuration.ShortFields);
            writer.WriteString("color", color.Length > 0 ? color : SlackAttachments.Color(alert, resolved));
            writer.WriteEndObject();
        }

        if (alerts.Count > SlackAttachments.MaxAlerts)
        {
            writer.WriteStartObject();
            writer.WriteString("text", $"and {alerts.Count - SlackAttachments.MaxAlerts} more");
            writer.WriteEndObject();
        }
    }

    private void Fields(Utf8JsonWriter writer, TemplateValue data, IReadOnlyList<(Alert Alert, bool Resolved)> alerts)
    {
        if (configuration.Fields is null)
        {
            SlackAttachments.WriteFields(writer, alerts[0].Alert, alerts[0].Resolved, configuration.ShortFields);
            return;
        }

        if (configuration.Fields.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("fields");
        foreach (var field in configuration.Fields)
        {
            writer.WriteStartObject();
            Write(writer, "title", templates.Text(field.Title, data));
            Write(writer, "value", templates.Text(field.Value, data));
            writer.WriteBoolean("short", field.Short ?? configuration.ShortFields ?? false);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private void Actions(Utf8JsonWriter writer, TemplateValue data, string acknowledgeUrl)
    {
        if (configuration.Actions.Count == 0 && acknowledgeUrl.Length == 0)
        {
            return;
        }

        writer.WriteStartArray("actions");
        foreach (var action in configuration.Actions)
        {
            writer.WriteStartObject();
            foreach (var (name, source) in (ReadOnlySpan<(string, string)>)
                [("type", action.Type), ("text", action.Text), ("url", action.Url), ("style", action.Style), ("name", action.Name), ("value", action.Value)])
            {
                Write(writer, name, templates.Text(source, data));
            }

            if (action.Confirm is { } confirm)
            {
                writer.WriteStartObject("confirm");
                Write(writer, "text", templates.Text(confirm.Text, data));
                Write(writer, "title", templates.Text(confirm.Title, data));
                Write(writer, "ok_text", templates.Text(confirm.Ok, data));
                Write(writer, "dismiss_text", templates.Text(confirm.Dismiss, data));
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        if (acknowledgeUrl.Length > 0)
        {
            writer.WriteStartObject();
            writer.WriteString("type", "button");
            writer.WriteString("text", "Acknowledge");
            writer.WriteString("url", acknowledgeUrl);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
