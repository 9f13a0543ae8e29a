using Sightglass.Core.Errors;
using Sightglass.Query.PromQL;
using Sightglass.Query.PromQL.Scripts;

namespace Sightglass.Query.Tests.PromQL.Scripts;

public class PromQLScriptTests
{
    private const string Load = "load 1m\n  m{a=\"1\"} 1+1x10\n  m{a=\"2\"} 10x10\n\n";

    [Theory]
    [InlineData("eval instant at 5m m\n  m{a=\"1\"} 6\n  m{a=\"2\"} 10")]
    [InlineData("EVAL instant at 5m sum(m)\n{} 16")]
    [InlineData("eval range from 0 to 2m step 1m m{a=\"1\"}\n  m{a=\"1\"} 1 2 3")]
    [InlineData("eval_ordered instant at 5m sort(m)\n  m{a=\"1\"} 6\n  m{a=\"2\"} 10")]
    [InlineData("eval instant at 5m sort_desc(m)\n  expect ordered\n  m{a=\"2\"} 10\n  m{a=\"1\"} 6")]
    [InlineData("eval instant at 0 1 + 0x10\n  17")]
    [InlineData("eval instant at 0 \"a\\\"b\"\n  expect string \"a\\\"b\"")]
    [InlineData("eval instant at 0 'x'\n  expect string `x`")]
    [InlineData("eval_fail instant at 0 m{")]
    [InlineData("eval_fail instant at 0 nothing(m)\n  expected_fail_message 1:1: parse error: unknown function with name \"nothing\"")]
    [InlineData("eval_fail instant at 0 nothing(m)\n  expected_fail_regexp unknown .* name")]
    [InlineData("eval instant at 0 nothing(m)\n  expect fail regex: unknown .* name")]
    [InlineData("eval_info instant at 5m rate(m[5m])\n  {a=\"1\"} 0.016666666\n  {a=\"2\"} 0")]
    [InlineData("eval_warn instant at 5m quantile(2, m)\n  {} Inf")]
    [InlineData("eval instant at 5m quantile(2, m)\n  expect warn msg: PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)\n  {} Inf")]
    [InlineData("eval instant at 5m quantile(2, m)\n  expect warn msg: PromQL warning: quantile value should be between 0 and 1, got 2\n  {} Inf")]
    [InlineData("eval instant at 5m quantile(2, m)\n  expect warn regex: ^PromQL warning: .*, got 2$\n  {} Inf")]
    [InlineData("eval instant at 5m m[2m]\n  expect range vector from 4m to 5m step 1m\n  m{a=\"1\"} 5 6\n  m{a=\"2\"} 10 10")]
    [InlineData("eval instant at 5m count_values without (a) (\"a\", m)\n  {} 2")]
    [InlineData("eval instant at 5m count_values without (b) (\"__name__\", m)\n  {a=\"1\"} 1\n  {a=\"2\"} 1")]
    [InlineData("clear\n\neval instant at 5m m")]
    [InlineData("# a comment\nload_with_nhcb 1m\n  h_bucket{le=\"1\"} 1\n  h_bucket{le=\"+Inf\"} 3\n  h_sum 5\n  h_count 3\n\neval instant at 0 h\n  h {{schema:-53 sum:5 count:3 custom_values:[1] buckets:[1 2]}}")]
    [InlineData("load 1m\n  s@st -1mx1\n  s 5 6\n\neval instant at 1m start_timestamp(s)\n  {} 0")]
    public void All_of_the_language_is_understood(string commands)
    {
        var report = PromQLScript.Run(Load + commands, TimeProvider.System);
        report.Failures.ShouldBeEmpty();
        report.Passed.ShouldBe(1);
    }

    [Theory]
    [InlineData("eval instant at 0 1\n  1\neval instant at 0 2\n  2\neval instant at 5m m{a=\"1\"}\n  m{a=\"1\"} 6", 3)]
    [InlineData("eval_fail instant at 0 nothing(m)\n  expected_fail_regexp unknown\neval instant at 0 2\n  2\nclear", 2)]
    public void A_number_or_an_older_line_about_the_failure_is_the_last_of_its_evaluation(string commands, int evaluations)
    {
        var report = PromQLScript.Run(Load + commands, TimeProvider.System);
        report.Failures.ShouldBeEmpty();
        report.Passed.ShouldBe(evaluations);
    }

