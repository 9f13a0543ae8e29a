using System.Text.RegularExpressions;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Templates;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Receivers;

/// <summary>What is told: alerts of a group for one receiver.</summary>
internal sealed class NotificationMessage(string receiver, string groupKey, LabelSet groupLabels, IReadOnlyList<(Alert Alert, bool Resolved)> alerts, Uri externalUrl)
{
    public string GroupKey { get; } = groupKey;

    public LabelSet GroupLabels { get; } = groupLabels;

    public IReadOnlyList<(Alert Alert, bool Resolved)> Alerts { get; } = alerts;

    /// <summary>The receiver's name, quoted as in a regular expression: links of templates use it as a filter.</summary>
    public string Receiver { get; } = QuoteMeta(receiver);

    public string Status { get; } = alerts.Any(static a => !a.Resolved) ? "firing" : "resolved";

    /// <summary>Why it is told now, in Alertmanager's words.</summary>
    public string Reason { get; init; } = "first notification";

    /// <summary>Link by which the alerts are acknowledged, or empty.</summary>
    public string AcknowledgeUrl { get; init; } = string.Empty;

    /// <summary>Who has the alerts, when the message says that somebody has them; for services that keep incidents and messages that are changed. Empty otherwise.</summary>
    public string AcknowledgedBy { get; init; } = string.Empty;

    public bool IsAcknowledgement => AcknowledgedBy.Length > 0;

    /// <summary>What the integration noted about the group's last message; set to what it wants to know at the next one.</summary>
    public string Note { get; set; } = string.Empty;

    /// <summary>Alerts that were left out.</summary>
    public int Truncated { get; private init; }

    /// <summary>The message about the first alerts only, and as if there were no others; a limit of 0 is none.</summary>
    public NotificationMessage First(int limit) => limit <= 0 || limit >= Alerts.Count
        ? this
        : new NotificationMessage(receiver, GroupKey, GroupLabels, [.. Alerts.Take(limit)], externalUrl) { Reason = Reason, AcknowledgeUrl = AcknowledgeUrl, Truncated = Alerts.Count - limit };

    public string ExternalUrl { get; } = externalUrl.ToString().TrimEnd('/');

    public LabelSet CommonLabels { get; } = Common(alerts.Select(static a => a.Alert.Labels));

    public LabelSet CommonAnnotations { get; } = Common(alerts.Select(static a => a.Alert.Annotations));

    /// <summary>The data of a template, as Alertmanager names it.</summary>
    public TemplateValue Data => TemplateValue.Of(new TemplateRecord(
        "*template.Data",
        ("Receiver", TemplateValue.Of(Receiver)),
        ("Status", TemplateValue.Of(Status)),
        ("Alerts", TemplateValue.Of(new AlertList([.. Alerts.Select(static a => (Value(a.Alert, a.Resolved), a.Resolved))]))),
        ("NotificationReason", TemplateValue.Of(Reason)),
        ("GroupLabels", Pairs(GroupLabels)),
        ("CommonLabels", Pairs(CommonLabels)),
        ("CommonAnnotations", Pairs(CommonAnnotations)),
        ("AcknowledgeURL", TemplateValue.Of(AcknowledgeUrl)),
        ("ExternalURL", TemplateValue.Of(ExternalUrl))));

    private static string QuoteMeta(string text) => Regex.Replace(text, @"[\\.+*?()|\[\]{}^$]", static m => "\\" + m.Value);

    private static LabelSet Common(IEnumerable<LabelSet> sets)
    {
        LabelSet? common = null;
        foreach (var set in sets)
        {
            common = common is null ? set : LabelSet.From(common.Where(l => set[l.Name] == l.Value));
        }

        return common ?? LabelSet.Empty;
    }

    private static TemplateValue Pairs(LabelSet labels) => TemplateValue.Of(new KeyValues(labels));

