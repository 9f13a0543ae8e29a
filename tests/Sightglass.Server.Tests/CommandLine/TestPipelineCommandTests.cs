using System.Text;
using Sightglass.Server.CommandLine;
using Sightglass.Server.Configuration;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.CommandLine;

public sealed class TestPipelineCommandTests
{
    private const string Configuration = """
        logs:
        - { name: web, files: [/var/log/nginx/*.log], parser: nginx, labels: { job: nginx } }
        pipelines:
          logs:
          - name: web
            receivers: [files]
            streams: '{job="nginx"}'
            processors:
            - filter: { drop: { request_uri: /healthz } }
            - rename: { remote_addr: client }
            - metric: { name: web_requests_total, labels: [status] }
            - sample: { one_in: 2, by: all, where: { status: 200 } }
            - route: { retention_class: short, where: { status: { at_most: 299 } } }
        """;

    private static readonly string Line = """10.0.0.1 - - [21/Nov/2026:10:00:00 +0000] "GET /x?password=hunter2 HTTP/1.1" 200 12""";

    [Fact]
    public void Every_stage_says_what_it_did()
    {
        var (code, output) = Run(Configuration, $"{Line} \"-\" \"curl\"\n");
        code.ShouldBe(0);
        output.ShouldContain("   redact_secrets: body=");
        output.ShouldContain("-> \"/x?password=[redacted]\"");
        output.ShouldContain("\n   web: 1 filter: unchanged\n   web: 2 rename: -remote_addr, +client=10.0.0.1\n   web: 3 metric: web_requests_total{status=\"200\"} adds 1\n   web: 4 sample: +sample_weight=2\n"
            + "   web: 5 route: stream={job=\"nginx\"} -> {job=\"nginx\", retention_class=\"short\"}\n   stored: stream={job=\"nginx\", retention_class=\"short\"}, time=2026-11-21T10:00:00Z,");
        output.ShouldEndWith("\n1 records: 1 stored, 0 dropped, 0 did not parse\n");
    }

    [Fact]
    public void What_is_dropped_goes_no_further_and_samplers_count_on()
    {
        var (code, output) = Run(Configuration, $"{Line.Replace("/x?password=hunter2", "/healthz", StringComparison.Ordinal)} \"-\" \"-\"\n{Line} \"-\" \"-\"\n{Line} \"-\" \"-\"\n");
        code.ShouldBe(0);
        output.ShouldContain("   web: 1 filter: dropped\n   not stored\n2: ");
        output.ShouldContain("   web: 4 sample: dropped\n   not stored\n3 records: 1 stored, 2 dropped, 0 did not parse\n");
    }

    [Fact]
    public void A_line_that_does_not_parse_is_told_by_the_exit_code()
    {
        var (code, output) = Run(Configuration, "not a line of nginx\n");
        code.ShouldBe(1);
        output.ShouldContain("   read: did not parse, kept as it is; stream=");
        output.ShouldEndWith("1 records: 1 stored, 0 dropped, 1 did not parse\n");
    }

    [Theory]
    [InlineData("syslog", "<165>1 2026-11-21T10:00:00Z host app 12 ID - hello\n", "stream={job=\"syslog\", service_name=\"app\", hostname=\"host\"}, time=2026-11-21T10:00:00Z, body=hello, level=info")]
    [InlineData("gelf", "{\"short_message\":\"hello\",\"_a\":1}\n", "body=hello")]
    [InlineData("loki", "hello\n", "stream={job=\"loki\"}, time=2026-11-21T11:00:00Z, body=hello")]
    public void Lines_of_other_receivers_are_read_as_these_read_them(string receiver, string line, string read)
    {
        var (code, output) = Run(Configuration, line, receiver);
        code.ShouldBe(0);
        output.ShouldContain("   read: ");
        output.ShouldContain(read);
        output.ShouldContain($"   web: not for receiver {receiver}\n");
    }

    [Fact]
    public void Labels_make_another_stream() =>
        Run(Configuration, $"{Line} \"-\" \"-\"\n", labels: ["job=other"]).Output.ShouldContain("   web: not for this stream\n   stored: stream={job=\"other\"}");

    [Fact]
    public void Records_of_several_lines_are_one()
    {
        var (_, output) = Run("logs:\n- { name: a, files: [/x], multiline: { continuation: '^\\s' } }\n", "one\n  two\nthree\n");
        output.ShouldContain("1: one\n     two\n");
        output.ShouldEndWith("2 records: 2 stored, 0 dropped, 0 did not parse\n");
    }

    [Theory]
    [InlineData("nope", null, null, "--receiver: got \"nope\", want otlp_http")]
    [InlineData("loki", "web", null, "--logs: receiver loki does not read files")]
    [InlineData(null, "other", null, "--logs: got \"other\", want one of web")]
    [InlineData(null, null, "x", "--label: got \"x\", want NAME=VALUE")]
    public void What_does_not_fit_is_an_error(string? receiver, string? entry, string? label, string message) =>
        Should.Throw<FormatException>(() => Run(Configuration, "x\n", receiver, entry, label is null ? [] : [label])).Message.ShouldStartWith(message);

    private static (int Code, string Output) Run(string configuration, string lines, string? receiver = null, string? entry = null, string[]? labels = null)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(lines));
        var time = new ManualTimeProvider(new DateTimeOffset(2026, 11, 21, 11, 0, 0, TimeSpan.Zero));
        var code = TestPipelineCommand.Run(ConfigurationLoader.Load("/etc/x.yml", configuration), receiver, entry, labels ?? [], input, output, time);
        return (code, output.ToString());
    }
}
