using Sightglass.Core.Model;

namespace Sightglass.Core.Tests.Model;

public sealed class Re2LiteralsTests
{
    [Theory]
    [InlineData("connection refus.d", new[] { "connection refus", "d" })]
    [InlineData("abc", new[] { "abc" })]
    [InlineData("^abc$", new[] { "abc" })]
    [InlineData("abc?d", new[] { "ab", "d" })]
    [InlineData("abc*d", new[] { "ab", "d" })]
    [InlineData("abc{0,2}d", new[] { "ab", "d" })]
    [InlineData("abc+d", new[] { "abc", "d" })]
    [InlineData("a{b|c}", new string[0])]
    [InlineData("abc|def", new string[0])]
    [InlineData("x(abc|def)y", new[] { "x", "y" })]
    [InlineData("x(abc)?y", new[] { "x", "y" })]
    [InlineData("x(?:a)(?P<n>b)y", new[] { "x", "y" })]
    [InlineData("x[]a-z(]y", new[] { "x", "y" })]
    [InlineData("x[[:digit:])]y", new[] { "x", "y" })]
    [InlineData("x([)]|b)y", new[] { "x", "y" })]
    [InlineData(@"a\.b\d+c", new[] { "a.b", "c" })]
    [InlineData(@"a\.?b", new[] { "a", "b" })]
    [InlineData(@"ab\x41", new string[0])]
    [InlineData(@"\Qa|b\E", new string[0])]
    [InlineData("(?i)Timeout", new[] { "T", "meout" })]
    [InlineData("(?s)a.b", new[] { "a", "b" })]
    [InlineData("a(?i)b", new string[0])]
    [InlineData("Grüße", new[] { "Gr", "e" })]
    [InlineData(".*", new string[0])]
    [InlineData("", new string[0])]
    public void Texts_that_every_match_has(string pattern, string[] want)
    {
        var expression = Re2.Unanchored(pattern);
        expression.Required.ShouldBe(want);
        expression.RequiredIgnoresCase.ShouldBe(want.Length > 0 && pattern.StartsWith("(?i)", StringComparison.Ordinal));
    }
}
