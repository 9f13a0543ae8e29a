using Sightglass.Alerting.Slo;

namespace Sightglass.Alerting.Tests.Slo;

public sealed class SloReaderTests
{
    private const string Short = """
        slos:
        - name: checkout
          service: shop
          objective: 99.9
          INDICATOR
        """;

    [Theory]
    [InlineData("indicator: {ratio: {errors: 'r{code=~\"5..\"}', total: r}}", "(sum(rate(r{code=~\"5..\"}[5m])) or 0 * sum(rate(r[5m]))) / (sum(rate(r[5m])) > 0)")]
    [InlineData("indicator: {ratio: {good: g, total: t}}", "clamp_min(sum(rate(t[5m])) - (sum(rate(g[5m])) or 0 * sum(rate(t[5m]))), 0) / (sum(rate(t[5m])) > 0)")]
    [InlineData("indicator: {ratio: {errors: 'sum by (x) (e) + f', total: 'sum(rate(t[{{.window}}]))'}}", "(sum(sum by (x) (rate(e[5m])) + rate(f[5m])) or 0 * sum(sum(rate(t[5m])))) / (sum(sum(rate(t[5m]))) > 0)")]
    [InlineData("indicator: {ratio: {counter: false, errors: e, total: t}}", "(sum(sum_over_time(e[5m])) or 0 * sum(sum_over_time(t[5m]))) / (sum(sum_over_time(t[5m])) > 0)")]
    [InlineData("indicator: {latency: {histogram: 'h{job=\"a\"}', threshold: 300ms}}", "clamp_min(sum(rate(h_count{job=\"a\"}[5m])) - sum(rate(h_bucket{job=\"a\",le=\"0.3\"}[5m])), 0) / (sum(rate(h_count{job=\"a\"}[5m])) > 0)")]
    [InlineData("indicator: {latency: {threshold: 1}}", "clamp_min(sum(rate(sli_latency_seconds_count{service=\"shop\"}[5m])) - sum(rate(sli_latency_seconds_bucket{service=\"shop\",le=~\"1([.]0)?\"}[5m])), 0) / (sum(rate(sli_latency_seconds_count{service=\"shop\"}[5m])) > 0)")]
    [InlineData("description: no indicator", "(sum(rate(sli_availability_total{service=\"shop\",status=\"failure\"}[5m])) or 0 * sum(rate(sli_availability_total{service=\"shop\"}[5m]))) / (sum(rate(sli_availability_total{service=\"shop\"}[5m])) > 0)")]
    public void The_short_form_becomes_a_share_of_errors(string indicator, string expected)
    {
        var slo = SloLoader.Load("s.yml", Short.Replace("INDICATOR", indicator, StringComparison.Ordinal)).ShouldHaveSingleItem();
        Normal(slo.Indicator.ErrorRatio(TimeSpan.FromMinutes(5))).ShouldBe(Normal(expected));
        slo.Target.ShouldBe(0.999m);
        slo.Budget.ShouldBe(0.001m);
        slo.Window.Name.ShouldBe("30d");
    }

    [Theory]
    [InlineData("window: 7d", "1w", false)]
    [InlineData("window: month", "month", true)]
    [InlineData("window: quarter", "quarter", true)]
    [InlineData("window: day", "day", true)]
    public void Windows_roll_or_follow_the_calendar(string window, string name, bool calendar)
    {
        var slo = SloLoader.Load("s.yml", Short.Replace("INDICATOR", window, StringComparison.Ordinal)).ShouldHaveSingleItem();
        slo.Window.Name.ShouldBe(name);
        slo.Window.IsCalendar.ShouldBe(calendar);
    }

