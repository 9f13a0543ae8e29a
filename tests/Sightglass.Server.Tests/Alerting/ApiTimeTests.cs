using Sightglass.Server.Api.Alerting;

namespace Sightglass.Server.Tests.Alerting;

public sealed class ApiTimeTests
{
    [Theory]
    [InlineData(0, "0e+00")]
    [InlineData(1.5, "1.5e+00")]
    [InlineData(-100, "-1e+02")]
    [InlineData(1.0462143559488692, "1.0462143559488692e+00")]
    [InlineData(0.6926411853044482, "6.926411853044482e-01")]
    [InlineData(1.7976931348623157e308, "1.7976931348623157e+308")]
    [InlineData(5e-324, "5e-324")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    public void A_number_has_as_many_digits_as_it_needs(double value, string expected) => ApiTime.Exponent(value).ShouldBe(expected);
}
