using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.Tests.Syntax;

public sealed class GoFloatTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(-0d, "-0")]
    [InlineData(1, "1")]
    [InlineData(-17.25, "-17.25")]
    [InlineData(0.1, "0.1")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00009999, "0.00009999")]
    [InlineData(0.000001, "0.000001")]
    [InlineData(0.00000099, "9.9e-07")]
    [InlineData(1e15, "1000000000000000")]
    [InlineData(123456789012345680, "123456789012345680")]
    [InlineData(1e20, "100000000000000000000")]
    [InlineData(1e21, "1e+21")]
    [InlineData(-1.5e300, "-1.5e+300")]
    [InlineData(5e-324, "5e-324")]
    [InlineData(double.MaxValue, "1.7976931348623157e+308")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    public void Values_in_answers(double value, string want)
    {
        GoFloat.Json(value).ShouldBe(want);
        Written(value).ShouldBe(want);
    }

    [Fact]
    public void Any_value_is_written_as_its_text() => Prop.ForAll(
        ArbMap.Default.ArbFor<double>(),
        ArbMap.Default.ArbFor<long>(),
        (value, bits) => Same(value) && Same(value * 1e-5) && Same(BitConverter.Int64BitsToDouble(bits * 0x5851F42D4C957F2D)) && Same(bits / 1000.0) && Same(bits * 1e13)).QuickCheckThrowOnFailure();

    private static bool Same(double value) => Written(value) == GoFloat.Json(value);

    private static string Written(double value)
    {
        Span<byte> into = stackalloc byte[GoFloat.MaxJsonBytes];
        return Encoding.ASCII.GetString(into[..GoFloat.WriteJson(value, into)]);
    }
}
