using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Gelf;
using Sightglass.Ingest.Tests.Listening;
using Sightglass.Ingest.Tests.Records;

namespace Sightglass.Ingest.Tests.Gelf;

public sealed class GelfTests
{
    private const string Example = """
        {"version":"1.1","host":"example.org","short_message":"A short message","full_message":"Backtrace here\n\nmore","timestamp":1767175200.307211,"level":3,"_user_id":9001,"_app":"shop","_trace_id":"5b8efff798038103d269b633813fc60c"}
        """;

    private const string Row = "{service_name=shop,hostname=example.org} 2025-12-31 10:00:00.307211 error(17) \"A short message\" trace=5b8efff798038103d269b633813fc60c host=example.org full_message=Backtrace here\n\nmore user_id=9001:Int app=shop";

    [Fact]
    public void A_message_becomes_a_row()
    {
        using var decoder = new GelfDecoder(RowText.Options());
        RowText.Decode(decoder, Encoding.UTF8.GetBytes(Example)).ShouldBe([Row]);
    }

    [Theory]
    [InlineData("{}", "short_message is missing")]
    [InlineData("[]", "JSON: want an object at byte 1")]
    [InlineData("{\"short_message\":\"x\"} y", null)]
    public void What_is_no_message_is_refused(string message, string? why)
    {
        using var decoder = new GelfDecoder(RowText.Options());
        var source = RowText.Source();
        RowText.Decode(decoder, Encoding.UTF8.GetBytes(message), source).ShouldBeEmpty();
        source.Rejections.Single().Example.ShouldStartWith($"GELF message: {why ?? "JSON: "}");
    }

    [Theory]
    [InlineData("none")]
    [InlineData("gzip")]
    [InlineData("zlib")]
    public void Datagrams_are_decompressed_and_put_together_in_any_order(string compression)
    {
        using var decoder = new GelfDatagrams(new GelfDecoder(RowText.Options()), IngestLimits.Default);
        var packed = Pack(compression);
        RowText.Decode(decoder, packed).ShouldBe([Row]);
        using var batch = new LogBatch();
        decoder.Writer.Use(batch);
        var source = RowText.Source();
        var pieces = Chunks(packed, 7, 40).ToList();
        foreach (var piece in pieces.AsEnumerable().Reverse().Concat(pieces.Take(1)))
        {
            decoder.Add(piece, source, RowText.Now);
        }

        batch.Count.ShouldBe(1);
        RowText.Of(batch, 0).ShouldBe(Row);
    }

    [Fact]
    public void Chunks_that_do_not_come_in_time_and_more_messages_than_fit_are_given_up()
    {
        using var decoder = new GelfDatagrams(new GelfDecoder(RowText.Options()), IngestLimits.Default);
        using var batch = new LogBatch();
        decoder.Writer.Use(batch);
        var source = RowText.Source();
        for (var id = 0; id < 5000; id++)
        {
            decoder.Add(Chunks(Encoding.UTF8.GetBytes(Example), id, 40).First(), source, RowText.Now);
        }

        decoder.OpenMessages.ShouldBeLessThanOrEqualTo(GelfDatagrams.MaxOpenMessages);
        decoder.Add("{}"u8, source, RowText.Now + 6_000_000_000);
        decoder.OpenMessages.ShouldBe(0);
        source.Rejections.Single(r => r.Reason == "incomplete").Items.ShouldBe(5000);
    }

    [Fact]
    public void A_bomb_is_not_unpacked()
    {
        using var decoder = new GelfDatagrams(new GelfDecoder(RowText.Options()), IngestLimits.Default);
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(new byte[64 << 20]);
        }

        var source = RowText.Source();
        RowText.Decode(decoder, memory.ToArray(), source).ShouldBeEmpty();
        source.Rejections.Single().Reason.ShouldBe("limit");
    }

    [Fact]
    public void A_preset_dictionary_does_not_decompress()
    {
        using var decoder = new GelfDatagrams(new GelfDecoder(RowText.Options()), IngestLimits.Default);
        var source = RowText.Source();
        RowText.Decode(decoder, [0x78, 0x20, 0x01, 0x02, 0x03, 0x04, 0x55], source).ShouldBeEmpty();
        source.Rejections.Single().Reason.ShouldBe("invalid_message");
    }

    [Fact]
    public async Task Udp_and_tcp_take_messages()
    {
        var sink = new RowSink();
        var intake = Ports.Intake(sink);
        await using var receiver = Ports.Open(intake, GelfReceiver.Ports(new GelfConfiguration { Name = "test", Udp = Ports.Free, Tcp = Ports.Free }, intake));
        using var udp = new UdpClient();
        await udp.SendAsync(Pack("gzip"), IPEndPoint.Parse(receiver.Status[0].Address));
        await sink.WaitAsync(1);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPEndPoint.Parse(receiver.Status[^1].Address));
        await tcp.GetStream().WriteAsync(Encoding.UTF8.GetBytes($"{Example}\0{{\n\"short_message\": \"two\"\n}}\0{{\"short_message\":\"three\"}}\n{{\"short_message\":\"four\"}}\0"));
        (await sink.WaitAsync(5)).Select(r => r.Split('"')[1]).ShouldBe(["A short message", "A short message", "two", "three", "four"]);
    }

    [Fact]
    public void Mutated_datagrams_never_throw() => Fuzz.OnlyMalformed([Encoding.UTF8.GetBytes(Example), Pack("gzip"), Pack("zlib"), Chunks(Pack("none"), 3, 400).First()], (bytes, batch) =>
    {
        using var decoder = new GelfDatagrams(new GelfDecoder(RowText.Options()), IngestLimits.Default);
        decoder.Writer.Use(batch);
        decoder.Add(bytes, RowText.Source(), RowText.Now);
    });

    private static byte[] Pack(string compression)
    {
        var plain = Encoding.UTF8.GetBytes(Example);
        using var memory = new MemoryStream();
        using (Stream stream = compression switch { "gzip" => new GZipStream(memory, CompressionLevel.Fastest, true), "zlib" => new ZLibStream(memory, CompressionLevel.Fastest, true), _ => new BufferedStream(memory) })
        {
            stream.Write(plain);
            stream.Flush();
            if (compression == "none")
            {
                return plain;
            }
        }

        return memory.ToArray();
    }

    private static IEnumerable<byte[]> Chunks(byte[] message, int id, int size)
    {
        var count = (message.Length + size - 1) / size;
        for (var i = 0; i < count; i++)
        {
            yield return [0x1e, 0x0f, 0, 0, 0, 0, (byte)(id >> 24), (byte)(id >> 16), (byte)(id >> 8), (byte)id, (byte)i, (byte)count, .. message.Skip(i * size).Take(size)];
        }
    }
}
