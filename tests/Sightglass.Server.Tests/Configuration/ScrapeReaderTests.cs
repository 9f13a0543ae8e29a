using System.Security.Authentication;
using Sightglass.Alerting;
using Sightglass.Ingest.Scrape;
using Sightglass.Ingest.Scrape.Discovery;
using Sightglass.Server.Configuration;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Configuration;

public sealed class ScrapeReaderTests
{
    [Fact]
    public void Every_key_of_a_job()
    {
        var job = Read("""
            job_name: j
            honor_labels: true
            honor_timestamps: false
            track_timestamps_staleness: true
            scrape_interval: 1m
            scrape_timeout: 20s
            scrape_protocols: [PrometheusProto, OpenMetricsText1.0.0]
            fallback_scrape_protocol: PrometheusText0.0.4
            scrape_native_histograms: true
            always_scrape_classic_histograms: true
            convert_classic_histograms_to_nhcb: true
            extra_scrape_metrics: true
            scrape_failure_log_file: failures.log
            metrics_path: /m
            scheme: https
            enable_compression: false
            body_size_limit: 1.5MB
            sample_limit: 1
            target_limit: 2
            label_limit: 3
            label_name_length_limit: 4
            label_value_length_limit: 5
            native_histogram_bucket_limit: 6
            native_histogram_min_bucket_factor: 1.1
            keep_dropped_targets: 7
            metric_name_validation_scheme: legacy
            metric_name_escaping_scheme: dots
            follow_redirects: false
            enable_http2: false
            proxy_url: http://p:3128
            no_proxy: a.test
            proxy_connect_header: { X-A: [b, c] }
            http_headers: { X-B: { values: [d], secrets: [e] } }
            tls_config: { ca_file: ca.pem, server_name: n, min_version: TLS12, max_version: TLS13 }
            basic_auth: { username_file: user, password: hidden }
            dns_sd_configs: [ { names: [a], type: a, port: 9 } ]
            http_sd_configs: [ { url: 'http://sd/', bearer_token_file: token } ]
            """);
        (job.HonorLabels, job.HonorTimestamps, job.TrackTimestampsStaleness, job.Interval, job.Timeout).ShouldBe((true, false, true, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(20)));
        job.Protocols.ShouldBe([ScrapeProtocol.PrometheusProto, ScrapeProtocol.OpenMetricsText100]);
        (job.NativeHistograms, job.AlwaysClassicHistograms, job.ConvertClassicHistograms, job.ExtraMetrics, job.EnableCompression).ShouldBe((true, true, true, true, false));
        job.Limits.ShouldBe(new ScrapeLimits
        {
            BodySize = 3 << 19,
            Samples = 1,
            Targets = 2,
            Labels = 3,
            LabelNameLength = 4,
            LabelValueLength = 5,
            HistogramBuckets = 6,
            HistogramMinBucketFactor = 1.1,
            KeepDroppedTargets = 7,
        });
        (job.LegacyNames, job.NameEscaping, job.Http.FollowRedirects, job.Http.EnableHttp2).ShouldBe((true, "dots", false, false));
        (job.Http.Tls.ServerName, job.Http.Tls.Versions).ShouldBe(("n", SslProtocols.Tls12 | SslProtocols.Tls13));
        job.Http.Proxy.ConnectHeaders.Count.ShouldBe(2);
        job.Http.Headers.Count.ShouldBe(2);
        job.Http.Basic.ShouldNotBeNull().Username.File.ShouldBe(Path.GetFullPath("user"));
        job.Http.ToString().ShouldNotContain("hidden");
        job.Discoveries.Select(d => d.RefreshInterval.TotalSeconds).ShouldBe([60, 30]);
        job.FailureLogFile.ShouldBe(Path.GetFullPath("failures.log"));
        job.FallbackProtocol.ShouldBe(ScrapeProtocol.PrometheusText004);
    }

    [Fact]
    public void Created_timestamps_are_taken_where_they_are_asked_for()
    {
        var job = Read("job_name: j\ncreated_timestamp_zero_ingestion: true\n");
        (job.CreatedTimestampZero, job.Protocols[0]).ShouldBe((true, ScrapeProtocol.PrometheusProto));
        Read("job_name: j\n").CreatedTimestampZero.ShouldBeFalse();
        Should.Throw<AlertingConfigurationException>(() => Read("job_name: j\ncreated_timestamp_zero_ingestion: true\nconvert_classic_histograms_to_nhcb: true\n"))
            .Message.ShouldContain("at the same time");
    }

