using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Metrics.Limits;
using Sightglass.Metrics.Memory;

namespace Sightglass.Metrics.Tests.Limits;

public sealed class MetricAndLabelLimitTests
{
    private static readonly SeriesLimits None = new() { MaxActiveSeries = 0, MaxActiveSeriesPerSender = 0, MaxActiveSeriesPerMetric = 0, MaxValuesPerLabel = 0, MaxNewSeriesPerMinute = 0 };

    [Fact]
    public void The_first_new_series_of_a_metric_over_its_limit_is_refused_and_the_rest_goes_on()
    {
        using var f = new StoreFixture { Limits = None with { MaxActiveSeriesPerMetric = 100 } }.Open();
        Send(f, "a", "x", "i", 0, 100).ShouldBe(new AppendResult(100, 0, null));
        Send(f, "a", "x", "i", 0, 101).ShouldBe(new AppendResult(100, 1, "too many active series of metric \"x\": limits.metrics.max_active_series_per_metric is 100") { SeriesLimited = 1 });
        Send(f, "b", "x", "j", 0, 10).Stored.ShouldBe(0, "the metric's account is that of all senders");
        Send(f, "b", "y", "i", 0, 150).Stored.ShouldBe(100, "of another metric");
        Send(f, "a", "x", "i", 0, 100).Stored.ShouldBe(100);
    }

    [Fact]
    public void The_first_new_value_of_a_label_over_its_limit_is_refused_and_the_rest_goes_on()
    {
        using var f = new StoreFixture { Limits = None with { MaxValuesPerLabel = 100 } }.Open();
        Send(f, "a", "x", "user_id", 0, 60).Rejected.ShouldBe(0);
        Send(f, "b", "y", "user_id", 60, 101).ShouldBe(
            new AppendResult(40, 1, "too many values of label \"user_id\" (metric \"y\"): limits.metrics.max_values_per_label is 100") { SeriesLimited = 1 }, "values count over all metrics and senders");
        Send(f, "a", "z", "user_id", 0, 110).Stored.ShouldBe(100, "new series of values that are there");
        Send(f, "a", "x", "user_id", 0, 60).Stored.ShouldBe(60);
        Send(f, "a", "x", "other", 0, 100).Stored.ShouldBe(100, "another label");
        for (var i = 0; i < 150; i++)
        {
            Send(f, "a", $"name{i}", "one", 0, 1).Stored.ShouldBe(1, "the name of the metric is no label here");
        }
    }

    [Fact]
    public void Series_without_a_name_are_one_metric()
    {
        using var f = new StoreFixture { Limits = None with { MaxActiveSeriesPerMetric = 10 } }.Open();
        Send(f, "a", "x", "i", 0, 5).Stored.ShouldBe(5);
        var result = Send(f, "a", null, "i", 0, 6);
        result.Stored.ShouldBe(6);
        result = Send(f, "a", null, "j", 0, 6);
        (result.Stored, result.FirstReason).ShouldBe((4, "too many active series of metric \"\": limits.metrics.max_active_series_per_metric is 10"));
        Send(f, "a", "x", "i", 0, 10).Stored.ShouldBe(10);
    }

    [Fact]
    public void A_refused_series_leaves_nothing_behind()
    {
        using var f = new StoreFixture { Limits = None with { MaxActiveSeriesPerMetric = 10, MaxValuesPerLabel = 20 } }.Open();
        Send(f, "a", "x", "i", 0, 10).Stored.ShouldBe(10);

        // Refused for their metric, with values that would fill the label, and invented labels.
        Send(f, "a", "x", "i", 10, 500).Stored.ShouldBe(0);
        for (var i = 0; i < 1000; i++)
        {
            Send(f, "a", "x", $"invented{i}", 0, 1).Stored.ShouldBe(0);
        }

        Send(f, "a", "y", "i", 10, 20).Stored.ShouldBe(10, "the label had ten values, and not one of the refused");

        // Refused for their label, of metrics that would be full.
        Send(f, "a", "z", "i", 20, 500).Stored.ShouldBe(0);
        Send(f, "a", "z", "i", 0, 10).Stored.ShouldBe(10);

        // Refused for the sender.
        f.Store.SeriesLimits = f.Store.SeriesLimits with { MaxActiveSeriesPerSender = 1 };
        Send(f, "a", "w", "j", 0, 500).Stored.ShouldBe(0);
        f.Store.SeriesLimits = f.Store.SeriesLimits with { MaxActiveSeriesPerSender = 0 };
        Send(f, "a", "w", "j", 500, 510).Stored.ShouldBe(10);
        Send(f, "a", "v", "j", 510, 520).Stored.ShouldBe(10);
        f.Store.LabelNames([], 0, long.MaxValue, CancellationToken.None).ShouldBe(["__name__", "i", "j"]);
        f.Store.SeriesSenders.ShouldHaveSingleItem().ActiveSeries.ShouldBe(50);
    }

