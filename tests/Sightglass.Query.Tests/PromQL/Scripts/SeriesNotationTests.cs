using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.PromQL.Scripts;

namespace Sightglass.Query.Tests.PromQL.Scripts;

public class SeriesNotationTests
{
    [Theory]
    [InlineData("1 2 3", "1 2 3")]
    [InlineData("1+2x3", "1 3 5 7")]
    [InlineData("1-2x2", "1 -1 -3")]
    [InlineData("-5+1e1x1", "-5 5")]
    [InlineData("0x3", "0 0 0 0")]
    [InlineData("1 _ _x2 2", "1 _ _ _ 2")]
    [InlineData("stale Inf -Inf NaN", "stale ∞ -∞ NaN")]
    [InlineData("1.5e-3x1", "0.0015 0.0015")]
    [InlineData("", "")]
    public void Values_are_expanded(string text, string expected)
    {
        var values = SeriesNotation.ParseValues(text);
        string.Join(' ', values.Select(v => v.Omitted ? "_" : SpecialValues.IsStale(v.Value) ? "stale" : v.Value.ToString(System.Globalization.CultureInfo.InvariantCulture)
            .Replace("Infinity", "∞", StringComparison.Ordinal))).ShouldBe(expected);
    }

    [Fact]
    public void Labels_are_those_of_a_selector()
    {
        SeriesNotation.Parse("a:b_total{x=\"1\", y='é\\n',} 1").Labels.ShouldBe(LabelSet.Of("__name__", "a:b_total", "x", "1", "y", "é\n"));
        SeriesNotation.Parse("{\"metric.name\", \"a b\"=`c`} 1").Labels.ShouldBe(LabelSet.Of("__name__", "metric.name", "a b", "c"));
        SeriesNotation.ParseLabels("up").ShouldBe(LabelSet.Of("__name__", "up"));
        SeriesNotation.ParseLabels("{}").ShouldBe(LabelSet.Empty);
    }

    [Fact]
    public void Histograms_grow_by_a_step()
    {
        var values = SeriesNotation.ParseValues("{{schema:1 sum:5 count:4 buckets:[1 2 1] offset:2}}+{{sum:1 count:2 buckets:[2] offset:2}}x1");
        values.Count.ShouldBe(2);
        values[1].Histogram!.Sum.ShouldBe(6);
        values[1].Histogram!.Count.ShouldBe(6);
        values[1].Histogram!.PositiveBuckets.Sum().ShouldBe(6);
        values[0].HintGiven.ShouldBeFalse();
        SeriesNotation.ParseValues("{{counter_reset_hint:gauge}}x2").ShouldAllBe(v => v.HintGiven && v.Histogram!.ResetHint == CounterResetHint.Gauge);
    }

    [Theory]
    [InlineData("1+2")]
    [InlineData("1x")]
    [InlineData("abc")]
    [InlineData("1,2")]
    [InlineData("{{")]
    [InlineData("{{sum:x}}")]
    [InlineData("{{nothing:1}}")]
    [InlineData("{{schema:99}}")]
    [InlineData("{{buckets:[1 2}}")]
    [InlineData("{{sum}}")]
    [InlineData("1+")]
    public void What_is_no_value_is_refused(string text) => Should.Throw<QueryException>(() => SeriesNotation.ParseValues(text)).Kind.ShouldBe(QueryErrorKind.BadData);

    [Theory]
    [InlineData("a{b=1} 1")]
    [InlineData("a{b=\"1\" 1")]
    [InlineData("a{b=\"1} 1")]
    [InlineData("+ 1")]
    public void What_is_no_series_is_refused(string line) => Should.Throw<QueryException>(() => SeriesNotation.Parse(line));

    [Theory]
    [InlineData("1x2000000000")]
    [InlineData("1+1x99999999999999999999")]
    [InlineData("_x1000001")]
    public void A_line_stands_for_no_more_values_than_allowed(string text) => Should.Throw<LimitExceededException>(() => SeriesNotation.ParseValues(text)).Setting.ShouldBe("maxValuesPerSeries");
}
