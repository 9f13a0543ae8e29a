using Sightglass.Alerting;
using Sightglass.Ingest.Parsers;
using Sightglass.Ingest.Tail;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.Tests.Configuration;

public sealed class LogsReaderTests
{
    [Fact]
    public void Everything_that_may_be_said_is_read()
    {
        var logs = Read("""
            - name: shop
              files: ['shop/*.log', /var/log/x.log]
              exclude: ['**/*.bak']
              parser:
              - cri
              - regexp: { pattern: '^(?P<ts>\S+) (?P<lvl>\w+) (?P<payload>.*)$', time: ts, time_format: '%H:%M:%S', level: lvl, message: payload }
              - json: { from: payload }
              multiline: { start: '^\d{4}', max_lines: 50 }
              timezone: Europe/Berlin
              labels: { env: prod }
              from_end: true
            - files: [app.log]
            """);
        var shop = logs[0];
        (shop.Name, shop.FromEnd, shop.TimeZone!.Id, shop.Labels.ToString()).ShouldBe(("shop", true, "Europe/Berlin", "{env=\"prod\"}"));
        shop.Files.ShouldBe(["/etc/shop/*.log", "/var/log/x.log"]);
        shop.Exclude.ShouldBe(["/etc/**/*.bak"]);
        shop.Parser.Wrapper.ShouldBe(LineWrapper.Cri);
        shop.Parser.Stages.Select(s => (s.Format, s.From, s.Message, s.TimeField, s.LevelField, s.TimeFormat is not null)).ShouldBe(
            [(LineFormat.Regexp, "", "payload", "ts", "lvl", true), (LineFormat.Json, "payload", "", "", "", false)]);
        shop.MultiLine!.MaxLines.ShouldBe(50);
        (logs[1].Name, logs[1].Parser.Stages.Count, logs[1].MultiLine, logs[1].TimeZone).ShouldBe(("app", 0, null, null));
    }

    [Theory]
    [InlineData("plain", LineWrapper.None, null)]
    [InlineData("json", LineWrapper.None, LineFormat.Json)]
    [InlineData("logfmt", LineWrapper.None, LineFormat.Logfmt)]
    [InlineData("nginx", LineWrapper.None, LineFormat.Nginx)]
    [InlineData("apache", LineWrapper.None, LineFormat.Apache)]
    [InlineData("docker", LineWrapper.Docker, null)]
    [InlineData("{ cri: {} }", LineWrapper.Cri, null)]
    [InlineData("[docker, logfmt]", LineWrapper.Docker, LineFormat.Logfmt)]
    [InlineData("{ json: { time_format: unix } }", LineWrapper.None, LineFormat.Json)]
    public void Parsers_have_names(string parser, LineWrapper wrapper, LineFormat? format)
    {
        var read = Read($"- {{ files: [x], parser: {parser} }}").Single().Parser;
        read.Wrapper.ShouldBe(wrapper);
        read.Stages.Select(s => (LineFormat?)s.Format).ShouldBe(format is null ? [] : [format]);
    }

    [Theory]
    [InlineData("- name: x", 1, "an entry of logs needs files, a list of globs")]
    [InlineData("- files: [x]\n  parser: xml", 2, "parser: got \"xml\", want plain, json, logfmt, nginx, apache, cri, docker or regexp")]
    [InlineData("- files: [x]\n  parser: regexp", 2, "parser: regexp needs a pattern: { regexp: { pattern: '…' } }")]
    [InlineData("- files: [x]\n  parser: [json, cri]", 2, "parser: cri is around the whole line and has to come first")]
    [InlineData("- files: [x]\n  parser: [json, json, json, json, json, json, json, json, json]", 2, "parser: got 9 stages, want at most 8")]
    [InlineData("- files: [x]\n  parser:\n    json: {}\n    logfmt: {}", 3, "a stage of parser has one key, its name: plain, json")]
    [InlineData("- files: [x]\n  parser:\n    regexp: {}", 3, "needs pattern")]
    [InlineData("- files: [x]\n  parser:\n    regexp:\n      pattern: '('", 4, "pattern: ")]
    [InlineData("- files: [x]\n  parser:\n    regexp:\n      pattern: '(\\w+)'", 4, "pattern: no named group; fields are named as (?P<name>…)")]
    [InlineData("- files: [x]\n  parser:\n    regexp:\n      pattern: '(?P<a>x)(?=y)'", 4, "pattern: ")]
    [InlineData("- files: [x]\n  parser:\n    json:\n      time_format: '%Q'", 4, "time_format: got %Q, want one of %")]
    [InlineData("- files: [x]\n  parser:\n    nginx: { level: x }", 3, "nginx knows where its time and level are; time, time_format and level are for json, logfmt and regexp")]
    [InlineData("- files: [x]\n  parser:\n    json: { form: x }", 3, "form")]
    [InlineData("- files: [x]\n  multiline: {}", 2, "multiline needs either start, which matches the first line of a record, or continuation, which matches the others")]
    [InlineData("- files: [x]\n  multiline: { start: a, continuation: b }", 2, "multiline needs either start")]
    [InlineData("- files: [x]\n  multiline:\n    start: a\n    max_lines: 1", 4, "max_lines: got 1, want 2 to 10000")]
    [InlineData("- files: [x]\n  timezone: Nowhere", 2, "timezone: got \"Nowhere\", want a name as Europe/Berlin")]
    [InlineData("- files: [x]\n  paths: [y]", 2, "paths")]
    public void What_is_wrong_is_said_with_its_line(string logs, int line, string message)
    {
        var error = Should.Throw<AlertingConfigurationException>(() => Read(logs));
        error.Message.ShouldContain(message);
        error.Message.ShouldStartWith($"/etc/c.yml:{line + 1}:");
    }

    // Repetitions inside of repetitions that cost a backtracking matcher years.
    [Fact]
    public void Expressions_run_in_linear_time()
    {
        var logs = Read("- { files: [x], parser: { regexp: { pattern: '^(?P<a>(x+x+)+y)$' } } }");
        var expression = logs.Single().Parser.Stages.Single().Expression!;
        expression.Options.HasFlag(System.Text.RegularExpressions.RegexOptions.NonBacktracking).ShouldBeTrue();
        expression.IsMatch(new string('x', 5_000)).ShouldBeFalse();
    }

    private static IReadOnlyList<TailConfiguration> Read(string logs) => ConfigurationLoader.Load("/etc/c.yml", "logs:\n" + logs).Logs;
}
