using Sightglass.Query.PromQL;
using Sightglass.Query.PromQL.Caching;

namespace Sightglass.Query.Tests.PromQL.Caching;

public sealed class AnswerReachTests
{
    private const long Start = 1_000_000;
    private const long End = 2_000_000;

    [Theory]
    [InlineData("up", true, true, 0, long.MinValue)]
    [InlineData("sum(rate(up[5m]))", true, true, 0, long.MinValue)]
    [InlineData("up offset 5m", true, true, 0, long.MinValue)]
    [InlineData("up offset -5m", true, true, 300_000, long.MinValue)]
    [InlineData("max_over_time((up offset -1m)[5m:1m] offset -2m)", true, true, 180_000, long.MinValue)]
    [InlineData("max_over_time((up offset -3m)[5m:1m] offset 2m)", true, true, 180_000, long.MinValue)]
    [InlineData("up @ 1500", true, true, 0, 1_500_000)]
    [InlineData("up @ 1500 offset -10s + up offset -1s", true, true, 1_000, 1_510_000)]
    [InlineData("max_over_time(up[5m:1m] @ 3000)", true, true, 0, 3_000_000)]
    [InlineData("max_over_time((up offset -1m)[5m:1m] @ 3000)", true, true, 0, 3_060_000)]
    [InlineData("up @ start()", true, false, 0, Start)]
    [InlineData("rate(up[5m] @ end())", true, false, 0, End)]
    [InlineData("rate(up[range()])", true, false, 0, long.MinValue)]
    [InlineData("rate(up[step() * 2])", true, true, 0, long.MinValue)]
    [InlineData("up offset -(step() * 2)", true, true, 60_000, long.MinValue)]
    [InlineData("rate(up[5m] smoothed)", false, true, 0, long.MinValue)]
    [InlineData("vector(time())", true, true, 0, long.MinValue)]
    public void Reach(string query, bool cacheable, bool divisible, long ahead, long at)
    {
        var expression = PromQLParser.Parse(query, PromQLOptions.AllExperimental);
        AnswerReach.Of(expression, Start, End, 30_000).ShouldBe(new AnswerReach(cacheable, divisible, ahead, at));
    }
}
