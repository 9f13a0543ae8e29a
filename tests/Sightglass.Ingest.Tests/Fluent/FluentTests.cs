using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Fluent;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.Tests.Listening;
using Sightglass.Ingest.Tests.Records;

namespace Sightglass.Ingest.Tests.Fluent;

public sealed class FluentTests
{
    private const int Seconds = 1_767_175_200;
    private static readonly (string, object?)[] Record = [("message", "hi"), ("n", 5), ("deep", new (string, object?)[] { ("x", 1.5) }), ("list", new object?[] { 1, "a", null })];
    private static readonly byte[] Entries = [.. Pack.Value(new object?[] { Seconds, Record }), .. Pack.Value(new object?[] { new EventTime(Seconds, 5), Record })];

    private static readonly byte[][] Messages =
    [
        Pack.Value(new object?[] { "app.web", new EventTime(Seconds, 5), Record, new (string, object?)[] { ("chunk", "c1") } }),
        Pack.Value(new object?[] { "app.web", new object?[] { new object?[] { Seconds, Record }, new object?[] { new object?[] { new EventTime(Seconds, 5), Array.Empty<(string, object?)>() }, Record } } }),
        Pack.Value(new object?[] { "app.web", Entries, new (string, object?)[] { ("chunk", "c3"), ("size", 2) } }),
        Pack.Value(new object?[] { "app.web", Gzip(Entries).Concat(Gzip(Entries)).ToArray(), new (string, object?)[] { ("compressed", "gzip") } }),
    ];

    private const string Fields = "\"hi\" tag=app.web n=5:Int deep.x=1.5:Double list=[1,\"a\",null]";

    [Theory]
    [InlineData(0, "c1", 1)]
    [InlineData(1, "", 2)]
    [InlineData(2, "c3", 2)]
    [InlineData(3, "", 4)]
    public void Every_mode_becomes_rows(int message, string chunk, int rows)
    {
        using var batch = new LogBatch();
        using var decoder = new FluentDecoder(RowText.Options());
        decoder.Use(batch);
        Encoding.UTF8.GetString(decoder.Message(Messages[message], new Rejections(), RowText.Now)).ShouldBe(chunk);
        batch.Count.ShouldBe(rows);
        RowText.Of(batch, rows - 1).ShouldBe("{service_name=app.web} 2025-12-31 10:00:00.000000005 " + Fields);
    }

    [Fact]
    public void A_record_without_a_line_is_its_json()
    {
        using var batch = new LogBatch();
        using var decoder = new FluentDecoder(RowText.Options());
        decoder.Use(batch);
        decoder.Message(Pack.Value(new object?[] { "t", Seconds, new (string, object?)[] { ("a", 1), ("b", "é\n") } }), new Rejections(), RowText.Now);
        RowText.Of(batch, 0).ShouldBe("{service_name=t} 2025-12-31 10:00:00 \"{\"a\":1,\"b\":\"é\\n\"}\" tag=t a=1:Int b=é\n");
    }

    [Theory]
    [InlineData("""{"message":"a"}""", 1)]
    [InlineData("""[{"message":"a"},{"message":"b","level":"error"}]""", 2)]
    [InlineData("{\"message\":\"a\"}\n{\"message\":\"b\"}\n", 2)]
    public void Http_bodies_become_rows(string body, int rows)
    {
        using var batch = new LogBatch();
        using var decoder = new FluentDecoder(RowText.Options());
        decoder.Use(batch);
        decoder.Json("tag"u8, Encoding.UTF8.GetBytes(body), null, new Rejections(), RowText.Now);
        batch.Count.ShouldBe(rows);
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("[[{}]]")]
    [InlineData("x")]
    public void Bad_http_bodies_are_malformed(string body)
    {
        using var decoder = new FluentDecoder(RowText.Options());
        decoder.Use(new LogBatch());
        Should.Throw<MalformedInputException>(() => decoder.Json("tag"u8, Encoding.UTF8.GetBytes(body), null, new Rejections(), RowText.Now));
    }

    [Fact]
    public void The_scanner_finds_the_end_however_the_stream_is_split()
    {
        byte[] stream = [.. Messages.SelectMany(m => m), 0xc0];
        for (var step = 1; step < 80; step += 3)
        {
            var scanner = default(MessagePackScanner);
            var (at, filled) = (0, 0);
            var sizes = new List<int>();
            while (at < stream.Length)
            {
                filled = Math.Min(stream.Length, filled + step);
                while (at < filled && scanner.Find(stream.AsSpan(at, filled - at), 1 << 20) is > 0 and var size)
                {
                    sizes.Add(size);
                    at += size;
                }
            }

            sizes.ShouldBe([.. Messages.Select(m => m.Length), 1]);
        }
    }

