using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.PromQL;
using Sightglass.Query.PromQL.Scripts;
using Sightglass.TestKit;

namespace Sightglass.Query.Tests.PromQL;

public class EngineTests
{
    private const long Minute = 60_000;

    private static InMemoryMetricStore Store()
    {
        var store = new InMemoryMetricStore();
        for (var i = 0; i < 20; i++)
        {
            store.Add(LabelSet.Of("__name__", "a_total", "job", "x"), i * Minute, i * 60);
            store.Add(LabelSet.Of("__name__", "a_total", "job", "y"), i * Minute, i * 120);
        }

        return store;
    }

    private static PromQLEngine Engine(InMemoryMetricStore store, QueryLimits? limits = null) =>
        new(store, limits ?? QueryLimits.Default, new ManualTimeProvider());

    [Fact]
    public void A_range_query_is_sorted_and_has_a_point_at_every_step()
    {
        var result = Engine(Store()).Range("rate(a_total[5m])", 5 * Minute, 10 * Minute, Minute);
        result.Type.ShouldBe(PromQLType.Matrix);
        result.Series.Select(s => s.Labels.ToString()).ShouldBe(["{job=\"x\"}", "{job=\"y\"}"]);
        result.Series[0].TimestampsMs.ShouldBe([.. Enumerable.Range(5, 6).Select(i => i * Minute)]);
        result.Series[0].Values.ShouldAllBe(v => v == 1);
        result.Infos.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("absent((gone{job=\"x\", le!=\"1\"}))", "{job=\"x\"}")]
    [InlineData("absent(((gone{job=\"x\"} offset 5m)))", "{job=\"x\"}")]
    [InlineData("absent_over_time((gone{job=\"x\"}[5m]))", "{job=\"x\"}")]
    [InlineData("absent(gone{job=\"x\",job=\"y\"})", "{}")]
    [InlineData("absent(-gone{job=\"x\"})", "{}")]
    [InlineData("absent_over_time(gone{job=\"x\"}[5m:])", "{}")]
    public void What_is_absent_has_the_labels_that_it_was_asked_for_with(string query, string labels) =>
        Engine(Store()).Instant(query, Minute).Series.ShouldHaveSingleItem().Labels.ToString().ShouldBe(labels);

    [Theory]
    [InlineData("1 / sum(-vector(0))", double.PositiveInfinity)]
    [InlineData("1 / sum by (job) (0 * -a_total)", double.PositiveInfinity)]
    [InlineData("1 / max(-vector(0))", double.NegativeInfinity)]
    public void A_sum_of_negative_zeros_is_zero(string query, double want) => Engine(Store()).Instant(query, Minute).Series[0].Values.ShouldBe([want]);

    [Theory]
    [InlineData("topk(-Inf, a_total)")]
    [InlineData("bottomk(-1e30, a_total)")]
    [InlineData("topk(scalar(a_total{job=\"x\"}) * -1e20, a_total)")]
    public void However_few_are_asked_for_none_are_given(string query) => Engine(Store()).Instant(query, Minute).Series.ShouldBeEmpty();

    [Theory]
    [InlineData("topk(1e30, a_total)", "Scalar value 1e+30 overflows int64")]
    [InlineData("topk(NaN, a_total)", "Parameter value is NaN")]
    [InlineData("label_replace(label_replace(a_total, \"job\", \"\", \"\", \"\"), \"a\", \"\", \"b\", \"(\")", "invalid regular expression in label_replace(): (")]
    [InlineData("label_join(label_replace(a_total, \"job\", \"\", \"\", \"\"), \"\", \"\", \"b\")", "invalid destination label name in label_join(): ")]
    public void What_is_wrong_with_a_parameter_is_told(string query, string error) =>
        Should.Throw<QueryException>(() => Engine(Store()).Instant(query, Minute)).Message.ShouldBe(error);

    [Fact]
    public void A_classic_histogram_of_NaN_gives_the_highest_bound()
    {
        var store = new InMemoryMetricStore();
        foreach (var le in (string[])["1", "5", "+Inf"])
        {
            store.Add(LabelSet.Of("__name__", "b", "le", le), Minute, double.NaN);
        }

        Engine(store).Instant("histogram_quantile(0.5, b)", Minute).Series[0].Values.ShouldBe([5]);
    }

    [Fact]
    public void The_lookback_is_open_at_its_left_end()
    {
        var store = new InMemoryMetricStore();
        store.Add(LabelSet.Of("__name__", "a"), 0, 1);
        Engine(store).Instant("a", 5 * Minute).Series.ShouldBeEmpty();
        Engine(store).Instant("a", (5 * Minute) - 1).Series.Count.ShouldBe(1);
        Engine(store).Instant("a", 5 * Minute, lookback: TimeSpan.FromMinutes(6)).Series.Count.ShouldBe(1);
        Engine(store).Instant("count_over_time(a[5m])", 5 * Minute).Series.ShouldBeEmpty();
    }

    [Fact]
    public void A_stale_marker_ends_a_series_at_once()
    {
        var store = new InMemoryMetricStore();
        store.Add(LabelSet.Of("__name__", "a"), 0, 1);
        store.Add(LabelSet.Of("__name__", "a"), Minute, SpecialValues.StaleNaN);
        Engine(store).Instant("a", Minute).Series.ShouldBeEmpty();
        Engine(store).Instant("a[5m]", Minute).Series[0].Values.ShouldBe([1]);
    }

