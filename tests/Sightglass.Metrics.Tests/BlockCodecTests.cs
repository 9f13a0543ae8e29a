using FsCheck;
using FsCheck.Fluent;
using Sightglass.Core.Bytes;
using Sightglass.Metrics.Blocks;

namespace Sightglass.Metrics.Tests;

public sealed class BlockCodecTests
{
    public static TheoryData<string, double[], int> Shapes => new()
    {
        { "constant", Make(1000, _ => 4.25), 20 },
        { "integers", Make(1000, i => i * 3), 1100 },
        { "decimals", Make(1000, i => (i % 7) / 100.0), 1100 },
        { "counter", Make(1000, i => 1e9 + (i * 1000)), 1100 },
        { "bursts", Make(1000, i => i / 100 * 1_000_000), 1100 },
        { "integers with a marker", Make(1000, i => i == 999 ? Core.Model.SpecialValues.StaleNaN : i), 1200 },
        { "doubles", Make(1000, i => Math.Sin(i)), 8100 },
        { "one", [Math.E], 40 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Values_come_back_in_as_few_bytes_as_promised(string what, double[] values, int maxBytes) =>
        RoundTrip(values).ShouldBeLessThanOrEqualTo(maxBytes, what);

    [Fact]
    public void Any_doubles_come_back_to_the_bit() =>
        Prop.ForAll(ArbMap.Default.ArbFor<double[]>(), values => values.Length == 0 || RoundTrip(values) > 0).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_bits_come_back_to_the_bit() =>
        Prop.ForAll(ArbMap.Default.ArbFor<long[]>(), bits => bits.Length == 0 || RoundTrip([.. bits.Select(b => BitConverter.Int64BitsToDouble(b * 0x5851F42D4C957F2D))]) > 0).QuickCheckThrowOnFailure();

    [Fact]
    public void Broken_bytes_are_refused_and_never_anything_else()
    {
        using var target = new ByteWriter();
        var values = Make(100, i => i % 9 == 0 ? double.NaN : i);
        BlockCodec.Write(target, values);
        var random = new Random(11);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = target.Written.ToArray();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            BlockCodec.TryRead(bytes.AsSpan(0, random.Next(bytes.Length + 1)), new double[100]);
        }
    }

    private static double[] Make(int count, Func<int, double> value) => [.. Enumerable.Range(0, count).Select(value)];

    private static int RoundTrip(double[] values)
    {
        using var target = new ByteWriter();
        BlockCodec.Write(target, values);
        var read = new double[values.Length];
        BlockCodec.TryRead(target.Written, read).ShouldBeTrue();
        read.Select(BitConverter.DoubleToInt64Bits).ShouldBe(values.Select(BitConverter.DoubleToInt64Bits));
        return target.Length;
    }
}
