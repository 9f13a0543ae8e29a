using System.Text.Json;
using Sightglass.Alerting.Templates;

namespace Sightglass.Alerting.Receivers;

/// <summary>Sends to WeCom (WeChat at work): a token is fetched by the secret and kept, then the message is sent with it.</summary>
internal sealed class WeChatNotifier(MessagingConfiguration configuration, NotificationTemplates templates, TimeProvider time) : INotifier, IDisposable
{
    private const int TokenIsOver = 42001;
    private static readonly TimeSpan TokenLife = TimeSpan.FromHours(2);

    private readonly HttpPoster _http = new(configuration.Http, time);
    private (Secret Value, DateTimeOffset At)? _token;

    public async Task SendAsync(NotificationMessage message, CancellationToken cancellation)
    {
        var token = _token is var (known, at) && time.GetUtcNow() - at <= TokenLife ? known : await FetchAsync(message, cancellation).ConfigureAwait(false);
        var url = new Secret($"{configuration.Text("address")}message/send?access_token={Uri.EscapeDataString(token.Reveal())}");
        var call = new HttpCall(HttpMethod.Post, url, Body(message));
        var reply = await _http.ExchangeAsync(call, cancellation).ConfigureAwait(false);
        if (reply.Status != 200)
        {
            throw new DeliveryException($"unexpected status code {reply.Status}", recoverable: true) { RetryAfter = reply.RetryAfter };
        }

        using var json = JsonBody.TryParse(reply.Body);
        if (json?.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new DeliveryException("the answer is no JSON object", recoverable: true);
        }

        var code = json.RootElement.TryGetProperty("errcode", out var c) && c.TryGetInt32(out var n) ? n : 0;
        if (code != 0)
        {
            _token = code == TokenIsOver ? null : _token;
            var text = json.RootElement.TryGetProperty("errmsg", out var e) ? e.ToString() : string.Empty;
            throw new DeliveryException($"error response from WeChat: {code} {token.Redact(text)}", recoverable: code == TokenIsOver);
        }
    }

    public void Dispose() => _http.Dispose();

    internal ReadOnlyMemory<byte> Body(NotificationMessage message) => JsonBody.Write(json =>
    {
        string Text(string name) => templates.Text(configuration.Text(name), message.Data);
        var isMarkdown = configuration.Text("message_type") == "markdown";
        Content(json, "text", isMarkdown ? string.Empty : Text("message"));
        JsonBody.Filled(json, "touser", Text("to_user"));
        JsonBody.Filled(json, "toparty", Text("to_party"));
        JsonBody.Filled(json, "totag", Text("to_tag"));
        JsonBody.Filled(json, "agentid", Text("agent_id"));
        json.WriteString("safe", "0");
        json.WriteString("msgtype", configuration.Text("message_type"));
        Content(json, "markdown", isMarkdown ? Text("message") : string.Empty);
    });

    private static void Content(Utf8JsonWriter json, string name, string text)
    {
        json.WriteStartObject(name);
        json.WriteString("content", text);
        json.WriteEndObject();
    }

    private async Task<Secret> FetchAsync(NotificationMessage message, CancellationToken cancellation)
    {
        var secret = templates.Text((await configuration.Secrets["api_secret"].ReadAsync(cancellation).ConfigureAwait(false)).Reveal(), message.Data);
        var company = templates.Text(configuration.Text("corp_id"), message.Data);
        var url = new Secret($"{configuration.Text("address")}gettoken?corpid={Uri.EscapeDataString(company)}&corpsecret={Uri.EscapeDataString(secret)}");
        var reply = await _http.ExchangeAsync(new HttpCall(HttpMethod.Get, url, default), cancellation).ConfigureAwait(false);
        using var json = JsonBody.TryParse(reply.Body);
        if (json?.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("access_token", out var text) || text.GetString() is not { Length: > 0 } token)
        {
            throw new DeliveryException($"no access token for the corp_id (status code {reply.Status})", reply.Status >= 500 || reply.Status == 429) { RetryAfter = reply.RetryAfter };
        }

        _token = (new Secret(token), time.GetUtcNow());
        return _token.Value.Value;
    }
}
