using System.Text;
using Sightglass.Core.Bytes;

namespace Sightglass.Core.Tests.Bytes;

public sealed class SnappyEncoderTests
{
    public static TheoryData<byte[]> Inputs()
    {
        var random = new Random(1);
        var noise = new byte[200_000];
        random.NextBytes(noise);
        var mixed = new byte[300_000];
        for (var i = 0; i < mixed.Length; i++)
        {
            mixed[i] = (byte)(random.Next(4) == 0 ? random.Next(256) : i % 7);
        }

        return [[], [1], [1, 1, 1, 1, 1, 1, 1, 1, 1], new byte[65_536], new byte[65_537], new byte[1_000_000], noise, mixed, noise[..60], noise[..61], noise[..256], noise[..257],
            Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 5000).Select(i => $"http_requests_total{{job=\"a\",instance=\"{i}\"}}")))];
    }

    [Theory]
    [MemberData(nameof(Inputs))]
    public void What_was_compressed_comes_back(byte[] input)
    {
        using var packed = new ByteWriter();
        SnappyEncoder.Compress(input, packed);
        using var plain = new ByteWriter();
        Snappy.TryDecompress(packed.Written, plain, input.Length).ShouldBeTrue();
        plain.Written.SequenceEqual(input).ShouldBeTrue();
    }

    [Fact]
    public void Repetitions_take_little_room()
    {
        using var packed = new ByteWriter();
        SnappyEncoder.Compress(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("http_requests_total", 5000))), packed);
        packed.Length.ShouldBeLessThan(6000);
    }
}
