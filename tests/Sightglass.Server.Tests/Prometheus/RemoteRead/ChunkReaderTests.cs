using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Server.Api.Prometheus.RemoteRead;
using Sightglass.Server.RemoteRead;

namespace Sightglass.Server.Tests.Prometheus.RemoteRead;

/// <summary>Chunks as they are written here and by Prometheus are read as the samples that they were made of.</summary>
public sealed class ChunkReaderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Floats_come_back_as_they_were_written(int seed)
    {
        var random = new Random(seed);
        var times = new long[random.Next(1, 200)];
        var values = new double[times.Length];
        var (time, step) = (random.NextInt64(-1L << 40, 1L << 41), random.Next(1, 60_000));
        for (var i = 0; i < times.Length; i++)
        {
            times[i] = time += random.Next(6) switch { 0 => step, 1 => step + random.Next(8_000), 2 => random.Next(1, 70_000), 3 => random.Next(1, 600_000), 4 => random.NextInt64(1, 1L << 30), _ => step };
            values[i] = random.Next(6) switch { 0 => random.Next(10), 1 => random.NextDouble(), 2 => double.NaN, 3 => SpecialValues.StaleNaN, 4 => double.NegativeInfinity, _ => BitConverter.Int64BitsToDouble(random.NextInt64()) };
        }

        using var bits = new BitWriter();
        XorChunk.Write(bits, times, values);
        var buffer = new SampleBuffer();
        ChunkReader.Read(ChunkReader.Xor, bits.Written, long.MinValue, long.MaxValue, buffer);
        buffer.TimestampsMs.ToArray().ShouldBe(times);
        Array.ConvertAll(buffer.Values.ToArray(), BitConverter.DoubleToInt64Bits).ShouldBe(Array.ConvertAll(values, BitConverter.DoubleToInt64Bits));

        buffer.Clear();
        ChunkReader.Read(ChunkReader.Xor, bits.Written, times[^1], times[^1], buffer);
        buffer.TimestampsMs.ToArray().ShouldBe([times[^1]], "what lies outside of the range is left out");
    }

    [Theory]
    [InlineData(3, 2.938735877055719e-39)]
    [InlineData(-2, 0)]
    [InlineData(0, 0.3)]
    [InlineData(NativeHistogram.CustomBucketsSchema, 0)]
    public void Float_histograms_come_back_as_they_were_written(int schema, double threshold)
    {
        var custom = schema == NativeHistogram.CustomBucketsSchema;
        var histograms = Enumerable.Range(0, 5).Select(i => new NativeHistogram
        {
            Schema = schema,
            Count = 40 + (i * 7.5),
            Sum = i == 3 ? double.NaN : 100.25 * i,
            ZeroThreshold = threshold,
            ZeroCount = custom ? 0 : i,
            NegativeSpans = custom ? [] : [new BucketSpan(-1, 1)],
            NegativeBuckets = custom ? [] : [1 + i],
            PositiveSpans = [new BucketSpan(0, 2), new BucketSpan(1, 1)],
            PositiveBuckets = [4 + i, 5, (2.5 * i) + 6],
            CustomBounds = custom ? [0.005, 1, 1.0 / 3, 1e9] : [],
        }).ToArray();
        long[] times = [1_000, 16_000, 31_001, 46_000, 46_001];
        using var bits = new BitWriter();
        FloatHistogramChunk.Write(bits, times, histograms);
        var buffer = new SampleBuffer();
        ChunkReader.Read(ChunkReader.FloatHistogram, bits.Written, 16_000, long.MaxValue, buffer);
        buffer.TimestampsMs.ToArray().ShouldBe(times[1..]);
        for (var i = 1; i < times.Length; i++)
        {
            buffer.Histograms[i - 1]!.ShouldBeEquivalentTo(histograms[i] with { ResetHint = CounterResetHint.NotCounterReset });
        }
    }

    // Steps that need a bit more as a difference than as a length.
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(3_000)]
    [InlineData(180_000)]
    [InlineData(20_000_000)]
    public void The_first_step_between_histograms_has_any_length(long step)
    {
        long[] times = [1_000, 1_000 + step, 1_000 + (2 * step), 1_000 + (3 * step)];
        NativeHistogram[] histograms = [.. times.Select(static t => new NativeHistogram { Schema = 1, Count = t, PositiveSpans = [new BucketSpan(0, 1)], PositiveBuckets = [t] })];
        histograms[2] = histograms[2] with { Sum = SpecialValues.StaleNaN };
        FloatHistogramChunk.SameLayout(histograms[1], histograms[2]).ShouldBeTrue();
        FloatHistogramChunk.SameLayout(histograms[2], histograms[3]).ShouldBeFalse();
        using var bits = new BitWriter();
        FloatHistogramChunk.Write(bits, times.AsSpan(0, 3), histograms.AsSpan(0, 3));
        var buffer = new SampleBuffer();
        ChunkReader.Read(ChunkReader.FloatHistogram, bits.Written, 0, long.MaxValue, buffer);
        buffer.TimestampsMs.ToArray().ShouldBe(times[..3]);
        buffer.Histograms[1]!.PositiveBuckets.ShouldBe([times[1]]);
        SpecialValues.IsStale(buffer.Histograms[2]!.Sum).ShouldBeTrue();
    }

    [Fact]
    public void Nothing_that_is_broken_is_read_past_its_end()
    {
        using var bits = new BitWriter();
        FloatHistogramChunk.Write(bits, [1, 2, 3], [.. Enumerable.Range(0, 3).Select(i => new NativeHistogram { Schema = 1, Count = i, PositiveSpans = [new BucketSpan(0, 3)], PositiveBuckets = [i, 1, 2] })]);
        var whole = bits.Written.ToArray();
        var random = new Random(1);
        for (var attempt = 0; attempt < 20_000; attempt++)
        {
            var broken = whole.AsSpan(0, random.Next(2, whole.Length + 1)).ToArray();
            for (var i = random.Next(4); i > 0; i--)
            {
                broken[random.Next(broken.Length)] = (byte)random.Next(256);
            }

            try
            {
                ChunkReader.Read(random.Next(1, 4), broken, long.MinValue, long.MaxValue, new SampleBuffer());
            }
            catch (MalformedInputException)
            {
                // What is expected of most of them.
            }
        }
    }
}
