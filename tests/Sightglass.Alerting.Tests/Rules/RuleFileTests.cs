using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Templates;
using Sightglass.Core.Model;
using Sightglass.TestKit;

namespace Sightglass.Alerting.Tests.Rules;

public sealed class RuleFileTests
{
    public static TheoryData<string> Conformance() => Files("conformance/rules", "*.yaml");

    public static TheoryData<string> Real() => Files("data/rules", "*.yml", "data/configs/seed-rules.yml");

    [SharedTheory]
    [MemberData(nameof(Conformance))]
    public void Verdicts_are_those_of_Prometheus(string file)
    {
        var legacy = Path.GetFileName(file).StartsWith("legacy_", StringComparison.Ordinal);
        var loader = new RuleFileLoader(legacy ? NameValidation.Legacy : NameValidation.Utf8);
        var text = File.ReadAllText(SharedInput.PathOf(file));
        if (file.Contains(".bad.", StringComparison.Ordinal))
        {
            var error = Should.Throw<AlertingConfigurationException>(() => loader.Load(file, text));
            error.Message.ShouldStartWith(file + ":");
            error.Line.ShouldBeGreaterThan(0);
        }
        else
        {
            loader.Load(file, text).Groups.ShouldNotBeEmpty();
        }
    }

    [SharedTheory]
    [MemberData(nameof(Real))]
    public void Rules_that_people_use_load_and_their_templates_render(string file)
    {
        var rules = new RuleFileLoader().Load(file, File.ReadAllText(SharedInput.PathOf(file)));
        var template = new RuleTemplate(new Uri("http://sight/"), LabelSet.Empty, static (_, _) => []);
        rules.Groups.SelectMany(static g => g.Rules).ShouldNotBeEmpty();
        foreach (var rule in rules.Groups.SelectMany(static g => g.Rules))
        {
            foreach (var text in rule.Labels.Concat(rule.Annotations))
            {
                template.Render(rule.Name, text.Value, LabelSet.Of("instance", "a"), 1.5, DateTimeOffset.UnixEpoch).ShouldNotContain("{{");
            }
        }
    }

    [Theory]
    [InlineData("groups:\n- name: a\n  rules:\n  - alert: x\n    expr: up\n    anotations: {}\n", 6, "did you mean \"annotations\"?")]
    [InlineData("groups:\n- name: a\n  intervall: 1m\n", 3, "did you mean \"interval\"?")]
    [InlineData("groups:\n- name: a\n  interval: 1x\n", 3, "want a duration")]
    [InlineData("groups:\n- rules: []\n", 2, "needs a name")]
    [InlineData("groups:\n- name: a\n  rules:\n  - alert: x\n    expr: 'up{'\n", 5, "could not parse expression")]
    [InlineData("groups:\n- name: a\n  rules:\n  - alert: x\n    expr: up\n    labels: {a: '{{ nope }}'}\n", 6, "function \"nope\" not defined")]
    [InlineData("groups: {}\n", 1, "has to be a list")]
    [InlineData("- a\n", 1, "has to be a mapping")]
    [InlineData("a: [\n", 2, "not valid YAML")]
    public void Errors_name_the_line_and_what_was_expected(string text, int line, string part)
    {
        var error = Should.Throw<AlertingConfigurationException>(() => new RuleFileLoader().Load("r.yml", text));
        error.Message.ShouldContain(part);
        error.Line.ShouldBe(line);
    }

    [Fact]
    public void Deep_nesting_is_refused()
    {
        var text = "groups: " + new string('[', 5_000);
        Should.Throw<AlertingConfigurationException>(() => new RuleFileLoader().Load("r.yml", text));
    }

    [Fact]
    public void Labels_of_the_group_are_added_and_those_of_the_rule_win()
    {
        var file = new RuleFileLoader().Load("r.yml", "groups:\n- name: a\n  labels: {team: x, severity: low}\n  limit: 3\n  query_offset: 10s\n  rules:\n  - {alert: b, expr: up, keep_firing_for: 1m, labels: {severity: high}}\n");
        var rule = file.Groups[0].Rules[0];
        rule.Labels.ShouldBe(LabelSet.Of("severity", "high", "team", "x"));
        (file.Groups[0].Limit, file.Groups[0].QueryOffset, rule.KeepFiringFor).ShouldBe((3, TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1)));
    }

    [Theory]
    [InlineData("5m", 300_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("1d12h", 129_600_000)]
    [InlineData("100ms", 100)]
    [InlineData("0", 0)]
    [InlineData("1w", 604_800_000)]
    public void Durations_are_read(string text, long milliseconds)
    {
        PromDuration.TryParse(text, out var duration).ShouldBeTrue();
        duration.TotalMilliseconds.ShouldBe(milliseconds);
        PromDuration.TryParse(PromDuration.Format(duration), out var again).ShouldBeTrue();
        again.ShouldBe(duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("m")]
    [InlineData("1m1h")]
    [InlineData("1m1m")]
    [InlineData("-1m")]
    [InlineData("1.5h")]
    [InlineData("99999999999999y")]
    public void Other_texts_are_no_durations(string text) => PromDuration.TryParse(text, out _).ShouldBeFalse();

    private static TheoryData<string> Files(string folder, string pattern, params string[] more) => SharedInput.Folder is null ? [folder]
        : [.. Directory.EnumerateFiles(SharedInput.PathOf(folder), pattern).Order(StringComparer.Ordinal).Select(f => folder + "/" + Path.GetFileName(f)), .. more];
}
