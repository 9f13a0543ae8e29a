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

    private static PromQLEngine Experimental() => new(Store(), QueryLimits.Default, new ManualTimeProvider(), PromQLOptions.AllExperimental);

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

    [Theory]
    [InlineData("count_over_time(vector(1)[0.0056:0.001])", 5)]
    [InlineData("count_over_time(vector(1)[0.01:0.0016])", 10)]
    [InlineData("count_over_time(vector(1)[0.01 * 0.56:1ms * 1.6])", 5)]
    [InlineData("max_over_time(vector(time())[0.01:0.001] offset 0.0016)", 59.999)]
    [InlineData("max_over_time(vector(time())[0.01:0.001] offset -0.0016)", 60.001)]
    [InlineData("count_over_time(vector(1)[2m:0.0001 * 1])", 2)]
    public void What_a_duration_has_beside_whole_milliseconds_is_cut_off(string query, double want) =>
        Experimental().Instant(query, Minute).Series.ShouldHaveSingleItem().Values.ShouldBe([want]);

    [Theory]
    [InlineData("a_total[5m - 6m]", QueryErrorKind.BadData, "8:15: duration must be greater than 0")]
    [InlineData("last_over_time(a_total[1m:(2s - 2s)])", QueryErrorKind.BadData, "27:34: duration must be greater than 0")]
    [InlineData("a_total[(5m + 1) / (1 - 1)]", QueryErrorKind.BadData, "9:25: division by zero")]
    [InlineData("a_total offset (100y * 100)", QueryErrorKind.BadData, "16:26: duration is out of range")]
    [InlineData("last_over_time(a_total[1m:0.0009])", QueryErrorKind.Execution, "the step of a subquery must not be less than a millisecond")]
    public void A_duration_that_is_none_is_told(string query, QueryErrorKind kind, string message)
    {
        var error = Should.Throw<QueryException>(() => Experimental().Instant(query, Minute));
        error.Kind.ShouldBe(kind);
        error.Message.ShouldBe(message);
    }

    [Theory]
    [InlineData("quantile(time() / 60 - 1, a_total)", "quantile value should be between 0 and 1, got -1 (1:10)", "quantile value should be between 0 and 1, got 3 (1:10)")]
    [InlineData("quantile(time() / 60 + 2, a_total)", "quantile value should be between 0 and 1, got 6 (1:10)")]
    [InlineData("quantile(0 - time() / 60, a_total)", "quantile value should be between 0 and 1, got -4 (1:10)")]
    [InlineData("quantile(scalar(sqrt(vector(time() - 60))), a_total)", "quantile value should be between 0 and 1, got NaN (1:10)")]
    [InlineData("limit_ratio(time() / 60 - 2, a_total)", "ratio value should be between -1 and 1, got -2, capping to -1 (1:13)", "ratio value should be between -1 and 1, got 2, capping to 1 (1:13)")]
    [InlineData("limit_ratio(time() / 60 + 2, a_total)", "ratio value should be between -1 and 1, got 6, capping to 1 (1:13)")]
    public void Of_a_parameter_that_varies_only_the_ends_are_told(string query, params string[] notes) =>
        Experimental().Range(query, 0, 4 * Minute, Minute).Warnings.ShouldBe(notes.Select(n => "PromQL warning: " + n));

    [Theory]
    [InlineData("count_over_time(quantile(2, a_total)[10s:7m])")]
    [InlineData("count_over_time(limit_ratio(2, a_total)[10s:7m])")]
    public void A_subquery_of_no_steps_tells_of_no_parameter(string query) =>
        Experimental().Instant(query, Minute).Warnings.ShouldBeEmpty();

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

    [Theory]
    [InlineData("histogram_quantile(0.5, dips)", "PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile){0}, from buckets 2 to +Inf, with a max diff of 1.2e+02, over 2 samples from 1970-01-01T00:01:00Z to 1970-01-01T00:02:00Z (1:25)", "dips")]
    [InlineData("histogram_quantile(0.5, dips) + histogram_quantile(0.9, dips)", "PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile){0}, from buckets 2 to +Inf, with a max diff of 1.2e+02, over 4 samples from 1970-01-01T00:01:00Z to 1970-01-01T00:02:00Z (1:25)", "dips")]
    [InlineData("histogram_quantile(0.5, bare)", "PromQL warning: bucket label \"le\" is missing or has a malformed value of \"\"{0} (1:25)", "bare")]
    [InlineData("histogram_fraction(0, 1, bare)", "PromQL warning: bucket label \"le\" is missing or has a malformed value of \"\"{0} (1:26)", "bare")]
    [InlineData("histogram_quantile(0.5, both)", "PromQL warning: vector contains a mix of classic and native histograms{0} (1:25)", "both")]
    [InlineData("histogram_quantile(0.9, holes)", "PromQL info: input to histogram_quantile has NaN observations, result is NaN{0} (1:25)", "holes")]
    [InlineData("histogram_fraction(0, 1, holes)", "PromQL info: input to histogram_fraction has NaN observations, which are excluded from all fractions{0} (1:26)", "holes")]
    public void Functions_of_histograms_name_the_metric_only_while_names_are_dropped_late(string query, string message, string name)
    {
        const string Load = """
            load 1m
              dips{le="1"} 10 20 200
              dips{le="2"} 10 15 100
              dips{le="4"} 11 25 300
              dips{le="+Inf"} 11 24 180
              bare 1 1 1
              both{le="1"} 1 1 1
              both{le="+Inf"} 2 2 2
              both {{count:2 sum:2 buckets:[1 1]}}x2
              holes {{count:4 sum:NaN buckets:[1 1]}}x2


            """;
        foreach (var (features, named) in new[] { ("none", string.Empty), ("promql-delayed-name-removal", $" for metric name \"{name}\"") })
        {
            var expected = string.Format(System.Globalization.CultureInfo.InvariantCulture, message, named);
            var failures = ScriptEngines.Run($"features {features}\n{Load}eval range from 0 to 2m step 1m {query}\n  expect {(message.Contains("info:", StringComparison.Ordinal) ? "info" : "warn")} msg: {expected}").Failures;
            failures.ShouldNotContain(f => f.Expected.Contains("PromQL", StringComparison.Ordinal), $"{features}: {string.Join('\n', failures.Select(f => f.Got))}");
        }
    }

    [Theory]
    [InlineData("sum(odd)", "warn", "PromQL warning: vector contains a mix of histograms with exponential and custom buckets schemas for metric name \"odd\" (1:5)")]
    [InlineData("avg(odd * 1)", "warn", "PromQL warning: vector contains a mix of histograms with exponential and custom buckets schemas for metric name \"\" (1:5)")]
    [InlineData("sum_over_time((odd_float * 1)[2m:1m])", "warn", "PromQL warning: encountered a mix of histograms and floats for metric name \"\" (1:15)")]
    [InlineData("max_over_time((odd_float * 1)[2m:1m])", "info", "PromQL info: ignored histograms in a range containing both floats and histograms for metric name \"\" (1:15)")]
    [InlineData("sum({__name__=~\"odd.*\"})", "warn", "PromQL warning: vector contains a mix of histograms with exponential and custom buckets schemas for metric name \"odd\" (1:5)")]
    public void Messages_name_even_metrics_without_a_name(string query, string kind, string message) =>
        ScriptEngines.Run($$$"""
            features none
            load 1m
              odd{a="1"} {{count:2 sum:2 buckets:[1 1]}}x2
              odd{a="2"} {{schema:-53 count:2 sum:2 custom_values:[1] buckets:[1 1]}}x2
              odd_float 1 2 {{count:2 sum:2 buckets:[1 1]}}

            eval instant at 2m {{{query}}}
              expect {{{kind}}} msg: {{{message}}}
            """).Failures.ShouldAllBe(f => !f.Expected.Contains("PromQL", StringComparison.Ordinal));

    [Fact]
    public void Of_parameters_that_change_the_outermost_are_told()
    {
        var store = new InMemoryMetricStore();
        for (var i = 0; i < 6; i++)
        {
            store.Add(LabelSet.Of("__name__", "p"), i * Minute, i - 2);
        }

        Engine(store).Range("quantile(scalar(p), p)", 0, 5 * Minute, Minute).Warnings
            .ShouldBe(["PromQL warning: quantile value should be between 0 and 1, got -2 (1:10)", "PromQL warning: quantile value should be between 0 and 1, got 3 (1:10)"]);
        new PromQLEngine(store, QueryLimits.Default, new ManualTimeProvider(), PromQLOptions.AllExperimental).Range("limit_ratio(scalar(p), p)", 0, 5 * Minute, Minute).Warnings
            .ShouldBe(["PromQL warning: ratio value should be between -1 and 1, got -2, capping to -1 (1:13)", "PromQL warning: ratio value should be between -1 and 1, got 3, capping to 1 (1:13)"]);
    }

    [Theory]
    [InlineData("schema:-53 count:10 sum:5 custom_values:[2 4 8] buckets:[0 1 0]", "0.4", "8")]
    [InlineData("schema:-53 count:10 sum:5 custom_values:[2 4 8] buckets:[0 1 0]", "0.6", "2")]
    [InlineData("count:10 sum:5 buckets:[1 1]", "0.6", "1")]
    [InlineData("schema:-53 count:10 sum:NaN custom_values:[2] buckets:[3 1]", "0.9", "2")]
    [InlineData("schema:-53 count:10 sum:5 buckets:[10]", "0.4", "Inf")]
    [InlineData("schema:-53 count:10 sum:5 buckets:[10]", "0", "NaN")]
    public void A_quantile_that_no_bucket_reaches_ends_with_the_last_bucket_even_an_empty_one(string histogram, string q, string expected) =>
        ScriptEngines.Run($$$"""
            load 1m
              h {{{{{histogram}}}}}

            eval instant at 0 histogram_quantile({{{q}}}, h)
              {} {{{expected}}}
            """).Failures.ShouldBeEmpty();

    [Theory]
    [InlineData("histogram_fraction(2, Inf, falls)", "0.125")]
    [InlineData("histogram_fraction(1, 2, falls)", "-0.125")]
    [InlineData("histogram_fraction(-Inf, 2, falls)", "0.875")]
    [InlineData("histogram_quantile(0.1, holes)", "2")]
    [InlineData("histogram_quantile(0.5, hex)", "2")]
    [InlineData("histogram_quantile(0.5, odd)", "12")]
    public void Buckets_of_a_classic_histogram_that_are_odd_are_read_as_Prometheus_reads_them(string query, string expected) =>
        ScriptEngines.Run($$$"""
            load 1m
              falls{le="1"} 11
              falls{le="2"} 7
              falls{le="+Inf"} 8
              holes{le="1"} 1
              holes{le="2"} NaN
              holes{le="+Inf"} 4
              hex{le="0x1p1"} 2
              hex{le="0X_8.8p-2"} 3
              hex{le="+Inf"} 4
              odd{le="1_2"} 1
              odd{le="1__3"} 2
              odd{le="_1"} 2
              odd{le="0x1"} 2
              odd{le="0xp1"} 2
              odd{le="+Inf"} 2

            eval instant at 0 {{{query}}}
              {} {{{expected}}}
            """).Failures.ShouldBeEmpty();

    [Theory]
    [InlineData("label_replace(a + b, \"n\", \"[$1]\", \"__name__\", \"(.*)\")", "{n=\"[]\", x=\"1\"} 3")]
    [InlineData("label_replace(a < bool b, \"n\", \"[$1]\", \"__name__\", \"(.*)\")", "{n=\"[a]\", x=\"1\"} 1")]
    [InlineData("-a < b", "a{x=\"1\"} -1")]
    [InlineData("-a < on(x) b", "{x=\"1\"} -1")]
    [InlineData("-a < on(x) group_left b", "a{x=\"1\"} -1")]
    [InlineData("a + on(x) group_left(__name__) b", "b{x=\"1\"} 3")]
    public void Between_vectors_names_are_not_dropped_late(string query, string expected) =>
        ScriptEngines.Run($$$"""
            load 1m
              a{x="1"} 1
              b{x="1"} 2

            eval instant at 0 {{{query}}}
              {{{expected}}}
            """).Failures.ShouldBeEmpty();

    [Theory]
    [InlineData("sum", "{{count:9 sum:3 z_bucket:6 z_bucket_w:1 offset:1 buckets:[3]}}")]
    [InlineData("avg", "{{count:3 sum:1 z_bucket:2 z_bucket_w:1 offset:1 buckets:[1]}}")]
    public void A_zero_bucket_that_ends_inside_another_ones_bucket_takes_it_whichever_comes_first(string aggregation, string expected)
    {
        string[] parts = ["{{count:1 sum:1 offset:1 buckets:[1]}}", "{{count:5 sum:1 z_bucket:1 z_bucket_w:0.001 buckets:[3 1]}}", "{{count:3 sum:1 z_bucket:2 z_bucket_w:0.75 offset:1 buckets:[1]}}"];
        foreach (var order in new[] { "012", "021", "102", "120", "201", "210" })
        {
            var load = string.Join('\n', order.Select((part, i) => $"  h{{i=\"{i}\"}} {parts[part - '0']}"));
            ScriptEngines.Run($"load 1m\n{load}\n\neval instant at 0 {aggregation}(h)\n  {{}} {expected}").Failures.ShouldBeEmpty(order);
        }
    }

    [Fact]
    public void A_histogram_as_text_has_whole_buckets() =>
        ScriptEngines.Run("""
            load 1m
              h {{count:4 sum:2 z_bucket:1 z_bucket_w:0.75 buckets:[2 1]}}

            eval instant at 0 count_values("v", h)
              {v="{count:4, sum:2, [-0.75,0.75]:1, (0.5,1]:2, (1,2]:1}"} 1
            """).Failures.ShouldBeEmpty();

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
