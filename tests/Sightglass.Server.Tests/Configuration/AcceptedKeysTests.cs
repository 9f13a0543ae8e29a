using Sightglass.Alerting;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.Tests.Configuration;

public sealed class AcceptedKeysTests
{
    [Theory]
    [InlineData("runtime: { gogc: 50 }", "runtime.gogc has no effect")]
    [InlineData("runtime: { log_level: debug }", "runtime.log_level has no effect")]
    [InlineData("tracing: { endpoint: 'tempo:4317', client_type: grpc, sampling_fraction: 0.5, insecure: true, compression: gzip, timeout: 5s, headers: { a: b }, tls_config: { insecure_skip_verify: true } }", "tempo:4317 gets nothing")]
    [InlineData("storage: { tsdb: { stale_series_compaction_threshold: 0.3 } }", "stale_series_compaction_threshold has no effect")]
    [InlineData("storage: { tsdb: { retention: { size: 10GB } } }", "storage.retention.max_disk")]
    public void A_key_without_effect_says_so(string text, string notice) =>
        ConfigurationLoader.Load("c.yml", text).Notices.ShouldHaveSingleItem().ShouldContain(notice);

    [Fact]
    public void Keys_that_mean_the_same_here_need_no_notice()
    {
        var configuration = ConfigurationLoader.Load("/etc/c.yml", "storage: { tsdb: { out_of_order_time_window: 30m, retention: { time: 30d } }, exemplars: { max_exemplars: 5 } }\nglobal: { query_log_file: q.log }\n");
        configuration.Notices.ShouldBeEmpty();
        (configuration.MetricRetention, configuration.MaxExemplars, configuration.QueryLogFile).ShouldBe((TimeSpan.FromDays(30), 5, "/etc/q.log"));
    }

    [Theory]
    [InlineData("runtime: { gogc: many }", "want a whole number")]
    [InlineData("runtime: { gc: 1 }", "unknown key \"gc\"")]
    [InlineData("tracing: { client_type: http }", "tracing endpoint must be set")]
    [InlineData("tracing: { endpoint: a, client_type: udp }", "expected tracing client type to be 'http' or 'grpc'")]
    [InlineData("tracing: { endpoint: a, compression: zip }", "valid options: gzip")]
    [InlineData("storage: { tsdb: { out_of_order_time_window: soon } }", "want a duration")]
    [InlineData("storage: { tsdb: { stale_series_compaction_threshold: 2 } }", "want a number from 0 to 1")]
    public void They_are_checked_all_the_same(string text, string message) =>
        Should.Throw<AlertingConfigurationException>(() => ConfigurationLoader.Load("c.yml", text)).Message.ShouldContain(message);
}