    [Fact]
    public void Range_vectors_scalars_and_strings_are_values_of_instant_queries()
    {
        var engine = Engine(Store());
        engine.Instant("a_total[2m]", 3 * Minute).Series[0].TimestampsMs.ShouldBe([2 * Minute, 3 * Minute]);
        engine.Instant("a_total[3m:1m]", 3 * Minute).Series[0].Values.ShouldBe([60, 120, 180]);
        engine.Instant("1 + 1", 0).Scalar.ShouldBe(2);
        engine.Instant("'x'", 0).Text.ShouldBe("x");
    }

    [Fact]
    public void An_extended_range_vector_has_values_at_its_ends()
    {
        using var engine = new PromQLEngine(Store(), QueryLimits.Default, new ManualTimeProvider(), PromQLOptions.AllExperimental);
        var smoothed = engine.Instant("a_total{job=\"x\"}[2m] smoothed", (3 * Minute) + 30_000).Series.ShouldHaveSingleItem();
        smoothed.TimestampsMs.ShouldBe([90_000, 2 * Minute, 3 * Minute, 210_000]);
        smoothed.Values.ShouldBe([90, 120, 180, 210]);
        var anchored = engine.Instant("a_total{job=\"x\"}[2m] anchored", (3 * Minute) + 30_000).Series.ShouldHaveSingleItem();
        anchored.TimestampsMs.ShouldBe([90_000, 2 * Minute, 3 * Minute, 210_000]);
        anchored.Values.ShouldBe([60, 120, 180, 180]);
    }

    [Fact]
    public void Too_many_points_are_refused() =>
        Should.Throw<QueryException>(() => Engine(Store()).Range("a_total", 0, 11_001_000, 1000)).Message
            .ShouldBe("exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)");

    [Theory]
    [InlineData("a_total")]
    [InlineData("sum_over_time(a_total[20m])")]
    [InlineData("a_total[20m]")]
    [InlineData("sum_over_time(vector(1)[20m:1ms])")]
    public void Too_many_samples_are_refused(string query)
    {
        var limits = QueryLimits.Default with { MaxSamples = 10 };
        Should.Throw<LimitExceededException>(() =>
        {
            _ = query.Contains('[', StringComparison.Ordinal) ? Engine(Store(), limits).Instant(query, 20 * Minute) : Engine(Store(), limits).Range(query, 0, 20 * Minute, Minute);
        }).Setting.ShouldBe(nameof(QueryLimits.MaxSamples));
    }

    [Fact]
    public void Too_many_series_are_refused() =>
        Should.Throw<LimitExceededException>(() => Engine(Store(), QueryLimits.Default with { MaxSeries = 1 }).Instant("a_total", 0))
            .Setting.ShouldBe(nameof(QueryLimits.MaxSeries));

    [Fact]
    public void A_query_that_nobody_waits_for_ends()
    {
        using var gone = new CancellationTokenSource();
        gone.Cancel();
        Should.Throw<OperationCanceledException>(() => Engine(Store()).Instant("a_total", 0, cancellation: gone.Token));
    }

    [Fact]
    public void A_range_query_of_a_range_vector_is_refused() =>
        Should.Throw<QueryException>(() => Engine(Store()).Range("a_total[5m]", 0, 1, 1)).Message
            .ShouldBe("invalid expression type \"range vector\" for range query, must be Scalar or instant Vector");

    [Fact]
    public void A_name_that_is_no_counters_gives_an_info()
    {
        var store = new InMemoryMetricStore();
        store.Add(LabelSet.Of("__name__", "temperature"), 0, 1);
        store.Add(LabelSet.Of("__name__", "temperature"), Minute, 2);
        Engine(store).Instant("rate(temperature[5m])", Minute).Infos
            .ShouldBe(["PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"temperature\" (1:6)"]);
    }

    [Theory]
    [InlineData("rate((temperature[5m]))", "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"temperature\" (1:7)")]
    [InlineData("rate(temperature[5m]) + rate(temperature[6m])", "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"temperature\" (1:30)")]
    [InlineData("sum(quantile(2, temperature)) + quantile_over_time((2), temperature[5m])", "quantile value should be between 0 and 1, got 2 (1:53)")]
    [InlineData("quantile(2, quantile_over_time(2, temperature[5m]))", "quantile value should be between 0 and 1, got 2 (1:10)")]
    public void What_is_said_twice_is_told_once_at_its_last_place(string query, string note)
    {
        var store = new InMemoryMetricStore();
        store.Add(LabelSet.Of("__name__", "temperature"), 0, 1);
        store.Add(LabelSet.Of("__name__", "temperature"), Minute, 2);
        var result = Engine(store).Instant(query, Minute);
        result.Infos.Concat(result.Warnings).ShouldHaveSingleItem().ShouldEndWith(": " + note);
    }

    [Fact]
    public void Many_series_in_parallel_give_what_one_after_the_other_gives()
    {
        var store = new InMemoryMetricStore();
        for (var s = 0; s < 300; s++)
        {
            for (var i = 0; i < 20; i++)
            {
                store.Add(LabelSet.Of("__name__", "b_total", "i", $"{s:000}"), i * Minute, i * s);
            }
        }

        var series = Engine(store).Range("rate(b_total[5m])", 6 * Minute, 10 * Minute, Minute).Series;
        series.Count.ShouldBe(300);
        for (var s = 0; s < 300; s++)
        {
            series[s].Labels["i"].ShouldBe($"{s:000}");
            series[s].Values.ShouldAllBe(v => Math.Abs(v - (s / 60.0)) < 1e-12);
        }
    }
}
