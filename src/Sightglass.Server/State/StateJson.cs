using System.Buffers;
using System.Text;
using System.Text.Json;
using Sightglass.Alerting.Routing;
using Sightglass.Core.Model;

namespace Sightglass.Server.State;

/// <summary>The parts of the state that are kept as JSON text in a column.</summary>
internal static class StateJson
{
    public static string Labels(LabelSet labels) => Write(json =>
    {
        json.WriteStartObject();
        foreach (var label in labels)
        {
            json.WriteString(label.Name, label.Value);
        }

        json.WriteEndObject();
    });

    public static LabelSet Labels(string text)
    {
        using var json = JsonDocument.Parse(text);
        return Labels(json.RootElement);
    }

    public static string Texts(IEnumerable<string> texts) => Write(json =>
    {
        json.WriteStartArray();
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    });

    public static List<string> Texts(string text)
    {
        using var json = JsonDocument.Parse(text);
        return [.. json.RootElement.EnumerateArray().Select(static e => e.GetString()!)];
    }

    public static string Matchers(IReadOnlyList<LabelMatcher> matchers) => Write(json =>
    {
        json.WriteStartArray();
        foreach (var matcher in matchers)
        {
            json.WriteStartArray();
            json.WriteNumberValue((int)matcher.Type);
            json.WriteStringValue(matcher.Name);
            json.WriteStringValue(matcher.Value);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    });

    public static List<LabelMatcher> Matchers(string text)
    {
        using var json = JsonDocument.Parse(text);
        return [.. json.RootElement.EnumerateArray().Select(static m => new LabelMatcher((Core.Model.MatchType)m[0].GetInt32(), m[1].GetString()!, m[2].GetString()!))];
    }

    public static string Alerts(IReadOnlyList<NotifiedAlert> alerts) => Write(json =>
    {
        json.WriteStartArray();
        foreach (var alert in alerts)
        {
            json.WriteStartObject();
            json.WritePropertyName("labels");
            json.WriteRawValue(Labels(alert.Labels));
            json.WritePropertyName("annotations");
            json.WriteRawValue(Labels(alert.Annotations));
            json.WriteBoolean("resolved", alert.Resolved);
            json.WriteNumber("startsAt", alert.StartsAt.UtcTicks);
            json.WriteNumber("endsAt", alert.EndsAt?.UtcTicks ?? 0);
            json.WriteString("fingerprint", alert.Fingerprint);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    public static List<NotifiedAlert> Alerts(string text)
    {
        using var json = JsonDocument.Parse(text);
        return [.. json.RootElement.EnumerateArray().Select(static a => new NotifiedAlert(
            Labels(a.GetProperty("labels")), Labels(a.GetProperty("annotations")), a.GetProperty("resolved").GetBoolean(),
            new DateTimeOffset(a.GetProperty("startsAt").GetInt64(), TimeSpan.Zero),
            a.GetProperty("endsAt").GetInt64() is > 0 and var ends ? new DateTimeOffset(ends, TimeSpan.Zero) : null,
            a.GetProperty("fingerprint").GetString()!))];
    }

    public static LabelSet Labels(JsonElement element) => LabelSet.From(element.EnumerateObject().Select(static p => new Label(p.Name, p.Value.GetString()!)));

    public static string Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
