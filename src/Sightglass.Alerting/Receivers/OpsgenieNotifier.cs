using System.Text.Json;
using Sightglass.Alerting.Templates;

namespace Sightglass.Alerting.Receivers;

/// <summary>Opens, updates, acknowledges and closes alerts in Opsgenie.</summary>
internal sealed class OpsgenieNotifier(MessagingConfiguration configuration, NotificationTemplates templates, TimeProvider? time = null) : INotifier, IDisposable
{
    private const int MaxMessageLength = 130;

    private readonly HttpPoster _http = new(configuration.Http, time, RetryCodes.ServerErrorsAndRate);

    public async Task SendAsync(NotificationMessage message, CancellationToken cancellation)
    {
        var data = message.Data;
        var secret = await configuration.Secrets["api_key"].ReadAsync(cancellation).ConfigureAwait(false);
        var key = ("GenieKey", new Secret(templates.Text(secret.Reveal(), data)));
        var alias = JsonBody.Hash(message.GroupKey);
        Secret Address(string path) => new(configuration.Text("address").TrimEnd('/') + "/v2/alerts" + path);
        if (message.Status == "resolved")
        {
            var close = JsonBody.Write(json => json.WriteString("source", templates.Text(configuration.Text("source"), data)));
            await _http.SendAsync(HttpMethod.Post, Address($"/{alias}/close?identifierType=alias"), close, key, cancellation).ConfigureAwait(false);
            return;
        }

        if (message.IsAcknowledgement)
        {
            var taken = JsonBody.Write(json =>
            {
                json.WriteString("user", message.AcknowledgedBy);
                json.WriteString("source", templates.Text(configuration.Text("source"), data));
            });
            await _http.SendAsync(HttpMethod.Post, Address($"/{alias}/acknowledge?identifierType=alias"), taken, key, cancellation).ConfigureAwait(false);
            return;
        }

        await _http.SendAsync(HttpMethod.Post, Address(string.Empty), Body(message), key, cancellation).ConfigureAwait(false);
        if (configuration.Text("update_alerts") == "true")
        {
            foreach (var (name, length) in ((string, int)[])[("message", MaxMessageLength), ("description", int.MaxValue)])
            {
                var text = JsonBody.Shorten(templates.Text(configuration.Text(name), data), length);
                await _http.SendAsync(HttpMethod.Put, Address($"/{alias}/{name}?identifierType=alias"), JsonBody.Write(json => json.WriteString(name, text)), key, cancellation).ConfigureAwait(false);
            }
        }
    }

    public void Dispose() => _http.Dispose();

    internal ReadOnlyMemory<byte> Body(NotificationMessage message) => JsonBody.Write(json =>
    {
        var data = message.Data;
        string Text(string name) => templates.Text(configuration.Text(name), data);
        json.WriteString("alias", JsonBody.Hash(message.GroupKey));
        json.WriteString("message", JsonBody.Shorten(Text("message"), MaxMessageLength));
        JsonBody.Filled(json, "description", Text("description"));
        json.WriteStartObject("details");
        var details = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var label in message.CommonLabels.Span)
        {
            details[label.Name] = label.Value;
        }

        foreach (var (name, template) in configuration.Details)
        {
            details[name] = templates.Text(template, data);
        }

        foreach (var (name, value) in details)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteString("source", Text("source"));
        Responders(json, data);
        Split(json, "tags", Text("tags"));
        foreach (var name in (string[])["note", "priority", "entity"])
        {
            JsonBody.Filled(json, name, Text(name));
        }

        Split(json, "actions", Text("actions"));
    });

    private static void Split(Utf8JsonWriter json, string name, string text)
    {
        var parts = text.Trim().Split(',', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length > 0)
        {
            json.WriteStartArray(name);
            foreach (var part in parts)
            {
                json.WriteStringValue(part);
            }

            json.WriteEndArray();
        }
    }

    /// <summary>Who is told; <c>teams</c> stands for a list of team names.</summary>
    private void Responders(Utf8JsonWriter json, TemplateValue data)
    {
        var responders = new List<(string Id, string Name, string Username, string Type)>();
        foreach (var item in configuration.Lists["responders"])
        {
            string Text(string name) => templates.Text(item.GetValueOrDefault(name, string.Empty), data);
            var responder = (Id: Text("id"), Name: Text("name"), Username: Text("username"), Type: Text("type"));
            if (responder.Type == "teams")
            {
                responders.AddRange(responder.Name.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static t => (string.Empty, t, string.Empty, "team")));
            }
            else if (responder.Id.Length + responder.Name.Length + responder.Username.Length > 0)
            {
                responders.Add(responder);
            }
        }

        if (responders.Count == 0)
        {
            return;
        }

        json.WriteStartArray("responders");
        foreach (var (id, name, username, type) in responders)
        {
            json.WriteStartObject();
            JsonBody.Filled(json, "id", id);
            JsonBody.Filled(json, "name", name);
            JsonBody.Filled(json, "username", username);
            json.WriteString("type", type);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
