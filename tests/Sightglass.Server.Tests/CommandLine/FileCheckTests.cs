using Sightglass.Alerting.Rules;
using Sightglass.Server.CommandLine;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.CommandLine;

public sealed class FileCheckTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    public static TheoryData<string> RuleFiles() => SharedInput.Folder is null ? ["none"]
        : [.. Directory.EnumerateFiles(SharedInput.PathOf("conformance/rules")).Select(static f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [SharedTheory]
    [MemberData(nameof(RuleFiles))]
    public void Good_and_bad_rule_files_are_told_apart(string file)
    {
        var names = file.StartsWith("legacy_", StringComparison.Ordinal) ? NameValidation.Legacy : NameValidation.Utf8;
        var code = new FileCheck(_output, _errors, lint: false, lintFatal: false, names).Check(SharedInput.PathOf("conformance/rules/" + file), null);
        code.ShouldBe(file.Contains(".bad.", StringComparison.Ordinal) ? 1 : 0, _errors.ToString());
        _errors.ToString().ShouldMatch(code == 0 ? "^$" : $"{file}:[0-9]+: .+");
    }

    [Theory]
    [InlineData("groups: [{name: g, rules: [{record: a, expr: up}]}]", "rule file, 1 group, 1 rule")]
    [InlineData("route: {receiver: a}\nreceivers: [{name: a}]", "Alertmanager configuration, 1 route, 1 receiver, 0 inhibit rules")]
    [InlineData("scrape_configs: [{job_name: a, static_configs: [{targets: ['h:1']}]}]", "configuration, 1 scrape job, 0 rule files")]
    [InlineData("", "configuration, 0 scrape jobs")]
    public void Files_are_told_apart_by_their_keys(string text, string expected)
    {
        Check(text).ShouldBe(0, _errors.ToString());
        _output.ToString().ShouldContain(expected);
    }

    [Theory]
    [InlineData("scrape_configs:\n- job_name: a\n  scrape_intervall: 5s", "f.yml:3: unknown key \"scrape_intervall\"")]
    [InlineData("route: {receiver: b}\nreceivers: [{name: a}]", "f.yml:1: undefined receiver \"b\"")]
    [InlineData("groups:\n- name: g\n  rules:\n  - record: a\n    expr: |\n      up\n      ==", "f.yml:7: record \"a\": could not parse expression")]
    [InlineData("a: [", "f.yml:2: not valid YAML")]
    public void An_error_names_file_and_line(string text, string expected)
    {
        Check(text).ShouldBe(1);
        _errors.ToString().ShouldContain(expected);
    }

    [Fact]
    public void Everything_wrong_with_a_rule_file_is_said_at_once()
    {
        Check("groups:\n- name: g\n  rules:\n  - {alert: a}\n  - {record: b, expr: 'up =='}\n- name: g\n  rules: []").ShouldBe(1);
        _errors.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static l => l[(l.IndexOf(':', StringComparison.Ordinal) + 1)..][..2]).ShouldBe(["4:", "5:", "6:"]);
    }

    [Theory]
    [InlineData(true, false, 0, "f.yml:5: warning: duplicate rule \"a\"")]
    [InlineData(true, true, 3, "f.yml:5: warning: duplicate rule \"a\"")]
    [InlineData(false, true, 0, "")]
    public void Duplicate_rules_are_warned_of(bool lint, bool fatal, int code, string expected)
    {
        Check("groups:\n- name: g\n  rules:\n  - {record: a, expr: up}\n  - {record: a, expr: up}\n  - {record: a, expr: up, labels: {x: y}}", lint, fatal).ShouldBe(code);
        _errors.ToString().ShouldContain(expected);
        (_errors.ToString().Length > 0).ShouldBe(lint);
    }

    [Fact]
    public void A_file_that_is_not_there_is_an_error() =>
        new FileCheck(_output, _errors, lint: true, lintFatal: false, NameValidation.Utf8).Check(_folder.PathOf("none"), null).ShouldBe(1);

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
        _errors.Dispose();
    }

    private int Check(string text, bool lint = true, bool fatal = false)
    {
        File.WriteAllText(_folder.PathOf("f.yml"), text);
        return new FileCheck(_output, _errors, lint, fatal, NameValidation.Utf8).Check(_folder.PathOf("f.yml"), null);
    }
}
