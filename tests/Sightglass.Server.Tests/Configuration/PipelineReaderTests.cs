using System.Text.RegularExpressions;
using Sightglass.Alerting;
using Sightglass.Ingest.Pipeline;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.Tests.Configuration;

public sealed class PipelineReaderTests
{
    [Fact]
    public void Without_the_block_secrets_are_redacted()
    {
        var none = ConfigurationLoader.Load("/etc/c.yml", "{}").Pipelines;
        (none.RedactSecrets, none.Logs.Count, none.MetricInterval, none.MaxActiveStreams).ShouldBe((true, 0, TimeSpan.FromSeconds(15), 100_000));
    }

    [Fact]
    public void Everything_that_may_be_said_is_read()
    {
        var read = ConfigurationLoader.Load("/etc/c.yml", """
            limits: { logs: { max_active_streams: 7 } }
            pipelines:
              redact_secrets: false
              metric_interval: 1m
              logs:
              - name: web
                receivers: [files, loki]
                streams: '{job="nginx", env!~"dev.*"}'
                processors:
                - filter: { drop: { request_uri: /healthz, status: [200, 204] } }
                - filter: { keep: { level: { at_least: warn }, body: { not_contains: x, matches: 'a+' }, user: { exists: false }, ms: { at_most: 5.5 } } }
                - rename: { remote_addr: client }
                - derive: { field: route, template: '${method} ${request_uri}', where: { method: GET } }
                - derive: { pattern: 'user=(?P<user>\w+)' }
                - drop: [http_referer, 'tmp.*']
                - redact: { kinds: [secrets, cards, emails], patterns: [{ pattern: 'iban=\w+', replacement: 'iban=?', name: iban }, { pattern: x }], fields: [body] }
                - metric: { name: web_requests_total, help: Requests., labels: [http.status] }
                - metric: { name: web_size, type: histogram, value: bytes, buckets: [1, 10], labels: { code: status } }
                - sample: { one_in: 10, by: trace }
                - route: { retention_class: short, tenant: a }
            """).Pipelines;
        (read.RedactSecrets, read.MetricInterval, read.MaxActiveStreams).ShouldBe((false, TimeSpan.FromMinutes(1), 7));
        var web = read.Logs.Single();
        (web.Name, string.Join(' ', web.Receivers), string.Join(' ', web.Streams)).ShouldBe(("web", "files loki", "job=\"nginx\" env!~\"dev.*\""));
        web.Processors.Select(p => p.Kind).ShouldBe(["filter", "filter", "rename", "derive", "derive", "drop", "redact", "metric", "metric", "sample", "route"]);
        web.Processors[0].Where.Tests.Select(t => $"{t.Field} {t.Comparison} {string.Join('|', t.Texts)}").ShouldBe(["request_uri Is /healthz", "status Is 200|204"]);
        web.Processors[1].Where.Tests.Select(t => $"{t.Field} {(t.Negated ? "not " : "")}{t.Comparison} {t.Bound}").ShouldBe(
            ["level AtLeast 13", "body not Contains 0", "body Matches 0", "user not Exists 0", "ms AtMost 5.5"]);
        ((DeriveConfiguration)web.Processors[4]).From.ShouldBe("body");
        ((RedactConfiguration)web.Processors[6]).Patterns.Select(p => (p.Pattern.ToString().Contains("iban", StringComparison.Ordinal), p.Replacement, p.Name)).ShouldBe([(true, "iban=?", "iban"), (false, "[redacted]", "pattern 2")]);
        ((MetricConfiguration)web.Processors[7]).Labels.ShouldBe([new("http_status", "http.status")]);
        ((MetricConfiguration)web.Processors[8]).Buckets.ShouldBe([1, 10]);
        ((SampleConfiguration)web.Processors[9]).ShouldBe(new SampleConfiguration(10, SampleBy.Trace));
        ((RouteConfiguration)web.Processors[10]).Labels.ShouldBe([new("tenant", "a"), new("retention_class", "short")]);
        web.Processors.OfType<DeriveConfiguration>().Select(d => d.Pattern).Concat(web.Processors.OfType<RedactConfiguration>().SelectMany(r => r.Patterns.Select(p => p.Pattern)))
            .Concat(web.Processors.SelectMany(p => p.Where.Tests).Select(t => t.Expression)).OfType<Regex>().ShouldAllBe(r => r.Options.HasFlag(RegexOptions.NonBacktracking));
    }

