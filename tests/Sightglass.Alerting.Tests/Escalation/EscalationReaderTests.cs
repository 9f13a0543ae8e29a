using Sightglass.Alerting.Escalation;
using Sightglass.Alerting.Receivers;
using Sightglass.Alerting.Routing;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Tests.Escalation;

public sealed class EscalationReaderTests
{
    private const string People = "people: [{name: ana, contacts: [pager]}]\n";
    private const string Policy = "  policies: [{name: page, steps: [{notify: [ana]}]}]\n";

    [Theory]
    [InlineData("people: [{name: ana}]", "person \"ana\" has neither contacts nor email")]
    [InlineData("people: [{name: ana, contacts: [pagr]}]", "there is no receiver \"pagr\" in the Alertmanager's configuration, did you mean \"pager\"?")]
    [InlineData("people: [{name: pager, contacts: [pager]}]", "\"pager\" is a person and a receiver")]
    [InlineData("people: [{name: ana, contacts: [pager]}, {name: ana, contacts: [pager]}]", "person \"ana\" is there twice")]
    [InlineData("people: [{name: 'a/b', contacts: [pager]}]", "without a slash")]
    [InlineData("people: [{name: ana, email: nobody}]", "email: got \"nobody\", want an address")]
    [InlineData("people: [{name: ana, email: '{{ .x }}@a.b'}]", "want an address")]
    [InlineData("people: [{name: ana, phone: 1}]", "neither contacts nor email")]
    [InlineData("people: [{name: ana, contacts: [pager], phone: 1}]", "unknown key \"phone\"")]
    [InlineData(People + "oncall: [{name: ana, layers: [{start: 2026-01-01, people: [ana]}]}]", "\"ana\" is a person and a rotation")]
    [InlineData(People + "oncall: [{name: pager, layers: [{start: 2026-01-01, people: [ana]}]}]\nescalation: {}", "\"pager\" is a rotation and a receiver")]
    [InlineData("escalation:\n  policies: [{name: page, steps: [{notify: [nobody]}]}]", "\"nobody\" is no receiver, person or rotation")]
    [InlineData("escalation:\n  policies: [{name: page, steps: []}]", "policy \"page\" has no steps")]
    [InlineData("escalation:\n  policies: [{name: page, steps: [{notify: []}]}]", "a step needs notify")]
    [InlineData("escalation:\n  policies: [{name: page, steps: [{notify: [pager]}, {notify: [pager]}]}]", "a step after the first needs after")]
    [InlineData("escalation:\n  policies: [{name: page, steps: [{notify: [pager]}, {after: 0s, notify: [pager]}]}]", "after: got 0s, want 1s to 30d")]
    [InlineData("escalation:\n  policies: [{name: page, repeat: -1, steps: [{notify: [pager]}]}]", "repeat: got -1, want 0 to 100")]
    [InlineData("escalation:\n  policies: [{name: none, steps: [{notify: [pager]}]}]", "a policy cannot be named none")]
    [InlineData(People + "escalation:\n" + Policy + "  default: {critical: pag}", "there is no policy \"pag\", did you mean \"page\"?")]
    [InlineData(People + "escalation:\n" + Policy + "  match: [{matchers: ['a='], policy: page}, {matchers: ['!'], policy: page}]", "matchers:")]
    [InlineData("acknowledge: {link_expires: 10s}", "link_expires: got 10s, want 1m to 30d")]
    [InlineData("acknowledge: {repeats: true}", "unknown key \"repeats\" in acknowledge, did you mean \"repeat\"?")]
    public void What_is_wrong_is_said(string text, string message) => Should.Throw<AlertingConfigurationException>(() => Read(text)).Message.ShouldContain(message);