    [Theory]
    [InlineData("c1")]
    [InlineData("ddffffffff")]
    [InlineData("dbffffffff")]
    [InlineData("dfffffffff")]
    public void The_scanner_refuses_what_is_too_large_before_it_is_there(string hex)
    {
        var scanner = default(MessagePackScanner);
        Should.Throw<MalformedInputException>(() => scanner.Find(Convert.FromHexString(hex), 1 << 20));
    }

    [Fact]
    public void Nesting_is_bounded()
    {
        using var batch = new LogBatch();
        using var decoder = new FluentDecoder(RowText.Options());
        decoder.Use(batch);
        object? deep = 1;
        for (var i = 0; i < 5000; i++)
        {
            deep = new object?[] { deep };
        }

        byte[] message = [0x93, .. Pack.Value("t"), .. Pack.Value(Seconds), 0x81, .. Pack.Value("a"), .. Enumerable.Repeat((byte)0x91, 5000), 1];
        var rejections = new Rejections();
        decoder.Message(message, rejections, RowText.Now);
        rejections.First.ShouldBe("entry: a record nests deeper than MaxNestingDepth");
    }

    [Fact]
    public async Task Chunks_are_acknowledged_after_they_are_stored()
    {
        var sink = new RowSink { Failures = 1 };
        await using var receiver = Start(sink, null);
        using var client = new TcpClient();
        await client.ConnectAsync(IPEndPoint.Parse(receiver.Status.Single().Address));
        await client.GetStream().WriteAsync((byte[])[0xc0, .. Messages[0], .. Messages[2]]);
        var answer = await ReadAsync(client.GetStream(), 2);
        sink.Rows.Length.ShouldBe(3);
        answer.ShouldBe(["map", "ack", "c1", "map", "ack", "c3"]);
    }

    [Theory]
    [InlineData("secret", true)]
    [InlineData("guess", false)]
    public async Task The_shared_key_is_asked_for(string key, bool trusted)
    {
        var sink = new RowSink();
        await using var receiver = Start(sink, "secret");
        using var client = new TcpClient();
        await client.ConnectAsync(IPEndPoint.Parse(receiver.Status.Single().Address));
        var stream = client.GetStream();
        var helo = await BytesAsync(stream);
        var nonce = helo.AsSpan(helo.AsSpan().IndexOf("nonce"u8) + 7, 16).ToArray();
        var salt = "salt"u8.ToArray();
        var digest = Convert.ToHexStringLower(SHA512.HashData([.. salt, .. "me"u8, .. nonce, .. Encoding.UTF8.GetBytes(key)]));
        await stream.WriteAsync(Pack.Value(new object?[] { "PING", "me", salt, digest, string.Empty, string.Empty }));
        var pong = Encoding.UTF8.GetString(await BytesAsync(stream));
        pong.Contains("shared_key mismatch", StringComparison.Ordinal).ShouldBe(!trusted);
        if (trusted)
        {
            pong.ShouldContain(Convert.ToHexStringLower(SHA512.HashData([.. salt, .. Encoding.UTF8.GetBytes(Environment.MachineName), .. nonce, .. Encoding.UTF8.GetBytes(key)])));
            await stream.WriteAsync(Messages[0]);
            await sink.WaitAsync(1);
        }
        else
        {
            (await stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false)).ShouldBe(0);
        }
    }

    [Fact]
    public void Mutated_messages_are_taken_or_malformed() => Fuzz.OnlyMalformed(Messages, (bytes, batch) =>
    {
        using var decoder = new FluentDecoder(RowText.Options());
        decoder.Use(batch);
        var scanner = default(MessagePackScanner);
        var size = bytes.Length > 0 ? scanner.Find(bytes, 1 << 20) : 0;
        decoder.Message(bytes.AsSpan(0, size), new Rejections(), RowText.Now);
    });

    private static LogPortSet Start(RowSink sink, string? key)
    {
        var intake = Ports.Intake(sink);
        return Ports.Open(intake, FluentReceiver.Ports(new FluentConfiguration { Listen = Ports.Free, SharedKey = key }, intake));
    }

    private static async Task<byte[]> BytesAsync(NetworkStream stream)
    {
        var buffer = new byte[4096];
        return buffer[..await stream.ReadAsync(buffer)];
    }

    private static async Task<List<string>> ReadAsync(NetworkStream stream, int maps)
    {
        var buffer = new byte[4096];
        var filled = 0;
        while (true)
        {
            filled += await stream.ReadAsync(buffer.AsMemory(filled));
            var reader = new MessagePackReader(buffer.AsSpan(0, filled));
            var texts = new List<string>();
            while (!reader.AtEnd)
            {
                if (reader.Peek() == MessagePackType.Map)
                {
                    reader.ReadMap();
                    texts.Add("map");
                }
                else
                {
                    texts.Add(Encoding.UTF8.GetString(reader.ReadBytes()));
                }
            }

            if (texts.Count == maps * 3)
            {
                return texts;
            }
        }
    }

    private static byte[] Gzip(byte[] plain)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest))
        {
            gzip.Write(plain);
        }

        return memory.ToArray();
    }
}
