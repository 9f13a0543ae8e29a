using Sightglass.Core.Bytes;

namespace Sightglass.Metrics.Blocks;

/// <summary>
/// A block: samples of one series, strictly ascending, up to <see cref="MaxSamples"/>. Lossless to the bit. See
/// <c>docs/format/metrics.md</c>, "block".
/// </summary>
internal static class BlockCodec
{
    /// <summary>Samples of one block: enough that the header is nothing, few enough to decode for one point.</summary>
    public const int MaxSamples = 8192;

    private const byte ConstantStep = 0;
    private const byte DeltaOfDelta = 1;
    private const byte HistogramBlock = 0x80;

    public static void Write(ByteWriter target, ReadOnlySpan<long> timestamps, ReadOnlySpan<double> values)
    {
        target.WriteByte(0);
        WriteTimestamps(target, timestamps);
        ValueCodec.Write(target, values);
    }

    public static void WriteHistograms(ByteWriter target, ReadOnlySpan<long> timestamps, ReadOnlySpan<Core.Model.NativeHistogram?> histograms)
    {
        target.WriteByte(HistogramBlock);
        WriteTimestamps(target, timestamps);
        foreach (var histogram in histograms)
        {
            HistogramCodec.Write(target, histogram!);
        }
    }

    /// <summary>Appends the block's samples; false when the bytes are not a block.</summary>
    public static bool TryRead(ReadOnlySpan<byte> block, SampleList samples)
    {
        var reader = new ByteReader(block);
        var kind = reader.ReadByte();
        var count = reader.ReadCount(MaxSamples);
        if (reader.Failed || count == 0)
        {
            return false;
        }

        if (kind == 0)
        {
            samples.Append(count, out var timestamps, out var values);
            return TryReadTimestamps(ref reader, timestamps) && ValueCodec.TryRead(ref reader, values) && reader.AtEnd;
        }

        var times = new long[count];
        if (kind != HistogramBlock || !TryReadTimestamps(ref reader, times))
        {
            return false;
        }

        foreach (var time in times)
        {
            var histogram = HistogramCodec.Read(ref reader);
            if (reader.Failed)
            {
                return false;
            }

            samples.Add(time, histogram);
        }

        return reader.AtEnd;
    }

    private static void WriteTimestamps(ByteWriter target, ReadOnlySpan<long> timestamps)
    {
        target.WriteVarint((ulong)timestamps.Length);
        var step = timestamps.Length > 1 ? timestamps[1] - timestamps[0] : 0;
        var constant = true;
        for (var i = 2; i < timestamps.Length && constant; i++)
        {
            constant = timestamps[i] - timestamps[i - 1] == step;
        }

        target.WriteByte(constant ? ConstantStep : DeltaOfDelta);
        target.WriteZigZag(timestamps[0]);
        target.WriteZigZag(step);
        if (constant)
        {
            return;
        }

        var previous = step;
        for (var i = 2; i < timestamps.Length; i++)
        {
            var delta = timestamps[i] - timestamps[i - 1];
            target.WriteZigZag(delta - previous);
            previous = delta;
        }
    }

    private static bool TryReadTimestamps(ref ByteReader reader, Span<long> timestamps)
    {
        var mode = reader.ReadByte();
        var time = reader.ReadZigZag();
        var delta = reader.ReadZigZag();
        timestamps[0] = time;
        for (var i = 1; i < timestamps.Length; i++)
        {
            if (i > 1 && mode == DeltaOfDelta)
            {
                delta += reader.ReadZigZag();
            }

            time += delta;
            timestamps[i] = time;
        }

        return !reader.Failed && mode <= DeltaOfDelta;
    }
}
