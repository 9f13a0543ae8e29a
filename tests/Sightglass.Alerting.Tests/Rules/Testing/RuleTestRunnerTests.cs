using System.Text.RegularExpressions;
using Sightglass.Alerting.Rules.Testing;
using Sightglass.TestKit;

namespace Sightglass.Alerting.Tests.Rules.Testing;

public sealed class RuleTestRunnerTests : IDisposable
{
    private const string Rules = """
        groups:
        - name: example
          rules:
          - alert: Down
            expr: up == 0
            for: 5m
            labels: {severity: page}
            annotations: {summary: '{{ $labels.instance }} {{ $externalURL }} {{ $externalLabels.region }}'}
          - record: job:up:sum
            expr: sum by (job) (up)
          - record: copy
            expr: hist
        - name: second
          rules:
          - record: twice
            expr: job:up:sum * 2
        """;

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("up{job=\"a\"}", "1 _ stale 3 _x3 5-1x3", "up", "3m", "[{labels: 'up{job=\"a\"}', value: 3}]")]
    [InlineData("up{job=\"a\"}", "1 _ stale 3", "up", "2m", "[]")]
    [InlineData("up{job=\"a\"}", "1 2", "up", "0s", "[{labels: 'up{job=\"a\"}', value: 1}]")]
    [InlineData("up{job=\"a\"}", "1+1x10", "rate(up[5m])", "10m", "[{labels: '{job=\"a\"}', value: 1.6666666666666666e-02}]")]
    [InlineData("up{job=\"a\"}", "1", "vector(1)", "0s", "[{value: 1}]")]
    [InlineData("up{job=\"a\"}", "1", "1 / 0", "0s", "[{labels: '{}', value: .inf}]")]
    [InlineData("up{job=\"a\"}", "1", "vector(NaN)", "0s", "[{value: .nan}]")]
    [InlineData("up{job=\"a\"}", "1 1 1", "twice", "2m", "[{labels: 'twice{job=\"a\"}', value: 2}]")]
    [InlineData("up{job=\"a\"}", "1", "twice", "0s", "[{labels: 'twice{job=\"a\"}', value: 2}]")]
    [InlineData("hist", "'{{schema:0 sum:3 count:2 buckets:[1 0 1]}}'", "copy", "0s", "[{labels: copy, histogram: '{{schema:0 sum:3 count:2 buckets:[1 0 1]}}'}]")]
    [InlineData("hist", "'{{schema:0 sum:3 count:2 buckets:[1 0 1]}}'", "histogram_count(hist)", "0s", "[{value: 2}]")]
    public void Expressions_are_compared(string series, string values, string expression, string at, string samples) =>
        Run($$"""
            rule_files: ['*.rules']
            tests:
            - input_series: [{series: '{{series}}', values: {{(values[0] == '\'' ? values : $"'{values}'")}}}]
              promql_expr_test: [{expr: '{{expression}}', eval_time: {{at}}, exp_samples: {{samples}}}]
            """).ShouldBe(string.Empty);

    [Fact]
    public void A_label_without_a_value_takes_that_label_away()
    {
        File.WriteAllText(_folder.PathOf("removed.yml"), """
            groups:
            - name: g
              labels: {zone: '', kept: group}
              rules:
              - {alert: Gone, expr: up == 0, labels: {instance: ''}, annotations: {s: 'of {{ $labels.instance }}'}}
              - {record: less, expr: up, labels: {instance: '', kept: ''}}
            """);
        Run("""
            rule_files: [removed.yml]
            tests:
            - input_series: [{series: 'up{instance="i",zone="z",kept="series"}', values: '0'}]
              alert_rule_test: [{eval_time: 0s, alertname: Gone, exp_alerts: [{exp_labels: {kept: group}, exp_annotations: {s: of i}}]}]
              promql_expr_test: [{expr: less, eval_time: 0s, exp_samples: [{labels: less, value: 0}]}]
            """).ShouldBe(string.Empty);
    }

    [Fact]
    public void Alerts_are_compared_at_their_time() => Run("""
        rule_files: [a.rules]
        tests:
        - interval: 1m
          external_labels: {region: eu}
          external_url: http://x.example/y
          input_series: [{series: 'up{instance="i"}', values: '1 0x14'}]
          alert_rule_test:
          - {eval_time: 5m59s, alertname: Down}
          - {eval_time: 6m, alertname: Down, exp_alerts: [{exp_labels: {severity: page, instance: i}, exp_annotations: {summary: i http://x.example/y eu}}]}
          - {eval_time: 7m, alertname: NoSuchAlert, exp_alerts: []}
        """).ShouldBe(string.Empty);

    [Fact]
    public void Failures_read_as_those_of_promtool() => Run("""
        rule_files: [a.rules]
        tests:
        - name: first
          input_series: [{series: 'up{instance="i"}', values: '0x14'}]
          alert_rule_test: [{eval_time: 6m, alertname: Down, exp_alerts: [{exp_labels: {severity: page}}]}]
          promql_expr_test: [{expr: up, eval_time: 3m, exp_samples: [{labels: up, value: 0.5}]}, {expr: 'up{', eval_time: 1m}, {expr: '"x"'}]
        """).ShouldBe("""
            name: first,
            alertname: Down, time: 6m, 
                exp:[
                    0:
                      Labels:{alertname="Down", severity="page"}
                      Annotations:{}
                    ], 
                got:[
                    0:
                      Labels:{alertname="Down", instance="i", severity="page"}
                      Annotations:{summary="i  "}
                    ]
            expr: "up", time: 3m,
                exp: {__name__="up"} 5E-01
                got: {__name__="up", instance="i"} 0E+00
            expr: "up{", time: 1m, err: 1:4: parse error: unexpected end of input inside braces
            expr: "\"x\"", time: 0s, err: rule result is not a vector or scalar
        """.ReplaceLineEndings("\n"));

    [Fact]
    public void Groups_are_evaluated_in_the_order_asked_for()
    {
        const string Test = """
            rule_files: [a.rules]
            group_eval_order: [second, example]
            tests: [{input_series: [{series: 'up{job="a"}', values: '1 2'}], promql_expr_test: [{expr: twice, eval_time: 1m, exp_samples: [{labels: 'twice{job="a"}', value: 2}]}]}]
            """;
        Run(Test).ShouldBe(string.Empty);
        Run(Test.Replace("second, example", "example, second", StringComparison.Ordinal)).ShouldContain("4E+00");
        Run(Test.Replace("second, example", "second, second", StringComparison.Ordinal)).ShouldContain("group name repeated in evaluation order: second");
    }

    [Theory]
    [InlineData("false", "exp: {} 3E-01")]
    [InlineData("true", "")]
    public void The_last_digit_may_differ_when_that_is_asked_for(string fuzzy, string expected)
    {
        var result = Run($"fuzzy_compare: {fuzzy}\ntests: [{{promql_expr_test: [{{expr: vector(0.1 + 0.2), exp_samples: [{{value: 0.3}}]}}]}}]");
        result.ShouldContain(expected);
        (result.Length == 0).ShouldBe(expected.Length == 0);
    }

    [Theory]
    [InlineData("1767225600", "1767225660")]
    [InlineData("2026-01-01T00:00:00Z", "1767225660")]
    public void A_test_can_start_at_any_time(string start, string expected) =>
        Run($"tests: [{{start_timestamp: {start}, promql_expr_test: [{{expr: time(), eval_time: 1m, exp_samples: [{{value: {expected}}}]}}]}}]").ShouldBe(string.Empty);

    [Theory]
    [InlineData("foo: bar", "t.yml:1: unknown key \"foo\"")]
    [InlineData("tests:\n- input_series: [{series: 'up{', values: 1}]", "t.yml:2: series \"up{\"")]
    [InlineData("tests:\n- input_series: [{series: up, values: '1 x'}]", "t.yml:2: series \"up\"")]
    [InlineData("tests:\n- alert_rule_test: [{eval_time: 1m}]", "misses required attribute alertname")]
    [InlineData("tests:\n- promql_expr_test: [{expr: up, exp_samples: [{labels: up, value: x}]}]", "want a number")]
    [InlineData("tests:\n- {start_timestamp: soon}", "want seconds since 1970")]
    public void Files_that_are_not_right_are_refused(string text, string expected) => Run(text).ShouldContain(expected);

    [Fact]
    public void Tests_are_picked_by_name_and_unknown_keys_left_alone()
    {
        var options = new RuleTestOptions([new Regex("^b")], Diff: true, IgnoreUnknown: true);
        var report = new RuleTestRunner(TimeProvider.System, options).Run(_folder.PathOf("t.yml"), "x: y\ntests: [{name: a}, {name: b, promql_expr_test: [{expr: 1, exp_samples: [{value: 2}]}]}]", CancellationToken.None);
        report.Results.ShouldHaveSingleItem().Failures.ShouldBe(["    expr: \"1\", time: 0s,\n        diff:\n            - {} 2E+00\n            + {} 1E+00"]);
    }

    [Fact]
    public void A_pattern_without_files_is_a_warning_and_a_bad_rule_file_an_error()
    {
        File.WriteAllText(_folder.PathOf("bad.rules"), "groups: [{name: g, rules: [{record: a, expr: 'up =='}]}]");
        var report = new RuleTestRunner(TimeProvider.System, new RuleTestOptions([], false, false)).Run(_folder.PathOf("t.yml"), "rule_files: [none*, bad.rules]\ntests: []", CancellationToken.None);
        report.Warnings.ShouldHaveSingleItem().ShouldEndWith("none*");
        report.Errors.ShouldHaveSingleItem().ShouldContain("bad.rules:1: record \"a\": could not parse expression");
    }

    public void Dispose() => _folder.Dispose();

    private string Run(string text)
    {
        File.WriteAllText(_folder.PathOf("a.rules"), Rules);
        var report = new RuleTestRunner(TimeProvider.System, new RuleTestOptions([], Diff: false, IgnoreUnknown: false)).Run(_folder.PathOf("t.yml"), text, CancellationToken.None);
        return string.Join('\n', report.Errors.Concat(report.Results.SelectMany(static r => r.Failures)));
    }
}
