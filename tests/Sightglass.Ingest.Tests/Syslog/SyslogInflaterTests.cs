using System.IO.Compression;
using System.Text;
using Sightglass.Core.Limits;
using Sightglass.Ingest.Syslog;
using Sightglass.Ingest.Tests.Records;

namespace Sightglass.Ingest.Tests.Syslog;

public sealed class SyslogInflaterTests
{
    private const string Message = "<14>1 - h app - - - a line that is long enough to be worth it";

    [Theory]
    [InlineData(CompressionLevel.Fastest)]
    [InlineData(CompressionLevel.Optimal)]
    [InlineData(CompressionLevel.SmallestSize)]
    public void Compressed_messages_are_read_as_others(CompressionLevel level)
    {
        using var decoder = new SyslogDecoder(RowText.Options(), TimeZoneInfo.Utc);
        RowText.Decode(decoder, Compressed(Message, level)).ShouldBe(RowText.Decode(decoder, Encoding.UTF8.GetBytes(Message)));
        RowText.Decode(decoder, Compressed(Message + "\n", level)).ShouldBe(RowText.Decode(decoder, Encoding.UTF8.GetBytes(Message)));
    }

    [Fact]
    public void What_does_not_decompress_or_becomes_too_long_is_refused_and_counted()
    {
        using var decoder = new SyslogDecoder(RowText.Options(), TimeZoneInfo.Utc);
        var source = RowText.Source();
        RowText.Decode(decoder, [.. Compressed(Message)[..8], 0xff, 0xff, 0xff, 0xff, 0xff], source).ShouldBeEmpty();
        RowText.Decode(decoder, [(byte)'z', 0x78, 0x20, 0x01, 0x02, 0x03, 0x04, 0x55], source).ShouldBeEmpty("a preset dictionary");
        RowText.Decode(decoder, Compressed(new string('a', 3 << 20)), source).ShouldBeEmpty();
        source.Rejections.Select(r => (r.Reason, r.Items)).ShouldBe([("invalid_message", 2), ("limit", 1)]);
        source.Rejections[1].Example.ShouldBe($"syslog message: more than {IngestLimits.Default.MaxLogLineBytes} bytes when decompressed, limit MaxLogLineBytes");
    }

    [Fact]
    public void Text_that_begins_with_the_letter_is_text()
    {
        using var decoder = new SyslogDecoder(RowText.Options(), TimeZoneInfo.Utc);
        RowText.Decode(decoder, "zebras are loose"u8).Single().ShouldContain("\"zebras are loose\"");
    }

    [Fact]
    public void A_count_comes_before_them_in_a_stream_however_it_is_split()
    {
        var first = Compressed(Message);
        byte[] stream = [.. Encoding.ASCII.GetBytes($"{first.Length} "), .. first, .. "6 <1>two"u8, .. "12 zebras\n"u8];
        for (var split = 1; split < stream.Length; split++)
        {
            var (at, lengths) = (0, new List<int>());
            foreach (var (end, ended) in new[] { (split, false), (stream.Length, true) })
            {
                while (at < end && SyslogFraming.Instance.Next(stream.AsSpan(at, end - at), ended, 1 << 20) is { Consumed: > 0 } frame)
                {
                    lengths.Add(frame.Length);
                    at += frame.Consumed;
                }
            }

            lengths.ShouldBe([first.Length, 6, 9], $"split at {split}");
        }
    }

    [Fact]
    public void Mutated_messages_never_throw() => Fuzz.OnlyMalformed([Compressed(Message), Compressed(Message, CompressionLevel.Fastest)], (bytes, batch) =>
    {
        using var decoder = new SyslogDecoder(RowText.Options(), TimeZoneInfo.Utc);
        decoder.Writer.Use(batch);
        decoder.Add(bytes, RowText.Source(), RowText.Now);
    });

    private static byte[] Compressed(string text, CompressionLevel level = CompressionLevel.Optimal)
    {
        using var memory = new MemoryStream();
        using (var zlib = new ZLibStream(memory, level, leaveOpen: true))
        {
            zlib.Write(Encoding.UTF8.GetBytes(text));
        }

        return [(byte)'z', .. memory.ToArray()];
    }
}
