using System.Text.Json;
using Sightglass.Alerting;
using Sightglass.Alerting.OnCall;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.Syntax;
using Sightglass.Server.Api.Alerting;

namespace Sightglass.Server.Api.People;

/// <summary>Reads bodies of requests that people make by hand: small JSON objects whose unknown keys are errors.</summary>
internal static class PeopleRequests
{
    private const int MaxBodyBytes = 1 << 20;

    /// <summary>Runs a handler that reads a body: JSON whatever it is called, because <c>curl -d</c> calls it a form.</summary>
    public static Task RunAsync(HttpContext context, Func<Task> handler)
    {
        context.Request.ContentType = "application/json";
        return OwnAnswer.Run(context, _ => handler());
    }

    /// <summary>Reads an object with some of these keys.</summary>
    /// <exception cref="QueryException">It is none, or has others.</exception>
    public static async Task<JsonDocument> ReadAsync(HttpContext context, params string[] keys)
    {
        var body = await ReadBytesAsync(context, MaxBodyBytes);
        var json = JsonDocument.Parse(body);
        if (json.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw OwnAnswer.Bad("body: want an object");
        }

        return json.RootElement.EnumerateObject().FirstOrDefault(p => !keys.Contains(p.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } unknown
            ? throw OwnAnswer.Bad($"body: unknown key \"{unknown.Name}\", want {string.Join(", ", keys)}")
            : json;
    }

    /// <summary>Reads a body up to a limit.</summary>
    /// <exception cref="LimitExceededException">It is longer.</exception>
    public static async Task<byte[]> ReadBytesAsync(HttpContext context, int max)
    {
        using var buffer = new MemoryStream();
        var chunk = new byte[4096];
        int read;
        while ((read = await context.Request.Body.ReadAsync(chunk, context.RequestAborted)) > 0)
        {
            buffer.Write(chunk, 0, read);
            if (buffer.Length > max)
            {
                throw new LimitExceededException(nameof(MaxBodyBytes), max, buffer.Length, "request body too large");
            }
        }

        return buffer.ToArray();
    }

    /// <summary>A text; empty where there is none.</summary>
    public static string Text(JsonElement json, string key, int max) => !json.TryGetProperty(key, out var value) || value.ValueKind == JsonValueKind.Null ? string.Empty
        : value.ValueKind == JsonValueKind.String && value.GetString()!.Length <= max ? value.GetString()!.Trim()
        : throw OwnAnswer.Bad($"{key}: want a text of at most {max} characters");

    /// <summary>A text that has to be there.</summary>
    public static string Name(JsonElement json, string key) => Text(json, key, OnCallLimits.MaxNameLength) is { Length: > 0 } name && !name.Any(char.IsControl) ? name : throw OwnAnswer.Bad($"{key} has to be set");

    /// <summary>Texts of a list.</summary>
    public static List<string> Texts(JsonElement json, string key)
    {
        if (!json.TryGetProperty(key, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(static e => e.ValueKind == JsonValueKind.String)
            ? value.GetArrayLength() <= AlertingLimits.MaxPostedAlerts
                ? [.. value.EnumerateArray().Select(static e => e.GetString()!)]
                : throw new LimitExceededException(nameof(AlertingLimits.MaxPostedAlerts), AlertingLimits.MaxPostedAlerts, value.GetArrayLength(), key)
            : throw OwnAnswer.Bad($"{key}: want a list of texts");
    }

    /// <summary>A moment in RFC 3339; null where there is none.</summary>
    public static DateTimeOffset? Time(JsonElement json, string key)
    {
        var text = Text(json, key, 64);
        return text.Length == 0 ? null
            : Parse(text) ?? throw OwnAnswer.Bad($"{key}: got \"{text}\", want a time such as 2026-11-21T18:00:00Z");
    }

    /// <summary>A moment in RFC 3339, or a length of time from now; null where there is none.</summary>
    public static DateTimeOffset? TimeOrWait(JsonElement json, string key, DateTimeOffset now)
    {
        var text = Text(json, key, 64);
        return text.Length == 0 ? null
            : DurationText.TryParse(text, out var ms) && ms > 0 && ms < TimeSpan.FromDays(3660).TotalMilliseconds ? now + TimeSpan.FromMilliseconds(ms)
            : Parse(text) is { } at && at > now ? at
            : throw OwnAnswer.Bad($"{key}: got \"{text}\", want a duration such as 2h, or a time to come such as 2026-11-21T18:00:00Z");
    }

    private static DateTimeOffset? Parse(string text) =>
        Rfc3339.TryParseMilliseconds(text, out var ms) && DateTimeOffset.FromUnixTimeMilliseconds(Math.Max(ms, -1)) is { Year: >= 1970 and < 2200 } time ? time : null;
}
