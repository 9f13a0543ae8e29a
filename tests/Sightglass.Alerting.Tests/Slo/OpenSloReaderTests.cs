using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Slo;

namespace Sightglass.Alerting.Tests.Slo;

public sealed class OpenSloReaderTests
{
    private const string Head = """
        apiVersion: openslo/v1
        kind: SLO
        metadata: {name: web, displayName: Web shop}
        spec:
          service: shop

        """;

    private const string Ratio = "  indicator: {metadata: {name: i}, spec: {ratioMetric: {counter: true, bad: {metricSource: {type: Prometheus, spec: {query: e}}}, total: {metricSource: {type: Prometheus, spec: {query: t}}}}}}\n";
    private const string Threshold = "  indicator: {metadata: {name: i}, spec: {thresholdMetric: {metricSource: {spec: {query: latency}}}}}\n";
    private const string Raw = "  indicator: {metadata: {name: i}, spec: {ratioMetric: {rawType: success, raw: {metricSource: {type: Prometheus, spec: {query: up_ratio}}}}}}\n";
    private const string One = "  objectives: [{target: 0.99}]\n";

    [Theory]
    [InlineData(Ratio + One, "(sum(rate(e[1h])) or 0 * sum(rate(t[1h]))) / (sum(rate(t[1h])) > 0)")]
    [InlineData(Ratio + "  objectives: [{targetPercent: 99, op: gt}]\n", "(sum(rate(e[1h])) or 0 * sum(rate(t[1h]))) / (sum(rate(t[1h])) > 0)")]
    [InlineData(Threshold + "  objectives: [{op: lte, value: 0.5, target: 0.99}]\n", "avg_over_time(avg((latency >= -Inf) > bool 0.5)[1h:1m])")]
    [InlineData(Raw + One, "avg_over_time((1 - clamp(avg(up_ratio >= -Inf), 0, 1))[1h:1m])")]
    [InlineData("  budgetingMethod: Timeslices\n" + Raw + "  objectives: [{target: 0.99, timeSliceWindow: 5, timeSliceTarget: 0.9}]\n", "avg_over_time((avg_over_time((1 - clamp(avg(up_ratio >= -Inf), 0, 1))[5m:15s]) > bool 0.1)[1h:5m])")]
    [InlineData("  budgetingMethod: RatioTimeslices\n" + Ratio + "  objectives: [{target: 0.99, timeSliceWindow: 2m}]\n", "avg_over_time(((sum(rate(e[2m])) or 0 * sum(rate(t[2m]))) / (sum(rate(t[2m])) > 0))[1h:2m])")]
    public void Indicators_become_a_share_of_errors(string spec, string expected)
    {
        var slo = SloLoader.Load("o.yml", Head + spec).ShouldHaveSingleItem();
        Bare(slo.Indicator.ErrorRatio(TimeSpan.FromHours(1))).ShouldBe(Bare(Sightglass.Query.PromQL.PromQLParser.Parse(expected).ToString()));
        slo.Target.ShouldBe(0.99m);
        (slo.Name, slo.DisplayName, slo.Service).ShouldBe(("web", "Web shop", "shop"));
    }

    [Fact]
    public void A_file_has_documents_that_refer_to_each_other()
    {
        const string Text = """
            apiVersion: openslo/v1
            kind: SLO
            metadata: {name: web, labels: {team: a}}
            spec:
              description: both
              service: shop
              indicatorRef: availability
              timeWindow: [{duration: 28d, isRolling: true}]
              budgetingMethod: Occurrences
              objectives: [{displayName: good, target: 0.99}, {displayName: best, targetPercent: 99.95}]
              alertPolicies: [{alertPolicyRef: fast}]
            ---
            apiVersion: openslo/v1
            kind: Service
            metadata: {name: shop}
            ---
            apiVersion: openslo/v1
            kind: DataSource
            metadata: {name: logs}
            spec: {type: Loki, connectionDetails: {url: http://x}}
            ---
            apiVersion: openslo/v1
            kind: SLI
            metadata: {name: availability}
            spec:
              ratioMetric:
                counter: true
                bad: {metricSource: {metricSourceRef: logs, spec: {query: 'count_over_time({app="a"} |= "error" [{{.window}}])'}}}
                total: {metricSource: {metricSourceRef: logs, spec: {query: 'count_over_time({app="a"}[{{ .window }}])'}}}
            ---
            apiVersion: openslo/v1
            kind: AlertPolicy
            metadata: {name: fast}
            spec:
              alertWhenNoData: true
              alertWhenBreaching: true
              alertWhenResolved: false
              conditions: [{conditionRef: burns}]
              notificationTargets: [{targetRef: devs}]
            ---
            apiVersion: openslo/v1
            kind: AlertCondition
            metadata: {name: burns}
            spec: {severity: page, condition: {kind: burnrate, op: gte, threshold: 2, lookbackWindow: 1h, alertAfter: 5m}}
            ---
            apiVersion: openslo/v1
            kind: AlertNotificationTarget
            metadata: {name: devs}
            spec: {target: slack}
            """;
        var slos = SloLoader.Load("o.yml", Text);
        slos.Select(static s => s.Name).ShouldBe(["web-99", "web-99.95"]);
        slos[0].Window.Length.ShouldBe(TimeSpan.FromDays(28));
        var rules = SloRules.File(slos[1]).Groups.SelectMany(static g => g.Rules).ToArray();
        rules[0].Language.ShouldBe(RuleLanguage.LogQL);
        rules.Where(static r => r.Alert is not null).Select(static r => (r.Name, r.Query, r.For, Target: r.Labels["notification_target"], Severity: r.Labels["severity"])).ShouldBe(
        [
            ("SloErrorBudgetBurn", "slo:sli_error:ratio_rate1h{service=\"shop\",slo=\"web-99.95\"} >= 0.001", TimeSpan.FromMinutes(5), "devs", "page"),
            ("SloNoData", "absent(slo:sli_error:ratio_rate1h{service=\"shop\",slo=\"web-99.95\"})", TimeSpan.FromMinutes(5), "devs", "page"),
        ]);
    }

