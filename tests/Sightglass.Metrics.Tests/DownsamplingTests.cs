using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Metrics.Blocks;
using Sightglass.Metrics.Downsampling;
using Sightglass.TestKit;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Metrics.Tests;

public sealed class DownsamplingTests
{
    private const long FiveMinutes = 300_000;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void What_whole_buckets_are_asked_is_what_it_was(int kind)
    {
        var random = new Random(kind);
        var samples = new SampleList();
        double value = 0;
        for (long time = 15_000; time <= 6 * FiveMinutes; time += 15_000)
        {
            value = kind switch
            {
                0 => random.Next(20) == 0 ? random.Next(5) : value + random.Next(10),
                1 => Math.Round(random.NextDouble() * 100, 2),
                _ => 7,
            };
            samples.Add(time, value);
        }

        var coarse = new Downsampler(FiveMinutes).Apply(samples);
        coarse.Count.ShouldBeLessThan(samples.Count);
        for (var bucket = 0; bucket < 6; bucket++)
        {
            var whole = Bucket(samples, bucket);
            var left = Bucket(coarse, bucket);
            left.Min(s => s.Value).ShouldBe(whole.Min(s => s.Value));
            left.Max(s => s.Value).ShouldBe(whole.Max(s => s.Value));
            left[0].ShouldBe(left[0] with { Time = whole[0].Time, Value = whole[0].Value });
            left[^1].Time.ShouldBe(whole[^1].Time);
            left[^1].Value.ShouldBe(whole[^1].Value);
            left.Sum(s => s.Weight.CountOf).ShouldBe(20);
            left.Sum(s => s.Weight.SumOf(s.Value)).ShouldBe(whole.Sum(s => s.Value), 1e-9);
            if (kind != 1)
            {
                Increase(left).ShouldBe(Increase(whole));
            }
        }
    }

    [Fact]
    public void Buckets_of_buckets_are_the_buckets_of_the_samples()
    {
        var samples = new SampleList();
        for (long time = 1; time <= 3_600_000; time += 10_000)
        {
            samples.Add(time, time % 70_001);
        }

        var five = new Downsampler(FiveMinutes).Apply(samples);
        var hour = new Downsampler(3_600_000).Apply(five);
        var direct = new Downsampler(3_600_000).Apply(samples);
        var (left, want) = (Bucket(hour, 0, 3_600_000), Bucket(direct, 0, 3_600_000));
        left.Sum(s => s.Weight.CountOf).ShouldBe(360);
        left.Sum(s => s.Weight.SumOf(s.Value)).ShouldBe(want.Sum(s => s.Weight.SumOf(s.Value)), 1e-6);
        (left.Min(s => s.Value), left.Max(s => s.Value)).ShouldBe((want.Min(s => s.Value), want.Max(s => s.Value)));
    }

    [Fact]
    public void Stale_markers_and_values_that_are_no_numbers_stay()
    {
        var samples = new SampleList();
        samples.Add(1000, 1);
        samples.Add(2000, double.PositiveInfinity);
        samples.Add(3000, 2);
        samples.Add(4000, SpecialValues.StaleNaN);
        var coarse = new Downsampler(FiveMinutes).Apply(samples);
        SpecialValues.IsStale(coarse.Values[^1]).ShouldBeTrue();
        Bucket(coarse, 0).Where(s => !SpecialValues.IsStale(s.Value)).Sum(s => s.Weight.SumOf(s.Value)).ShouldBe(double.PositiveInfinity);
        Bucket(coarse, 0).Where(s => !SpecialValues.IsStale(s.Value)).Sum(s => s.Weight.CountOf).ShouldBe(3);
    }

