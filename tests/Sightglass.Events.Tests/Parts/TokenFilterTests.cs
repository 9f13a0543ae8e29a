using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Events.Parts;
using Sightglass.Events.Tests.Columns;

namespace Sightglass.Events.Tests.Parts;

public sealed class TokenFilterTests
{
    [Theory]
    [InlineData("GET /api/v1/orders", new[] { "GET", "api", "v1", "orders" })]
    [InlineData("user_42 ünï=1", new[] { "user_42", "ünï", "1" })]
    [InlineData("--//", new string[0])]
    [InlineData("", new string[0])]
    public void Tokens_are_runs_of_word_bytes(string text, string[] want)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var tokens = new TextTokens(bytes);
        var got = new List<string>();
        while (tokens.Next())
        {
            got.Add(Encoding.UTF8.GetString(bytes[tokens.Start..tokens.End]));
        }

        got.ShouldBe(want);
    }

    [Theory]
    [InlineData("foo bar baz", false, 1)]
    [InlineData(" bar ", false, 1)]
    [InlineData("bar", false, 0)]
    [InlineData("bar", true, 1)]
    [InlineData("a b c d", false, 2)]
    public void Only_whole_tokens_of_a_needle_are_required(string needle, bool wholeText, int count) =>
        TextTokens.Required(Encoding.UTF8.GetBytes(needle), wholeText).Length.ShouldBe(count);

    [Fact]
    public void Case_of_ascii_letters_does_not_matter() =>
        TextTokens.Required("Error"u8, true).ShouldBe(TextTokens.Required("eRROR"u8, true));

    [Fact]
    public void A_filter_holds_what_was_added_and_little_else()
    {
        var set = new TokenSet();
        set.AddTokens(ColumnCodecTests.Vector([.. Enumerable.Range(0, 5000).Select(i => AttributeValue.Of($"word{i} other{i}"))]));
        using var filter = new ByteWriter();
        TokenFilter.Write(set, filter);
        filter.Length.ShouldBe(10_000);
        for (var i = 0; i < 5000; i++)
        {
            TokenFilter.MayContain(filter.Written, TextTokens.Required(Encoding.UTF8.GetBytes($"word{i}"), true)).ShouldBeTrue();
        }

        Enumerable.Range(0, 10_000).Count(i => TokenFilter.MayContain(filter.Written, TextTokens.Required(Encoding.UTF8.GetBytes($"absent{i}"), true))).ShouldBeLessThan(500);
    }
}
