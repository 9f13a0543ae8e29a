using System.Globalization;

namespace Sightglass.Alerting.Receivers;

/// <summary>Posts Alertmanager's message to an alert source of incident.io.</summary>
internal sealed class IncidentIoNotifier(MessagingConfiguration configuration, TimeProvider? time = null) : INotifier, IDisposable
{
    /// <summary>More is not accepted; a group is one alert there, so that the first is enough.</summary>
    private const int MaxPayloadBytes = 512 * 1024;

    private readonly HttpPoster _http = new(configuration.Http, time, RetryCodes.ServerErrorsAndRate);

    public async Task SendAsync(NotificationMessage message, CancellationToken cancellation)
    {
        var url = await configuration.Secrets["url"].ReadAsync(cancellation).ConfigureAwait(false);
        var token = configuration.Secrets.TryGetValue("alert_source_token", out var source) ? await source.ReadAsync(cancellation).ConfigureAwait(false) : null;
        await _http.SendAsync(HttpMethod.Post, url, Body(message), token is null ? null : ("Bearer", token), cancellation).ConfigureAwait(false);
    }

    public void Dispose() => _http.Dispose();

    internal ReadOnlyMemory<byte> Body(NotificationMessage message)
    {
        var first = message.First(int.Parse(configuration.Text("max_alerts"), CultureInfo.InvariantCulture));
        var body = WebhookNotifier.Body(first, "1");
        return body.Length <= MaxPayloadBytes ? body : WebhookNotifier.Body(first.First(1), "1");
    }
}