    [Theory]
    [InlineData("eval instant at 5m m{a=\"1\"}\n  m{a=\"1\"} 7", "{__name__=\"m\", a=\"1\"} 7 @ 300000 ms", "6 @ 300000 ms")]
    [InlineData("eval instant at 5m m{a=\"1\"}", "no further series", "m")]
    [InlineData("eval instant at 5m m{a=\"3\"}\n  m{a=\"3\"} 1", "a=\"3\"", "nothing")]
    [InlineData("eval instant at 5m 1\n  2", "scalar 2", "scalar 1")]
    [InlineData("eval instant at 5m nothing(m)", "a value", "unknown function")]
    [InlineData("eval_fail instant at 5m m", "failure", "a value")]
    [InlineData("eval instant at 5m m\n  expect warn\n  m{a=\"1\"} 6\n  m{a=\"2\"} 10", "warn", "none")]
    [InlineData("eval instant at 5m quantile(2, m)\n  expect warn msg: PromQL warning: quantile value should be between 0 and 1, got 2 (1:9)\n  {} Inf", "(1:9)", "(1:10)")]
    [InlineData("eval instant at 5m quantile(2, m)\n  expect warn msg: PromQL warning: quantile value should be between 0 and 1\n  {} Inf", "between 0 and 1", "got 2 (1:10)")]
    public void A_failure_says_what_was_expected_and_what_came(string commands, string expected, string got)
    {
        var failure = PromQLScript.Run(Load + commands, TimeProvider.System).Failures.ShouldHaveSingleItem();
        failure.Line.ShouldBe(5);
        failure.Expected.ShouldContain(expected.StartsWith('{') ? expected[^15..] : expected);
        failure.Got.ShouldContain(got);
    }

    [Theory]
    [InlineData("lod 1m\n  m 1")]
    [InlineData("load 1x\n  m 1")]
    [InlineData("load 1m\n  m{ 1")]
    [InlineData("eval instant m")]
    [InlineData("eval range from 5m to 1m step 1m m")]
    [InlineData("eval instant at 1m m\n  expect nothing")]
    [InlineData("eval instant at 1m m\n  expect warn\n  expect no_warn")]
    [InlineData("eval instant at 1m m\n  m 1 2 3")]
    [InlineData("features nothing")]
    [InlineData("load 1m\n  m@st 1m 2m\n  m 1")]
    [InlineData("load 1m\n  m@st 1m")]
    public void What_is_no_command_is_a_failure_and_the_end(string commands)
    {
        var report = PromQLScript.Run($"{commands}\n\neval instant at 0 1\n  1", TimeProvider.System);
        report.Failures.ShouldHaveSingleItem().Expected.ShouldBe("a command");
        report.Passed.ShouldBe(0);
    }

    [Fact]
    public void Features_are_all_on_until_a_line_says_which()
    {
        const string Query = "eval instant at 5m min_of(1, 2)\n  1\n\n";
        var report = PromQLScript.Run($"{Query}features none\n\n{Query}features promql-experimental-functions\n\n{Query}", TimeProvider.System);
        report.Passed.ShouldBe(2);
        report.Failures.ShouldHaveSingleItem().Got.ShouldContain("not enabled");
        PromQLOptions.FeatureNames.ShouldAllBe(name => PromQLOptions.Default.With(name) != null);
    }

    [Fact]
    public void Hostile_scripts_are_bounded()
    {
        var limits = ScriptLimits.Default with { MaxScriptLength = 100_000, MaxLoadedSamples = 1000, MaxValuesPerSeries = 2000, MaxFailures = 3 };
        Should.Throw<LimitExceededException>(() => PromQLScript.Run(new string('#', 100_001), TimeProvider.System, limits: limits));
        PromQLScript.Run("load 1m\n  m 1x1500\n", TimeProvider.System, limits: limits).Failures.ShouldHaveSingleItem().Got.ShouldContain("maxSamples");
        PromQLScript.Run("load 1m\n  m 1x999999\n", TimeProvider.System, limits: limits).Failures.ShouldHaveSingleItem().Got.ShouldContain("maxValuesPerSeries");
        PromQLScript.Run(string.Concat(Enumerable.Repeat("eval instant at 0 1\n 2\n\n", 10)), TimeProvider.System, limits: limits).Failures.Count.ShouldBe(4);
    }
}
