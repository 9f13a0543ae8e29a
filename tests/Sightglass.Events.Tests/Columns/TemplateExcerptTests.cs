using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Sightglass.Events.Columns;

namespace Sightglass.Events.Tests.Columns;

/// <summary>Templates of JSON without the members that nobody wants: what is wanted reads as in the whole text.</summary>
public sealed class TemplateExcerptTests
{
    // Any class of bytes that is not a digit or of JSON's own.
    private const int Letters = 2 | 4 | 8;

    [Theory]
    [InlineData("""{"a":1,"b":"<w>","c":<d>}""", """{"b":"<0>"}""")]
    [InlineData("""{"b":1,"a":2}""", """{"b":1}""")]
    [InlineData("""{"a":"x y","b":<d>,"c":true,"b":null}""", """{"b":<0>,"b":null}""")]
    [InlineData("""{"a":<d>.<d>,"c":-1}""", """{}""")]
    [InlineData("""{"a":<w>,"b":1}""", """{"a":<0>,"b":1}""")]
    [InlineData("""{"a":"<w> and <w>","c":1,"b":"<w>-<d>","d":"<w>"} tail <w>""", """{"b":"<2>-<3>"} tail <5>""")]
    public void Members_that_nobody_wants_are_gone(string template, string want) => Text(Excerpt(template)).ShouldBe(want);

    [Theory]
    [InlineData("{\"a\": 1,\"b\":2}")]
    [InlineData("{\"a\":\"x\\\"y\",\"b\":2}")]
    [InlineData("{\"a\":[1],\"b\":2}")]
    [InlineData("{\"a\":{\"b\":1},\"b\":2}")]
    [InlineData("{\"<w>\":1,\"b\":2}")]
    [InlineData("{\"a\":\"<o>\",\"b\":2}")]
    [InlineData("{\"a\":1,\"b\":2")]
    [InlineData("{\"a\":1 \"b\":2}")]
    [InlineData("{\"a\":\"x\ty\",\"b\":2}")]
    [InlineData("{\"a\":,\"b\":}")]
    [InlineData("[{\"a\":1}]")]
    [InlineData("{}")]
    [InlineData("plain <w>")]
    public void What_is_not_understood_stays_whole(string template) =>
        Text(Excerpt(template)).ShouldBe(Text(Parse(template).Pieces, [.. Enumerable.Range(0, Parse(template).Variables.Length)]));

    [Theory]
    [InlineData("""{"a":nul,"b":2}""", """{"a":nul,"b":2}""")]
    [InlineData("""{"a":x1,"c":1}""", """{"a":x1}""")]
    public void A_member_that_is_none_stays(string template, string want) => Text(Excerpt(template)).ShouldBe(want);

    [Fact]
    public void What_is_wanted_of_any_object_reads_the_same()
    {
        var property = Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new Random(seed);
            var members = Enumerable.Range(0, random.Next(8)).Select(i => $"\"{(char)('a' + random.Next(4))}\":{Value(random)}").ToArray();
            var whole = "{" + string.Join(',', members) + "}";
            var excerpt = Text(Excerpt(whole));
            Read(excerpt).ShouldBe(Read(whole), $"{whole} -> {excerpt}");
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), property);
    }

    private static string Value(Random random) => random.Next(6) switch
    {
        0 => "\"text, with: {signs}\"",
        1 => "-12.5e3",
        2 => "true",
        3 => "null",
        4 => "\"\"",
        _ => "7",
    };

    private static string[] Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateObject().Where(static m => m.Name == "b").Select(static m => m.Value.GetRawText())];
    }

    private static TemplateExcerpt Excerpt(string template) => TemplateExcerpt.Of(Parse(template), static name => name.SequenceEqual("b"u8));

    private static Template Parse(string template)
    {
        var parts = System.Text.RegularExpressions.Regex.Split(template, "<([dwo])>");
        return new Template
        {
            Count = 1,
            Pieces = [.. parts.Where(static (_, i) => i % 2 == 0).Select(Encoding.UTF8.GetBytes)],
            Variables = [.. parts.Where(static (_, i) => i % 2 == 1).Select(static kind => new TemplateVariable
            {
                Other = -1,
                Longest = 10,
                Classes = kind switch { "d" => ByteClasses.Digits, "w" => Letters, _ => Letters | ByteClasses.Others },
            })],
        };
    }

    private static string Text(TemplateExcerpt excerpt) => Text(excerpt.Pieces, excerpt.Variables);

    private static string Text(byte[][] pieces, int[] variables)
    {
        var text = new StringBuilder();
        for (var i = 0; i < pieces.Length; i++)
        {
            text.Append(Encoding.UTF8.GetString(pieces[i])).Append(i < variables.Length ? $"<{variables[i]}>" : string.Empty);
        }

        return text.ToString();
    }
}
