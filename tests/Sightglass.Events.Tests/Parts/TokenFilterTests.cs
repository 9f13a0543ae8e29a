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

    [Theory]
    [InlineData(1, 10_000, 500)]
    [InlineData(2, 7_504, 900)]
    public void A_filter_holds_what_was_added_and_little_else(byte kindOnDisk, int bytes, int atMost)
    {
        var kind = (FilterKind)kindOnDisk;
        var set = new TokenSet();
        set.AddTokens(ColumnCodecTests.Vector([.. Enumerable.Range(0, 5000).Select(i => AttributeValue.Of($"word{i} other{i}"))]));
        using var filter = new ByteWriter();
        TokenFilter.Write(set, kind, filter);
        filter.Length.ShouldBe(bytes);
        for (var i = 0; i < 5000; i++)
        {
            TokenFilter.MayContain(filter.Written, kind, TextTokens.Required(Encoding.UTF8.GetBytes($"word{i}"), true)).ShouldBeTrue();
        }

        Enumerable.Range(0, 10_000).Count(i => TokenFilter.MayContain(filter.Written, kind, TextTokens.Required(Encoding.UTF8.GetBytes($"absent{i}"), true))).ShouldBeLessThan(atMost);
    }

    [Fact]
    public void Pieces_of_any_stretch_of_a_token_are_pieces_of_the_token()
    {
        var random = new Random(5);
        for (var round = 0; round < 2000; round++)
        {
            // Few letters, so that pieces repeat and hashes tie.
            var token = new byte[random.Next(TokenPieces.LeastToken, 60)];
            for (var i = 0; i < token.Length; i++)
            {
                token[i] = (byte)('a' + random.Next(round % 2 == 0 ? 2 : 26));
            }

            var whole = new TokenSet();
            TokenPieces.Add(token, whole);
            var start = random.Next(token.Length - TokenPieces.LeastToken + 1);
            var stretch = token.AsSpan(start, random.Next(TokenPieces.LeastToken, token.Length - start + 1)).ToArray();
            var part = new TokenSet();
            TokenPieces.Add(random.Next(2) == 0 ? stretch : Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(stretch).ToUpperInvariant()), part);
            part.Count.ShouldBeGreaterThan(0);
            foreach (var piece in part.Slots.ToArray().Where(static p => p != 0))
            {
                whole.Add(piece).ShouldBeFalse();
            }
        }
    }

    [Fact]
    public void Too_many_pieces_are_said_to_be_missing()
    {
        var texts = ColumnCodecTests.Vector([.. Enumerable.Range(0, 100).Select(i => AttributeValue.Of($"abcdefghijkl{i:x12}"))]);
        new TokenSet().AddTokens(texts, 50).ShouldBeFalse();
        new TokenSet().AddTokens(texts, 5000).ShouldBeTrue();
    }
}
