using Sightglass.Core.Bytes;

namespace Sightglass.EndToEnd.Differential;

/// <summary>A native histogram of whole counts, or of others when <see cref="IsFloat"/> says so.</summary>
/// <param name="Schema">Its schema; -53 has custom bounds.</param>
/// <param name="IsFloat">Whether its counts are doubles.</param>
/// <param name="Gauge">Whether it goes up and down.</param>
/// <param name="Sum">Sum of the observations.</param>
/// <param name="ZeroCount">Observations in the zero bucket.</param>
/// <param name="First">Index of the first positive bucket.</param>
/// <param name="Positive">Counts of the positive buckets, without a gap.</param>
/// <param name="Negative">Counts of the negative buckets from index 0.</param>
/// <param name="Bounds">Custom bounds.</param>
internal sealed record TestHistogram(int Schema, bool IsFloat, bool Gauge, double Sum, double ZeroCount, int First, double[] Positive, double[] Negative, double[] Bounds)
{
    public double Count => ZeroCount + Positive.Sum() + Negative.Sum();
}

/// <summary>Histograms as remote write 1.0 has them.</summary>
internal static class HistogramBody
{
    private const int GaugeHint = 3;

    public static void Write(ByteWriter target, long time, TestHistogram histogram)
    {
        if (histogram.IsFloat)
        {
            Double(target, 2, histogram.Count);
        }
        else
        {
            Varint(target, 1, (ulong)histogram.Count);
        }

        Double(target, 3, histogram.Sum);
        ZigZag(target, 4, histogram.Schema);
        Double(target, 5, histogram.Schema == -53 ? 0 : 0.001);
        if (histogram.IsFloat)
        {
            Double(target, 7, histogram.ZeroCount);
        }
        else
        {
            Varint(target, 6, (ulong)histogram.ZeroCount);
        }

        Side(target, 8, 0, histogram.Negative, histogram.IsFloat);
        Side(target, 11, histogram.First, histogram.Positive, histogram.IsFloat);
        Varint(target, 14, histogram.Gauge ? GaugeHint : 0UL);
        Varint(target, 15, (ulong)time);
        if (histogram.Bounds.Length > 0)
        {
            Packed(target, 16, histogram.Bounds);
        }
    }

    private static void Side(ByteWriter target, int field, int first, double[] counts, bool isFloat)
    {
        if (counts.Length == 0)
        {
            return;
        }

        using var span = new ByteWriter();
        ZigZag(span, 1, first);
        Varint(span, 2, (ulong)counts.Length);
        Bytes(target, field, span);
        if (isFloat)
        {
            Packed(target, field + 2, counts);
            return;
        }

        using var deltas = new ByteWriter();
        var before = 0L;
        foreach (var count in counts)
        {
            deltas.WriteZigZag((long)count - before);
            before = (long)count;
        }

        Bytes(target, field + 1, deltas);
    }

    private static void Packed(ByteWriter target, int field, double[] values)
    {
        using var packed = new ByteWriter();
        foreach (var value in values)
        {
            packed.WriteDouble(value);
        }

        Bytes(target, field, packed);
    }

    private static void Bytes(ByteWriter target, int field, ByteWriter content)
    {
        target.WriteVarint((ulong)((field << 3) | 2));
        target.WriteLengthPrefixed(content.Written);
    }

    private static void Varint(ByteWriter target, int field, ulong value)
    {
        target.WriteVarint((ulong)(field << 3));
        target.WriteVarint(value);
    }

    private static void ZigZag(ByteWriter target, int field, long value)
    {
        target.WriteVarint((ulong)(field << 3));
        target.WriteZigZag(value);
    }

    private static void Double(ByteWriter target, int field, double value)
    {
        target.WriteVarint((ulong)((field << 3) | 1));
        target.WriteDouble(value);
    }
}