    private static TemplateValue Value(Alert alert, bool resolved) => TemplateValue.Of(new TemplateRecord(
        "template.Alert",
        ("Status", TemplateValue.Of(resolved ? "resolved" : "firing")),
        ("Labels", Pairs(alert.Labels)),
        ("Annotations", Pairs(alert.Annotations)),
        ("StartsAt", TemplateValue.Of(new GoTime(alert.StartsAt))),
        ("EndsAt", TemplateValue.Of(new GoTime(resolved ? alert.EndsAt : DateTimeOffset.MinValue))),
        ("GeneratorURL", TemplateValue.Of(alert.GeneratorUrl)),
        ("Fingerprint", TemplateValue.Of(alert.Fingerprint))));

    /// <summary>Alertmanager's <c>Alerts</c>: a list with <c>.Firing</c> and <c>.Resolved</c>.</summary>
    private sealed class AlertList(IReadOnlyList<(TemplateValue Value, bool Resolved)> alerts) : TemplateList([.. alerts.Select(static a => a.Value)], "template.Alerts")
    {
        public override string Printed => string.Join(", ", Enumerable.Range(0, Count).Select(i => this[i].Object.Fields).Select(static p => $"{p[0].Value.Text}={p[1].Value.Text}"));

        public override bool TryCall(string name, ReadOnlySpan<TemplateValue> arguments, out TemplateValue value)
        {
            value = default;
            if (arguments.Length > 0 || name is not ("Firing" or "Resolved"))
            {
                return false;
            }

            value = TemplateValue.Of(new TemplateList([.. alerts.Where(a => a.Resolved == (name == "Resolved")).Select(static a => a.Value)], "[]template.Alert"));
            return true;
        }
    }

    /// <summary>Alertmanager's <c>KV</c>.</summary>
    private sealed class KeyValues(LabelSet labels)
        : TemplateMap(labels.ToDictionary(static l => l.Name, static l => TemplateValue.Of(l.Value), StringComparer.Ordinal), TemplateValue.Of(string.Empty), "template.KV")
    {
        public override string Printed => string.Join(", ", Order().Select(static l => $"{l.Name}={l.Value}"));

        public override bool TryCall(string name, ReadOnlySpan<TemplateValue> arguments, out TemplateValue value)
        {
            value = (name, arguments.Length) switch
            {
                ("SortedPairs", 0) => TemplateValue.Of(new PairList(Order())),
                ("Names", 0) => TemplateValue.OfStrings(Order().Select(static l => l.Name)),
                ("Values", 0) => TemplateValue.OfStrings(Order().Select(static l => l.Value)),
                ("String", 0) => TemplateValue.Of(Printed),
                ("Remove", 1) when arguments[0].Kind == TemplateKind.List => Pairs(labels.Without(Names(arguments[0].List))),
                _ => default,
            };
            return value.Kind != TemplateKind.Nil;
        }

        /// <summary>By name, the alert's name first.</summary>
        private IEnumerable<Label> Order() => labels.OrderBy(static l => l.Name == "alertname" ? 0 : 1).ThenBy(static l => l.Name, StringComparer.Ordinal);

        private static string[] Names(TemplateList list) => [.. Enumerable.Range(0, list.Count).Select(i => TemplateFunctions.Text(list[i]))];
    }

    private sealed class PairList(IEnumerable<Label> labels)
        : TemplateList([.. labels.Select(static l => TemplateValue.Of(new TemplateRecord("template.Pair", ("Name", TemplateValue.Of(l.Name)), ("Value", TemplateValue.Of(l.Value)))))], "template.Pairs")
    {
        public override string Printed => string.Join(", ", Enumerable.Range(0, Count).Select(i => this[i].Object.Fields).Select(static p => $"{p[0].Value.Text}={p[1].Value.Text}"));

        public override bool TryCall(string name, ReadOnlySpan<TemplateValue> arguments, out TemplateValue value)
        {
            value = default;
            if (arguments.Length > 0 || name is not ("Names" or "Values" or "String"))
            {
                return false;
            }

            value = name == "String"
                ? TemplateValue.Of(Printed)
                : TemplateValue.OfStrings(Enumerable.Range(0, Count).Select(i => this[i].Object.Fields[name == "Names" ? 0 : 1].Value.Text));
            return true;
        }
    }
}

/// <summary>Delivers a message one time.</summary>
internal interface INotifier
{
    /// <exception cref="DeliveryException">It was not accepted.</exception>
    Task SendAsync(NotificationMessage message, CancellationToken cancellation);
}
