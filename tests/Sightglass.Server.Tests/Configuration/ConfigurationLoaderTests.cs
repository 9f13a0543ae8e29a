using Sightglass.Alerting;
using Sightglass.Ingest.Scrape.Discovery;
using Sightglass.Ingest.Parsers;
using Sightglass.Server.Configuration;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Configuration;

public sealed class ConfigurationLoaderTests
{
    [Fact]
    public void Empty_file_is_the_defaults() => ConfigurationLoader.Load("c.yml", string.Empty).ShouldBe(new ServerConfiguration(), new SameText());

    [Fact]
    public void Everything_that_is_built_is_read()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.PathOf("rules.yml"), "groups: [ { name: g, rules: [ { record: a, expr: b } ] } ]");
        var configuration = ConfigurationLoader.Load(folder.PathOf("c.yml"), """
            server: { listen: '0.0.0.0:80', otlp_grpc: 'localhost:1', otlp_http: '[::1]:2' }
            storage: { path: data, retention: { metrics: 1d, logs: 2h, traces: 1w } }
            global: { scrape_interval: 30s, evaluation_interval: 20s, external_labels: { site: a } }
            rule_files: ['*.yml', rules.yml]
            alertmanager: { route: { receiver: r }, receivers: [ { name: r } ] }
            scrape_configs:
            - job_name: node
              scrape_interval: 5s
              params: { collect: [cpu, disk] }
              static_configs: [ { targets: ['a:1', 'b:2'], labels: { env: x } } ]
              file_sd_configs: [ { files: ['t/*.json'] } ]
              relabel_configs: [ { source_labels: [__address__], regex: 'a.*', action: drop } ]
              basic_auth: { username: u, password: p }
            logs: [ { name: web, files: [log/*.log], parser: nginx, labels: { service_name: web } } ]
            """.Replace("'*.yml', ", string.Empty, StringComparison.Ordinal));
        (configuration.Listen, configuration.OtlpHttp).ShouldBe(("0.0.0.0:80", "[::1]:2"));
        configuration.DataPath.ShouldBe(folder.PathOf("data"));
        (configuration.MetricRetention, configuration.LogRetention, configuration.TraceRetention).ShouldBe((TimeSpan.FromDays(1), TimeSpan.FromHours(2), TimeSpan.FromDays(7)));
        var scrape = configuration.Scrape.ShouldHaveSingleItem();
        (scrape.Interval, scrape.Timeout).ShouldBe((TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5)));
        scrape.Parameters.Select(p => p.Value).ShouldBe(["cpu", "disk"]);
        scrape.StaticTargets[0].Targets.ShouldBe(["a:1", "b:2"]);
        scrape.Discoveries[0].ShouldBeOfType<FileDiscovery>().Patterns.ShouldBe([folder.PathOf("t/*.json")]);
        scrape.Http.Basic.ShouldNotBeNull().ToString().ShouldNotContain("p,");
        configuration.Rules.ShouldHaveSingleItem().Groups.ShouldHaveSingleItem();
        var logs = configuration.Logs.ShouldHaveSingleItem();
        (logs.Parser.Stages[0].Format, logs.Files[0]).ShouldBe((LineFormat.Nginx, folder.PathOf("log/*.log")));
    }

    [Theory]
    [InlineData("srver: {}", "c.yml:1: unknown key \"srver\" in the configuration, did you mean \"server\"?")]
    [InlineData("server:\n  lisen: x", "did you mean \"listen\"?")]
    [InlineData("server: { listen: nowhere }", "want HOST:PORT")]
    [InlineData("storage: { retention: { logs: 5x } }", "want a duration")]
    [InlineData("storage: { retention: { logs: 1s } }", "want at least 1h")]
    [InlineData("\nslos: [ { name: a } ]", "c.yml:2: slo \"a\": service must be set")]
    [InlineData("scrape_configs: [ { job_name: a }, { job_name: a } ]", "multiple scrape configs")]
    [InlineData("scrape_configs: [ { job_name: a, scrape_interval: 5s, scrape_timeout: 6s } ]", "timeout greater")]
    [InlineData("scrape_configs: [ { job_name: a, tls_config: {} , kubernetes_sd_configs: [ { role: pod } ] } ]", "not built yet")]
    [InlineData("scrape_configs: [ { job_name: a, relabel_configs: [ { action: fly } ] } ]", "unknown relabel action")]
    [InlineData("scrape_configs: [ { job_name: a, relabel_configs: [ { regex: '((', target_label: x } ] } ]", "regexp")]
    [InlineData("rule_files: [nowhere.yml]", "no such file")]
    [InlineData("logs: [ { files: [a], parser: grok } ]", "want plain, json, logfmt, nginx, apache, cri, docker or regexp")]
    [InlineData("a: b: c", "not valid YAML")]
    public void What_is_wrong_is_named(string text, string message) =>
        Should.Throw<AlertingConfigurationException>(() => ConfigurationLoader.Load("c.yml", text)).Message.ShouldContain(message);

    [Fact]
    public void Sections_that_are_not_built_may_be_empty() => ConfigurationLoader.Load("c.yml", "receivers: {}\nslos: []\nauth: {}\n").Scrape.ShouldBeEmpty();

    private sealed class SameText : IEqualityComparer<ServerConfiguration>
    {
        public bool Equals(ServerConfiguration? x, ServerConfiguration? y) =>
            x!.Listen == y!.Listen && x.DataPath == y.DataPath && x.MetricRetention == y.MetricRetention && x.Scrape.Count == y.Scrape.Count && x.Alertmanager is null;

        public int GetHashCode(ServerConfiguration obj) => 0;
    }
}
