using FsCheck;
using FsCheck.Fluent;
using Sightglass.Core.Model;
using Sightglass.Metrics.Blocks;

namespace Sightglass.Metrics.Tests;

public sealed class SampleListTests
{
    /// <summary>Runs that follow each other, overlap a little or altogether, repeat timestamps, or have no order at all: whatever stands beside a sample goes with it.</summary>
    [Fact]
    public void Samples_ascend_and_the_last_of_a_timestamp_stays() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), AscendAndLast).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    private static void AscendAndLast(int seed)
    {
        var random = new Random(seed);
        var list = new SampleList();
        for (var round = 0; round < 2; round++)
        {
            list.Clear();
            var (besides, shape) = (random.Next(8), random.Next(4));
            var expected = new SortedDictionary<long, (double Value, double Weight, long Start, bool IsHistogram)>();
            long at = 0;
            for (var run = random.Next(7); run >= 0; run--)
            {
                at = shape switch { 0 => at, 1 => Math.Max(0, at - random.Next(5)), 2 => random.Next(200), _ => 0 };
                for (var i = random.Next(60); i >= 0; i--)
                {
                    at = shape == 3 ? random.Next(300) : at + random.Next(1, 4);
                    var value = random.NextDouble();
                    var isHistogram = (besides & 1) != 0 && random.Next(2) == 0;
                    var (weight, start) = ((besides & 2) != 0 && !isHistogram ? value * 2 : 0, (besides & 4) != 0 ? (long)(value * 1000) : 0);
                    if (isHistogram)
                    {
                        list.Add(at, new NativeHistogram { Count = value });
                    }
                    else
                    {
                        list.Add(at, value);
                    }

                    if ((besides & 2) != 0)
                    {
                        list.WeightsOfLast(1)[0] = new SampleWeight(weight, 0);
                    }

                    if ((besides & 4) != 0)
                    {
                        list.StartsOfLast(1)[0] = start;
                    }

                    expected[at] = (value, weight, start, isHistogram);
                }
            }

            list.Normalize();

            list.Timestamps.ToArray().ShouldBe(expected.Keys);
            var i2 = 0;
            foreach (var sample in expected.Values)
            {
                (list.HasHistograms && list.Histograms[i2] is not null).ShouldBe(sample.IsHistogram);
                (sample.IsHistogram ? list.Histograms[i2]!.Count : list.Values[i2]).ShouldBe(sample.Value);
                (list.HasWeights ? list.Weights[i2].Count : 0).ShouldBe(sample.Weight);
                (list.HasStarts ? list.Starts[i2] : 0).ShouldBe(sample.Start);
                i2++;
            }
        }
    }

    [Fact]
    public void Thousands_of_samples_in_no_order_are_sorted_too()
    {
        var random = new Random(1);
        var list = new SampleList();
        var expected = new SortedDictionary<long, double>();
        for (var i = 0; i < 20_000; i++)
        {
            var at = random.Next(30_000);
            list.Add(at, i);
            expected[at] = i;
        }

        list.Normalize();
        list.Timestamps.ToArray().ShouldBe(expected.Keys);
        list.Values.ToArray().ShouldBe(expected.Values);
    }

    [Fact]
    public void Samples_in_order_with_a_little_overlap_cost_no_memory_the_second_time()
    {
        var list = new SampleList();
        for (var round = 0; round < 2; round++)
        {
            list.Clear();
            foreach (var from in new[] { 0, 990, 1980 })
            {
                for (var i = 0; i < 1000; i++)
                {
                    list.Add(from + i, i);
                }
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            list.Normalize();
            (GC.GetAllocatedBytesForCurrentThread() - before > 0).ShouldBe(round == 0);
            list.Count.ShouldBe(2980);
        }
    }
}
