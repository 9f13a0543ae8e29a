using System.Globalization;
using System.Text.Json;
using Sightglass.Alerting.Routing;

namespace Sightglass.Alerting.Receivers;

/// <summary>What a Slack message shows of each alert unless the configuration says otherwise: a colour by severity, and fields.</summary>
internal static class SlackAttachments
{
    /// <summary>Alerts shown one by one; Slack folds longer messages and refuses those of more than a hundred attachments.</summary>
    public const int MaxAlerts = 20;

    /// <summary>Neither good nor bad: somebody is at it.</summary>
    public const string AcknowledgedColor = "#439fe0";

    private const string Good = "good";

    /// <summary>The colour of an alert: that of its severity while it fires.</summary>
    public static string Color(Alert alert, bool resolved) => resolved ? Good : Rank(alert) switch
    {
        3 => "danger",
        2 => "warning",
        1 => Good,
        _ => "#36a64f",
    };

    /// <summary>The alerts in the order in which they are shown: those that fire first, the gravest of them foremost.</summary>
    public static IReadOnlyList<(Alert Alert, bool Resolved)> Order(IReadOnlyList<(Alert Alert, bool Resolved)> alerts) =>
        [.. alerts.OrderBy(static a => a.Resolved).ThenByDescending(static a => Rank(a.Alert))];

    /// <summary>The fields of one alert; what is not known has none.</summary>
    public static void WriteFields(Utf8JsonWriter writer, Alert alert, bool resolved, bool? isShort)
    {
        writer.WriteStartArray("fields");
        Write(writer, "Rule", alert.Labels["alertname"], isShort);
        Write(writer, "Severity", alert.Labels["severity"], isShort);
        Write(writer, "Value", Value(alert), isShort);
        Write(writer, "Threshold", Threshold(alert), isShort);
        Write(writer, "Time", (resolved ? alert.EndsAt : alert.StartsAt).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssK", CultureInfo.InvariantCulture), isShort);
        foreach (var label in alert.Labels.Span)
        {
            Write(writer, label.Name, label.Value, isShort);
        }

        writer.WriteEndArray();
    }

    /// <summary>The alert's value as text: a rule's, or what an outside sender put into an annotation or label of that name.</summary>
    public static string Value(Alert alert) => alert.Value is { } value ? GoNumber.Format(value, 'g', -1) : Said(alert, "value");

    /// <summary>What the value is compared with.</summary>
    public static string Threshold(Alert alert) => alert.Threshold ?? Said(alert, "threshold");

    private static string Said(Alert alert, string name) => alert.Annotations[name].Length > 0 ? alert.Annotations[name] : alert.Labels[name];

    private static int Rank(Alert alert) => alert.Labels["severity"] switch { "critical" => 3, "warning" => 2, "info" => 1, _ => 0 };

    private static void Write(Utf8JsonWriter writer, string title, string value, bool? isShort)
    {
        if (value.Length > 0)
        {
            writer.WriteStartObject();
            writer.WriteString("title", title);
            writer.WriteString("value", value);
            writer.WriteBoolean("short", isShort ?? true);
            writer.WriteEndObject();
        }
    }
}
