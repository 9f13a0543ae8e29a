using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Sightglass.Alerting.Receivers;
using Sightglass.Alerting.Routing;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Outside;

/// <summary>The body of Alertmanager's <c>POST /api/v2/alerts</c>.</summary>
internal static class PostableAlerts
{
    /// <summary>Writes alerts as Alertmanager's API wants them.</summary>
    public static ReadOnlyMemory<byte> Write(ReadOnlySpan<PostedAlert> alerts)
    {
        var buffer = new ArrayBufferWriter<byte>(512 * alerts.Length);
        using var json = new Utf8JsonWriter(buffer, HttpPoster.Json);
        json.WriteStartArray();
        foreach (var alert in alerts)
        {
            json.WriteStartObject();
            Labels(json, "annotations", alert.Annotations);
            Time(json, "endsAt", alert.EndsAt);
            Time(json, "startsAt", alert.StartsAt);
            json.WriteString("generatorURL", alert.GeneratorUrl);
            Labels(json, "labels", alert.Labels);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void Labels(Utf8JsonWriter json, string name, LabelSet labels)
    {
        json.WriteStartObject(name);
        foreach (var label in labels.Span)
        {
            json.WriteString(label.Name, label.Value);
        }

        json.WriteEndObject();
    }

    private static void Time(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } at)
        {
            json.WriteString(name, at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        }
    }
}