    [Theory]
    [InlineData(100, 0)]
    [InlineData(0, 100)]
    public void A_rotation_to_series_learnt_anew_frees(int perMetric, int perLabel)
    {
        var limits = None with { MaxActiveSeriesPerMetric = perMetric, MaxValuesPerLabel = perLabel };
        using var f = new StoreFixture { Limits = None }.Open();

        // Enough that stopped, so that the table after the next learns its series anew.
        Send(f, "a", "x", "i", 0, 3000).Stored.ShouldBe(3000);
        f.Store.Flush();
        f.Store.SeriesLimits = limits;
        Send(f, "a", "x", "i", 0, 3001).Stored.ShouldBe(3000, "the next table has the series still");
        f.Store.Flush();
        Send(f, "a", "x", "i", 0, 1).Stored.ShouldBe(1);
        f.Store.Flush();
        f.Store.SeriesSenders[0].ActiveSeries.ShouldBe(0, "the next table learns its series anew");
        Send(f, "a", "x", "i", 2900, 3001).Stored.ShouldBe(100, "those of before are known, are counted");
        Send(f, "a", "x", "i", 3001, 3100).Stored.ShouldBe(0, "and so the limit is reached again");
        Send(f, "a", "x", "i", 0, 200).Stored.ShouldBe(200, "known ones go beyond it");
        Send(f, "a", "y", "j", 0, 101).Stored.ShouldBe(100);
    }

    [Theory]
    [InlineData(100, 0, true)]
    [InlineData(100, 0, false)]
    [InlineData(0, 100, true)]
    [InlineData(0, 100, false)]
    public void Series_of_before_a_start_are_known_and_counted(int perMetric, int perLabel, bool flushed)
    {
        using var f = new StoreFixture { Limits = None with { MaxActiveSeriesPerMetric = perMetric, MaxValuesPerLabel = perLabel } }.Open();
        Send(f, "a", "x", "i", 0, 100).Stored.ShouldBe(100);
        if (flushed)
        {
            f.Store.Flush();
        }

        f.Restart(loseUnsynced: false);
        Send(f, "a", "x", "i", 0, 50).Stored.ShouldBe(50);
        Send(f, "a", "x", "i", 100, 200).Stored.ShouldBe(flushed ? 50 : 0, "of those on disk the ones that came back count, of those in the log all");
        Send(f, "a", "x", "i", 0, 200).Stored.ShouldBe(flushed ? 150 : 100, "those that were there before, whatever the limit");
        Send(f, "a", "x", "i", 200, 300).Stored.ShouldBe(0);
    }

    [Fact]
    public void A_reload_raises_lowers_and_lifts()
    {
        using var f = new StoreFixture { Limits = None }.Open();
        Send(f, "a", "x", "i", 0, 500).Stored.ShouldBe(500, "0 is no limit");
        f.Store.SeriesLimits = None with { MaxActiveSeriesPerMetric = 400 };
        Send(f, "a", "x", "i", 400, 600).Stored.ShouldBe(100, "what came while there was no limit counts");
        f.Store.SeriesLimits = None with { MaxActiveSeriesPerMetric = 550 };
        Send(f, "a", "x", "i", 400, 600).Stored.ShouldBe(150);
        f.Store.SeriesLimits = None with { MaxValuesPerLabel = 1 };
        Send(f, "a", "y", "i", 540, 560).Stored.ShouldBe(10);
        f.Store.SeriesLimits = None with { MaxValuesPerLabel = 555 };
        Send(f, "a", "y", "i", 540, 560).Stored.ShouldBe(15);
        f.Store.SeriesLimits = None;
        Send(f, "a", "x", "i", 0, 1000).Stored.ShouldBe(1000);
    }

    [Fact]
    public void What_lasts_is_told_before_what_passes()
    {
        using var f = new StoreFixture { Limits = None with { MaxActiveSeriesPerMetric = 10, MaxValuesPerLabel = 10, MaxNewSeriesPerMinute = 10, NewSeriesBurst = 10 } }.Open();
        Send(f, "a", "x", "i", 0, 10).Stored.ShouldBe(10);
        Send(f, "a", "x", "i", 10, 11).FirstReason!.ShouldContain("max_active_series_per_metric is 10");
        Send(f, "a", "y", "i", 10, 11).FirstReason!.ShouldContain("max_values_per_label is 10");
        Send(f, "a", "y", "i", 0, 1).FirstReason!.ShouldContain("max_new_series_per_minute is 10");
    }

