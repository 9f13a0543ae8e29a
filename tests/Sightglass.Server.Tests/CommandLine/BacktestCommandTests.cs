using Sightglass.Alerting.Rules;
using Sightglass.Server.CommandLine;
using Sightglass.Server.Tests.Alerting;

namespace Sightglass.Server.Tests.CommandLine;

public sealed class BacktestCommandTests
{
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
              - {alert: Asked, expr: vector(time()) > 1767228900, labels: {five: '{{ with query "time() % 600 >= bool 300" }}{{ . | first | value }}{{ end }}', many: '{{ query "vector(1) < 2" | len }}'}}
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
        output.ToString().ShouldContain("2026-01-01T00:56:00Z to 2026-01-01T01:00:00Z        4m  {alertname=\"Asked\", five=\"1\", many=\"1\"}");
        output.ToString().ShouldContain("g/Never: every 1m, for 0s: never fired");
        output.ToString().ShouldContain("g/Logs: every 1m, for 0s: never fired");
        output.ToString().ShouldContain("g/r: a recording rule");
    }
}
