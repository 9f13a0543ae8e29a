using System.Text;
using System.Text.Json;
using Sightglass.Core.Bytes;
using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Tests.Records;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData("plain é", "plain é")]
    [InlineData("""a\"b\\c\/d\b\f\n\r\t""", "a\"b\\c/d\b\f\n\r\t")]
    [InlineData("""\u0041\u00e9\u6f22""", "Aé漢")]
    [InlineData("""x\ud83d\ude42y""", "x🙂y")]
    [InlineData("""x\uD83D\uDE42""", "x🙂")]
    [InlineData("""cut \ud83d""", "cut \uFFFD")]
    [InlineData("""\ud83d\n""", "\uFFFD\n")]
    [InlineData("""\ud83d\u0041""", "\uFFFDA")]
    [InlineData("""\ud83d\ud83d\ude42""", "\uFFFD🙂")]
    [InlineData("""\ude42 low first""", "\uFFFD low first")]
    [InlineData("""\\ud83d is text""", """\ud83d is text""")]
    [InlineData("", "")]
    public void Texts_are_unescaped_and_halves_of_pairs_replaced(string written, string want) => Read(Encoding.UTF8.GetBytes($"\"{written}\"")).ShouldBe(want);

    [Fact]
    public void Bytes_that_are_not_utf8_are_replaced()
    {
        Read([(byte)'"', (byte)'a', 0xff, (byte)'b', (byte)'"']).ShouldBe("a\uFFFDb");
        Read([(byte)'"', (byte)'a', 0xc3, (byte)'\\', (byte)'n', (byte)'"']).ShouldBe("a\uFFFD\n");
    }

    private static string Read(byte[] json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read().ShouldBeTrue();
        using var text = new ByteWriter();
        JsonText.Append(reader, text);
        Encoding.UTF8.GetString(text.Written).ShouldBe(JsonText.Get(reader));
        return JsonText.Get(reader);
    }
}
