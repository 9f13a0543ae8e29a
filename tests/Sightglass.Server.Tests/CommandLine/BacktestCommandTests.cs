using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Rules.Backtest;
using Sightglass.Core.Model;
using Sightglass.Server.CommandLine;
using Sightglass.Server.Tests.Alerting;

namespace Sightglass.Server.Tests.CommandLine;

public sealed class BacktestCommandTests
{
    [Theory]
    [InlineData("rate(x[5m]) > 10", "rate(x[5m]) > 9|rate(x[5m]) > 11")]
    [InlineData("x < 0.3 and on() y", "x < 0.27 and on() y|x < 0.33 and on() y")]
    [InlineData("up == 0", "")]
    [InlineData("a > b", "")]
    public void Other_thresholds_take_the_place_of_the_number(string expression, string expected) =>
        string.Join('|', RuleBacktest.OtherExpressions(Rule(expression), null).Select(static o => o.Expression)).ShouldBe(expected);

    [Fact]
    public void Thresholds_that_are_given_take_the_place_of_the_number_in_both_languages()
    {
        string Others(RuleDefinition rule) => string.Join('|', RuleBacktest.OtherExpressions(rule, [5, -0.5]).Select(static o => o.Expression));
        Others(Rule("up == 0")).ShouldBe("up == 5|up == (-0.5)");
        Others(Rule("a > b")).ShouldBe(string.Empty);
        Others(Rule("sum(rate({a=\"b\"}[5m])) > 10") with { Language = RuleLanguage.LogQL }).ShouldBe("sum(rate({a=\"b\"}[5m])) > 5|sum(rate({a=\"b\"}[5m])) > (-0.5)");
    }

    private static RuleDefinition Rule(string expression) => new() { Alert = "A", Expression = expression, Query = expression, Labels = LabelSet.Empty, Annotations = LabelSet.Empty };

    [Fact]
    public async Task Rules_are_replayed_over_what_a_server_has()
    {
        await using var server = await AlertingServer.StartAsync("route: {receiver: a}\nreceivers: [{name: a}]");
        var now = new DateTimeOffset(2026, 1, 1, 1, 0, 0, TimeSpan.Zero);
        var rules = new RuleFileLoader().Load("f", """
            groups:
            - name: g
              interval: 1m
              rules:
              - {alert: Late, expr: vector(time()) > 1767226800, for: 5m}
              - {record: r, expr: up}
              - {alert: Never, expr: vector(1) > 2}
              - {alert: Logs, expr: 'sum(count_over_time({a="b"}[1m])) > 1', query_language: logql}
            """);
        using var history = new RuleHistory(server.Client.BaseAddress!);
        using var output = new StringWriter { NewLine = "\n" };
        await BacktestCommand.RunAsync(rules, history, now.AddHours(-1), now, TimeSpan.FromMinutes(1), output, CancellationToken.None);
        var lines = output.ToString().Split('\n');
        lines[0].ShouldBe("g/Late: every 1m, for 5m: fired 1 time, 34m in all, longest 34m, flapped 0 times");
        lines[1].ShouldStartWith("  2026-01-01T00:26:00Z to the end");
        lines[2].ShouldBe("  with for 0s: fired 1 time, 39m in all, longest 39m, flapped 0 times");
        output.ToString().ShouldContain("g/Never: every 1m, for 0s: never fired");
        output.ToString().ShouldContain("g/Logs: every 1m, for 0s: never fired");
        output.ToString().ShouldContain("g/r: a recording rule");
    }
}
