using System.Text;
using Sightglass.Core.Bytes;

namespace Sightglass.Core.Tests.Bytes;

public sealed class SnappyTests
{
    [Theory]
    [InlineData("00", "")]
    [InlineData("010061", "a")]
    [InlineData("0508616263" + "060300", "abcab")]
    [InlineData("0708616263" + "0103", "abcabca")]
    [InlineData("0a0061" + "2201 00", "aaaaaaaaaa")]
    [InlineData("080c61626364" + "0e0400", "abcdabcd")]
    [InlineData("080c61626364" + "0f04000000", "abcdabcd")]
    [InlineData("03f00261 6263", "abc")]
    public void Blocks_of_every_element_decode(string hex, string want)
    {
        using var target = new ByteWriter();
        Snappy.TryDecompress(Hex(hex), target, 100).ShouldBeTrue();
        Encoding.UTF8.GetString(target.Written).ShouldBe(want);
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("0500")]
    [InlineData("0208616263")]
    [InlineData("0508616263" + "0500")]
    [InlineData("0508616263" + "0504")]
    [InlineData("0408616263" + "0503")]
    [InlineData("0f")]
    [InlineData("05f4")]
    [InlineData("05fcffffffff")]
    [InlineData("080c61626364" + "0f040000ff")]
    public void Damaged_blocks_are_refused(string hex)
    {
        using var target = new ByteWriter();
        target.WriteByte(7);
        Snappy.TryDecompress(Hex(hex), target, 100).ShouldBeFalse();
        target.Length.ShouldBe(1);
    }

    [Fact]
    public void A_block_that_announces_more_than_allowed_is_refused()
    {
        using var target = new ByteWriter();
        Snappy.TryDecompress(Hex("010061"), target, 0).ShouldBeFalse();
        Snappy.DecompressedLength(Hex("80808001")).ShouldBe(1 << 21);
        Snappy.DecompressedLength(Hex("ffffffffffffffffff01")).ShouldBe(-1);
    }

    [Fact]
    public void Random_bytes_never_do_more_than_fail()
    {
        var random = new Random(11);
        using var target = new ByteWriter();
        var block = new byte[40];
        for (var i = 0; i < 50_000; i++)
        {
            random.NextBytes(block);
            block[0] = 60;
            target.Clear();
            Snappy.TryDecompress(block.AsSpan(0, random.Next(block.Length)), target, 1000);
        }
    }

    private static byte[] Hex(string hex) => Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal));
}