    [Theory]
    [InlineData(Ratio + One + "  foo: bar\n", "o.yml:8: unknown key \"foo\" in spec")]
    [InlineData(One, "one of indicator and indicatorRef must be set")]
    [InlineData(Ratio, "objectives must have an entry")]
    [InlineData("  indicatorRef: no\n" + One, "o.yml:6: indicatorRef: there is no SLI \"no\" in this file")]
    [InlineData(Ratio + "  objectives: [{target: 1}]\n", "o.yml:7: target: got 1, want more than 0 and less than 1")]
    [InlineData(Ratio + "  objectives: [{target: 0.9, targetPercent: 90}]\n", "only one of target and targetPercent can be set")]
    [InlineData(Ratio + "  objectives: [{target: 0.9, value: 3}]\n", "only a thresholdMetric is compared with one")]
    [InlineData(Ratio + "  objectives: [{target: 0.9, compositeWeight: 3}]\n", "compositeWeight: OpenSLO v1 has no composite objectives")]
    [InlineData(Ratio + "  objectives: [{target: 0.9, sliRef: x}]\n", "sliRef: OpenSLO v1 has no composite objectives")]
    [InlineData(Ratio + "  objectives: [{target: 0.9, timeSliceWindow: 5m}]\n", "slices of time need the budgetingMethod")]
    [InlineData("  budgetingMethod: Timeslices\n" + Ratio + "  objectives: [{target: 0.9, timeSliceWindow: 5m}]\n", "timeSliceTarget: Timeslices needs one")]
    [InlineData("  budgetingMethod: Guess\n" + Ratio + One, "budgetingMethod: got \"Guess\"")]
    [InlineData(Threshold + One, "a thresholdMetric needs an objective with op and value")]
    [InlineData(Threshold + "  objectives: [{op: eq, value: 1, target: 0.9}]\n", "op: got \"eq\"")]
    [InlineData(Ratio + One + "  timeWindow: [{duration: 1M, isRolling: true}]\n", "want a length that is always the same")]
    [InlineData(Ratio + One + "  timeWindow: [{duration: 1M}]\n  x: y\n", "want a length that is always the same")]
    [InlineData(Ratio + One + "  timeWindow: [{duration: 1M, isRolling: false}]\n", "needs a calendar with startTime and timeZone")]
    [InlineData(Ratio + One + "  timeWindow: [{duration: 1M, calendar: {startTime: '2022-01-31 00:00:00', timeZone: UTC}}]\n", "want a day of the month up to 28")]
    [InlineData(Ratio + One + "  timeWindow: [{duration: 1M, calendar: {startTime: soon, timeZone: UTC}}]\n", "startTime: got \"soon\"")]
    [InlineData(Ratio + One + "  timeWindow: [{duration: 1M, calendar: {startTime: '2022-01-01 00:00:00', timeZone: Mars/Base}}]\n", "timeZone: got \"Mars/Base\"")]
    [InlineData(Ratio + One + "  timeWindow: [{duration: 1d}, {duration: 2d}]\n", "timeWindow: got 2 entries, want one")]
    [InlineData(Ratio + One + "  alertPolicies: [gone]\n", "there is no AlertPolicy \"gone\" in this file")]
    public void What_is_wrong_is_refused(string spec, string expected) =>
        Should.Throw<AlertingConfigurationException>(() => SloLoader.Load("o.yml", Head + spec)).Message.ShouldContain(expected);

    [Theory]
    [InlineData("apiVersion: openslo/v2\nkind: SLO", "apiVersion: got \"openslo/v2\", want openslo/v1")]
    [InlineData("apiVersion: openslo/v1\nkind: Pod", "kind: got \"Pod\"")]
    [InlineData("apiVersion: openslo/v1\nkind: SLI\nmetadata: {name: a}\nspec: {}", "one of thresholdMetric and ratioMetric must be set")]
    [InlineData("apiVersion: openslo/v1\nkind: SLI\nmetadata: {name: a}\nspec: {ratioMetric: {total: {metricSource: {type: Datadog, spec: {query: x}}}, good: {metricSource: {type: Datadog, spec: {query: x}}}}}", "type: got \"Datadog\", want Prometheus, Loki or Tempo")]
    [InlineData("apiVersion: openslo/v1\nkind: SLI\nmetadata: {name: a}\nspec: {ratioMetric: {total: {metricSource: {type: Tempo, spec: {query: x}}}, good: {metricSource: {type: Tempo, spec: {query: x}}}}}", "query: 1:1: parse error")]
    [InlineData("apiVersion: openslo/v1\nkind: AlertCondition\nmetadata: {name: a}\nspec: {severity: page, condition: {kind: burnrate, op: gt, threshold: 0, lookbackWindow: 1h}}", "want a burn rate above 0")]
    [InlineData("apiVersion: openslo/v1\nkind: Service\nmetadata: {name: a}\n---\napiVersion: openslo/v1\nkind: Service\nmetadata: {name: a}", "a second Service of the name \"a\"")]
    public void Documents_that_are_not_right_are_refused(string text, string expected) =>
        Should.Throw<AlertingConfigurationException>(() => SloLoader.Load("o.yml", text)).Message.ShouldContain(expected);

    private static string Bare(string expression) => expression.Replace("(", string.Empty, StringComparison.Ordinal).Replace(")", string.Empty, StringComparison.Ordinal);
}
