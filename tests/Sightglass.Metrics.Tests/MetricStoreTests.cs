using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.TestKit.Faults;
using static Sightglass.Metrics.Tests.StoreFixture;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Metrics.Tests;

public sealed class MetricStoreTests
{
    private static readonly LabelSet Up = LabelSet.Of("__name__", "up", "job", "node", "instance", "a:1");

    [Fact]
    public void What_was_acknowledged_is_queryable_at_once_and_after_a_kill()
    {
        using var f = new StoreFixture().Open();
        f.AppendSample(Up, Now, 1);
        f.ShouldAgree();
        f.Restart(loseUnsynced: true);
        f.ShouldAgree();
        f.AppendSample(Up, Now + 1, 2);
        f.Store.Flush();
        f.ShouldAgree();
        f.Restart(loseUnsynced: true);
        f.Store.Stats.MemorySamples.ShouldBe(0);
        f.ShouldAgree();
    }

    [Fact]
    public void The_newest_time_is_that_of_memory_or_parts()
    {
        using var f = new StoreFixture().Open();
        f.Store.NewestMs.ShouldBeNull();
        f.AppendSample(Up, Now - 10, 1);
        f.Store.NewestMs.ShouldBe(Now - 10);
        f.Store.Flush();
        f.Store.NewestMs.ShouldBe(Now - 10);
        f.AppendSample(Up, Now, 2);
        f.Store.NewestMs.ShouldBe(Now);
        f.AppendSample(Up, Now - 20, 3);
        f.Restart(loseUnsynced: true);
        f.Store.NewestMs.ShouldBe(Now);
    }

    [Fact]
    public void Of_duplicates_the_last_written_wins_wherever_they_are()
    {
        using var f = new StoreFixture().Open();
        foreach (var value in (double[])[1, 2, 3])
        {
            f.AppendSample(Up, Now, value);
            f.AppendSample(Up, Now - 5000, -value);
            f.ShouldAgree();
            f.Store.Flush();
            f.ShouldAgree();
        }

        f.AppendSample(Up, Now, 4);
        f.ShouldAgree();
        f.Store.CompactFully();
        f.ShouldAgree();
        f.Store.Stats.Parts.ShouldBe(2);
    }

    [Fact]
    public void Every_kind_of_value_comes_back_to_the_bit()
    {
        using var f = new StoreFixture().Open();
        double[] values =
        [
            0, -0.0, 1, -1, 0.1, 1e-300, double.Epsilon, double.MaxValue, double.NegativeInfinity, double.PositiveInfinity, double.NaN,
            SpecialValues.StaleNaN, BitConverter.UInt64BitsToDouble(SpecialValues.NormalNaNBits), Math.PI, 1L << 53, 0.30000000000000004,
        ];
        f.Append(b =>
        {
            var series = b.AddSeries(Up);
            for (var i = 0; i < values.Length; i++)
            {
                b.AddSample(series, Now + i, values[i]);
            }
        });
        f.Store.Flush();
        f.ShouldAgree();
    }

    [Fact]
    public void Native_histograms_and_metadata_are_durable()
    {
        using var f = new StoreFixture().Open();
        var custom = new NativeHistogram { Schema = NativeHistogram.CustomBucketsSchema, Sum = 5, Count = 3, CustomBounds = [1, 2.5], PositiveSpans = [new BucketSpan(0, 2)], PositiveBuckets = [1, 2] };
        f.Append(b =>
        {
            var series = b.AddSeries(Up);
            b.AddSample(series, Now - 1, 7);
            b.Histograms.Add((series, Now, new NativeHistogram { Schema = 3, Sum = 1.5, PositiveSpans = [new BucketSpan(-2, 1)], PositiveBuckets = [4] }));
            b.Histograms.Add((series, Now + 1, custom));
            b.AddSample(series, Now + 2, 8);
            b.Metadata.Add(new MetricMetadata("up", MetricType.Gauge, "Whether it is up.", ""));
        });
        f.ShouldAgree();
        f.Restart(loseUnsynced: true);
        f.ShouldAgree();
        f.Store.Flush();
        f.ShouldAgree();
        f.Restart(loseUnsynced: true);
        f.ShouldAgree();
        f.Store.Metadata("up").ShouldBe([new MetricMetadata("up", MetricType.Gauge, "Whether it is up.", "")]);
        f.Store.Metadata("down").ShouldBeEmpty();
    }

    [Fact]
    public void Times_outside_the_window_are_refused_one_by_one_with_a_reason()
    {
        using var f = new StoreFixture { Retention = TimeSpan.FromDays(1) }.Open();
        using var batch = MetricBatch.Rent();
        var series = batch.AddSeries(Up);
        batch.AddSample(series, Now - (2 * 86_400_000), 1);
        batch.AddSample(series, Now, 2);
        batch.AddSample(series, Now + (2 * 86_400_000), 3);
        var result = f.Store.Append(batch);
        result.Stored.ShouldBe(1);
        result.Rejected.ShouldBe(2);
        result.FirstReason!.ShouldContain("older than the retention");
        Dump(f.Store, Everything).Count.ShouldBe(1);
    }

    [Fact]
    public void Retention_hides_at_once_and_drops_whole_parts()
    {
        using var f = new StoreFixture { Retention = TimeSpan.FromDays(3) }.Open();
        f.AppendSample(Up, Now - 86_400_000, 1);
        f.AppendSample(Up, Now, 2);
        f.Store.Flush();
        f.Store.Stats.Parts.ShouldBe(2);
        f.Time.Advance(TimeSpan.FromDays(2.5));
        Dump(f.Store, Everything).Count.ShouldBe(1);
        f.Store.Compact();
        f.Store.Stats.Parts.ShouldBe(1);
        f.Files.List("/metrics/parts").Count.ShouldBe(1);
    }

