using System.Globalization;
using System.Text.Json;
using Sightglass.Alerting.Templates;

namespace Sightglass.Alerting.Receivers;

/// <summary>Posts to a channel where people talk: Microsoft Teams (both kinds of webhook), Discord, Telegram.</summary>
internal sealed class ChatNotifier(MessagingConfiguration configuration, NotificationTemplates templates, TimeProvider? time = null) : INotifier, IDisposable
{
    private const int MaxDiscordTitle = 256;
    private const int MaxDiscordMessage = 4096;
    private const int MaxDiscordContent = 2000;
    private const int MaxTelegramMessage = 4096;
    private const int Red = 0x992D22;
    private const int Green = 0x2ECC71;

    private readonly HttpPoster _http = new(configuration.Http, time, configuration.Service == "telegram" ? RetryCodes.Any : RetryCodes.ServerErrors);

    public async Task SendAsync(NotificationMessage message, CancellationToken cancellation)
    {
        if (configuration.Service == "telegram")
        {
            var token = (await configuration.Secrets["bot_token"].ReadAsync(cancellation).ConfigureAwait(false)).Reveal();
            var chat = configuration.Secrets.TryGetValue("chat_id", out var file) ? (await file.ReadAsync(cancellation).ConfigureAwait(false)).Reveal() : configuration.Text("chat_id");
            var telegram = new Secret($"{configuration.Text("address").TrimEnd('/')}/bot{token}/sendMessage");
            await _http.SendAsync(HttpMethod.Post, telegram, Telegram(message, chat), null, cancellation).ConfigureAwait(false);
            return;
        }

        var address = await configuration.Secrets["webhook_url"].ReadAsync(cancellation).ConfigureAwait(false);
        await _http.SendAsync(HttpMethod.Post, address, Body(message), null, cancellation).ConfigureAwait(false);
    }

    public void Dispose() => _http.Dispose();

    internal ReadOnlyMemory<byte> Body(NotificationMessage message) => JsonBody.Write(json =>
    {
        var isFiring = message.Status == "firing";
        switch (configuration.Service)
        {
            case "msteams":
                json.WriteString("@context", "http://schema.org/extensions");
                json.WriteString("type", "MessageCard");
                json.WriteString("title", Text(message, "title"));
                json.WriteString("summary", Text(message, "summary"));
                json.WriteString("text", Text(message, "text"));
                json.WriteString("themeColor", isFiring ? "8C1A1A" : "2DC72D");
                break;
            case "msteamsv2":
                AdaptiveCard(json, message, isFiring);
                break;
            default:
                json.WriteString("content", JsonBody.Shorten(Text(message, "content"), MaxDiscordContent));
                json.WriteStartArray("embeds");
                json.WriteStartObject();
                json.WriteString("title", JsonBody.Shorten(Text(message, "title"), MaxDiscordTitle));
                json.WriteString("description", JsonBody.Shorten(Text(message, "message"), MaxDiscordMessage));
                json.WriteNumber("color", isFiring ? Red : Green);
                json.WriteEndObject();
                json.WriteEndArray();
                JsonBody.Filled(json, "username", Text(message, "username"));
                JsonBody.Filled(json, "avatar_url", Text(message, "avatar_url"));
                break;
        }
    });

    internal ReadOnlyMemory<byte> Telegram(NotificationMessage message, string chat) => JsonBody.Write(json =>
    {
        var mode = configuration.Text("parse_mode");
        var text = mode == "HTML" ? templates.Html(configuration.Text("message"), message.Data) : Text(message, "message");
        json.WriteString("chat_id", chat);
        // Marked-up text that is cut may no longer be well-formed: such a message is replaced by a sentence.
        json.WriteString("text", mode == "HTML" && text.Length > MaxTelegramMessage
            ? "The notification is longer than Telegram takes; please check the template of the message."
            : JsonBody.Shorten(text, MaxTelegramMessage));
        JsonBody.Filled(json, "parse_mode", mode);
        json.WriteBoolean("disable_web_page_preview", true);
        json.WriteBoolean("disable_notification", configuration.Text("disable_notifications") == "true");
        if (int.TryParse(configuration.Text("message_thread_id"), NumberStyles.None, CultureInfo.InvariantCulture, out var thread) && thread > 0)
        {
            json.WriteNumber("message_thread_id", thread);
        }
    });

    private void AdaptiveCard(Utf8JsonWriter json, NotificationMessage message, bool isFiring)
    {
        json.WriteString("type", "message");
        json.WriteStartArray("attachments");
        json.WriteStartObject();
        json.WriteString("contentType", "application/vnd.microsoft.card.adaptive");
        json.WriteNull("contentUrl");
        json.WriteStartObject("content");
        json.WriteString("$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
        json.WriteString("type", "AdaptiveCard");
        json.WriteString("version", "1.2");
        json.WriteStartArray("body");
        json.WriteStartObject();
        json.WriteString("type", "TextBlock");
        json.WriteString("text", Text(message, "title"));
        json.WriteString("weight", "Bolder");
        json.WriteString("size", "Medium");
        json.WriteBoolean("wrap", true);
        json.WriteString("style", "heading");
        json.WriteString("color", isFiring ? "Attention" : "Good");
        json.WriteEndObject();
        json.WriteStartObject();
        json.WriteString("type", "TextBlock");
        json.WriteString("text", Text(message, "text"));
        json.WriteBoolean("wrap", true);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartObject("msteams");
        json.WriteString("width", "full");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private string Text(NotificationMessage message, string name) => templates.Text(configuration.Text(name), message.Data);
}