    // The first line of the processor is line 4.
    [Theory]
    [InlineData("filter: {}", 4, "filter needs either keep or drop, a condition on fields")]
    [InlineData("filter: { drop: {} }", 4, "drop: a condition names at least one field")]
    [InlineData("filter:\n    drop:\n      level: high", 6, "level: got \"high\", want trace, debug, info, warn, error, fatal")]
    [InlineData("filter:\n    drop:\n      status: { over: 5 }", 6, "status: got over, want is, not, contains, not_contains, matches, not_matches, at_least, at_most or exists")]
    [InlineData("filter:\n    drop:\n      status: { at_least: many }", 6, "at_least: got \"many\", want a number")]
    [InlineData("filter:\n    drop:\n      body: { matches: '(' }", 6, "matches: ")]
    [InlineData("rename: {}", 4, "rename: want a mapping of names")]
    [InlineData("rename: { a: '' }", 4, "rename: want a mapping of names")]
    [InlineData("derive: { field: a }", 4, "derive needs either field and template, or pattern with named groups (and from)")]
    [InlineData("derive: { template: a }", 4, "derive with a template needs field, the name of the attribute")]
    [InlineData("derive:\n    field: a\n    template: 'x${'", 6, "template: ${ at 2 has no field and } behind it")]
    [InlineData("derive:\n    field: trace_id\n    template: x", 5, "field: trace_id cannot be set; want an attribute, body or level")]
    [InlineData("derive:\n    pattern: '(a)'", 5, "pattern: no named group; fields are named as (?P<name>…)")]
    [InlineData("drop: []", 4, "drop: want a list of attributes; a * may stand at the end of one. Records are taken out by filter")]
    [InlineData("drop: ['a*b']", 4, "drop: want a list of attributes")]
    [InlineData("redact: {}", 4, "redact needs kinds (secrets, cards, emails), or patterns, or both")]
    [InlineData("redact: { kinds: [names] }", 4, "kinds: got \"names\", want secrets, cards or emails")]
    [InlineData("sample: {}", 4, "sample needs one_in, of how many records one is kept")]
    [InlineData("sample: { one_in: 1 }", 4, "one_in: got 1, want 2 to 1000000")]
    [InlineData("sample: { one_in: 2, by: luck }", 4, "by: got \"luck\", want all, pattern or trace")]
    [InlineData("metric: {}", 4, "metric needs a name")]
    [InlineData("metric: { name: a-b }", 4, "name: got \"a-b\", want letters, digits, _ and :")]
    [InlineData("metric: { name: a, type: gauge }", 4, "type: got \"gauge\", want counter or histogram")]
    [InlineData("metric: { name: a, buckets: [1] }", 4, "a counter has no buckets; type: histogram has")]
    [InlineData("metric: { name: a, type: histogram }", 4, "a histogram needs value, the field that is measured")]
    [InlineData("metric: { name: a, type: histogram, value: b, buckets: [2, 1] }", 4, "buckets: want at most 100 numbers, each larger than the one before")]
    [InlineData("metric: { name: a, type: histogram, value: b, buckets: [x] }", 4, "buckets: got \"x\", want a number")]
    [InlineData("metric: { name: a, labels: { le: x } }", 4, "labels: got \"le\", want the name of a label and the field that it is of")]
    [InlineData("route: {}", 4, "route needs tenant or retention_class, or both")]
    [InlineData("route: { tenant: '' }", 4, "tenant: want a name")]
    [InlineData("split: {}", 4, "unknown processor split, want filter, rename, derive, drop, redact, sample, metric or route")]
    [InlineData("drop: [a]\n  rename: { a: b }", 4, "a processor has one key, its name: filter, rename")]
    [InlineData("sample: { one_in: 2, per: x }", 4, "per")]
    public void What_is_wrong_is_said_with_its_line(string processor, int line, string message)
    {
        var error = Should.Throw<AlertingConfigurationException>(() => Read($"- processors:\n  - {processor.Replace("\n", "\n  ", StringComparison.Ordinal)}"));
        error.Message.ShouldContain(message);
        error.Message.ShouldStartWith($"/etc/c.yml:{line}:");
    }

    [Theory]
    [InlineData("- name: a", "a pipeline needs 1 to 100 processors, each one of filter")]
    [InlineData("- { receivers: [kafka], processors: [ { drop: [a] } ] }", "receivers: got \"kafka\", want otlp_http, otlp_grpc")]
    [InlineData("- { streams: 'job=x', processors: [ { drop: [a] } ] }", "streams: ")]
    [InlineData("- { name: a, processors: [ { drop: [a] } ] }\n- { name: a, processors: [ { drop: [a] } ] }", "name: there are two pipelines called \"a\"")]
    [InlineData("- { processors: [ { metric: { name: a } } ] }\n- { processors: [ { metric: { name: a } } ] }", "name: there are two metrics called a")]
    [InlineData("- { processors: [ { drop: [a] } ], after: x }", "after")]
    public void Pipelines_are_checked(string logs, string message) => Should.Throw<AlertingConfigurationException>(() => Read(logs)).Message.ShouldContain(message);

    [Theory]
    [InlineData("pipelines: { metric_interval: 10ms }", "metric_interval: want at least 1s")]
    [InlineData("pipelines: { metrics: [] }", "metrics")]
    [InlineData("limits: { logs: { max_active_streams: -1 } }", "max_active_streams: got -1, want 0 (no limit) to 2147483647")]
    [InlineData("limits: { logs: { max_streams: 1 } }", "max_streams")]
    public void The_blocks_are_checked(string text, string message) =>
        Should.Throw<AlertingConfigurationException>(() => ConfigurationLoader.Load("/etc/c.yml", text)).Message.ShouldContain(message);

    private static PipelineConfiguration Read(string logs) => ConfigurationLoader.Load("/etc/c.yml", "pipelines:\n  logs:\n" + string.Join('\n', logs.Split('\n').Select(l => "  " + l))).Pipelines;
}
