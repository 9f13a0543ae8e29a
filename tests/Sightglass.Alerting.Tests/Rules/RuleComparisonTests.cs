using Sightglass.Alerting.Rules;

namespace Sightglass.Alerting.Tests.Rules;

public sealed class RuleComparisonTests
{
    [Theory]
    [InlineData("up == 0", "up == 0")]
    [InlineData("0.5 < avg(up)", "avg(up) > 0.5")]
    [InlineData("(rate(a[5m]) / rate(b[5m])) > 10 * (1024 ^ 2)", "rate(a[5m]) / rate(b[5m]) > 10485760")]
    [InlineData("a >= -2 and on (job) b != 1", "a >= -2; b != 1")]
    [InlineData("((a < 10) or (a > 90))", "a < 10; a > 90")]
    [InlineData("a > bool 5 == 1", "a > bool 5 == 1")]
    [InlineData("a > b", "")]
    [InlineData("absent(up)", "")]
    [InlineData("a > scalar(b)", "")]
    public void Of_promql(string expression, string expected) => Shown(expression, "promql").ShouldBe(expected);

    [Theory]
    [InlineData("""sum(rate({a="b"} |= "x > 1" [1m])) > 3""", """sum(rate({a="b"} |= "x > 1" [1m])) > 3""")]
    [InlineData("""(sum(rate({a="b"}[1m])) > 3)""", "")]
    [InlineData("""sum(rate({a="b"}[1m])) > sum(rate({a="c"}[1m]))""", "")]
    [InlineData("""sum(rate({a="b"}[1m]))""", "")]
    public void Of_logql(string expression, string expected) => Shown(expression, "logql").ShouldBe(expected);

    private static string Shown(string expression, string language)
    {
        var indented = expression.Replace("'", "''", StringComparison.Ordinal);
        var file = new RuleFileLoader().Load("rules.yml", $"groups: [{{name: g, query_language: {language}, rules: [{{alert: A, expr: '{indented}'}}]}}]");
        return string.Join("; ", RuleComparison.Of(file.Groups[0].Rules[0]).Select(static c => FormattableString.Invariant($"{c.Expression} {c.Operator} {c.Threshold}")));
    }
}
