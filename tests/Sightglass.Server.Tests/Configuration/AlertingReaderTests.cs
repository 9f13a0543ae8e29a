using Sightglass.Alerting;
using Sightglass.Ingest.Scrape.Discovery;
using Sightglass.Server.Configuration;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Configuration;

public sealed class AlertingReaderTests
{
    [Fact]
    public void Every_key_is_read()
    {
        using var folder = new TemporaryFolder();
        var alerting = ConfigurationLoader.Load(folder.PathOf("prometheus.yml"), """
            alerting:
              alert_relabel_configs: [ { action: labeldrop, regex: replica } ]
              alertmanagers:
              - scheme: https
                path_prefix: /am
                timeout: 3s
                api_version: v2
                basic_auth: { username: u, password: p }
                tls_config: { insecure_skip_verify: true }
                follow_redirects: false
                static_configs: [ { targets: ['a:1', 'b:2'], labels: { dc: x } } ]
                file_sd_configs: [ { files: ['am/*.yml'] } ]
                dns_sd_configs: [ { names: [am.example.com], type: A, port: 9093 } ]
                http_sd_configs: [ { url: 'http://sd/' } ]
                relabel_configs: [ { source_labels: [dc], regex: y, action: drop } ]
                alert_relabel_configs: [ { target_label: via, replacement: am } ]
            """).Alerting;
        alerting.Relabel.ShouldHaveSingleItem();
        var one = alerting.Alertmanagers.ShouldHaveSingleItem();
        (one.Scheme, one.PathPrefix, one.Timeout).ShouldBe(("https", "/am", TimeSpan.FromSeconds(3)));
        one.StaticTargets[0].Targets.ShouldBe(["a:1", "b:2"]);
        one.Discoveries.Select(d => d.GetType()).ShouldBe([typeof(FileDiscovery), typeof(HttpDiscovery), typeof(DnsDiscovery)]);
        (one.Relabel.Count, one.AlertRelabel.Count).ShouldBe((1, 1));
        (one.Http.Basic is not null, one.Http.Tls.InsecureSkipVerify, one.Http.FollowRedirects).ShouldBe((true, true, false));
    }

    [Theory]
    [InlineData("alertmanagers: [ { api_version: v1 } ]", "expected Alertmanager api version to be one of [v2] but got v1")]
    [InlineData("alertmanagers: [ { scheme: ftp } ]", "want http or https")]
    [InlineData("alertmanagers: [ { timeout: 0s } ]", "timeout has to be more than 0")]
    [InlineData("alertmanagers: [ { static_configs: [ { targets: ['http://a/'] } ] } ]", "not a valid hostname")]
    [InlineData("alertmanagers: [ { kubernetes_sd_configs: [ {} ] } ]", "kubernetes_sd_configs is not built yet")]
    [InlineData("alertmanagers: [ { x: 1 } ]", "unknown key \"x\"")]
    [InlineData("alertmanagers: [ { sigv4: { region: a } } ]", "sigv4 is not built yet")]
    [InlineData("alertmanager: []", "did you mean \"alertmanagers\"")]
    public void What_cannot_be_is_refused(string text, string message) =>
        Should.Throw<AlertingConfigurationException>(() => ConfigurationLoader.Load("c.yml", $"alerting: {{ {text} }}")).Message.ShouldContain(message);
}
