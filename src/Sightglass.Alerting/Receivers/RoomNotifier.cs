using System.Text;
using System.Text.Json;
using Sightglass.Alerting.Templates;

namespace Sightglass.Alerting.Receivers;

/// <summary>Posts to a room of Webex, Rocket.Chat or Mattermost.</summary>
internal sealed class RoomNotifier(MessagingConfiguration configuration, NotificationTemplates templates, TimeProvider? time = null) : INotifier, IDisposable
{
    private const int MaxWebexBytes = 7439;
    private const int MaxRocketChatTitle = 1024;
    private const int MaxMattermostText = 16383;

    private static readonly string[] AttachmentTexts =
        ["fallback", "color", "pretext", "text", "author_name", "author_link", "author_icon", "title", "title_link", "thumb_url", "footer", "footer_icon", "image_url"];

    private readonly HttpPoster _http = new(configuration.Http, time);

    public async Task SendAsync(NotificationMessage message, CancellationToken cancellation)
    {
        var address = configuration.Service switch
        {
            "mattermost" => await configuration.Secrets["webhook_url"].ReadAsync(cancellation).ConfigureAwait(false),
            "rocketchat" => new Secret(configuration.Text("address").TrimEnd('/') + "/api/v1/chat.postMessage"),
            _ => new Secret(configuration.Text("address")),
        };
        var call = new HttpCall(HttpMethod.Post, address, Body(message));
        if (configuration.Service == "rocketchat")
        {
            var token = await configuration.Secrets["token"].ReadAsync(cancellation).ConfigureAwait(false);
            var user = await configuration.Secrets["token_id"].ReadAsync(cancellation).ConfigureAwait(false);
            call = call with { Headers = [("X-Auth-Token", token), ("X-User-Id", user)] };
        }

        var reply = await _http.SendAsync(call, cancellation).ConfigureAwait(false);
        if (configuration.Service == "rocketchat")
        {
            CheckRocketChat(reply);
        }
    }

    public void Dispose() => _http.Dispose();

    internal ReadOnlyMemory<byte> Body(NotificationMessage message) => JsonBody.Write(json =>
    {
        switch (configuration.Service)
        {
            case "webex":
                json.WriteString("markdown", ShortenBytes(Text(message, "message"), MaxWebexBytes));
                JsonBody.Filled(json, "roomId", Text(message, "room_id"));
                break;
            case "rocketchat":
                RocketChat(json, message);
                break;
            default:
                Mattermost(json, message);
                break;
        }
    });

    /// <summary>The text in at most so many bytes of UTF-8; a mark shows where it was cut.</summary>
    internal static string ShortenBytes(string text, int bytes)
    {
        const string Mark = "…";
        if (Encoding.UTF8.GetByteCount(text) <= bytes)
        {
            return text;
        }

        var (end, left) = (0, bytes - Encoding.UTF8.GetByteCount(Mark));
        foreach (var rune in text.EnumerateRunes())
        {
            left -= rune.Utf8SequenceLength;
            if (left < 0)
            {
                break;
            }

            end += rune.Utf16SequenceLength;
        }

        return text[..end] + Mark;
    }

    /// <summary>Its API answers 200 with an error in the body.</summary>
    private static void CheckRocketChat(HttpReply reply)
    {
        using var json = JsonBody.TryParse(reply.Body);
        if (json?.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new DeliveryException("the answer of Rocket.Chat is no JSON object", recoverable: true);
        }

        if (!json.RootElement.TryGetProperty("success", out var success) || success.ValueKind != JsonValueKind.True)
        {
            throw new DeliveryException($"error response from Rocket.Chat: {(json.RootElement.TryGetProperty("error", out var e) ? e.ToString() : string.Empty)}", recoverable: false);
        }
    }

