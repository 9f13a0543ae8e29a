using FsCheck;
using FsCheck.Fluent;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Core.Tests;

public class Re2Tests
{
    [Theory]
    [InlineData("api", "api", true)]
    [InlineData("api", "apis", false)]
    [InlineData("a|b|", "", true)]
    [InlineData("a|b", "b", true)]
    [InlineData("(a|b)", "a", true)]
    [InlineData("^(?:a|b)$", "b", true)]
    [InlineData("^a|b$", "axx", false)]
    [InlineData(@"10\.0\.0\.1", "10.0.0.1", true)]
    [InlineData(@"10\.0\.0\.1", "10x0.0.1", false)]
    [InlineData("web.*", "web-1", true)]
    [InlineData("web.+", "web", false)]
    [InlineData(".*prod", "eu-prod", true)]
    [InlineData(".*prod", "prods", false)]
    [InlineData(".*rod.*", "eu-production", true)]
    [InlineData(".+rod.+", "rod", false)]
    [InlineData(".+rod.+", "prods", true)]
    [InlineData(".*", "", true)]
    [InlineData(".+", "", false)]
    [InlineData(".+", "a\nb", true)]
    [InlineData("a.c", "a\nc", true)]
    [InlineData("(?i)GET", "get", true)]
    [InlineData("5..", "503", true)]
    [InlineData("a{2}", "aa", true)]
    [InlineData("{a}", "{a}", true)]
    [InlineData(@"\d+", "12", true)]
    [InlineData(@"\d+", "٣", false)]
    [InlineData(@"\w+", "é", false)]
    [InlineData("[[:alpha:]]+", "abc", true)]
    [InlineData("[^[:space:]]+", "a b", false)]
    [InlineData(@"\Qa.b\E", "a.b", true)]
    [InlineData(@"\Qa.b\E", "axb", false)]
    [InlineData("(?P<x>a+)", "aaa", true)]
    [InlineData("a$", "a\n", false)]
    [InlineData("[]a]+", "]a", true)]
    [InlineData(@"a\|b", "a|b", true)]
    [InlineData(@"x\.*", "x...", true)]
    [InlineData(@".*\.*", "x.", true)]
    public void An_anchored_expression_matches_the_whole_text(string pattern, string text, bool matches)
    {
        Re2.Anchored(pattern).IsMatch(text).ShouldBe(matches);
        Re2.Anchored(pattern).Regex.IsMatch(text).ShouldBe(matches, "the engine agrees with the fast path");
    }

    [Theory]
    [InlineData("rod", "production", true)]
    [InlineData("^prod", "a prod", false)]
    [InlineData("a.b", "a\nb", false)]
    [InlineData("(?s)a.b", "a\nb", true)]
    [InlineData("(?m)^b$", "a\nb\nc", true)]
    public void An_unanchored_expression_matches_anywhere(string pattern, string text, bool matches) =>
        Re2.Unanchored(pattern).IsMatch(text).ShouldBe(matches);

    [Theory]
    [InlineData("(")]
    [InlineData("a**")]
    [InlineData("*a")]
    [InlineData("[a")]
    [InlineData(@"(a)\1")]
    [InlineData("(?=a)")]
    [InlineData("(?!a)")]
    [InlineData("(?<=a)b")]
    [InlineData("(?>a)")]
    [InlineData(@"a\")]
    [InlineData(@"\Z")]
    public void What_RE2_does_not_know_is_refused(string pattern) =>
        Should.Throw<QueryException>(() => Re2.Anchored(pattern)).Kind.ShouldBe(QueryErrorKind.BadData);

    [Fact]
    public void Literals_are_known_to_indexes()
    {
        Re2.Anchored("a|b").Literals.ShouldBe(["a", "b"]);
        Re2.Anchored(@"(10\.0|x)").Literals.ShouldBe(["10.0", "x"]);
        Re2.Anchored("a.*").Literals.ShouldBeNull();
        Re2.Anchored("abc.*").Prefix.ShouldBe("abc");
        Re2.Anchored(".*abc").Prefix.ShouldBeEmpty();
    }

    [Fact]
    public void A_long_alternation_is_looked_up()
    {
        var many = Re2.Anchored(string.Join('|', Enumerable.Range(0, 1000).Select(i => $"node-{i}")));
        many.IsMatch("node-999").ShouldBeTrue();
        many.IsMatch("node-1000").ShouldBeFalse();
    }

    [Fact]
    public void A_pattern_over_the_limit_is_refused() =>
        Should.Throw<LimitExceededException>(() => Re2.Anchored(new string('a', Re2.MaxPatternLength + 1)));

    [Fact]
    public void A_hostile_pattern_takes_linear_time() =>
        Re2.Anchored("(a*)*b").IsMatch(new string('a', 50_000)).ShouldBeFalse();

    [Fact]
    public void Fast_paths_agree_with_the_engine()
    {
        var piece = Gen.Elements("a", "b", ".", "*", "+", "|", "(", ")", @"\.", "^", "$", ".*", ".+", "ab");
        var pattern = piece.ArrayOf().Where(p => p.Length < 8).Select(string.Concat);
        var text = Gen.Elements('a', 'b', '.', '\n').ArrayOf().Where(t => t.Length < 7).Select(t => new string(t));
        Prop.ForAll(pattern.Two().Zip(text).ToArbitrary(), input =>
        {
            Re2 expression;
            try
            {
                expression = Re2.Anchored(input.Item1.Item1);
            }
            catch (QueryException)
            {
                return true;
            }

            System.Text.RegularExpressions.Regex engine;
            try
            {
                engine = expression.Regex;
            }
            catch (QueryException)
            {
                return false;
            }

            return expression.IsMatch(input.Item2) == engine.IsMatch(input.Item2);
        }).QuickCheckThrowOnFailure();
    }
}
