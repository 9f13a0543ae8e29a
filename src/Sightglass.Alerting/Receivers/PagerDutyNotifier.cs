using System.Text.Json;
using Sightglass.Alerting.Templates;

namespace Sightglass.Alerting.Receivers;

/// <summary>Triggers and resolves PagerDuty incidents: the events API v2, or v1 where there is a service key.</summary>
internal sealed class PagerDutyNotifier(MessagingConfiguration configuration, NotificationTemplates templates, TimeProvider? time = null) : INotifier, IDisposable
{
    private const int MaxSummaryLength = 1024;
    private const int MaxEventBytes = 512_000;
    private const string Version1 = "https://events.pagerduty.com/generic/2010-04-15/create_event.json";

    private static readonly (string Name, string Template)[] DefaultDetails =
    [
        ("firing", "{{ .Alerts.Firing | toJson }}"), ("resolved", "{{ .Alerts.Resolved | toJson }}"),
        ("num_firing", "{{ .Alerts.Firing | len }}"), ("num_resolved", "{{ .Alerts.Resolved | len }}"),
    ];

    private readonly HttpPoster _http =
        new(configuration.Http, time, configuration.Secrets.ContainsKey("service_key") ? RetryCodes.ServerErrorsAndForbidden : RetryCodes.ServerErrorsAndRate);

    public async Task SendAsync(NotificationMessage message, CancellationToken cancellation)
    {
        var isVersion1 = configuration.Secrets.ContainsKey("service_key");
        var secret = await configuration.Secrets[isVersion1 ? "service_key" : "routing_key"].ReadAsync(cancellation).ConfigureAwait(false);
        var key = templates.Text(secret.Reveal(), message.Data);
        if (key.Length == 0)
        {
            throw new DeliveryException($"{(isVersion1 ? "service" : "routing")} key cannot be empty", recoverable: false);
        }

        var body = Body(message, key, isVersion1, whole: true);
        body = body.Length > MaxEventBytes ? Body(message, key, isVersion1, whole: false) : body;
        await _http.SendAsync(HttpMethod.Post, new Secret(isVersion1 ? Version1 : configuration.Text("address")), body, null, cancellation).ConfigureAwait(false);
    }

    public void Dispose() => _http.Dispose();

    internal ReadOnlyMemory<byte> Body(NotificationMessage message, string key, bool isVersion1, bool whole) => JsonBody.Write(json =>
    {
        var data = message.Data;
        string Text(string name) => templates.Text(configuration.Text(name), data);
        var action = message.IsAcknowledgement ? "acknowledge" : message.Status == "resolved" ? "resolve" : "trigger";
        var summary = JsonBody.Shorten(Text("description"), MaxSummaryLength);
        if (isVersion1)
        {
            json.WriteString("service_key", key);
            json.WriteString("incident_key", JsonBody.Hash(message.GroupKey));
            json.WriteString("event_type", action);
            json.WriteString("description", summary);
            json.WriteString("client", Text("client"));
            json.WriteString("client_url", Text("client_url"));
            Details(json, "details", message, whole);
            return;
        }

        json.WriteString("routing_key", key);
        json.WriteString("dedup_key", JsonBody.Hash(message.GroupKey));
        json.WriteString("event_action", action);
        json.WriteStartObject("payload");
        json.WriteString("summary", summary);
        json.WriteString("source", Text(configuration.Text("source").Length > 0 ? "source" : "client"));
        json.WriteString("severity", Severity(message, Text("severity")));
        foreach (var name in (string[])["class", "component", "group"])
        {
            JsonBody.Filled(json, name, Text(name));
        }

        Details(json, "custom_details", message, whole);
        json.WriteEndObject();
        json.WriteString("client", Text("client"));
        json.WriteString("client_url", Text("client_url"));
        Items(json, "images", "src", ["src", "alt", "href"], data);
        Items(json, "links", "href", ["href", "text"], data, message.AcknowledgeUrl.Length > 0 ? [message.AcknowledgeUrl, "Acknowledge"] : null);
    });

    /// <summary>What is configured, else the alert's own severity where PagerDuty knows it.</summary>
    private static string Severity(NotificationMessage message, string configured)
    {
        var own = SlackAttachments.Order(message.Alerts)[0].Alert.Labels["severity"];
        return configured.Length > 0 ? configured : own is "critical" or "warning" or "error" or "info" ? own : "error";
    }

    private void Details(Utf8JsonWriter json, string name, NotificationMessage message, bool whole)
    {
        json.WriteStartObject(name);
        if (!whole)
        {
            json.WriteString("error", $"Custom details have been removed because the original event exceeds the maximum size of {MaxEventBytes / 1000}KB");
            json.WriteEndObject();
            return;
        }

        var details = new SortedDictionary<string, Action>(StringComparer.Ordinal);
        foreach (var (key, template) in DefaultDetails.Select(static d => KeyValuePair.Create(d.Name, PayloadNode.OfTemplate(d.Template))).Concat(configuration.Trees))
        {
            details[key] = () => template.Write(json, text => templates.Text(text, message.Data));
        }

        var first = SlackAttachments.Order(message.Alerts)[0].Alert;
        if (SlackAttachments.Value(first) is { Length: > 0 } value)
        {
            details.TryAdd("value", () => json.WriteStringValue(value));
        }

        if (SlackAttachments.Threshold(first) is { Length: > 0 } threshold)
        {
            details.TryAdd("threshold", () => json.WriteStringValue(threshold));
        }

        foreach (var (key, write) in details)
        {
            json.WritePropertyName(key);
            write();
        }

        if (!details.ContainsKey("labels"))
        {
            json.WriteStartObject("labels");
            foreach (var label in message.CommonLabels.Span)
            {
                json.WriteString(label.Name, label.Value);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private void Items(Utf8JsonWriter json, string list, string needed, string[] keys, TemplateValue data, string[]? more = null)
    {
        var items = configuration.Lists[list].Select(i => keys.Select(k => templates.Text(i.GetValueOrDefault(k, string.Empty), data)).ToArray())
            .Where(i => i[Array.IndexOf(keys, needed)].Length > 0).ToList();
        if (more is not null)
        {
            items.Add(more);
        }

        if (items.Count == 0)
        {
            return;
        }

        json.WriteStartArray(list);
        foreach (var item in items)
        {
            json.WriteStartObject();
            for (var i = 0; i < keys.Length; i++)
            {
                json.WriteString(keys[i], item[i]);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
