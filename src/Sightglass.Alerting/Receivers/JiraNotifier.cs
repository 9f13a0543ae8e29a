using System.Globalization;
using System.Text.Json;
using Sightglass.Alerting.Templates;

namespace Sightglass.Alerting.Receivers;

/// <summary>Keeps one issue of Jira per group: found by a label with the group's hash, made, changed, resolved and opened again.</summary>
internal sealed class JiraNotifier(MessagingConfiguration configuration, NotificationTemplates templates, TimeProvider? time = null) : INotifier, IDisposable
{
    private const int MaxSummary = 255;
    private const int MaxDescription = 32767;

    private readonly HttpPoster _http = new(configuration.Http, time, RetryCodes.ServerErrorsAndRate);

    public async Task SendAsync(NotificationMessage message, CancellationToken cancellation)
    {
        var isFiring = message.Status == "firing";
        var issue = await FindAsync(message, isFiring, cancellation).ConfigureAwait(false);
        if (issue is null && !isFiring)
        {
            return;
        }

        var path = issue is null ? "issue" : "issue/" + issue.Value.Key;
        await AskAsync(issue is null ? HttpMethod.Post : HttpMethod.Put, Path(path), Issue(message, isNew: issue is null), cancellation).ConfigureAwait(false);
        if (issue is var (key, category) && category.Length > 0 && category == "done" == isFiring)
        {
            await MoveAsync(key, configuration.Text(isFiring ? "reopen_transition" : "resolve_transition"), cancellation).ConfigureAwait(false);
        }
    }

    public void Dispose() => _http.Dispose();

    internal ReadOnlyMemory<byte> Issue(NotificationMessage message, bool isNew) => JsonBody.Write(json =>
    {
        json.WriteStartObject("fields");
        // Sorted, and a field of the configuration wins over one that is made here.
        var fields = new SortedDictionary<string, Action>(StringComparer.Ordinal)
        {
            ["description"] = () => Description(json, message),
            ["issuetype"] = () => Named(json, "name", Text(message, "issue_type")),
            ["labels"] = () => Labels(json, message),
            ["project"] = () => Named(json, "key", Text(message, "project")),
            ["summary"] = () => json.WriteStringValue(JsonBody.Shorten(Text(message, "summary"), MaxSummary)),
        };
        foreach (var name in (string[])["summary", "description"])
        {
            if (!isNew && configuration.Text(name + ".enable_update") == "false")
            {
                fields.Remove(name);
            }
        }

        if (Text(message, "priority") is { Length: > 0 } priority)
        {
            fields["priority"] = () => Named(json, "name", priority);
        }

        foreach (var (name, tree) in configuration.Trees)
        {
            fields[name] = () => tree.Write(json, text => templates.Text(text, message.Data));
        }

        foreach (var (name, write) in fields)
        {
            json.WritePropertyName(name);
            write();
        }

        json.WriteEndObject();
    });

    /// <summary>The search for the group's issue: open, or closed so lately that it is opened again.</summary>
    internal string Query(NotificationMessage message, bool isFiring)
    {
        var query = configuration.Text("wont_fix_resolution") is { Length: > 0 } resolution ? $"(resolution is EMPTY or resolution != {GoFormat.Quote(resolution)}) and " : string.Empty;
        var minutes = PromDuration.TryParse(configuration.Text("reopen_duration"), out var reopen) ? (long)reopen.TotalMinutes : 0;
        query += isFiring && configuration.Text("reopen_transition").Length > 0 && minutes > 0
            ? string.Create(CultureInfo.InvariantCulture, $"(resolutiondate is EMPTY OR resolutiondate >= -{minutes}m) and ")
            : "statusCategory != Done and ";
        return $"{query}project={GoFormat.Quote(Text(message, "project"))} and labels={GoFormat.Quote(Label(message))} order by status ASC,resolutiondate DESC";
    }

    private static string Label(NotificationMessage message) => $"ALERT{{{JsonBody.Hash(message.GroupKey)}}}";

