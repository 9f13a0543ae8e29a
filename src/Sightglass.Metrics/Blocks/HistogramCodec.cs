using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Metrics.Blocks;

/// <summary>A native histogram as bytes: see <c>docs/format/metrics.md</c>, "histogram".</summary>
internal static class HistogramCodec
{
    /// <summary>Spans, buckets or bounds of one histogram that a reader believes.</summary>
    private const int MaxItems = 1 << 20;

    public static void Write(ByteWriter target, NativeHistogram histogram)
    {
        target.WriteByte((byte)histogram.ResetHint);
        target.WriteZigZag(histogram.Schema);
        target.WriteDouble(histogram.ZeroThreshold);
        target.WriteDouble(histogram.ZeroCount);
        target.WriteDouble(histogram.Count);
        target.WriteDouble(histogram.Sum);
        WriteSpans(target, histogram.PositiveSpans);
        WriteNumbers(target, histogram.PositiveBuckets);
        WriteSpans(target, histogram.NegativeSpans);
        WriteNumbers(target, histogram.NegativeBuckets);
        WriteNumbers(target, histogram.CustomBounds);
    }

    public static NativeHistogram Read(ref ByteReader reader) => new()
    {
        ResetHint = (CounterResetHint)reader.ReadByte(),
        Schema = (int)reader.ReadZigZag(),
        ZeroThreshold = reader.ReadDouble(),
        ZeroCount = reader.ReadDouble(),
        Count = reader.ReadDouble(),
        Sum = reader.ReadDouble(),
        PositiveSpans = ReadSpans(ref reader),
        PositiveBuckets = ReadNumbers(ref reader),
        NegativeSpans = ReadSpans(ref reader),
        NegativeBuckets = ReadNumbers(ref reader),
        CustomBounds = ReadNumbers(ref reader),
    };

    private static void WriteSpans(ByteWriter target, BucketSpan[] spans)
    {
        target.WriteVarint((ulong)spans.Length);
        foreach (var span in spans)
        {
            target.WriteZigZag(span.Offset);
            target.WriteVarint((ulong)span.Length);
        }
    }

    private static void WriteNumbers(ByteWriter target, double[] numbers)
    {
        target.WriteVarint((ulong)numbers.Length);
        foreach (var number in numbers)
        {
            target.WriteDouble(number);
        }
    }

    private static BucketSpan[] ReadSpans(ref ByteReader reader)
    {
        var count = reader.ReadCount(Math.Min(MaxItems, reader.Remaining / 2));
        if (reader.Failed || count == 0)
        {
            return [];
        }

        var spans = new BucketSpan[count];
        for (var i = 0; i < count; i++)
        {
            spans[i] = new BucketSpan((int)reader.ReadZigZag(), reader.ReadCount(int.MaxValue));
        }

        return spans;
    }

    private static double[] ReadNumbers(ref ByteReader reader)
    {
        var count = reader.ReadCount(Math.Min(MaxItems, reader.Remaining / 8));
        if (reader.Failed || count == 0)
        {
            return [];
        }

        var numbers = new double[count];
        for (var i = 0; i < count; i++)
        {
            numbers[i] = reader.ReadDouble();
        }

        return numbers;
    }
}
