using System.Text.Encodings.Web;
using System.Text.Json;
using Sightglass.Alerting;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Silences;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Server.Api.Alerting;

/// <summary>Bodies of Alertmanager's API v2, in and out.</summary>
internal static class AlertmanagerJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task Write(HttpContext context, Action<Utf8JsonWriter> write)
    {
        context.Response.ContentType = "application/json";
        return JsonAnswer.WriteAsync(context, write, Options);
    }

    public static void WriteAlert(Utf8JsonWriter json, AlertStatusView view)
    {
        var alert = view.Alert;
        json.WriteStartObject();
        RulesApi.WriteLabels(json, "annotations", alert.Annotations);
        json.WriteString("endsAt", ApiTime.Milli(alert.EndsAt));
        json.WriteString("fingerprint", alert.Fingerprint);
        json.WriteStartArray("receivers");
        foreach (var receiver in view.Receivers)
        {
            WriteName(json, receiver);
        }

        json.WriteEndArray();
        json.WriteString("startsAt", ApiTime.Milli(alert.StartsAt));
        json.WriteStartObject("status");
        WriteTexts(json, "inhibitedBy", view.InhibitedBy);
        WriteTexts(json, "mutedBy", view.MutedBy);
        WriteTexts(json, "silencedBy", view.SilencedBy);
        json.WriteString("state", IsSuppressed(view) ? "suppressed" : "active");
        json.WriteEndObject();
        json.WriteString("updatedAt", ApiTime.Milli(alert.UpdatedAt));
        if (alert.GeneratorUrl.Length > 0)
        {
            json.WriteString("generatorURL", alert.GeneratorUrl);
        }

        RulesApi.WriteLabels(json, "labels", alert.Labels);
        json.WriteEndObject();
    }

    public static bool IsSuppressed(AlertStatusView view) => view.SilencedBy.Count > 0 || view.InhibitedBy.Count > 0 || view.MutedBy.Count > 0;

    public static void WriteName(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteEndObject();
    }

    public static void WriteSilence(Utf8JsonWriter json, Silence silence, DateTimeOffset now)
    {
        json.WriteStartObject();
        json.WriteString("id", silence.Id);
        json.WriteStartObject("status");
        json.WriteString("state", silence.State(now) switch { SilenceState.Active => "active", SilenceState.Pending => "pending", _ => "expired" });
        json.WriteEndObject();
        json.WriteString("updatedAt", ApiTime.Milli(silence.UpdatedAt));
        RulesApi.WriteLabels(json, "annotations", silence.Annotations);
        json.WriteString("comment", silence.Comment);
        json.WriteString("createdBy", silence.CreatedBy);
        json.WriteString("endsAt", ApiTime.Milli(silence.EndsAt));
        json.WriteStartArray("matchers");
        foreach (var matcher in silence.Matchers)
        {
            json.WriteStartObject();
            json.WriteBoolean("isEqual", matcher.Type is MatchType.Equal or MatchType.Regex);
            json.WriteBoolean("isRegex", matcher.Type is MatchType.Regex or MatchType.NotRegex);
            json.WriteString("name", matcher.Name);
            json.WriteString("value", matcher.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("startsAt", ApiTime.Milli(silence.StartsAt));
        json.WriteEndObject();
    }

    /// <summary>Reads a posted list of alerts; what is wrong with single ones is added to <paramref name="errors"/> and the others are kept.</summary>
    public static List<PostedAlert> ReadAlerts(JsonElement root, List<string> errors)
    {
        if (root.ValueKind != JsonValueKind.Array)
        {
            throw Bad("want a list of alerts");
        }

        if (root.GetArrayLength() > AlertingLimits.MaxPostedAlerts)
        {
            throw new LimitExceededException("MaxPostedAlerts", AlertingLimits.MaxPostedAlerts, root.GetArrayLength(), "too many alerts in a request");
        }

        var alerts = new List<PostedAlert>();
        foreach (var element in root.EnumerateArray())
        {
            var alert = new PostedAlert
            {
                Labels = Labels(element, "labels") ?? throw Bad("labels in body is required"),
                Annotations = Labels(element, "annotations") ?? LabelSet.Empty,
                StartsAt = Time(element, "startsAt"),
                EndsAt = Time(element, "endsAt"),
                GeneratorUrl = Text(element, "generatorURL") ?? string.Empty,
            };
            if (alert.Labels.Count == 0)
            {
                errors.Add("at least one label pair required");
            }
            else if (alert.EndsAt < alert.StartsAt)
            {
                errors.Add("start time must be before end time");
            }
            else
            {
                alerts.Add(alert);
            }
        }

        return alerts;
    }

    public static Silence ReadSilence(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("matchers", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            throw Bad("want a silence with matchers");
        }

        var matchers = new List<LabelMatcher>();
        foreach (var element in list.EnumerateArray())
        {
            var (name, value) = (Text(element, "name") ?? throw Bad("name in body is required"), Text(element, "value") ?? throw Bad("value in body is required"));
            var (isRegex, isEqual) = (Flag(element, "isRegex") ?? throw Bad("isRegex in body is required"), Flag(element, "isEqual") ?? true);
            matchers.Add(new LabelMatcher((isRegex, isEqual) switch
            {
                (true, true) => MatchType.Regex,
                (true, false) => MatchType.NotRegex,
                (false, true) => MatchType.Equal,
                _ => MatchType.NotEqual,
            }, name, value));
        }

        return new Silence
        {
            Id = Text(root, "id") ?? string.Empty,
            Matchers = matchers,
            StartsAt = Time(root, "startsAt") ?? throw Bad("startsAt in body is required"),
            EndsAt = Time(root, "endsAt") ?? throw Bad("endsAt in body is required"),
            CreatedBy = Text(root, "createdBy") ?? throw Bad("createdBy in body is required"),
            Comment = Text(root, "comment") ?? throw Bad("comment in body is required"),
            Annotations = Labels(root, "annotations") ?? LabelSet.Empty,
        };
    }

    public static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static QueryException Bad(string message) => new(QueryErrorKind.BadData, message);

    private static JsonElement? Property(JsonElement element, string name) =>
        element.ValueKind != JsonValueKind.Object ? throw Bad("want an object")
        : element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string? Text(JsonElement element, string name) => Property(element, name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Bad($"{name} in body must be of type string");

    private static bool? Flag(JsonElement element, string name) => Property(element, name) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Bad($"{name} in body must be of type boolean");

    /// <summary>Go's zero time counts as none.</summary>
    private static DateTimeOffset? Time(JsonElement element, string name) => Property(element, name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var time) ? (time.Year > 1 ? time.ToUniversalTime() : null)
        : throw Bad($"{name} in body must be of type date-time");

    private static LabelSet? Labels(JsonElement element, string name)
    {
        if (Property(element, name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Bad($"{name} in body must be of type object");
        }

        var labels = new LabelSetBuilder();
        var count = 0;
        foreach (var property in value.EnumerateObject())
        {
            if (++count > AlertingLimits.MaxLabelsPerAlert)
            {
                throw new LimitExceededException("MaxLabelsPerAlert", AlertingLimits.MaxLabelsPerAlert, count, $"too many {name}");
            }

            labels.Set(
                property.Name.Length > 0 ? property.Name : throw Bad($"invalid label name in {name}"),
                property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : throw Bad($"{name}.{property.Name} in body must be of type string"));
        }

        return labels.Build();
    }
}
