using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.PromQL;
using Sightglass.Query.PromQL.Scripts;

namespace Sightglass.Query.Tests.PromQL;

/// <summary>Aggregations that do not keep their series give what the general way gives, bit for bit: <c>abs(x) or x</c> and parts like it force that way.</summary>
public class FusedAggregationTests
{
    private const long Second = 1000;

    private static InMemoryMetricStore Store(int series)
    {
        var random = new Random(7);
        var store = new InMemoryMetricStore();
        for (var s = 0; s < series; s++)
        {
            var labels = LabelSet.Of("__name__", "m_total", "job", $"j{s % 7}", "le", $"{s % 5}", "i", $"{s:000}");
            double value = 0;
            for (var i = 0; i < 120; i++)
            {
                value = random.Next(30) == 0 ? random.NextDouble() : value + (random.NextDouble() * 10);
                if (random.Next(20) != 0)
                {
                    store.Add(labels, (i * 15 * Second) + random.Next(200), random.Next(60) switch { 0 => SpecialValues.StaleNaN, 1 => double.NaN, 2 => -value, _ => value });
                }
            }
        }

        return store;
    }

    [Theory]
    [InlineData("m_total")]
    [InlineData("m_total offset 90s")]
    [InlineData("rate(m_total[2m])")]
    [InlineData("increase(m_total[61s] offset 1m)")]
    [InlineData("delta(m_total[5m])")]
    [InlineData("max_over_time(m_total[1m])")]
    [InlineData("last_over_time(m_total[1m])")]
    [InlineData("changes(m_total[3m])")]
    [InlineData("irate((m_total[3m]))")]
    public void A_row_at_a_time_is_the_same_as_all_series_together(string inner)
    {
        var store = Store(150);
        foreach (var options in new[] { PromQLOptions.Default, PromQLOptions.AllExperimental })
        {
            using var engine = new PromQLEngine(store, QueryLimits.Default, TimeProvider.System, options);
            foreach (var aggregation in new[] { "sum", "sum by (job)", "count by (job, le)", "min without (i, le)", "max by (nothing)", "group", "sum without ()", "sum by (i)", "count by (__name__)" })
            {
                var fused = engine.Range($"{aggregation} ({inner})", 0, 30 * 60 * Second, 17 * Second);
                var general = engine.Range($"{aggregation} (({inner}) or ({inner}))", 0, 30 * 60 * Second, 17 * Second);
                fused.Series.Select(s => s.Labels).ShouldBe(general.Series.Select(s => s.Labels), aggregation);
                for (var i = 0; i < fused.Series.Count; i++)
                {
                    fused.Series[i].TimestampsMs.ShouldBe(general.Series[i].TimestampsMs);
                    fused.Series[i].Values.Select(BitConverter.DoubleToInt64Bits).ShouldBe(general.Series[i].Values.Select(BitConverter.DoubleToInt64Bits), $"{aggregation} ({inner})");
                }

                var instant = engine.Instant($"{aggregation} ({inner})", 20 * 60 * Second);
                var instantGeneral = engine.Instant($"{aggregation} (({inner}) or ({inner}))", 20 * 60 * Second);
                instant.Series.Select(s => (s.Labels, BitConverter.DoubleToInt64Bits(s.Values[0]))).ShouldBe(instantGeneral.Series.Select(s => (s.Labels, BitConverter.DoubleToInt64Bits(s.Values[0]))), aggregation);
            }
        }
    }

    [Theory]
    [InlineData("rate", 5)]
    [InlineData("increase", 1)]
    [InlineData("delta", 3)]
    public void Many_steps_together_are_the_same_as_one(string function, int seconds)
    {
        var store = Store(20);
        using var engine = new PromQLEngine(store, QueryLimits.Default, TimeProvider.System);
        var query = $"{function}(m_total[93s])";
        var range = engine.Range(query, 100 * Second, 300 * Second, seconds * Second);
        foreach (var series in range.Series)
        {
            for (var i = 0; i < series.Count; i++)
            {
                // A range with a start of its own goes the way of single windows.
                var one = engine.Instant($"{function}(m_total[93s] @ {series.TimestampsMs[i] / 1000})", 0).Series.Single(s => s.Labels == series.Labels);
                BitConverter.DoubleToInt64Bits(one.Values[0]).ShouldBe(BitConverter.DoubleToInt64Bits(series.Values[i]));
            }
        }
    }

    [Fact]
    public void Histograms_and_names_that_fall_together_go_the_general_way()
    {
        var store = Store(5);
        store.Add(LabelSet.Of("__name__", "m_total", "job", "h"), 60 * Second, new NativeHistogram { Count = 3, Sum = 5 });
        store.Add(LabelSet.Of("__name__", "other_total", "job", "j0", "le", "0", "i", "000"), 15 * Second, 1);
        store.Add(LabelSet.Of("__name__", "other_total", "job", "j0", "le", "0", "i", "000"), 30 * Second, 2);
        using var engine = new PromQLEngine(store, QueryLimits.Default, TimeProvider.System);
        engine.Instant("count(m_total)", 61 * Second).Series[0].Values[0].ShouldBe(6);
        engine.Instant("sum by (job) (m_total)", 61 * Second).Series.Single(s => s.Labels["job"] == "h").HistogramAt(0)!.Count.ShouldBe(3);
        Should.Throw<QueryException>(() => engine.Instant("sum(rate({__name__=~\".*_total\"}[5m]))", 61 * Second)).Message.ShouldBe("vector cannot contain metrics with the same labelset");
    }

    [Fact]
    public void A_name_that_is_no_counters_is_told_once()
    {
        var store = new InMemoryMetricStore();
        for (var s = 0; s < 100; s++)
        {
            store.Add(LabelSet.Of("__name__", "heat", "i", $"{s}"), 0, s);
            store.Add(LabelSet.Of("__name__", "heat", "i", $"{s}"), 15 * Second, s);
        }

        using var engine = new PromQLEngine(store, QueryLimits.Default, TimeProvider.System);
        engine.Instant("sum(rate(heat[5m]))", 20 * Second).Infos.ShouldBe(["PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"heat\" (1:10)"]);
    }
}
