namespace Sightglass.Query.Tests.LogQL;

/// <summary>Expressions of users run in time linear in the text: each of these would take longer than the universe has when tried by backtracking.</summary>
public sealed class LogRegexTests
{
    private const string Catastrophe = "(a+)+b";

    [Theory]
    [InlineData("{app=\"a\"} |~ `" + Catastrophe + "`", 0)]
    [InlineData("{app=\"a\"} !~ `" + Catastrophe + "`", 1)]
    [InlineData("{app=\"a\"} | regexp `(?P<x>" + Catastrophe + ")`", 1)]
    [InlineData("{app=\"a\"} | long=~`" + Catastrophe + "`", 0)]
    [InlineData("{app=\"a\"} | regexp `(?P<x>a+)` | x=~`(x+x+)+y|" + Catastrophe + "`", 0)]
    [InlineData("{app=\"a\"} | line_format `{{ regexReplaceAll \"" + Catastrophe + "\" __line__ \"x\" }}`", 1)]
    [InlineData("{app=\"a\",label=~`" + Catastrophe + "`}", 0)]
    [InlineData("{app=\"a\",label!~`" + Catastrophe + "`}", 1)]
    public void Of_lines_and_labels(string query, int lines)
    {
        var text = new string('a', 20_000);
        var world = new LogWorld().Line(1, $"app=a,label={text[..500]}", text, $"long={text}");
        world.Texts(query).Length.ShouldBe(lines);
    }

    [Fact]
    public void Of_label_replace() =>
        new LogWorld().Line(1, $"app=a,label={new string('a', 500)}", "x")
            .Vector("label_replace(count_over_time({app=\"a\"}[10s]), \"found\", \"$1\", \"label\", `" + Catastrophe + "`)", 5)[0].ShouldNotContain("found");
}
