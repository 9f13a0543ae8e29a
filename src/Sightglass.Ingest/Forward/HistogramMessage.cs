using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Forward;

/// <summary>Writes a native histogram as remote write has it in both versions: with integer counts where all are whole, with floats otherwise.</summary>
internal static class HistogramMessage
{
    /// <summary>Above, doubles are not every whole number any more.</summary>
    private const double MaxExact = 1L << 53;

    public static void Write(ByteWriter target, NativeHistogram histogram, long timestampMs, ByteWriter scratch)
    {
        var whole = IsWhole(histogram);
        if (whole)
        {
            target.Varint(1, (ulong)histogram.Count);
        }
        else
        {
            target.Double(2, histogram.Count);
        }

        target.Double(3, histogram.Sum);
        target.ZigZag(4, histogram.Schema);
        target.Double(5, histogram.ZeroThreshold);
        if (whole)
        {
            // One of a pair of which exactly one is there: written even when it is zero, so that it says which kind this is.
            target.WriteVarint(6 << 3);
            target.WriteVarint((ulong)histogram.ZeroCount);
        }
        else
        {
            target.WriteVarint((7 << 3) | 1);
            target.WriteDouble(histogram.ZeroCount);
        }

        Side(target, histogram.NegativeSpans, histogram.NegativeBuckets, 8, whole, scratch);
        Side(target, histogram.PositiveSpans, histogram.PositiveBuckets, 11, whole, scratch);
        target.Varint(14, (ulong)histogram.ResetHint);
        target.Varint(15, (ulong)timestampMs);
        if (histogram.CustomBounds.Length > 0)
        {
            Doubles(target, 16, histogram.CustomBounds, scratch);
        }
    }

    private static void Side(ByteWriter target, BucketSpan[] spans, double[] buckets, int field, bool whole, ByteWriter scratch)
    {
        foreach (var span in spans)
        {
            scratch.Clear();
            scratch.ZigZag(1, span.Offset);
            scratch.Varint(2, (ulong)span.Length);
            target.Bytes(field, scratch.Written);
        }

        if (buckets.Length == 0)
        {
            return;
        }

        if (!whole)
        {
            Doubles(target, field + 2, buckets, scratch);
            return;
        }

        scratch.Clear();
        long last = 0;
        foreach (var bucket in buckets)
        {
            scratch.WriteZigZag((long)bucket - last);
            last = (long)bucket;
        }

        target.Bytes(field + 1, scratch.Written);
    }

    private static void Doubles(ByteWriter target, int field, double[] values, ByteWriter scratch)
    {
        scratch.Clear();
        foreach (var value in values)
        {
            scratch.WriteDouble(value);
        }

        target.Bytes(field, scratch.Written);
    }

    private static bool IsWhole(NativeHistogram histogram) =>
        IsWhole(histogram.Count) && IsWhole(histogram.ZeroCount) && histogram.PositiveBuckets.All(IsWhole) && histogram.NegativeBuckets.All(IsWhole);

    private static bool IsWhole(double value) => value is >= 0 and <= MaxExact && Math.Floor(value) == value;
}
