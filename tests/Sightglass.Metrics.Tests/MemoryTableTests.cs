using FsCheck;
using FsCheck.Fluent;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Metrics.Blocks;
using Sightglass.Metrics.Memory;

namespace Sightglass.Metrics.Tests;

public sealed class MemoryTableTests
{
    private readonly SlabPool _pool = new();

    [Fact]
    public void A_table_of_many_series_is_full_only_with_some_samples_of_each()
    {
        var table = Fill(seriesCount: 5000, samples: 1);
        table.Bytes.ShouldBeGreaterThan(1 << 18);
        table.IsFull(flushBytes: 1 << 10).ShouldBeFalse();
        Fill(seriesCount: 5000, samples: 16).IsFull(flushBytes: 1 << 10).ShouldBeTrue();
        Fill(seriesCount: 10, samples: 16).IsFull(flushBytes: 1 << 20).ShouldBeFalse();
    }

    [Fact]
    public void Memory_of_a_retired_table_serves_the_next_unless_somebody_reads()
    {
        var table = Fill(seriesCount: 3, samples: 20);
        table.BeginRead();
        table.Retire();
        var samples = new SampleList();
        table.Read(1, samples);
        samples.Count.ShouldBe(20);
        table.EndRead();
        table.Retire();
        var next = Fill(seriesCount: 3, samples: 5);
        samples.Clear();
        next.Read(2, samples);
        samples.Values.ToArray().ShouldBe([0, 1, 2, 3, 4]);
    }

    [Fact]
    public void Histograms_and_floats_of_one_series_come_back_in_their_order()
    {
        var registry = new SeriesRegistry();
        var table = new MemoryTable(1, registry, _pool);
        var id = AddSeries(registry, LabelSet.Of("__name__", "mixed"));
        var histogram = new NativeHistogram { Count = 3, Sum = 4 };
        for (var i = 0; i < 11; i++)
        {
            if (i % 3 == 0)
            {
                table.Add(id, i, histogram);
            }
            else
            {
                table.Add(id, i, i);
            }
        }

        var samples = new SampleList();
        table.Read(id, samples);
        samples.Timestamps.ToArray().ShouldBe(Enumerable.Range(0, 11).Select(i => (long)i));
        for (var i = 0; i < 11; i++)
        {
            (samples.Histograms[i] == histogram).ShouldBe(i % 3 == 0);
            if (i % 3 != 0)
            {
                samples.Values[i].ShouldBe(i);
            }
        }
    }

    // In order, a little out of order, with an outlier of hours or of days: no sample of the range is missing, whatever is left out beside it.
    [Fact]
    public void Samples_of_a_range_are_those_of_all_samples()
    {
        var random = new Random(5);
        for (var round = 0; round < 300; round++)
        {
            var registry = new SeriesRegistry();
            var table = new MemoryTable(1, registry, _pool);
            var id = AddSeries(registry, LabelSet.Of("__name__", "a"));
            var (count, shape, now) = (random.Next(1, 200), random.Next(4), 1_000_000_000L);
            for (var i = 0; i < count; i++)
            {
                now += 15_000;
                var late = shape switch { 0 => 0, 1 => random.Next(40_000), 2 when random.Next(20) == 0 => random.Next(10_000_000), 3 when random.Next(20) == 0 => 200_000_000, _ => 0 };
                table.Add(id, now - late, i);
            }

            var all = Read(long.MinValue, long.MaxValue);
            all.Count.ShouldBe(count);
            for (var range = 0; range < 10; range++)
            {
                var min = 1_000_000_000L + (random.Next(-20, count + 20) * 15_000L);
                var max = min + random.Next(60 * 15_000);
                Read(min, max).Where(s => s.At >= min && s.At <= max).ShouldBe(all.Where(s => s.At >= min && s.At <= max));
            }

            List<(long At, double Value)> Read(long min, long max)
            {
                var samples = new SampleList();
                table.Read(id, samples, min, max);
                return [.. samples.Timestamps.ToArray().Zip(samples.Values.ToArray())];
            }
        }
    }

    [Fact]
    public void Of_a_long_series_the_newest_samples_are_read_alone()
    {
        var registry = new SeriesRegistry();
        var table = new MemoryTable(1, registry, _pool);
        var id = AddSeries(registry, LabelSet.Of("__name__", "a"));
        for (var i = 0; i < 1000; i++)
        {
            table.Add(id, i * 15_000L, i);
        }

        var samples = new SampleList();
        table.Read(id, samples, 995 * 15_000L);
        samples.Count.ShouldBeLessThan(16);
        samples.Clear();
        table.Read(id, samples, maxTime: 5 * 15_000L);
        samples.Count.ShouldBeLessThan(16);
    }

    [Fact]
    public void Any_samples_come_back_bit_by_bit()
    {
        var value = Gen.OneOf(
            ArbMap.Default.GeneratorFor<double>(),
            Gen.Choose(-1000, 1000).Select(i => (double)i),
            Gen.Choose(-100_000, 100_000).Select(i => i / 100.0),
            Gen.Elements(-0.0, 0.0, double.NaN, double.PositiveInfinity, double.MaxValue, 1L << 53, 0.1 + 0.2, BitConverter.UInt64BitsToDouble(0x7ff0000000000002)));
        var time = Gen.OneOf(Gen.Choose(0, 1000).Select(i => i * 15_000L), ArbMap.Default.GeneratorFor<long>().Select(t => t % (1L << 45)));
        var sample = Gen.Zip(time, value);
        Prop.ForAll(sample.ListOf().ToArbitrary(), list =>
        {
            var registry = new SeriesRegistry();
            var table = new MemoryTable(1, registry, _pool);
            var id = AddSeries(registry, LabelSet.Of("__name__", "one"));
            foreach (var (t, v) in list)
            {
                table.Add(id, t, v);
            }

            var samples = new SampleList();
            table.Read(id, samples);
            samples.Timestamps.ToArray().ShouldBe(list.Select(s => s.Item1));
            samples.Values.ToArray().Select(BitConverter.DoubleToUInt64Bits).ShouldBe(list.Select(s => BitConverter.DoubleToUInt64Bits(s.Item2)));
            table.Retire();
        }).QuickCheckThrowOnFailure();
    }

    private MemoryTable Fill(int seriesCount, int samples)
    {
        var registry = new SeriesRegistry();
        var table = new MemoryTable(1, registry, _pool);
        for (var i = 0; i < seriesCount; i++)
        {
            var id = AddSeries(registry, LabelSet.Of("__name__", "a_metric_of_some_length", "instance", $"host-{i}", "job", "node", "somewhere", "a place with a name"));
            for (var s = 0; s < samples; s++)
            {
                table.Add(id, 1000 * s, s);
            }
        }

        return table;
    }

    private static int AddSeries(SeriesRegistry registry, LabelSet labels)
    {
        using var key = new ByteWriter();
        labels.WriteKey(key);
        return registry.Add(Hash128.Compute(key.Written), key.Written);
    }
}
