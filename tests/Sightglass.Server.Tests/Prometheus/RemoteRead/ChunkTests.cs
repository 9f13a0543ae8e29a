using Sightglass.Core.Model;
using Sightglass.Server.Api.Prometheus.RemoteRead;

namespace Sightglass.Server.Tests.Prometheus.RemoteRead;

/// <summary>Chunks against those that a Prometheus 2.42 answered with after it had taken the same samples by remote write.</summary>
public sealed class ChunkTests
{
    private const long Start = 1_795_249_614_000;

    [Fact]
    public void Floats_are_written_bit_by_bit_as_Prometheus_writes_them()
    {
        long[] offsets = [0, 15000, 30000, 45001, 60000, 75000, 90100, 106000, 130000, 131000, 131001, 260000, 260010, 400000, 400001, 400002];
        double[] values = [1, 2, 2, 3.5, -1e300, 0.1, 0.2, 0.30000000000000004, double.PositiveInfinity, double.NegativeInfinity, 0, -0.0, 1e-310, 12345678901, 12345678902, 5];
        using var bits = new BitWriter();
        XorChunk.Write(bits, Array.ConvertAll(offsets, o => Start + o), values);
        Convert.ToHexStringLower(bits.Written).ShouldBe(
            "0010e0b2b9d3bf683ff00000000000009875c25fff20007605dfff60faf8ef90f22001d678001c1fe0c73ed288ccf6038064801c00000000000041904003555555555555e7e924023333333333335b4c514000000000000000bc19bffc00000000000070fbf350000000000000003b8208f001000024d116e1cc57c4459921037644356c7315f6ee95c00000000003000008084bfb8386c00000");
    }

    [Fact]
    public void Histograms_are_written_bit_by_bit_as_Prometheus_writes_them()
    {
        long[] times = [Start, Start + 15000, Start + 30001, Start + 45000];
        var histograms = Enumerable.Range(0, 4).Select(i => new NativeHistogram
        {
            Schema = 3,
            Count = 40 + (i * 7.5),
            Sum = 100.25 * i,
            ZeroThreshold = 2.938735877055719e-39,
            ZeroCount = i,
            NegativeSpans = [new BucketSpan(-1, 1)],
            NegativeBuckets = [1 + i],
            PositiveSpans = [new BucketSpan(0, 2), new BucketSpan(1, 2)],
            PositiveBuckets = [4 + i, 5, (2.5 * i) + 6, 3],
        }).ToArray();
        histograms.Skip(1).ShouldAllBe(h => FloatHistogramChunk.SameLayout(histograms[0], h));
        using var bits = new BitWriter();
        FloatHistogramChunk.Write(bits, times, histograms);
        Convert.ToHexStringLower(bits.Written).ShouldBe(
            "000400749ca494631bff0000d0fe9b96582022000000000000000000000000000000000000000000002008000000000000200a000000000000200c00000000000020040000000000001ff80000000000007c1d4c6e13f115ffe14e02c8ed06d4372c25fff8ec1b1c25fff801806c0b43b603b49ec07acbdef28d6b0b");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_different_layout_or_a_reset_begins_a_new_chunk(int difference)
    {
        var a = new NativeHistogram { Schema = 1, PositiveSpans = [new BucketSpan(0, 1)], PositiveBuckets = [1] };
        var b = difference switch
        {
            0 => a with { Schema = 2 },
            1 => a with { PositiveSpans = [new BucketSpan(1, 1)] },
            2 => a with { ResetHint = CounterResetHint.CounterReset },
            _ => a with { ResetHint = CounterResetHint.Gauge },
        };
        FloatHistogramChunk.SameLayout(a, b).ShouldBeFalse();
    }
}
