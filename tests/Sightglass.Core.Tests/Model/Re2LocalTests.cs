using Sightglass.Core.Model;

namespace Sightglass.Core.Tests.Model;

/// <summary>Which expressions match in a text whenever they match in a part of it.</summary>
public sealed class Re2LocalTests
{
    [Theory]
    [InlineData("connection refus.d", true)]
    [InlineData("[^a]b", true)]
    [InlineData("(?i)error|time(out)?", true)]
    [InlineData("a\\$", true)]
    [InlineData("\\^a", true)]
    [InlineData("^a", false)]
    [InlineData("a$", false)]
    [InlineData("a|^b", false)]
    [InlineData("\\[^a", false)]
    [InlineData("\\bin\\b", false)]
    [InlineData("\\Ba", false)]
    [InlineData("\\Aa", false)]
    [InlineData("a\\z", false)]
    public void An_expression_is_local_unless_it_asks_what_stands_around(string pattern, bool want) => Re2.Unanchored(pattern).IsLocal.ShouldBe(want);

    [Fact]
    public void An_anchored_expression_is_not_local() => Re2.Anchored("a.c").IsLocal.ShouldBeFalse();
}