    [Fact]
    public void Global_settings_hold_where_a_job_says_nothing()
    {
        var jobs = ConfigurationLoader.Load("c.yml", """
            global:
              scrape_interval: 5s
              scrape_protocols: [PrometheusText0.0.4]
              sample_limit: 10
              target_limit: 11
              label_limit: 12
              label_name_length_limit: 13
              label_value_length_limit: 14
              keep_dropped_targets: 15
              body_size_limit: 1KB
              metric_name_validation_scheme: legacy
              scrape_native_histograms: true
              convert_classic_histograms_to_nhcb: true
              always_scrape_classic_histograms: true
              extra_scrape_metrics: true
              scrape_failure_log_file: f.log
            scrape_configs: [ { job_name: a }, { job_name: b, sample_limit: 1, extra_scrape_metrics: false } ]
            """).Scrape;
        jobs[0].Limits.ShouldBe(new ScrapeLimits { Samples = 10, Targets = 11, Labels = 12, LabelNameLength = 13, LabelValueLength = 14, KeepDroppedTargets = 15, BodySize = 1024 });
        (jobs[0].ExtraMetrics, jobs[0].NativeHistograms, jobs[0].ConvertClassicHistograms, jobs[0].AlwaysClassicHistograms, jobs[0].NameEscaping).ShouldBe((true, true, true, true, "underscores"));
        (jobs[0].Interval, jobs[0].Timeout).ShouldBe((TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5)));
        jobs[0].Protocols.ShouldBe([ScrapeProtocol.PrometheusText004]);
        (jobs[1].Limits.Samples, jobs[1].ExtraMetrics).ShouldBe((1, false));
    }

    [Fact]
    public void Native_histograms_ask_for_protobuf_first() => Read("{ job_name: j, scrape_native_histograms: true }").Protocols[0].ShouldBe(ScrapeProtocol.PrometheusProto);

    [Fact]
    public void Scrape_config_files_have_their_own_folder_and_share_the_names()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.PathOf("jobs"));
        File.WriteAllText(folder.PathOf("jobs/a.yml"), "scrape_configs: [ { job_name: a, file_sd_configs: [ { files: [t.json] } ] } ]");
        var text = "scrape_config_files: ['jobs/*.yml']\nscrape_configs: [ { job_name: b } ]";
        var jobs = ConfigurationLoader.Load(folder.PathOf("c.yml"), text).Scrape;
        jobs.Select(j => j.JobName).ShouldBe(["b", "a"]);
        jobs[1].Discoveries[0].ShouldBeOfType<FileDiscovery>().Patterns.ShouldBe([folder.PathOf("jobs/t.json")]);
        File.WriteAllText(folder.PathOf("jobs/b.yml"), "scrape_configs:\n- job_name: b\n");
        Should.Throw<AlertingConfigurationException>(() => ConfigurationLoader.Load(folder.PathOf("c.yml"), text)).Message.ShouldContain("jobs/b.yml:2: found multiple scrape configs with job name \"b\"");
        File.WriteAllText(folder.PathOf("jobs/b.yml"), "rule_files: []\n");
        Should.Throw<AlertingConfigurationException>(() => ConfigurationLoader.Load(folder.PathOf("c.yml"), text)).Message.ShouldContain("unknown key \"rule_files\"");
    }

    [Fact]
    public void Fingerprints_follow_the_job_and_the_defaults()
    {
        string Print(string text) => ConfigurationLoader.Load("c.yml", text).Scrape[0].Fingerprint;
        var one = Print("scrape_configs: [ { job_name: a, sample_limit: 1 } ]");
        one.ShouldNotBeEmpty();
        Print("# a comment\nscrape_configs:\n- job_name: a\n  sample_limit: 1\nrule_files: []\n").ShouldBe(one);
        Print("scrape_configs: [ { job_name: a, sample_limit: 2 } ]").ShouldNotBe(one);
        Print("global: { label_limit: 5 }\nscrape_configs: [ { job_name: a, sample_limit: 1 } ]").ShouldNotBe(one);
    }

    [Theory]
    [InlineData("kubernetes_sd_configs: [ { role: pod } ]", "kubernetes_sd_configs is not built yet")]
    [InlineData("consul_sd_configs: [ {} ]", "consul_sd_configs is not built yet")]
    [InlineData("sd_configs: []", "unknown key \"sd_configs\"")]
    [InlineData("scrape_protocols: [Telepathy]", "unknown scrape protocol Telepathy, supported: PrometheusProto")]
    [InlineData("scrape_protocols: [PrometheusProto, PrometheusProto]", "duplicated protocol in scrape_protocols")]
    [InlineData("scrape_protocols: []", "scrape_protocols cannot be empty")]
    [InlineData("sample_limit: -1", "want 0 or more")]
    [InlineData("body_size_limit: 10XB", "want a size such as 10MB")]
    [InlineData("metric_name_validation_scheme: strict", "unknown metric name validation method")]
    [InlineData("metric_name_validation_scheme: legacy\n  metric_name_escaping_scheme: allow-utf-8", "utf8 metric names requested but validation scheme is not set to UTF8")]
    [InlineData("basic_auth: { password: a, password_file: b }", "at most one of password & password_file must be configured")]
    [InlineData("basic_auth: { username: a }\n  bearer_token: b", "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured")]
    [InlineData("basic_auth: { username: a }\n  authorization: { credentials: b }", "at most one of basic_auth, oauth2 & authorization must be configured")]
    [InlineData("authorization: { credentials: b }\n  bearer_token: b", "authorization is not compatible with bearer_token & bearer_token_file")]
    [InlineData("authorization: { type: Basic }", "use \"basic_auth\" instead")]
    [InlineData("authorization: { credentials_ref: x }", "credentials_ref is not built yet")]
    [InlineData("oauth2: { client_id: a }", "oauth2 token_url must be configured")]
    [InlineData("oauth2: { client_id: a, token_url: 'http://x/', grant_type: jwt }", "grant_type is not built yet")]
    [InlineData("tls_config: { cert_file: a }", "exactly one of key or key_file must be configured")]
    [InlineData("tls_config: { min_version: TLS9 }", "unknown TLS version: TLS9")]
    [InlineData("tls_config: { ca: a, ca_file: b }", "at most one of ca & ca_file must be configured")]
    [InlineData("no_proxy: a", "if no_proxy is configured, proxy_url must also be configured")]
    [InlineData("proxy_from_environment: true\n  proxy_url: http://a", "proxy_url must not be configured")]
    [InlineData("http_headers: { Authorization: { values: [a] } }", "setting header \"Authorization\" is not allowed")]
    [InlineData("dns_sd_configs: [ { names: [a], type: A } ]", "a port is required in DNS-SD configs")]
    [InlineData("dns_sd_configs: [ { names: [] } ]", "must contain at least one SRV record name")]
    [InlineData("dns_sd_configs: [ { names: [a], type: TXT } ]", "invalid DNS-SD records type TXT")]
    [InlineData("http_sd_configs: [ { refresh_interval: 1s } ]", "URL is missing")]
    [InlineData("http_sd_configs: [ { url: 'ftp://a' } ]", "URL scheme must be 'http' or 'https'")]
    [InlineData("file_sd_configs: [ { files: ['*/a.json'] } ]", "is not valid for file discovery")]
    [InlineData("static_configs: [ { targets: ['a/b'] } ]", "\"a/b\" is not a valid hostname")]
    [InlineData("relabel_configs: [ { action: hashmod, target_label: a } ]", "hashmod requires non-zero modulus")]
    [InlineData("relabel_configs: [ { action: replace } ]", "replace action requires 'target_label' value")]
    [InlineData("relabel_configs: [ { action: lowercase, target_label: a, replacement: b } ]", "'replacement' can not be set for lowercase action")]
    [InlineData("relabel_configs: [ { action: labeldrop, regex: a, target_label: b } ]", "labeldrop action requires only 'regex', and no other fields")]
    [InlineData("relabel_configs: [ { action: keepequal, target_label: b, regex: x } ]", "keepequal action requires only 'source_labels' and `target_label`")]
    [InlineData("metric_name_validation_scheme: legacy\n  relabel_configs: [ { target_label: 'a-b' } ]", "\"a-b\" is invalid 'target_label' for replace action")]
    [InlineData("metric_name_validation_scheme: legacy\n  relabel_configs: [ { source_labels: ['a-b'], target_label: c } ]", "\"a-b\" is not a valid label name")]
    public void What_cannot_be_is_refused_with_its_line(string key, string message)
    {
        var error = Should.Throw<AlertingConfigurationException>(() => ConfigurationLoader.Load("c.yml", $"scrape_configs:\n- job_name: j\n  {key}\n")).Message;
        error.ShouldContain(message);
        error.ShouldMatch(@"^c\.yml:[234]: ");
    }

    [Fact]
    public void What_is_relabelled_may_be_a_URL() => // As everybody writes it who has URLs probed.
        Read("{ job_name: j, static_configs: [ { targets: ['https://a/b?c=d'] } ], relabel_configs: [ { source_labels: [__address__], target_label: __param_target }, { target_label: __address__, replacement: 'probe:9115' } ] }")
            .StaticTargets.ShouldHaveSingleItem().Targets.ShouldBe(["https://a/b?c=d"]);

    private static ScrapeConfiguration Read(string job) =>
        ConfigurationLoader.Load("c.yml", job.StartsWith('{') ? $"scrape_configs: [ {job} ]" : $"scrape_configs:\n- {job.ReplaceLineEndings("\n  ")}").Scrape.ShouldHaveSingleItem();
}
