using Sightglass.Alerting;
using Sightglass.Ingest.Otlp;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.Tests.Push;

public sealed class ForwardConfigurationTests
{
    [Fact]
    public void Remote_write_is_read_with_every_key()
    {
        var configuration = Load("""
            global: { external_labels: { region: eu } }
            remote_write:
              - url: http://h:9/api/v1/write
                name: central
                remote_timeout: 5s
                headers: { X-Scope-OrgID: a }
                write_relabel_configs: [ { source_labels: [__name__], regex: "go_.*", action: drop } ]
                protobuf_message: io.prometheus.write.v2.Request
                send_exemplars: true
                send_native_histograms: true
                metadata_config: { send: false, send_interval: 1m }
                queue_config: { capacity: 1, max_samples_per_send: 10, batch_send_deadline: 1s, min_backoff: 1s, max_backoff: 2s, max_disk_bytes: 2000000, sample_age_limit: 1h }
                basic_auth: { username: u, password: p }
              - url: https://other/write
            otlp_exporters:
              - { url: "http://c:4318/v1/metrics", name: otlp, send_exemplars: true, send_native_histograms: true }
            """);
        var target = configuration.RemoteWrite[0];
        (target.Name, target.Version2, target.Otlp, target.SendExemplars, target.SendNativeHistograms, target.SendMetadata).ShouldBe(("central", true, false, true, true, false));
        (target.MaxSamplesPerSend, target.MaxDiskBytes, target.MinBackoff.TotalSeconds).ShouldBe((10, 2_000_000L, 1.0));
        target.ExternalLabels["region"].ShouldBe("eu");
        target.Relabel.Count.ShouldBe(1);
        configuration.RemoteWrite[1].Name.ShouldBe("1-other-443");
        target.SampleAgeLimit.ShouldBe(TimeSpan.FromHours(1));
        var otlp = configuration.RemoteWrite[2];
        (otlp.Otlp, otlp.SendExemplars, otlp.SendNativeHistograms, otlp.SampleAgeLimit).ShouldBe((true, true, true, TimeSpan.Zero));
    }

    [Theory]
    [InlineData("remote_write: [ { name: a } ]", "url for remote_write is empty")]
    [InlineData("remote_write: [ { url: \"ftp://a/\" } ]", "want an http or https address")]
    [InlineData("remote_write: [ { url: \"http://a/\", name: \"../x\" } ]", "it names the queue's folder")]
    [InlineData("remote_write: [ { url: \"http://a/\", name: x }, { url: \"http://b/\", name: X } ]", "found multiple remote write configs")]
    [InlineData("remote_write: [ { url: \"http://a/\", protobuf_message: v3 } ]", "unknown remote write protobuf message")]
    [InlineData("remote_write: [ { url: \"http://a/\", headers: { Content-Type: x } } ]", "is a reserved header")]
    [InlineData("remote_write: [ { url: \"http://a/\", sigv4: {} } ]", "sigv4 is not built yet")]
    [InlineData("remote_write: [ { url: \"http://a/\", queue_config: { max_disk_bytes: 10 } } ]", "want at least 1048576")]
    [InlineData("remote_write: [ { url: \"http://a/\", queu_config: {} } ]", "unknown key \"queu_config\"")]
    [InlineData("otlp_exporters: [ { url: \"http://a/\", protobuf_message: io.prometheus.write.v2.Request } ]", "protobuf_message is a key of remote_write")]
    [InlineData("otlp: { translation_strategy: Other }", "unsupported otlp config translation strategy \"Other\"")]
    [InlineData("otlp: { promote_all_resource_attributes: true, promote_resource_attributes: [a] }", "cannot be configured simultaneously")]
    [InlineData("otlp: { ignore_resource_attributes: [a] }", "unless 'promote_all_resource_attributes' is true")]
    [InlineData("otlp: { promote_resource_attributes: [a, a] }", "duplicated resource attribute \"a\"")]
    public void What_is_not_right_is_refused(string text, string reason) => Should.Throw<AlertingConfigurationException>(() => Load(text)).Message.ShouldContain(reason);

    [Fact]
    public void The_otlp_block_is_read()
    {
        var otlp = Load("otlp: { translation_strategy: NoTranslation, promote_resource_attributes: [a.b], keep_identifying_resource_attributes: true, convert_histograms_to_nhcb: true, promote_scope_metadata: true }").Otlp;
        (otlp.Translation, otlp.KeepIdentifyingResourceAttributes, otlp.ConvertHistogramsToNhcb, otlp.PromoteScopeMetadata).ShouldBe((OtlpTranslation.NoTranslation, true, true, true));
        otlp.PromoteResourceAttributes.ShouldBe(["a.b"]);
    }

    private static ServerConfiguration Load(string text) => ConfigurationLoader.Load("/tmp/sightglass.yml", text);
}
