using Sightglass.Alerting.Receivers;
using Sightglass.Alerting.Routing;
using Sightglass.TestKit;

namespace Sightglass.Alerting.Tests.Routing;

public sealed class ConfigurationTests
{
    /// <summary>
    /// Refused by Alertmanager for its unknown key <c>teams</c>, though its name does not say so; and the one that names a missing user
    /// while Alertmanager sends without one.
    /// </summary>
    private const string OldTeam = "conf.opsgenie-default-apikey-old-team.yml";
    private const string NoSmtpUser = "conf.smtp-no-username-or-password.yml";

    public static TheoryData<string> Files() => SharedInput.Folder is null ? ["none"]
        : [.. Directory.EnumerateFiles(SharedInput.PathOf("conformance/alertmanager"), "conf.*.yml").Select(static f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [SharedTheory]
    [MemberData(nameof(Files))]
    public void Verdicts_are_those_of_Alertmanager(string file)
    {
        var path = SharedInput.PathOf("conformance/alertmanager/" + file);
        var isBad = file == OldTeam || (file != NoSmtpUser && !file.Contains("valid-receiver", StringComparison.Ordinal)
            && (file.Contains("both", StringComparison.Ordinal) || file.Contains("no-", StringComparison.Ordinal)
            || file.Contains("invalid", StringComparison.Ordinal) || file.Contains("nil", StringComparison.Ordinal) || file == "conf.slack-update-message-and-webhook.yml"));
        if (isBad)
        {
            Should.Throw<AlertingConfigurationException>(() => Load(path)).Line.ShouldBeGreaterThan(0);
        }
        else
        {
            Load(path).Receivers.ShouldNotBeEmpty();
        }
    }

    [SharedFact]
    public void The_seed_configuration_loads_unchanged()
    {
        var configuration = Load(SharedInput.PathOf("data/configs/seed-alertmanager.yml"));
        configuration.Unsupported.ShouldBeEmpty();
        configuration.Route.Match(Core.Model.LabelSet.Of("severity", "critical")).ShouldHaveSingleItem().Receiver.ShouldBe("critical-alerts");
        var email = configuration.Receivers[1].Integrations.OfType<EmailConfiguration>().Single();
        email.Headers["Subject"].ShouldBe("CRITICAL: {{ .GroupLabels.alertname }}");
        email.Text.ShouldContain("{{ range .Alerts }}");
        configuration.Original.ShouldContain("api_url: <secret>");
    }

    [SharedFact]
    public void All_integrations_are_built_and_secrets_are_not_shown()
    {
        var configuration = Load(SharedInput.PathOf("conformance/alertmanager/conf.good.yml"));
        configuration.Unsupported.ShouldBeEmpty();
        configuration.Original.ShouldNotContain("mysecret");
    }

    [Fact]
    public void A_secret_may_be_a_variable_of_the_environment()
    {
        const string Receiver = "route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{url: 'http://x/', http_config: {authorization: {credentials: '${NAME}'}}}]}]";
        var webhook = LoadText(Receiver.Replace("NAME", "PATH", StringComparison.Ordinal)).Receivers[0].Integrations.OfType<WebhookConfiguration>().Single();
        webhook.Http.Credentials!.Value!.Reveal().ShouldBe(Environment.GetEnvironmentVariable("PATH"));
        Should.Throw<AlertingConfigurationException>(() => LoadText(Receiver.Replace("NAME", "SIGHTGLASS_NO_SUCH_VARIABLE", StringComparison.Ordinal)))
            .Message.ShouldContain("credentials: there is no environment variable SIGHTGLASS_NO_SUCH_VARIABLE");
        LoadText(Receiver.Replace("${NAME}", "a${PATH}", StringComparison.Ordinal)).Receivers[0].Integrations.OfType<WebhookConfiguration>().Single().Http.Credentials!.Value!.Reveal().ShouldBe("a${PATH}");
    }

    [Theory]
    [InlineData("receivers: []", "no route provided")]
    [InlineData("route: {receiver: a}\nreceivers: [{name: b}]", "undefined receiver \"a\"")]
    [InlineData("route: {receiver: a, match: {x: y}}\nreceivers: [{name: a}]", "root route must not have any matchers")]
    [InlineData("route: {receiver: a, group_by: ['...', b]}\nreceivers: [{name: a}]", "wildcard group_by")]
    [InlineData("route: {receiver: a, group_by: [b, b]}\nreceivers: [{name: a}]", "duplicated label")]
    [InlineData("route: {receiver: a, group_interval: 0s}\nreceivers: [{name: a}]", "group_interval cannot be zero")]
    [InlineData("route: {receiver: a}\nreceivers: [{name: a}, {name: a}]", "is not unique")]
    [InlineData("route: {receiver: a, routs: []}\nreceivers: [{name: a}]", "did you mean \"routes\"?")]
    [InlineData("route: {receiver: a, routes: [{matchers: ['a=~(']}]}\nreceivers: [{name: a}]", "in an entry of routes")]
    [InlineData("route: {receiver: a, routes: [{mute_time_intervals: [x]}]}\nreceivers: [{name: a}]", "undefined time interval")]
    [InlineData("route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{url: 'ftp://x'}]}]", "want an http or https URL")]
    [InlineData("route: {receiver: a}\nreceivers: [{name: a, email_configs: [{to: x}]}]", "no global SMTP smarthost set")]
    [InlineData("route: {receiver: a}\ntime_intervals: [{name: t, time_intervals: [{times: [{start_time: '10:00', end_time: '09:00'}]}]}]\nreceivers: [{name: a}]", "start time cannot be equal")]
    public void Refuses(string text, string part) =>
        Should.Throw<AlertingConfigurationException>(() => AlertmanagerConfigurationLoader.Load("a.yml", text, ".")).Message.ShouldContain(part);

    [Theory]
    [InlineData("a=b", "a=\"b\"")]
    [InlineData(" a = \"b c\" ", "a=\"b c\"")]
    [InlineData("a=~b.*", "a=~\"b.*\"")]
    [InlineData("{a!=\"b\",c!~\"d\"}", "a!=\"b\" c!~\"d\"")]
    [InlineData("\"ü x\"=\"\\\"\\\\\"", "ü x=\"\\\"\\\\\"")]
    [InlineData("a=\"\"", "a=\"\"")]
    [InlineData("a=b, c=d e", "a=\"b\" c=\"d e\"")]
    public void Matchers_are_read(string text, string expected) => string.Join(' ', MatcherParser.Parse(text)).ShouldBe(expected);

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("=b")]
    [InlineData("a=\"b")]
    [InlineData("a=b\"c")]
    [InlineData("a=~(")]
    [InlineData("{a=\"b\"} x")]
    public void Other_texts_are_no_matchers(string text) => Should.Throw<Core.Errors.QueryException>(() => MatcherParser.Parse(text));

    [Theory]
    [InlineData("times: [{start_time: '09:00', end_time: '17:00'}]", "2026-03-02T09:00:00Z", true)]
    [InlineData("times: [{start_time: '09:00', end_time: '17:00'}]", "2026-03-02T17:00:00Z", false)]
    [InlineData("weekdays: ['monday:friday']", "2026-03-01T12:00:00Z", false)]
    [InlineData("weekdays: ['monday:friday', sunday]", "2026-03-01T12:00:00Z", true)]
    [InlineData("days_of_month: ['-1']", "2026-02-28T12:00:00Z", true)]
    [InlineData("days_of_month: ['1:5', '-3:-1']", "2026-02-25T12:00:00Z", false)]
    [InlineData("months: ['march:may', '12']", "2026-04-01T12:00:00Z", true)]
    [InlineData("years: ['2025:2026']", "2027-01-01T00:00:00Z", false)]
    [InlineData("{location: Europe/Berlin, times: [{start_time: '00:00', end_time: '24:00'}], days_of_month: ['2']}", "2026-03-01T23:30:00Z", true)]
    public void Time_intervals_contain(string text, string at, bool expected)
    {
        var section = new YamlFile("t").Read(text, "interval");
        TimeIntervalReader.Read(section).Contains(DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture)).ShouldBe(expected);
    }

