using Sightglass.Alerting.Rules;

namespace Sightglass.Alerting.Tests.Rules;

public sealed class RuleKindsTests
{
    [Theory]
    [InlineData("condition: greater_than, threshold: 90", "cpu > 90", "90")]
    [InlineData("condition: less_than, threshold: 0.5", "cpu < 0.5", "0.5")]
    [InlineData("condition: equals, threshold: 0", "cpu == 0", "0")]
    [InlineData("condition: not_equals, threshold: -1", "cpu != -1", "-1")]
    [InlineData("condition: outside, threshold: [10, 90]", "cpu < 10 or cpu > 90", "outside 10 to 90")]
    [InlineData("condition: inside, threshold: [10, 90]", "cpu >= 10 <= 90", "inside 10 to 90")]
    [InlineData("condition: greater_than, threshold: 1, filters: {host: a, env: '=~b|c', x: '!=y', 'a.b': '='}", "{\"cpu\",host=\"a\"}", "1")]
    [InlineData("condition: greater_than, threshold: 1, aggregation: avg", "avg(cpu) > 1", "1")]
    [InlineData("condition: greater_than, threshold: 1, aggregation: max, by: [host]", "max by (host) (cpu) > 1", "1")]
    [InlineData("condition: greater_than, threshold: 1, aggregation: p95, window: 5m", "quantile_over_time(0.95, cpu[5m]) > 1", "1")]
    [InlineData("condition: greater_than, threshold: 1, aggregation: avg, window: 5m, by: [host]", "avg by (host) (avg_over_time(cpu[5m])) > 1", "1")]
    [InlineData("condition: greater_than, threshold: 1, aggregation: rate", "rate(cpu[5m]) > 1", "1")]
    [InlineData("condition: greater_than, threshold: 1, aggregation: increase, window: 1h, by: [a]", "sum by (a) (increase(cpu[1h])) > 1", "1")]
    [InlineData("condition: greater_than, threshold: 1, aggregation: last, window: 1h", "last_over_time(cpu[1h]) > 1", "1")]
    public void Threshold_rules_become_expressions(string keys, string expression, string threshold)
    {
        var rule = Load($"alert: A, metric: cpu, {keys}, duration: 5m, severity: critical");
        if (!keys.Contains("filters", StringComparison.Ordinal))
        {
            rule.Query.ShouldBe(expression);
        }

        (rule.Threshold, rule.For, rule.Labels["severity"]).ShouldBe((threshold, TimeSpan.FromMinutes(5), "critical"));
    }

    [Fact]
    public void Filters_are_matchers() =>
        Load("alert: A, metric: cpu, condition: equals, threshold: 1, filters: {host: a, env: '=~b|c', x: '!=y', z: '!~w'}").Expression.ShouldBe("cpu{host=\"a\",env=~\"b|c\",x!=\"y\",z!~\"w\"} == 1");

    [Theory]
    [InlineData("alert: A, metric: cpu", "needs a condition")]
    [InlineData("alert: A, metric: cpu, condition: above, threshold: 1", "want greater_than")]
    [InlineData("alert: A, metric: cpu, condition: greater_than", "needs a threshold")]
    [InlineData("alert: A, metric: cpu, condition: greater_than, threshold: x", "want a number")]
    [InlineData("alert: A, metric: cpu, condition: outside, threshold: 1", "a list of two numbers")]
    [InlineData("alert: A, metric: cpu, condition: outside, threshold: [2, 1]", "smaller")]
    [InlineData("alert: A, metric: cpu, condition: greater_than, threshold: 1, aggregation: mean", "want one of avg")]
    [InlineData("alert: A, metric: cpu, condition: greater_than, threshold: 1, window: 5m", "needs an aggregation")]
    [InlineData("alert: A, metric: cpu, condition: greater_than, threshold: 1, severity: loud", "want critical")]
    [InlineData("alert: A, metric: cpu, condition: greater_than, threshold: 1, expr: up", "only one of 'expr' and 'metric'")]
    [InlineData("alert: A, metric: cpu, condition: greater_than, threshold: 1, for: 1m, duration: 1m", "only one of 'for' and 'duration'")]
    [InlineData("record: a, metric: cpu, condition: greater_than, threshold: 1", "is an alert")]
    [InlineData("alert: A, expr: up, threshold: 1", "unknown key \"threshold\"")]
    [InlineData("alert: A, expr: '{a=\"b\"}', query_language: logql", "query of log lines")]
    [InlineData("alert: A, expr: 'up', query_language: logql", "could not parse")]
    [InlineData("alert: A, expr: 'up', query_language: sql", "want promql, logql or traceql")]
    [InlineData("alert: A, expr: '{}', query_language: traceql", "not a metrics query")]
    [InlineData("alert: A, expr: '{} | rate() with(window=5)', query_language: traceql", "window: got 5")]
    public void What_makes_no_rule_is_refused(string keys, string expected) => Should.Throw<AlertingConfigurationException>(() => Load(keys)).Message.ShouldContain(expected);

    [Fact]
    public void A_group_can_be_in_LogQL()
    {
        var rules = new RuleFileLoader().Load("a", """
            groups:
            - name: g
              query_language: logql
              rules:
              - {alert: Errors, expr: 'sum(count_over_time({job="a"} |= "error" [5m])) > 10'}
              - {record: b, expr: up, query_language: promql}
            """).Groups[0].Rules;
        rules.Select(static r => r.Language).ShouldBe([RuleLanguage.LogQL, RuleLanguage.PromQL]);
    }

    [Theory]
    [InlineData("0 1 2", "a=up", "b=up", "c=x")]
    [InlineData("0|1", "a=up", "b=a")]
    [InlineData("0|1", "b=a", "a=up")]
    [InlineData("0 1|2|3", "a=up", "b=up", "c=a + b", "d=c")]
    [InlineData("0|1|2", "a=up", "b={job=\"x\"}", "c=y")]
    [InlineData("0|1", "a=up", "a=x")]
    [InlineData("0 1", "!A=up", "!B=x")]
    [InlineData("0|1", "!A=up", "b=ALERTS")]
    [InlineData("0|1", "b=ALERTS_FOR_STATE", "!A=up")]
    public void Rules_that_need_each_other_are_kept_in_order(string expected, params string[] rules)
    {
        var definitions = rules.Select(static r =>
        {
            var (name, expression) = (r[..r.IndexOf('=', StringComparison.Ordinal)], r[(r.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            return Load(name[0] == '!' ? $"alert: '{name[1..]}', expr: '{expression}'" : $"record: {name}, expr: '{expression}'");
        }).ToList();
        string.Join('|', RuleBatches.Split(definitions).Select(static b => string.Join(' ', b))).ShouldBe(expected);
    }

    private static RuleDefinition Load(string keys) => new RuleFileLoader().Load("a", $"groups: [{{name: g, rules: [{{{keys}}}]}}]").Groups[0].Rules[0];
}