    public static TheoryData<string, MatchType, string> Matchers => new()
    {
        { "job", MatchType.Equal, "node" },
        { "job", MatchType.Equal, "" },
        { "job", MatchType.NotEqual, "" },
        { "job", MatchType.NotEqual, "node" },
        { "job", MatchType.Regex, "node|api" },
        { "job", MatchType.Regex, "node|" },
        { "job", MatchType.Regex, "n.*" },
        { "job", MatchType.Regex, ".*" },
        { "job", MatchType.Regex, ".+" },
        { "job", MatchType.NotRegex, "n.*" },
        { "job", MatchType.NotRegex, "node|api" },
        { "job", MatchType.NotRegex, ".+" },
        { "missing", MatchType.Equal, "" },
        { "missing", MatchType.NotEqual, "x" },
        { "missing", MatchType.Regex, "x?" },
        { "missing", MatchType.Equal, "x" },
    };

    [Theory]
    [MemberData(nameof(Matchers))]
    public void Matchers_mean_the_same_in_memory_and_in_parts(string name, MatchType type, string value)
    {
        using var f = new StoreFixture().Open();
        foreach (var job in (string[])["node", "api", "", "nöde", "db"])
        {
            f.AppendSample(LabelSet.Of("__name__", "up", "job", job, "instance", "x" + job), Now, 1);
        }

        LabelMatcher[] matchers = [new(MatchType.Equal, "__name__", "up"), new(type, name, value)];
        f.ShouldAgree(matchers);
        f.Store.Flush();
        f.ShouldAgree(matchers);
        f.AppendSample(LabelSet.Of("__name__", "up", "job", "late"), Now, 1);
        f.ShouldAgree(matchers);
        f.Store.LabelNames(matchers, 0, long.MaxValue, default).ShouldBe(f.Model.LabelNames(matchers, 0, long.MaxValue, default));
        f.Store.LabelValues("job", matchers, 0, long.MaxValue, default).ShouldBe(f.Model.LabelValues("job", matchers, 0, long.MaxValue, default));
        f.Store.LabelValues("job", [], 0, long.MaxValue, default).ShouldBe(f.Model.LabelValues("job", [], 0, long.MaxValue, default));
        f.Store.LabelNames([], 0, 5, default).ShouldBeEmpty();
        f.Store.Series(matchers, 0, long.MaxValue, 2, default).ShouldBe(f.Model.Series(matchers, 0, long.MaxValue, 2, default));
    }

    [Fact]
    public void A_limit_on_series_refuses_new_ones_only()
    {
        using var store = MetricStore.Open(new MetricStoreOptions { Folder = "/m", Files = new FaultyFileSystem(), TimeProvider = new TestKit.ManualTimeProvider(), SeriesLimits = new() { MaxActiveSeries = 2 } });
        using var batch = MetricBatch.Rent();
        for (var i = 0; i < 4; i++)
        {
            batch.AddSample(batch.AddSeries(LabelSet.Of("__name__", "m", "i", $"{i}")), Now, i);
        }

        var result = store.Append(batch);
        (result.Stored, result.Rejected).ShouldBe((2, 2));
        result.FirstReason!.ShouldContain("max_active_series");
    }

    [Fact]
    public void A_full_disk_is_told_and_heals()
    {
        using var f = new StoreFixture().Open();
        f.AppendSample(Up, Now, 1);
        f.Files.Capacity = 0;
        using var batch = MetricBatch.Rent();
        batch.AddSample(batch.AddSeries(LabelSet.Of("__name__", "new")), Now, 9);
        Should.Throw<StorageFailedException>(() => f.Store.Append(batch));
        Should.Throw<StorageFailedException>(() => f.Store.Flush());
        f.ShouldAgree();
        f.Files.Capacity = long.MaxValue;
        f.Append(b => b.AddSample(b.AddSeries(LabelSet.Of("__name__", "new")), Now, 9));
        f.Store.Flush();
        f.ShouldAgree();
        f.Restart(loseUnsynced: true);
        f.ShouldAgree();
    }

    [Fact]
    public void Appends_queries_flushes_and_merges_at_once_lose_and_double_nothing()
    {
        using var f = new StoreFixture { FlushBytes = 600 << 10 }.Open();
        var written = 0;
        Exception? failure = null;
        var readers = new Thread(() =>
        {
            try
            {
                while (Volatile.Read(ref written) < 300)
                {
                    var before = Volatile.Read(ref written);
                    var count = Dump(f.Store, Everything, Now).Count;
                    count.ShouldBeGreaterThanOrEqualTo(before * 20);
                }
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        var worker = new Thread(() =>
        {
            try
            {
                while (Volatile.Read(ref written) < 300)
                {
                    f.Store.Flush();
                    f.Store.Compact();
                }
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        readers.Start();
        worker.Start();
        for (var i = 0; i < 300; i++)
        {
            f.Append(b =>
            {
                for (var s = 0; s < 20; s++)
                {
                    b.AddSample(b.AddSeries(LabelSet.Of("__name__", "m", "s", $"{s}")), Now + i, i);
                }
            });
            Interlocked.Increment(ref written);
        }

        readers.Join();
        worker.Join();
        failure.ShouldBeNull();
        f.ShouldAgree();
        f.Reports.ShouldBeEmpty();
    }
}
