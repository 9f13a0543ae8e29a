using Sightglass.Alerting.Templates;

namespace Sightglass.Alerting.Receivers;

/// <summary>Opens and closes incidents of Splunk On-Call, once VictorOps.</summary>
internal sealed class VictorOpsNotifier(MessagingConfiguration configuration, NotificationTemplates templates, TimeProvider? time = null) : INotifier, IDisposable
{
    private const int MaxStateMessage = 20480;

    private readonly HttpPoster _http = new(configuration.Http, time);

    public async Task SendAsync(NotificationMessage message, CancellationToken cancellation)
    {
        var key = await configuration.Secrets["api_key"].ReadAsync(cancellation).ConfigureAwait(false);
        var url = new Secret($"{configuration.Text("address")}{key.Reveal()}/{Text(message, "routing_key")}");
        await _http.SendAsync(HttpMethod.Post, url, Body(message), null, cancellation).ConfigureAwait(false);
    }

    public void Dispose() => _http.Dispose();

    internal ReadOnlyMemory<byte> Body(NotificationMessage message)
    {
        var type = Text(message, "message_type");
        var fields = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["message_type"] = message.Status == "resolved" ? "RECOVERY" : type is "INFO" or "WARNING" or "CRITICAL" ? type : "CRITICAL",
            ["entity_id"] = JsonBody.Hash(message.GroupKey),
            ["entity_display_name"] = Text(message, "entity_display_name"),
            ["state_message"] = JsonBody.Shorten(Text(message, "state_message"), MaxStateMessage),
            ["monitoring_tool"] = Text(message, "monitoring_tool"),
        };
        foreach (var (name, value) in configuration.Details)
        {
            fields[name] = templates.Text(value, message.Data);
        }

        return JsonBody.Write(json =>
        {
            foreach (var (name, value) in fields)
            {
                json.WriteString(name, value);
            }
        });
    }

    private string Text(NotificationMessage message, string name) => templates.Text(configuration.Text(name), message.Data);
}
