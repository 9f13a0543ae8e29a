using Sightglass.Core.Bytes;

namespace Sightglass.Core.Tests.Bytes;

public sealed class ZstdTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(131_072)]
    [InlineData(1_048_576)]
    [InlineData(3_000_001)]
    public void What_was_compressed_comes_back(int length)
    {
        var source = new byte[length];
        new Random(length).NextBytes(source.AsSpan(0, length / 3));
        using var compressed = new ByteWriter();
        Zstd.Compress(source, compressed).ShouldBe(compressed.Length);

        var exact = new byte[length];
        Zstd.TryDecompress(compressed.Written, exact).ShouldBeTrue();
        exact.AsSpan().SequenceEqual(source).ShouldBeTrue();

        using var stream = new ByteWriter(16);
        Zstd.TryDecompressStream(compressed.Written, stream, length, out var tooLarge).ShouldBeTrue();
        tooLarge.ShouldBeFalse();
        stream.Written.SequenceEqual(source).ShouldBeTrue();
    }

    [Fact]
    public void Frames_one_after_another_are_one_stream()
    {
        using var compressed = new ByteWriter();
        Zstd.Compress(new byte[100], compressed);
        Zstd.Compress(new byte[50], compressed);
        using var stream = new ByteWriter();
        Zstd.TryDecompressStream(compressed.Written, stream, 1000, out _).ShouldBeTrue();
        stream.Length.ShouldBe(150);
    }

    [Fact]
    public void Truncated_damaged_and_wrongly_sized_frames_are_refused()
    {
        using var compressed = new ByteWriter();
        var source = new byte[5000];
        new Random(3).NextBytes(source);
        Zstd.Compress(source, compressed);
        using var stream = new ByteWriter();
        for (var cut = 1; cut < compressed.Length; cut += 97)
        {
            Zstd.TryDecompressStream(compressed.Written[..cut], stream, 10_000, out _).ShouldBeFalse();
        }

        Zstd.TryDecompressStream([1, 2, 3, 4, 5], stream, 10_000, out _).ShouldBeFalse();
        Zstd.TryDecompress(compressed.Written, new byte[4999]).ShouldBeFalse();
        Zstd.TryDecompress(compressed.Written, new byte[5001]).ShouldBeFalse();
    }

    [Fact]
    public void A_bomb_stops_at_the_limit()
    {
        using var compressed = new ByteWriter();
        Zstd.Compress(new byte[50_000_000], compressed);
        using var stream = new ByteWriter();
        Zstd.TryDecompressStream(compressed.Written, stream, 1_000_000, out var tooLarge).ShouldBeFalse();
        tooLarge.ShouldBeTrue();
        stream.Length.ShouldBeLessThan(4_000_000);
    }
}