    [Fact]
    public void An_email_goes_by_the_global_settings_and_needs_them()
    {
        var receiver = Read("people: [{name: ana, email: ana@example.com}]").PersonalReceivers.ShouldHaveSingleItem();
        var email = receiver.Integrations.ShouldHaveSingleItem().ShouldBeOfType<EmailConfiguration>();
        (receiver.Name, email.To, email.Host, email.Port, email.SendResolved).ShouldBe(("person/ana", "ana@example.com", "mail", 25, true));
        Should.Throw<AlertingConfigurationException>(static () => EscalationReader.Read(new YamlFile("c.yml").Read("people: [{name: ana, email: a@b.c}]", "c"), null))
            .Message.ShouldContain("smtp_smarthost");
    }

    [Theory]
    [InlineData("severity", "critical", "", "page")]
    [InlineData("severity", "warning", "", null)]
    [InlineData("team", "db", "", "db")]
    [InlineData("escalation", "db", "", "db")]
    [InlineData("escalation", "none", "", null)]
    [InlineData("severity", "critical", "db", "db")]
    [InlineData("severity", "critical", "none", null)]
    [InlineData("severity", "critical", "no-such", "page")]
    public void The_policy_is_by_label_or_annotation_then_matchers_then_severity(string label, string value, string annotation, string? policy)
    {
        var configuration = Read(People + """
            escalation:
              policies: [{name: page, steps: [{notify: [ana]}]}, {name: db, steps: [{notify: [pager]}]}]
              match: [{matchers: ['team="db"'], policy: db}]
              default: {critical: page}
            """);
        configuration.PolicyOf(new Alert
        {
            Labels = LabelSet.Of(label, value), Annotations = annotation.Length == 0 ? LabelSet.Empty : LabelSet.Of("escalation", annotation), StartsAt = default, EndsAt = default, UpdatedAt = default, GeneratorUrl = string.Empty,
        })?.Name.ShouldBe(policy);
        configuration.Acknowledge.ShouldBe(new AcknowledgeSettings(true, TimeSpan.FromHours(24), false));
    }

    [Fact]
    public void Webhooks_of_incidents_have_secrets()
    {
        var settings = Read("acknowledge: {pagerduty: {secret_file: /s}, opsgenie: {token: t}}").Acknowledge;
        settings.PagerDuty.ShouldBe(new SecretSource(null, "/s"));
        settings.Opsgenie!.Value!.Reveal().ShouldBe("t");
        foreach (var (text, message) in new[]
        {
            ("pagerduty: {}", "one of secret & secret_file must be configured"), ("pagerduty: {token: t}", "one of secret & secret_file"), ("pagerduty: {secret: a, secret_file: b}", "at most one of"),
            ("opsgenie: {token: t, secret: s}", "secret"),
        })
        {
            Should.Throw<AlertingConfigurationException>(() => Read($"acknowledge: {{{text}}}")).Message.ShouldContain(message);
        }
    }

    [Fact]
    public void The_key_of_an_incident_is_that_of_its_links()
    {
        AcknowledgeLinks.ReferenceOfIncident(JsonBody.Hash("{}:{a=\"b\"}")).ShouldBe(AcknowledgeLinks.ReferenceOf("{}:{a=\"b\"}"));
        foreach (var other in (string[])[string.Empty, "PT4KHLK", new('g', 64), new('A', 64), new('a', 65)])
        {
            AcknowledgeLinks.ReferenceOfIncident(other).ShouldBeNull();
        }
    }

    [Fact]
    public void Nothing_is_nothing()
    {
        Read(string.Empty).Acknowledge.Links.ShouldBeFalse();
        Read("acknowledge: {links: false, link_expires: 2h, repeat: true}").Acknowledge.ShouldBe(new AcknowledgeSettings(false, TimeSpan.FromHours(2), true));
    }

    private static EscalationConfiguration Read(string text) => EscalationReader.Read(
        new YamlFile("c.yml").Read(text, "the configuration"),
        AlertmanagerConfigurationLoader.Load("a.yml", "global: {smtp_smarthost: 'mail:25', smtp_from: a@b.c}\nroute: {receiver: pager}\nreceivers: [{name: pager}]\n", "."));
}