    private void RocketChat(Utf8JsonWriter json, NotificationMessage message)
    {
        JsonBody.Filled(json, "channel", Text(message, "channel"));
        JsonBody.Filled(json, "emoji", Text(message, "emoji"));
        JsonBody.Filled(json, "avatar", Text(message, "icon_url"));
        json.WriteStartArray("attachments");
        json.WriteStartObject();
        JsonBody.Filled(json, "title", JsonBody.Shorten(Text(message, "title"), MaxRocketChatTitle));
        foreach (var name in (ReadOnlySpan<string>)["title_link", "text", "image_url", "thumb_url", "color"])
        {
            JsonBody.Filled(json, name, Text(message, name));
        }

        Fields(json, message, configuration.Lists["fields"], shortUnlessSaid: configuration.Text("short_fields") == "true");
        if (configuration.Lists["actions"] is { Count: > 0 } actions)
        {
            json.WriteStartArray("actions");
            foreach (var action in actions)
            {
                json.WriteStartObject();
                json.WriteString("type", "button");
                json.WriteBoolean("is_webview", false);
                json.WriteBoolean("msg_in_chat_window", false);
                foreach (var name in (ReadOnlySpan<string>)["text", "url", "msg"])
                {
                    JsonBody.Filled(json, name, templates.Text(action.GetValueOrDefault(name, string.Empty), message.Data));
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndArray();
    }

    private void Mattermost(Utf8JsonWriter json, NotificationMessage message)
    {
        json.WriteString("text", JsonBody.Shorten(Text(message, "text"), MaxMattermostText));
        foreach (var name in (ReadOnlySpan<string>)["channel", "username", "icon_url", "icon_emoji"])
        {
            JsonBody.Filled(json, name, Text(message, name));
        }

        if (configuration.Attachments.Count > 0)
        {
            json.WriteStartArray("attachments");
            foreach (var attachment in configuration.Attachments)
            {
                json.WriteStartObject();
                foreach (var name in AttachmentTexts)
                {
                    JsonBody.Filled(json, name, templates.Text(attachment.Texts.GetValueOrDefault(name, string.Empty), message.Data));
                }

                Fields(json, message, attachment.Fields, shortUnlessSaid: null);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        JsonBody.Filled(json, "type", Text(message, "type"));
        if (configuration.Text("props.card") is { Length: > 0 } card)
        {
            json.WriteStartObject("props");
            JsonBody.Filled(json, "card", templates.Text(card, message.Data));
            json.WriteEndObject();
        }

        if (configuration.Text("priority.priority").Length > 0)
        {
            Priority(json, Text(message, "priority.priority").ToLowerInvariant());
        }
    }

    /// <summary>Only what is urgent may insist, and only what is more than standard may ask to be acknowledged.</summary>
    private void Priority(Utf8JsonWriter json, string text)
    {
        var priority = text is "urgent" or "important" ? text : "standard";
        json.WriteStartObject("priority");
        json.WriteString("priority", priority);
        foreach (var (name, isAllowed) in (ReadOnlySpan<(string, bool)>)[("requested_ack", priority != "standard"), ("persistent_notifications", priority == "urgent")])
        {
            if (isAllowed && configuration.Text("priority." + name) == "true")
            {
                json.WriteBoolean(name, true);
            }
        }

        json.WriteEndObject();
    }

    private void Fields(Utf8JsonWriter json, NotificationMessage message, IReadOnlyList<IReadOnlyDictionary<string, string>> fields, bool? shortUnlessSaid)
    {
        if (fields.Count == 0)
        {
            return;
        }

        json.WriteStartArray("fields");
        foreach (var field in fields)
        {
            json.WriteStartObject();
            JsonBody.Filled(json, "title", templates.Text(field.GetValueOrDefault("title", string.Empty), message.Data));
            JsonBody.Filled(json, "value", templates.Text(field.GetValueOrDefault("value", string.Empty), message.Data));
            if (field.TryGetValue("short", out var said) ? said == "true" : shortUnlessSaid is { } otherwise && otherwise)
            {
                json.WriteBoolean("short", true);
            }
            else if (field.ContainsKey("short") || shortUnlessSaid is not null)
            {
                json.WriteBoolean("short", false);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private string Text(NotificationMessage message, string name) => templates.Text(configuration.Text(name), message.Data);
}
