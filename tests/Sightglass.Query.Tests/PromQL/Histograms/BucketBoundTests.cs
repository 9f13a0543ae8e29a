using Sightglass.Query.PromQL;

namespace Sightglass.Query.Tests.PromQL.Histograms;

/// <summary>Bounds to the last bit: clients put values into buckets by them, and answers print them.</summary>
public sealed class BucketBoundTests
{
    [Theory]
    [InlineData(1, 0, 2)]
    [InlineData(-1, 1, 0.7071067811865475)]
    [InlineData(-1, 2, 0.8408964152537144)]
    [InlineData(-1, 3, 0.9170040432046711)]
    [InlineData(-2, 3, 0.8408964152537144)]
    [InlineData(-6, 5, 0.8781260801866495)]
    [InlineData(-1, 8, 0.9972960560854698)]
    [InlineData(-253, 8, 0.5040779490592088)]
    [InlineData(-127, 7, 0.5027149505564014)]
    [InlineData(-58, 3, 0.0065695032441696440)]
    [InlineData(1, -2, 16)]
    [InlineData(0, 4, 1)]
    public void Bounds(int index, int schema, double want) => HistogramLayout.Bound(index, schema).ShouldBe(want);
}
