using Sightglass.Alerting.Routing;

namespace Sightglass.Alerting.Tests.Routing;

/// <summary>Odd configurations, with the verdict that amtool 0.33.1 gave on each.</summary>
public sealed class OddConfigurationTests
{
    private const string Plain = "route: {receiver: a}\nreceivers: [{name: a}]\n";

    [Theory]
    [InlineData("time_intervals: [{name: x, time_intervals: [{days_of_month: ['27:-1', '1:-27', '-1', '1:31', '+1', '01']}]}]")]
    [InlineData("time_intervals: [{name: x, time_intervals: [{times: [null]}]}]")]
    [InlineData("time_intervals: [{name: x, time_intervals: [{weekdays: [Monday, 'saturday:saturday'], months: ['01', JANUARY, 'march:may'], years: ['+2020'], location: Local}]}]")]
    [InlineData("global: {smtp_smarthost: 'h:smtp'}")]
    [InlineData("global: {smtp_smarthost: '[::1]:submission'}")]
    [InlineData("global: {slack_api_url: 'HTTP://x', opsgenie_api_url: null}")]
    [InlineData("templates: ['nope/[a-z]*.tmpl']")]
    [InlineData("inhibit_rules: [{equal: []}, {source_matchers: [''], target_matchers: ['a=b'], equal: ['a b', ü]}]")]
    public void Is_accepted(string yaml) => Load(Plain + yaml).Unsupported.ShouldBeEmpty();

    [Theory]
    [InlineData("time_intervals: [{name: x, time_intervals: [{days_of_month: ['28:-1']}]}]", "end day -1 is always before start day 28")]
    [InlineData("time_intervals: [{name: x, time_intervals: [{days_of_month: ['1:-28']}]}]", "end day -28 is always before start day 1")]
    [InlineData("time_intervals: [{name: x, time_intervals: [{weekdays: [' monday ']}]}]", "weekdays: got \" monday \"")]
    [InlineData("time_intervals: [{name: x, time_intervals: [{months: ['may : june']}]}]", "months: got")]
    [InlineData("time_intervals: [{name: x, time_intervals: [{times: [{}]}]}]", "both start and end times")]
    [InlineData("global: {opsgenie_api_url: ''}", "opsgenie_api_url: want an http or https URL")]
    [InlineData("global: {slack_api_url: ''}", "slack_api_url: want an http or https URL")]
    [InlineData("global: {smtp_smarthost: 'a:b:25'}", "too many colons")]
    [InlineData("global: {http_config: {tls_config: {min_version: ''}}}", "min_version")]
    [InlineData("templates: ['[']", "syntax error in pattern")]
    public void Is_refused(string yaml, string expected) => Should.Throw<AlertingConfigurationException>(() => Load(Plain + yaml)).Message.ShouldContain(expected);

    [Theory]
    [InlineData("webhook_configs: [{url: 'http://x', send_resolved: yes, timeout: 1.5s}]")]
    [InlineData("webhook_configs: [{url: 'http://x', send_resolved: off, timeout: -1s}]")]
    [InlineData("pushover_configs: [{user_key: a, token: b, retry: 1.5m, ttl: -1h}]")]
    [InlineData("sns_configs: [{topic_arn: t, phone_number: ''}]")]
    [InlineData("telegram_configs: [{bot_token: t, chat_id: 0, chat_id_file: f}]")]
    [InlineData("email_configs: [{to: a@b, from: c@d, smarthost: 'h:25', threading: {thread_by_date: ''}}]")]
    public void Receiver_is_accepted(string receiver) => Load($"route: {{receiver: a}}\nreceivers:\n- name: a\n  {receiver}\n").Unsupported.ShouldBeEmpty();

    [Theory]
    [InlineData("webhook_configs: [{url: 'http://x', timeout: 1d}]", "timeout: got \"1d\"")]
    [InlineData("sns_configs: [{topic_arn: ''}]", "must provide either")]
    [InlineData("telegram_configs: [{bot_token: t, chat_id: 0}]", "missing chat_id")]
    [InlineData("email_configs: [{to: a@b, from: c@d, smarthost: 'h:25', threading: {enabled: true}}]", "thread_by_date: got \"\", want daily or none")]
    public void Receiver_is_refused(string receiver, string expected) =>
        Should.Throw<AlertingConfigurationException>(() => Load($"route: {{receiver: a}}\nreceivers:\n- name: a\n  {receiver}\n")).Message.ShouldContain(expected);

    [Fact]
    public void An_empty_matcher_is_none()
    {
        var route = Load("route: {receiver: a, routes: [{receiver: a, matchers: ['', 'x=y']}]}\nreceivers: [{name: a}]\n").Route.Routes[0];
        route.Matchers.ShouldHaveSingleItem().Name.ShouldBe("x");
    }

    [Fact]
    public void No_time_of_a_day_is_never()
    {
        var interval = Load(Plain + "time_intervals: [{name: x, time_intervals: [{times: [null]}]}]").TimeIntervals["x"][0];
        Enumerable.Range(0, 24).ShouldAllBe(h => !interval.Contains(new DateTimeOffset(2026, 1, 1, h, 0, 0, TimeSpan.Zero)));
    }

    private static AlertmanagerConfiguration Load(string yaml) => AlertmanagerConfigurationLoader.Load("a.yml", yaml, ".");
}