    [Fact]
    public void Routes_inherit_and_continue()
    {
        var route = AlertmanagerConfigurationLoader.Load("a.yml", """
            route:
              receiver: a
              group_by: [x]
              group_wait: 1s
              routes:
              - matchers: [t="1"]
                continue: true
                receiver: b
                group_by: ['...']
              - matchers: [t=~"1|2"]
                group_interval: 9m
                routes: [{matchers: [u="1"], receiver: c}]
              - matchers: [t="1"]
                receiver: never
            receivers: [{name: a}, {name: b}, {name: c}, {name: never}]
            """, ".").Route;
        string Receivers(params string[] labels) => string.Join(' ', route.Match(Core.Model.LabelSet.Of(labels)).Select(static r => r.Receiver));
        Receivers("t", "1").ShouldBe("b a");
        Receivers("t", "2", "u", "1").ShouldBe("c");
        Receivers("z", "1").ShouldBe("a");
        var leaf = route.Match(Core.Model.LabelSet.Of("t", "2", "u", "1"))[0];
        (leaf.GroupInterval, leaf.GroupWait, leaf.Key).ShouldBe((TimeSpan.FromMinutes(9), TimeSpan.FromSeconds(1), "{}/{t=~\"1|2\"}/{u=\"1\"}"));
        route.Match(Core.Model.LabelSet.Of("t", "1"))[0].GroupByAll.ShouldBeTrue();
    }

    private static AlertmanagerConfiguration LoadText(string text) => AlertmanagerConfigurationLoader.Load("a.yml", text, ".");

    private static AlertmanagerConfiguration Load(string path) => AlertmanagerConfigurationLoader.Load(path, File.ReadAllText(path), Path.GetDirectoryName(path)!);
}
