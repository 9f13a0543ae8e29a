using FsCheck;
using FsCheck.Fluent;
using Sightglass.Core.Bytes;
using Sightglass.Metrics.Blocks;

namespace Sightglass.Metrics.Tests;

public sealed class TimeCodecTests
{
    [Fact]
    public void Any_ascending_times_come_back() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int[]>(), steps => RoundTrip(Ascending(steps))).QuickCheckThrowOnFailure();

    [Fact]
    public void A_constant_step_takes_a_few_bytes_however_long()
    {
        using var target = new ByteWriter();
        TimeCodec.Write(target, [.. Enumerable.Range(0, 8000).Select(i => 1_767_225_600_000 + (i * 15_000L))]);
        target.Length.ShouldBeLessThan(12);
    }

    [Fact]
    public void Broken_bytes_are_refused_or_ascend()
    {
        using var target = new ByteWriter();
        TimeCodec.Write(target, [.. Enumerable.Range(0, 100).Select(i => (long)i * i)]);
        var random = new Random(3);
        var times = new long[100];
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = target.Written.ToArray();
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (TimeCodec.TryRead(bytes.AsSpan(0, random.Next(bytes.Length + 1)), times))
            {
                times.Zip(times.Skip(1)).ShouldAllBe(p => p.First < p.Second);
            }
        }
    }

    private static long[] Ascending(int[] steps)
    {
        var time = 1_767_225_600_000;
        return [time, .. steps.Select(s => time += 1 + Math.Abs((long)s))];
    }

    private static bool RoundTrip(long[] times)
    {
        using var target = new ByteWriter();
        TimeCodec.Write(target, times);
        var read = new long[times.Length];
        return TimeCodec.TryRead(target.Written, read) && read.SequenceEqual(times);
    }
}