    [Fact]
    public void A_partition_of_age_is_downsampled_and_takes_late_samples()
    {
        var day = TimeSpan.FromDays(1);
        var time = new ManualTimeProvider(DateTimeOffset.UnixEpoch + (20 * day));
        using var folder = new TemporaryFolder();
        var options = new MetricStoreOptions
        {
            Folder = folder.FullPath,
            TimeProvider = time,
            BackgroundInterval = TimeSpan.FromHours(1000),
            Downsampling = [new DownsamplingRule(2 * day, TimeSpan.FromMinutes(5)), new DownsamplingRule(4 * day, TimeSpan.FromHours(1))],
        };
        var start = time.GetUtcNow().ToUnixTimeMilliseconds();
        using (var store = MetricStore.Open(options))
        {
            Write(store, start, 5760, 15_000);
            store.Flush();
            store.Compact();
            Read(store, start).Count.ShouldBe(5760);
            time.Advance(3.5 * day);
            store.Compact();
            var coarse = Read(store, start);
            coarse.Count.ShouldBeLessThan(5 * 288);
            CountOf(coarse).ShouldBe(5760);
            coarse.LookbackOf(0, 1000).ShouldBe(600_000);
            Write(store, start + 7, 10, 1000);
            store.Flush();
            CountOf(Read(store, start)).ShouldBe(5770);
            store.CompactFully();
            CountOf(Read(store, start)).ShouldBe(5770);
            time.Advance(2 * day);
            store.Compact();
            Read(store, start).Count.ShouldBeLessThan(5 * 24);
            CountOf(Read(store, start)).ShouldBe(5770);
        }

        using var again = MetricStore.Open(options);
        CountOf(Read(again, start)).ShouldBe(5770);
        Read(again, start).LookbackOf(0, 1000).ShouldBe(7_200_000);
    }

    [Theory]
    [InlineData("1.00:00:00", "00:05:00", true)]
    [InlineData("12:00:00", "00:05:00", false)]
    [InlineData("2.00:00:00", "00:00:30", false)]
    [InlineData("2.00:00:00", "00:07:00", false)]
    public void Rules_are_checked(string after, string resolution, bool good) =>
        (DownsamplingRule.Check([new DownsamplingRule(TimeSpan.Parse(after, null), TimeSpan.Parse(resolution, null))]) is null).ShouldBe(good);

    [Fact]
    public void Rules_have_to_ascend() => DownsamplingRule.Check([new(TimeSpan.FromDays(9), TimeSpan.FromHours(1)), new(TimeSpan.FromDays(10), TimeSpan.FromMinutes(5))]).ShouldNotBeNull();

    private static void Write(MetricStore store, long start, int count, long step)
    {
        using var batch = MetricBatch.Rent();
        var series = batch.AddSeries(LabelSet.Of("__name__", "requests_total", "job", "a"));
        for (var i = 0; i < count; i++)
        {
            batch.AddSample(series, start + (i * step), i);
        }

        store.Append(batch).Rejected.ShouldBe(0);
    }

    private static SampleBuffer Read(MetricStore store, long start)
    {
        using var found = store.Select(new MetricSelection([new LabelMatcher(MatchType.Equal, "__name__", "requests_total")], start, start + 86_400_000), CancellationToken.None);
        var buffer = new SampleBuffer();
        found.Read(0, buffer);
        return buffer;
    }

    private static double CountOf(SampleBuffer buffer)
    {
        double count = 0;
        for (var i = 0; i < buffer.Count; i++)
        {
            count += buffer.Weights.IsEmpty ? 1 : buffer.Weights[i].CountOf;
        }

        return count;
    }

    private static double Increase(List<(long Time, double Value, SampleWeight Weight)> samples)
    {
        double increase = 0;
        for (var i = 1; i < samples.Count; i++)
        {
            increase += samples[i].Value < samples[i - 1].Value ? samples[i].Value : samples[i].Value - samples[i - 1].Value;
        }

        return increase;
    }

    private static List<(long Time, double Value, SampleWeight Weight)> Bucket(SampleList samples, int bucket, long length = FiveMinutes)
    {
        var found = new List<(long, double, SampleWeight)>();
        for (var i = 0; i < samples.Count; i++)
        {
            if (samples.Timestamps[i] > bucket * length && samples.Timestamps[i] <= (bucket + 1) * length)
            {
                found.Add((samples.Timestamps[i], samples.Values[i], samples.HasWeights ? samples.Weights[i] : default));
            }
        }

        return found;
    }
}
