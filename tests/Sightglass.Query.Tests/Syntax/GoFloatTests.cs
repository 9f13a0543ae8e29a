using System.Globalization;
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
    [InlineData(1d / (1 << 25), "2.9802322387695312e-08")]
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
    public void Digits_are_those_of_the_framework() => Prop.ForAll(
        ArbMap.Default.ArbFor<double>(),
        ArbMap.Default.ArbFor<long>(),
        (value, bits) => Same(value) && Same(value * 1e-5) && Same(BitConverter.Int64BitsToDouble(bits * 0x5851F42D4C957F2D)) && Same(bits / 1000.0) && Same(bits * 1e13)).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));

    [Fact]
    public void Digits_beside_powers_are_those_of_the_framework()
    {
        for (var exponent = 0; exponent < 2047; exponent++)
        {
            var power = BitConverter.Int64BitsToDouble((long)exponent << 52);
            Same(power).ShouldBeTrue($"{power}");
            Same(Math.BitIncrement(power)).ShouldBeTrue($"{power}");
            Same(Math.BitDecrement(power)).ShouldBeTrue($"{power}");
        }

        for (var exponent = -323; exponent <= 308; exponent++)
        {
            var power = double.Parse($"1e{exponent}", CultureInfo.InvariantCulture);
            Same(power).ShouldBeTrue($"{power}");
            Same(Math.BitIncrement(power)).ShouldBeTrue($"{power}");
            Same(Math.BitDecrement(power)).ShouldBeTrue($"{power}");
        }
    }

    [Theory]
    [InlineData(999_999.5, "999999.5")]
    [InlineData(1_000_000, "1e+06")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001, "1e-05")]
    [InlineData(-0d, "-0")]
    [InlineData(double.NaN, "NaN")]
    public void Values_in_messages(double value, string want) => GoFloat.General(value).ShouldBe(want);

    [Theory]
    [InlineData(5e-324, 326)]
    [InlineData(-double.MaxValue, 310)]
    [InlineData(0.25, 4)]
    public void Values_without_an_exponent(double value, int length)
    {
        GoFloat.Plain(value).Length.ShouldBe(length);
        double.Parse(GoFloat.Plain(value), CultureInfo.InvariantCulture).ShouldBe(value);
    }

    private static bool Same(double value)
    {
        if (!double.IsFinite(value))
        {
            return true;
        }

        var text = GoFloat.Json(value);
        return Written(value) == text
            && BitConverter.DoubleToInt64Bits(double.Parse(text, CultureInfo.InvariantCulture)) == BitConverter.DoubleToInt64Bits(value)
            && (GoFloat.Scientific(value) == FromFramework(value) || !ReadsBack(value));
    }

    // Of two powers of two the framework's shortest digits are those of their lower neighbour.
    private static bool ReadsBack(double value) => double.Parse(value.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) == value;

    private static string FromFramework(double value)
    {
        var text = value.ToString("E16", CultureInfo.InvariantCulture);
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        var digits = shortest.Split('E')[0].Replace(".", string.Empty, StringComparison.Ordinal).Replace("-", string.Empty, StringComparison.Ordinal).Trim('0');
        var power = value == 0 ? 0 : Power(value, digits, text);
        var mantissa = digits.Length == 0 ? "0" : digits.Length == 1 ? digits : $"{digits[0]}.{digits[1..]}";
        return $"{(double.IsNegative(value) ? "-" : string.Empty)}{mantissa}e{(power < 0 ? '-' : '+')}{Math.Abs(power):00}";
    }

    // That of seventeen digits, unless the shortest were rounded up to the next power of ten.
    private static int Power(double value, string digits, string text)
    {
        var power = int.Parse(text.AsSpan(text.IndexOf('E', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture);
        return double.Parse($"{digits[0]}.{digits[1..]}e{power}", CultureInfo.InvariantCulture) == Math.Abs(value) ? power : power + 1;
    }

    private static string Written(double value)
    {
        Span<byte> into = stackalloc byte[GoFloat.MaxJsonBytes];
        return Encoding.ASCII.GetString(into[..GoFloat.WriteJson(value, into)]);
    }
}
