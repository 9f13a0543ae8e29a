using System.Text.Json;
using Sightglass.Alerting.Receivers;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Templates;
using Sightglass.Core.Model;
using Sightglass.Query.PromQL;

namespace Sightglass.Alerting.Tests.Receivers;

public sealed class SlackAttachmentTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("critical", false, "danger")]
    [InlineData("warning", false, "warning")]
    [InlineData("info", false, "good")]
    [InlineData("page", false, "#36a64f")]
    [InlineData("", false, "#36a64f")]
    [InlineData("critical", true, "good")]
    public void The_severity_gives_the_colour(string severity, bool resolved, string color) =>
        Attachments("", (Alert("A", severity), resolved))[0].GetProperty("color").GetString().ShouldBe(color);

    [Fact]
    public void An_alert_shows_rule_severity_value_threshold_time_and_each_label()
    {
        var attachment = Attachments("", (Alert("A", "critical") with { Value = 0.95, Threshold = "0.9" }, false))[0];
        attachment.GetProperty("fields").EnumerateArray().Select(static f => $"{f.GetProperty("title")}={f.GetProperty("value")} {f.GetProperty("short")}").ShouldBe(
            ["Rule=A True", "Severity=critical True", "Value=0.95 True", "Threshold=0.9 True", "Time=2026-01-01T00:00:00Z True", "alertname=A True", "severity=critical True"]);
        attachment.GetProperty("title").GetString().ShouldBe("[FIRING:1] A (critical)");
    }

    [Fact]
    public void Each_alert_of_a_group_has_its_own_colour_the_gravest_first()
    {
        var attachments = Attachments("", (Alert("A", "info"), false), (Alert("B", "critical"), true), (Alert("C", "critical"), false));
        attachments.Select(static a => $"{a.GetProperty("fields")[0].GetProperty("value")} {a.GetProperty("color")}").ShouldBe(["C danger", "A good", "B good"]);
    }

    [Fact]
    public void Many_alerts_end_in_a_count()
    {
        var attachments = Attachments("", [.. Enumerable.Range(0, 25).Select(static i => (Alert("A" + i, "info"), false))]);
        attachments.Count.ShouldBe(21);
        attachments[^1].GetProperty("text").GetString().ShouldBe("and 5 more");
    }

    [Fact]
    public void What_the_configuration_sets_wins()
    {
        var attachments = Attachments(", color: '#123456', title: Mine, fields: [{title: T, value: V}]", (Alert("A", "critical"), false), (Alert("B", "critical"), false));
        attachments.Count.ShouldBe(1);
        (attachments[0].GetProperty("color").GetString(), attachments[0].GetProperty("title").GetString(), attachments[0].GetProperty("fields").GetArrayLength()).ShouldBe(("#123456", "Mine", 1));
        Attachments(", fields: []", (Alert("A", "critical"), false))[0].TryGetProperty("fields", out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("x > 0.9", "0.9")]
    [InlineData("5 < x", "5")]
    [InlineData("(rate(x[5m]) >= -(2 * 3)) and on() y == 1", "-(2 * 3)")]
    [InlineData("up == 0", "0")]
    [InlineData("a > b > 4", "4")]
    [InlineData("a > b", null)]
    [InlineData("absent(x)", null)]
    public void The_threshold_is_the_constant_of_the_comparison(string expression, string? expected) =>
        RuleThreshold.Of(PromQLParser.Parse(expression)).ShouldBe(expected);

    private static Alert Alert(string name, string severity) => new()
    {
        Labels = severity.Length > 0 ? LabelSet.Of("alertname", name, "severity", severity) : LabelSet.Of("alertname", name),
        Annotations = LabelSet.Empty,
        StartsAt = Start,
        EndsAt = Start.AddHours(1),
        UpdatedAt = Start,
        GeneratorUrl = "http://sight/graph",
    };

    private static List<JsonElement> Attachments(string more, params (Alert, bool)[] alerts)
    {
        var configuration = (SlackConfiguration)AlertmanagerConfigurationLoader.Load(
            "a.yml", $"route: {{receiver: a}}\nreceivers:\n- name: a\n  slack_configs: [{{api_url: 'http://x/'{more}}}]\n", ".").Receivers[0].Integrations.Single();
        using var notifier = new SlackNotifier(configuration, new NotificationTemplates([], TimeProvider.System));
        var body = notifier.Body(new NotificationMessage("a", "{}:{}", LabelSet.Of("alertname", "A"), alerts, new Uri("http://sight:4300/")));
        return [.. JsonDocument.Parse(body).RootElement.GetProperty("attachments").EnumerateArray()];
    }
}
