using System.Net;
using System.Text;
using Sightglass.Alerting.Rules;
using Sightglass.Server.Configuration;
using Sightglass.Server.Hosting;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Loki;

/// <summary>Rules written through the API of Loki's ruler, as lokitool and Grafana write them.</summary>
public sealed class LokiRulesWritingTests : IAsyncLifetime, IDisposable
{
    private const string Group = """
        name: errors
        interval: 1s
        rules:
          - alert: Errors
            expr: sum(count_over_time({app="a"} [5m])) > 0 or vector(1)
            labels: {severity: page}
            annotations: {summary: "{{ $value }} of them"}
          - record: app:lines
            expr: sum by (app) (rate({app="a"}[1m]))
        """;

    private readonly TemporaryFolder _folder = new();
    private SightglassServer? _server;
    private HttpClient _client = null!;

    public Task InitializeAsync() => StartAsync();

    public Task DisposeAsync() => StopAsync();

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("/loki/api/v1/rules")]
    [InlineData("/api/prom/rules")]
    public async Task A_group_is_written_read_and_removed(string prefix)
    {
        var (status, body, type) = await SendAsync(HttpMethod.Post, prefix + "/my%20team", Group);
        (status, type).ShouldBe((HttpStatusCode.Accepted, "application/json"), body);
        body.ShouldBe("""{"status":"success","data":null,"errorType":"","error":""}""");

        (await SendAsync(HttpMethod.Get, prefix + "/my%20team/errors")).Body.ShouldBe(
            """
            name: "errors"
            interval: 1s
            rules:
              - alert: "Errors"
                expr: "sum(count_over_time({app=\"a\"} [5m])) > 0 or vector(1)"
                labels:
                  "severity": "page"
                annotations:
                  "summary": "{{ $value }} of them"
              - record: "app:lines"
                expr: "sum by (app) (rate({app=\"a\"}[1m]))"

            """);
        (status, body, type) = await SendAsync(HttpMethod.Get, prefix);
        (status, type).ShouldBe((HttpStatusCode.OK, "application/yaml"));
        body.ShouldStartWith("\"my team\":\n  - name: \"errors\"\n");

        // What was listed can be written again, and replaces the group of its name.
        var again = (await SendAsync(HttpMethod.Get, prefix + "/my%20team/errors")).Body.Replace("1s", "2s", StringComparison.Ordinal);
        (await SendAsync(HttpMethod.Post, prefix + "/my%20team", again)).Status.ShouldBe(HttpStatusCode.Accepted);
        (await SendAsync(HttpMethod.Get, prefix + "/my%20team/errors")).Body.ShouldContain("interval: 2s");

        (await SendAsync(HttpMethod.Delete, prefix + "/my%20team/errors")).Status.ShouldBe(HttpStatusCode.Accepted);
        (status, body, _) = await SendAsync(HttpMethod.Delete, prefix + "/my%20team/errors");
        (status, body).ShouldBe((HttpStatusCode.NotFound, "group does not exist\n"));
        (status, body, _) = await SendAsync(HttpMethod.Get, prefix);
        (status, body).ShouldBe((HttpStatusCode.NotFound, "no rule groups found\n"));
    }

    [Fact]
    public async Task A_written_group_is_evaluated_and_survives_a_restart()
    {
        (await SendAsync(HttpMethod.Post, "/loki/api/v1/rules/a%2Fb", Group)).Status.ShouldBe(HttpStatusCode.Accepted);
        await UntilFiringAsync();
        await StopAsync();
        await StartAsync();
        (await SendAsync(HttpMethod.Get, "/loki/api/v1/rules/a%2Fb/errors")).Body.ShouldContain("app:lines");
        await UntilFiringAsync();

        // A reload of the configuration leaves it as it is.
        (await _server!.ReloadAsync()).ShouldBeNull();
        (await SendAsync(HttpMethod.Get, "/prometheus/api/v1/rules")).Body.ShouldContain("\"file\":\"a/b\"");
        (await SendAsync(HttpMethod.Delete, "/loki/api/v1/rules/a%2Fb")).Status.ShouldBe(HttpStatusCode.Accepted);
        (await SendAsync(HttpMethod.Get, "/prometheus/api/v1/alerts")).Body.ShouldContain("\"alerts\":[]");
        var (status, body, _) = await SendAsync(HttpMethod.Delete, "/loki/api/v1/rules/a%2Fb");
        (status, body).ShouldBe((HttpStatusCode.NotFound, "group namespace does not exist\n"));
        await StopAsync();
        await StartAsync();
        (await SendAsync(HttpMethod.Get, "/loki/api/v1/rules")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("", "a group needs a name")]
    [InlineData("name: x\nrules: [{alert: A, expr: 'rate({a=\"b\"}'}]", "could not parse expression")]
    [InlineData("name: x\nrules: [{alert: A, record: b, expr: 'vector(1)'}]", "only one of 'record' and 'alert' must be set")]
    [InlineData("name: x\nrules: [{expr: 'vector(1)'}]", "one of 'record' or 'alert' must be set")]
    [InlineData("name: x\nrules: [{alert: A, expr: '{app=\"a\"}'}]", "alert \"A\"")]
    [InlineData("name: x\nrules: [{alert: A, expr: 'vector(1)', annotations: {s: '{{ nope }}'}}, {alert: B}]", "function \"nope\" not defined, t:2: alert \"B\": field 'expr' must be set in rule")]
    [InlineData("name: x\nruls: []", "unknown key \"ruls\"")]
    [InlineData("- a\n- b", "has to be a mapping")]
    [InlineData("name: [", "t:")]
    public async Task What_is_wrong_is_refused(string text, string reason)
    {
        var (status, body, _) = await SendAsync(HttpMethod.Post, "/loki/api/v1/rules/t", text);
        status.ShouldBe(HttpStatusCode.BadRequest);
        body.ShouldContain(reason);
        (await SendAsync(HttpMethod.Get, "/loki/api/v1/rules")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Limits_have_names()
    {
        var many = "name: x\nrules:\n" + string.Concat(Enumerable.Repeat("- {record: a, expr: vector(1)}\n", WrittenRuleLimits.MaxRulesPerGroup + 1));
        (await SendAsync(HttpMethod.Post, "/loki/api/v1/rules/t", many)).Body.ShouldContain("MaxRulesPerGroup");
        (await SendAsync(HttpMethod.Post, "/loki/api/v1/rules/t", "name: x\n#" + new string('x', WrittenRuleLimits.MaxGroupBytes))).Body.ShouldContain("MaxGroupBytes");
        (await SendAsync(HttpMethod.Post, "/loki/api/v1/rules/" + new string('n', WrittenRuleLimits.MaxNamespaceLength + 1), Group)).Body.ShouldContain("MaxNamespaceLength");
    }

    [Fact]
    public async Task Groups_of_files_and_other_sites_change_nothing()
    {
        var file = "name: logs\nrules: [{record: b, expr: vector(1)}]";
        (await SendAsync(HttpMethod.Post, "/loki/api/v1/rules/rules.yml", file)).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await SendAsync(HttpMethod.Delete, "/loki/api/v1/rules/rules.yml/logs")).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await SendAsync(HttpMethod.Delete, "/loki/api/v1/rules/rules.yml")).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await SendAsync(HttpMethod.Post, "/loki/api/v1/rules/t", Group, "http://elsewhere.example")).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await SendAsync(HttpMethod.Post, "/loki/api/v1/rules/t", Group, _client.BaseAddress!.GetLeftPart(UriPartial.Authority))).Status.ShouldBe(HttpStatusCode.Accepted);
    }

    private async Task UntilFiringAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!(await SendAsync(HttpMethod.Get, "/prometheus/api/v1/alerts")).Body.Contains("\"state\":\"firing\"", StringComparison.Ordinal))
        {
            await Task.Delay(50, patience.Token);
        }
    }

    private async Task StartAsync()
    {
        var rules = Path.Combine(_folder.FullPath, "rules.yml");
        await File.WriteAllTextAsync(rules, "groups: [{name: logs, rules: [{record: a, expr: vector(1)}]}]");
        var configuration = ConfigurationLoader.Load(Path.Combine(_folder.FullPath, "sightglass.yml"), "rule_files: [rules.yml]\n");
        _server = await SightglassServer.StartAsync(
            configuration with { Listen = "127.0.0.1:0", OtlpGrpc = "127.0.0.1:0", OtlpHttp = "127.0.0.1:0", DataPath = Path.Combine(_folder.FullPath, "data") }, TimeProvider.System);
        _client = new HttpClient { BaseAddress = _server.Addresses.HttpUri };
    }

    private async Task StopAsync()
    {
        _client.Dispose();
        await _server!.DisposeAsync();
    }

    private async Task<(HttpStatusCode Status, string Body, string? Type)> SendAsync(HttpMethod method, string path, string? body = null, string? origin = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/yaml");
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        using var response = await _client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(), response.Content.Headers.ContentType?.MediaType);
    }
}
