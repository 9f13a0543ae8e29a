using System.Net;
using Sightglass.Server.Tests.Alerting;

namespace Sightglass.Server.Tests.Loki;

public sealed class LokiRulesApiTests
{
    private const string Alertmanager = "route: {receiver: none}\nreceivers: [{name: none}]\n";

    private const string Rules = """
        groups:
        - name: logs
          interval: 1m
          rules:
          - alert: Errors
            query_language: logql
            expr: sum(rate({app="a"} |= "error" [5m])) > 1
            for: 5m
            labels: {severity: page}
          - record: plain
            expr: vector(1)
        """;

    [Fact]
    public async Task Rules_in_LogQL_are_listed_in_YAML()
    {
        await using var server = await AlertingServer.StartAsync(Alertmanager, Rules);
        (await server.Client.GetStringAsync("/loki/api/v1/rules")).ShouldBe(
            """
            "rules.yml":
              - name: "logs"
                interval: 60s
                rules:
                  - alert: "Errors"
                    expr: "sum(rate({app=\"a\"} |= \"error\" [5m])) > 1"
                    for: 300s
                    labels:
                      "severity": "page"

            """);
        (await server.Client.GetStringAsync("/loki/api/v1/rules/rules.yml/logs")).ShouldStartWith("name: \"logs\"\n");
        using var missing = await server.Client.GetAsync(new Uri("/loki/api/v1/rules/rules.yml/other", UriKind.Relative));
        missing.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await missing.Content.ReadAsStringAsync()).ShouldBe("group does not exist\n");
    }
}
