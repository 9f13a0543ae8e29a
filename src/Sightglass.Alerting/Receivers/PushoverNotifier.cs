using System.Globalization;
using Sightglass.Alerting.Templates;

namespace Sightglass.Alerting.Receivers;

/// <summary>Sends a message to a person's devices by Pushover.</summary>
internal sealed class PushoverNotifier(MessagingConfiguration configuration, NotificationTemplates templates, string address = PushoverNotifier.Address, TimeProvider? time = null) : INotifier, IDisposable
{
    private const string Address = "https://api.pushover.net/1/messages.json";
    private const int MaxTitleLength = 250;
    private const int MaxMessageLength = 1024;
    private const int MaxUrlLength = 512;

    private readonly HttpPoster _http = new(configuration.Http, time);

    public async Task SendAsync(NotificationMessage message, CancellationToken cancellation)
    {
        var data = message.Data;
        string Text(string name, int length = int.MaxValue) => JsonBody.Shorten(templates.Text(configuration.Text(name), data), length);
        var token = (await configuration.Secrets["token"].ReadAsync(cancellation).ConfigureAwait(false)).Reveal();
        var user = (await configuration.Secrets["user_key"].ReadAsync(cancellation).ConfigureAwait(false)).Reveal();
        var isHtml = configuration.Text("html") == "true";
        var text = JsonBody.Shorten(isHtml ? templates.Html(configuration.Text("message"), data) : templates.Text(configuration.Text("message"), data), MaxMessageLength).Trim();
        var query = new List<(string Name, string Value)>
        {
            ("token", templates.Text(token, data)), ("user", templates.Text(user, data)), ("title", Text("title", MaxTitleLength)),
            // Pushover refuses empty messages.
            ("message", text.Length > 0 ? text : "(no details)"),
            ("url", Text("url", MaxUrlLength)), ("url_title", Text("url_title")), ("priority", Text("priority")),
            ("retry", Seconds("retry")), ("expire", Seconds("expire")), ("device", Text("device")), ("sound", Text("sound")),
        };
        if (isHtml)
        {
            query.Add(("html", "1"));
        }

        if (configuration.Text("monospace") == "true")
        {
            query.Add(("monospace", "1"));
        }

        if (Seconds("ttl") is not "0" and var ttl)
        {
            query.Add(("ttl", ttl));
        }

        var url = address + "?" + string.Join('&', query.Select(static q => $"{q.Name}={Uri.EscapeDataString(q.Value)}"));
        await _http.SendAsync(HttpMethod.Post, new Secret(url), ReadOnlyMemory<byte>.Empty, null, cancellation).ConfigureAwait(false);
    }

    public void Dispose() => _http.Dispose();

    private string Seconds(string name) =>
        (GoDuration.TryParse(configuration.Text(name), out var nanoseconds) ? Math.Max(0, nanoseconds / 1_000_000_000) : 0).ToString(CultureInfo.InvariantCulture);
}