    [Theory]
    [InlineData("foo: bar", "s.yml:5: unknown key \"foo\"")]
    [InlineData("window: 10m", "s.yml:5: window: got 10m, want 1h to 366d")]
    [InlineData("window: fortnight", "s.yml:5: window: got \"fortnight\"")]
    [InlineData("indicator: {}", "s.yml:5: indicator: one of ratio, latency and spans must be set")]
    [InlineData("indicator: {spans: x}", "s.yml:5: spans has to be a mapping")]
    [InlineData("indicator: {spans: {}, ratio: {errors: e, total: t}}", "s.yml:5: indicator: only one of ratio, latency and spans can be set")]
    [InlineData("indicator: {spans: {errors: '{}', threshold: 1s}}", "s.yml:5: spans: only one of errors, good and threshold can be set")]
    [InlineData("indicator: {spans: {total: '{} | rate()'}}", "s.yml:5: total: want spans without a pipeline")]
    [InlineData("indicator: {spans: {total: '{} >> {}'}}", "s.yml:5: total: want one pair of braces to add status = error to")]
    [InlineData("indicator: {query_language: traceql, ratio: {errors: e, total: t}}", "s.yml:5: errors: 1:1: parse error")]
    [InlineData("indicator: {query_language: logql, ratio: {errors: '{a=\"b\"}', total: t}}", "s.yml:5: errors: a LogQL query has to say where its range stands")]
    [InlineData("indicator: {ratio: {errors: e, good: g, total: t}}", "s.yml:5: ratio: one of errors and good must be set")]
    [InlineData("indicator: {ratio: {errors: e}}", "s.yml:5: ratio: a query is missing: total")]
    [InlineData("indicator: {ratio: {errors: 'e{', total: t}}", "s.yml:5: errors:")]
    [InlineData("indicator: {ratio: {errors: 'rate(e[5m])', total: t}}", "a range of fixed length; write [{{.window}}] in its place")]
    [InlineData("indicator: {ratio: {errors: 'e offset 5m', total: t}}", "a selector with offset or @")]
    [InlineData("indicator: {ratio: {errors: '1', total: t}}", "got a scalar, want a query whose value is a vector")]
    [InlineData("indicator: {latency: {histogram: 'sum(h)', threshold: 1}}", "want the name of a histogram")]
    [InlineData("indicator: {latency: {histogram: 'h{le=\"1\"}', threshold: 1}}", "the bucket (le) is chosen by the threshold")]
    [InlineData("indicator: {latency: {histogram: h}}", "threshold must be set")]
    [InlineData("indicator: {latency: {histogram: h, threshold: fast}}", "want seconds or a duration")]
    [InlineData("labels: {slo: x}", "s.yml:5: labels: the label \"slo\" is not free to be set")]
    [InlineData("alerting: {pages: {}}", "unknown key \"pages\" in alerting, did you mean \"page\"?")]
    [InlineData("alerting: {annotations: {summary: '{{ nonsense }}'}}", "s.yml:2: slo \"checkout\": alert \"SloErrorBudgetBurn\": annotation \"summary\"")]
    public void What_is_wrong_is_refused_with_its_line(string text, string expected) =>
        Should.Throw<AlertingConfigurationException>(() => SloLoader.Load("s.yml", Short.Replace("INDICATOR", text, StringComparison.Ordinal))).Message.ShouldContain(expected);

    [Theory]
    [InlineData("slos: [{service: a, objective: 99}]", "name: got \"\"")]
    [InlineData("slos: [{name: 'a b', service: a, objective: 99}]", "name: got \"a b\"")]
    [InlineData("slos: [{name: a, objective: 99}]", "service must be set")]
    [InlineData("slos: [{name: a, service: a}]", "objective must be set, in percent")]
    [InlineData("slos: [{name: a, service: a, objective: 100}]", "objective: got 100, want more than 0 and less than 100")]
    [InlineData("slos: [{name: a, service: a, objective: 0}]", "objective: got 0")]
    [InlineData("slos: [{name: a, service: a, objective: many}]", "objective: got \"many\", want a number")]
    [InlineData("slos: [{name: a, service: a, objective: 99}, {name: a, service: b, objective: 98}]", "a second slo of the name \"a\", the first is in s.yml:1")]
    [InlineData("slos: []\n---\nslos: []", "s.yml:3: a second YAML document in the file")]
    [InlineData("", "no document in the file")]
    public void Files_that_are_not_right_are_refused(string text, string expected) =>
        Should.Throw<AlertingConfigurationException>(() => SloLoader.Load("s.yml", text)).Message.ShouldContain(expected);

    [Fact]
    public void Alerts_have_the_labels_that_are_asked_for()
    {
        const string Text = """
            slos:
            - name: a
              service: shop
              objective: 99
              labels: {team: web}
              alerting:
                name: Burning
                labels: {channel: ops}
                annotations: {runbook_url: http://x}
                page: {labels: {tier: one}}
                ticket: {enabled: false}
            """;
        var rules = SloRules.File(SloLoader.Load("s.yml", Text)[0]);
        var alerts = rules.Groups.SelectMany(static g => g.Rules).Where(static r => r.Alert is not null).ToArray();
        alerts.Length.ShouldBe(2);
        alerts[0].Name.ShouldBe("Burning");
        alerts[0].Labels.ToString().ShouldBe("{channel=\"ops\", factor=\"14.4\", long=\"1h\", service=\"shop\", severity=\"critical\", short=\"5m\", slo=\"a\", team=\"web\", tier=\"one\"}");
        alerts[0].Annotations["runbook_url"].ShouldBe("http://x");
        alerts[0].Annotations["summary"].ShouldNotBeEmpty();
    }

    private static string Normal(string expression) => Sightglass.Query.PromQL.PromQLParser.Parse(expression).ToString().Replace("(", string.Empty, StringComparison.Ordinal).Replace(")", string.Empty, StringComparison.Ordinal);
}
