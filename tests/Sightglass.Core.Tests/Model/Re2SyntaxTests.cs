using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Core.Tests.Model;

public sealed class Re2SyntaxTests
{
    [Theory]
    [InlineData("(", "missing closing ): `(`")]
    [InlineData(")", "unexpected ): `)`")]
    [InlineData("nh_.*)", "unexpected ): `nh_.*)`")]
    [InlineData("a||(b", "missing closing ): `a||(b`")]
    [InlineData("[", "missing closing ]: `[`")]
    [InlineData("x[ab", "missing closing ]: `[ab`")]
    [InlineData("*", "missing argument to repetition operator: `*`")]
    [InlineData("a|+?b", "missing argument to repetition operator: `+?`")]
    [InlineData("(+a)", "missing argument to repetition operator: `+`")]
    [InlineData("a**", "invalid nested repetition operator: `**`")]
    [InlineData("x{2}{3}", "invalid nested repetition operator: `{2}{3}`")]
    [InlineData("a{2,1}", "invalid repeat count: `{2,1}`")]
    [InlineData("a{1001}", "invalid repeat count: `{1001}`")]
    [InlineData("(a{1000}){1000}", "invalid repeat count: `{1000}`")]
    [InlineData("\\", "trailing backslash at end of expression: ``")]
    [InlineData("(?P<n", "invalid named capture: `(?P<n`")]
    [InlineData("(?P<n-m>a)", "invalid named capture: `(?P<n-m>`")]
    [InlineData("(?=x)", "invalid or unsupported Perl syntax: `(?=`")]
    [InlineData("(?z)", "invalid or unsupported Perl syntax: `(?z`")]
    [InlineData("[b-a]", "invalid character class range: `b-a`")]
    [InlineData("\\8", "invalid escape sequence: `\\8`")]
    [InlineData("\\1", "invalid escape sequence: `\\1`")]
    [InlineData("\\x{110000}", "invalid escape sequence: `\\x{110000`")]
    [InlineData("[[:foo:]]", "invalid character class range: `[:foo:]`")]
    public void What_RE2_refuses_is_refused_in_its_words(string pattern, string message) =>
        Should.Throw<QueryException>(() => Re2.Anchored(pattern)).Message.ShouldBe($"error parsing regexp: {message}");

    [Theory]
    [InlineData("a{,5}")]
    [InlineData("a{x}")]
    [InlineData("{")]
    [InlineData("a{1000}")]
    [InlineData("(a{10}){100}")]
    [InlineData("[]a]")]
    [InlineData("[^]a]")]
    [InlineData("[a-]")]
    [InlineData("[\\d-x]")]
    [InlineData("[[:alpha:][:^digit:]]")]
    [InlineData("(?i:a)(?s-i)b")]
    [InlineData("(?P<n>a)(?<m>b)")]
    [InlineData("\\Qa(\\Eb")]
    [InlineData("\\x41\\x{1F600}\\07\\n\\.")]
    [InlineData("\\pL\\p{Lu}")]
    [InlineData("a*?b+?c??d{2}?")]
    [InlineData("(|a)*")]
    [InlineData("日本.*")]
    public void What_RE2_takes_is_taken(string pattern) => Should.NotThrow(() => Re2.Anchored(pattern));

    [Theory]
    [InlineData("\\p{Lu}", "A", "a")]
    [InlineData("\\P{Lu}", "a", "A")]
    [InlineData("\\p{^Lu}", "a", "A")]
    [InlineData("\\P{^Lu}", "A", "a")]
    [InlineData("[\\p{Lu}\\p{Nd}]+", "A1", "a1")]
    public void Classes_of_unicode_are_those_of_RE2(string pattern, string takes, string leaves)
    {
        var regex = Re2.Anchored(pattern);
        (regex.IsMatch(takes), regex.IsMatch(leaves)).ShouldBe((true, false));
    }
}