    private static void Named(Utf8JsonWriter json, string key, string value)
    {
        json.WriteStartObject();
        json.WriteString(key, value);
        json.WriteEndObject();
    }

    private void Description(Utf8JsonWriter json, NotificationMessage message)
    {
        var text = JsonBody.Shorten(Text(message, "description"), MaxDescription);
        if (!Base.AbsolutePath.EndsWith("/3", StringComparison.Ordinal))
        {
            json.WriteStringValue(text);
            return;
        }

        using var document = JsonBody.TryParse(text) ?? throw new DeliveryException("the description is no JSON, as version 3 of the API wants it", recoverable: false);
        document.RootElement.WriteTo(json);
    }

    private void Labels(Utf8JsonWriter json, NotificationMessage message)
    {
        json.WriteStartArray();
        foreach (var label in configuration.Labels.Select(l => templates.Text(l, message.Data)).Append(Label(message)).Order(StringComparer.Ordinal))
        {
            json.WriteStringValue(label);
        }

        json.WriteEndArray();
    }

    private async Task<(string Key, string Category)?> FindAsync(NotificationMessage message, bool isFiring, CancellationToken cancellation)
    {
        var type = configuration.Text("api_type");
        var isCloud = type == "cloud" || (type == "auto" && Base.Host.EndsWith("atlassian.net", StringComparison.Ordinal));
        var path = Path(isCloud ? "search/jql" : "search");
        var body = JsonBody.Write(json =>
        {
            json.WriteStartArray("fields");
            json.WriteStringValue("status");
            json.WriteEndArray();
            json.WriteString("jql", Query(message, isFiring));
            json.WriteNumber("maxResults", 2);
        });
        var at = isCloud && path.IndexOf("/2", StringComparison.Ordinal) is >= 0 and var two ? path[..two] + "/3" + path[(two + 2)..] : path;
        using var answer = await AskAsync(HttpMethod.Post, at, body, cancellation).ConfigureAwait(false);
        if (answer?.RootElement is not { ValueKind: JsonValueKind.Object } root || !root.TryGetProperty("issues", out var issues) || issues.ValueKind != JsonValueKind.Array || issues.GetArrayLength() == 0)
        {
            return null;
        }

        var category = issues[0].TryGetProperty("fields", out var f) && f.TryGetProperty("status", out var s) && s.TryGetProperty("statusCategory", out var c) && c.TryGetProperty("key", out var k) ? k.GetString() : null;
        return (issues[0].GetProperty("key").GetString() ?? string.Empty, category ?? string.Empty);
    }

    private async Task MoveAsync(string key, string transition, CancellationToken cancellation)
    {
        var path = Path($"issue/{key}/transitions");
        using var answer = await AskAsync(HttpMethod.Get, path, default, cancellation).ConfigureAwait(false);
        var id = answer?.RootElement.TryGetProperty("transitions", out var list) == true
            ? list.EnumerateArray().Where(t => t.GetProperty("name").GetString() == transition).Select(static t => t.GetProperty("id").GetString()).FirstOrDefault() : null;
        if (id is null)
        {
            throw new DeliveryException($"can't find transition {transition} for issue {key}", recoverable: false);
        }

        (await AskAsync(HttpMethod.Post, path, JsonBody.Write(json =>
        {
            json.WritePropertyName("transition");
            Named(json, "id", id);
        }), cancellation).ConfigureAwait(false))?.Dispose();
    }

    private Uri Base => new(configuration.Text("address"));

    private string Path(string path) => configuration.Text("address").TrimEnd('/') + "/" + path;

    private async Task<JsonDocument?> AskAsync(HttpMethod method, string url, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        var call = new HttpCall(method, new Secret(url), body) { Headers = [("Accept-Language", new Secret("en"))] };
        return JsonBody.TryParse((await _http.SendAsync(call, cancellation).ConfigureAwait(false)).Body);
    }

    private string Text(NotificationMessage message, string name) => templates.Text(configuration.Text(name), message.Data);
}
