using System.IO.Compression;
using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Ingest.Bodies;

namespace Sightglass.Ingest.Tests.Bodies;

public sealed class BodyReaderTests
{
    private static readonly IngestLimits Small = new() { MaxBodyBytes = 200_000, MaxDecompressedBodyBytes = 1_000_000 };

    private readonly BodyBudget _budget = new(64 << 20);

    [Theory]
    [InlineData(null)]
    [InlineData("identity")]
    [InlineData("gzip")]
    [InlineData("GZIP")]
    [InlineData("deflate")]
    [InlineData("zstd")]
    [InlineData("snappy")]
    public async Task Every_encoding_gives_the_same_bytes_and_the_memory_comes_back(string? encoding)
    {
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 9000).Select(static i => $"line {i}\n")));
        var sent = Encode(text, encoding);
        using (var body = await Reader().ReadAsync(new MemoryStream(sent), sent.Length, encoding, default))
        {
            body.Bytes.SequenceEqual(text).ShouldBeTrue();
            body.ReceivedBytes.ShouldBe(sent.Length);
            _budget.UsedBytes.ShouldBeGreaterThanOrEqualTo(text.Length);
        }

        _budget.UsedBytes.ShouldBe(0);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("zstd")]
    [InlineData("snappy")]
    public async Task Truncated_and_random_bodies_are_malformed(string encoding)
    {
        var sent = Encode(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 900).Select(static i => $"line {i * 7919}\n"))), encoding);
        foreach (var cut in (int[])[0, 1, 5, sent.Length / 2, sent.Length - 1])
        {
            (await Refused(sent[..cut], encoding)).ShouldBe(BodyError.Malformed, $"cut to {cut}");
        }

        (await Refused([0xff, 0xff, 0x03, 0x12, 0x55, 0x66], encoding)).ShouldBe(BodyError.Malformed);
        (await Refused([0x78, 0x20, 0x01, 0x02, 0x03, 0x04, 0x55], encoding)).ShouldBe(BodyError.Malformed, "zlib with a preset dictionary");
        _budget.UsedBytes.ShouldBe(0);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("zstd")]
    public async Task A_bomb_stops_at_the_limit(string encoding)
    {
        var bomb = Encode(new byte[20_000_000], encoding);
        bomb.Length.ShouldBeLessThan(Small.MaxBodyBytes);
        (await Refused(bomb, encoding)).ShouldBe(BodyError.TooLarge);
        _budget.UsedBytes.ShouldBe(0);
    }

    [Fact]
    public async Task A_snappy_block_that_announces_too_much_is_refused_before_memory_is_taken()
    {
        (await Refused([0x80, 0x80, 0x80, 0x08, 0x00], "snappy")).ShouldBe(BodyError.TooLarge);
        (await Refused([0x80, 0x80, 0x20, 0x00, 0x00], "snappy")).ShouldBe(BodyError.Malformed);
    }

    [Fact]
    public async Task Bodies_over_the_limit_are_refused_announced_or_not()
    {
        (await Refused(new byte[200_001], null)).ShouldBe(BodyError.TooLarge);
        (await Refused(new byte[200_001], null, announce: false)).ShouldBe(BodyError.TooLarge);
    }

    [Fact]
    public async Task An_unknown_encoding_is_not_supported() => (await Refused([1], "br")).ShouldBe(BodyError.Unsupported);

    [Fact]
    public async Task A_body_shorter_than_announced_is_malformed()
    {
        var error = await Should.ThrowAsync<BodyException>(async () => await Reader().ReadAsync(new MemoryStream(new byte[10]), 20, null, default));
        error.Error.ShouldBe(BodyError.Malformed);
        error.Message.ShouldBe("body is truncated: got 10 bytes, want 20");
    }

    [Fact]
    public async Task When_the_budget_is_used_up_senders_are_asked_to_come_again()
    {
        var budget = new BodyBudget(100_000);
        var reader = new BodyReader(Small, budget);
        using var first = await reader.ReadAsync(new MemoryStream(new byte[20_000]), null, null, default);
        (await Should.ThrowAsync<BodyException>(async () => await reader.ReadAsync(new MemoryStream(new byte[60_000]), null, null, default))).Error.ShouldBe(BodyError.Busy);
        first.Dispose();
        budget.UsedBytes.ShouldBe(0);
    }

    private static byte[] Encode(byte[] bytes, string? encoding)
    {
        using var target = new MemoryStream();
        switch (encoding?.ToLowerInvariant())
        {
            case "gzip":
                using (var stream = new GZipStream(target, CompressionLevel.SmallestSize, leaveOpen: true))
                {
                    stream.Write(bytes);
                }

                return target.ToArray();
            case "deflate":
                using (var stream = new ZLibStream(target, CompressionLevel.SmallestSize, leaveOpen: true))
                {
                    stream.Write(bytes);
                }

                return target.ToArray();
            case "zstd":
                using (var writer = new ByteWriter())
                {
                    Zstd.Compress(bytes, writer);
                    return writer.Written.ToArray();
                }

            case "snappy":
                using (var writer = new ByteWriter())
                {
                    // Literals alone are a valid block: tag 61 with a two-byte length.
                    writer.WriteVarint((ulong)bytes.Length);
                    foreach (var chunk in bytes.Chunk(60_000))
                    {
                        writer.Write([61 << 2, (byte)(chunk.Length - 1), (byte)((chunk.Length - 1) >> 8)]);
                        writer.Write(chunk);
                    }

                    return writer.Written.ToArray();
                }

            default:
                return bytes;
        }
    }

    private BodyReader Reader() => new(Small, _budget);

    private async Task<BodyError> Refused(byte[] sent, string? encoding, bool announce = true) =>
        (await Should.ThrowAsync<BodyException>(async () => await Reader().ReadAsync(new MemoryStream(sent), announce ? sent.Length : null, encoding, default))).Error;
}