    [Fact]
    public void Verdicts_are_told_apart_by_metric_and_by_label()
    {
        using var f = new StoreFixture { Limits = None with { MaxActiveSeriesPerMetric = 10 } }.Open();
        Send(f, "a", "x", "i", 0, 13);
        Send(f, "a", "y", "i", 0, 12);
        Send(f, "b", "y", "i", 12, 13);
        f.Store.SeriesLimits = None with { MaxValuesPerLabel = 10 };
        Send(f, "a", "z", "i", 0, 14);
        f.Store.SeriesRefusals.Select(r => (r.Sender, r.Verdict, r.Metric, r.Label, r.RefusedSamples, r.Example.Name)).ShouldBe(
        [
            ("a", SeriesVerdict.TooManyValuesOfLabel, "z", "i", 4, "z"),
            ("a", SeriesVerdict.TooManyActiveSeriesOfMetric, "x", null, 3, "x"),
            ("a", SeriesVerdict.TooManyActiveSeriesOfMetric, "y", null, 2, "y"),
            ("b", SeriesVerdict.TooManyActiveSeriesOfMetric, "y", null, 1, "y"),
        ]);
    }

    [Fact]
    public void Who_invents_names_of_metrics_and_labels_fills_the_verdicts_once()
    {
        using var f = new StoreFixture { Limits = None with { MaxActiveSeriesPerMetric = 1, MaxValuesPerLabel = 1 } }.Open();
        using var batch = MetricBatch.Rent();
        batch.Sender = "a";
        for (var i = 0; i < 5000; i++)
        {
            Add(f, batch, LabelSet.Of("__name__", $"m{i}", $"l{i}", "0"));
            Add(f, batch, LabelSet.Of("__name__", $"m{i}", $"l{i}", "1"));
            Add(f, batch, LabelSet.Of("__name__", $"n{i}", $"l{i}", "1"));
        }

        f.Store.Append(batch).Stored.ShouldBe(5000);
        var refusals = f.Store.SeriesRefusals;
        refusals.Count.ShouldBe(4096 + 2);
        refusals.Sum(r => r.RefusedSamples).ShouldBe(10_000);
        refusals.Where(r => r.RefusedSamples > 1).Select(r => (r.Verdict, r.Label)).ShouldBe(
            [(SeriesVerdict.TooManyActiveSeriesOfMetric, null), (SeriesVerdict.TooManyValuesOfLabel, "(other)")], ignoreOrder: true);
    }

    [Fact]
    public void Asking_about_a_series_allocates_nothing()
    {
        var limiter = new SeriesLimiter(None with { MaxActiveSeriesPerMetric = 100, MaxValuesPerLabel = 100 }, new KnownSeries([], TimeProvider.System), TimeProvider.System);
        var registry = new SeriesRegistry();
        var keys = Enumerable.Range(0, 400).Select(i => KeyOf("__name__", $"m{i / 200}", "a", $"{i % 150}", "job", "j")).ToArray();
        foreach (var key in keys)
        {
            var hash = Hash128.Compute(key);
            if (limiter.Admit("s", key, hash, registry).Verdict == SeriesVerdict.Admitted)
            {
                registry.Add(hash, key);
            }
        }

        registry.MostSeriesOfMetric.ShouldBe(100);
        registry.MostValuesOfLabel.ShouldBe(100);
        var unknown = KeyOf("__name__", "m0", "a", "0", "b", "1", "job", "j");
        var full = KeyOf("__name__", "m2", "a", "120", "job", "j");
        Ask(SeriesVerdict.TooManyActiveSeriesOfMetric, unknown, 64);
        Ask(SeriesVerdict.TooManyValuesOfLabel, full, 64);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Ask(SeriesVerdict.TooManyActiveSeriesOfMetric, unknown, 63);
        Ask(SeriesVerdict.TooManyValuesOfLabel, full, 63);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1024, "126 questions, one of them with a new example");

        void Ask(SeriesVerdict verdict, byte[] key, int times)
        {
            for (var i = 0; i < times; i++)
            {
                if (limiter.Admit("s", key, Hash128.Compute(key), registry).Verdict != verdict)
                {
                    throw new InvalidOperationException($"want {verdict}");
                }
            }
        }
    }

    private static byte[] KeyOf(params string[] namesAndValues)
    {
        using var key = new ByteWriter();
        LabelSet.Of(namesAndValues).WriteKey(key);
        return key.Written.ToArray();
    }

    private static AppendResult Send(StoreFixture f, string sender, string? metric, string label, int from, int to)
    {
        using var batch = MetricBatch.Rent();
        batch.Sender = sender;
        for (var i = from; i < to; i++)
        {
            Add(f, batch, metric is null ? LabelSet.Of(label, $"{i}") : LabelSet.Of("__name__", metric, label, $"{i}"));
        }

        return f.Store.Append(batch);
    }

    private static void Add(StoreFixture f, MetricBatch batch, LabelSet labels) => batch.AddSample(batch.AddSeries(labels), f.Time.GetUtcNow().ToUnixTimeMilliseconds(), 1);
}
