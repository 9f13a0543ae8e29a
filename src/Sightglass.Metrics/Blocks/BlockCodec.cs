using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Metrics.Blocks;

/// <summary>
/// A block: the values or native histograms of one series at the times of a time column, up to <see cref="MaxSamples"/>. Lossless to the
/// bit. See <c>docs/format/metrics.md</c>, "block".
/// </summary>
internal static class BlockCodec
{
    /// <summary>Samples of one block: enough that the header is nothing, few enough to decode for one point.</summary>
    public const int MaxSamples = 8192;

    private const byte Histograms = 0x80;
    private const byte Weighted = 0x81;

    public static void Write(ByteWriter target, ReadOnlySpan<double> values) => ValueCodec.Write(target, values);

    public static void Write(ByteWriter target, ReadOnlySpan<NativeHistogram?> histograms)
    {
        target.WriteByte(Histograms);
        foreach (var histogram in histograms)
        {
            HistogramCodec.Write(target, histogram!);
        }
    }

    /// <summary>Writes values of downsampled data and what they stand for.</summary>
    public static void Write(ByteWriter target, ReadOnlySpan<double> values, ReadOnlySpan<SampleWeight> weights)
    {
        using var inner = new ByteWriter(1024);
        Span<double> column = values.Length <= 256 ? stackalloc double[values.Length] : new double[values.Length];
        target.WriteByte(Weighted);
        ValueCodec.Write(inner, values);
        target.WriteLengthPrefixed(inner.Written);
        inner.Clear();
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = weights[i].Count;
        }

        ValueCodec.Write(inner, column);
        target.WriteLengthPrefixed(inner.Written);
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = weights[i].Sum;
        }

        ValueCodec.Write(target, column);
    }

    public static bool HasHistograms(ReadOnlySpan<byte> block) => block.Length > 0 && block[0] == Histograms;

    public static bool HasWeights(ReadOnlySpan<byte> block) => block.Length > 0 && block[0] == Weighted;

    /// <summary>Fills <paramref name="values"/> and <paramref name="weights"/>; false when the bytes are not a block of that many weighted values.</summary>
    public static bool TryRead(ReadOnlySpan<byte> block, Span<double> values, Span<SampleWeight> weights)
    {
        var reader = new ByteReader(block);
        if (reader.ReadByte() != Weighted)
        {
            return false;
        }

        Span<double> column = values.Length <= 256 ? stackalloc double[values.Length] : new double[values.Length];
        if (!TryRead(reader.ReadLengthPrefixed(), values) || !TryRead(reader.ReadLengthPrefixed(), column))
        {
            return false;
        }

        for (var i = 0; i < column.Length; i++)
        {
            weights[i] = new SampleWeight(column[i], 0);
        }

        if (reader.Failed || !TryRead(block[reader.Position..], column))
        {
            return false;
        }

        for (var i = 0; i < column.Length; i++)
        {
            weights[i] = weights[i] with { Sum = column[i] };
        }

        return true;
    }

    /// <summary>Fills <paramref name="values"/>; false when the bytes are not a block of that many values.</summary>
    public static bool TryRead(ReadOnlySpan<byte> block, Span<double> values)
    {
        var reader = new ByteReader(block);
        return !values.IsEmpty && ValueCodec.TryRead(ref reader, values) && reader.AtEnd;
    }

    /// <summary>Fills <paramref name="histograms"/>; false when the bytes are not a block of that many histograms.</summary>
    public static bool TryRead(ReadOnlySpan<byte> block, Span<NativeHistogram?> histograms)
    {
        var reader = new ByteReader(block);
        var ok = reader.ReadByte() == Histograms;
        for (var i = 0; i < histograms.Length && ok; i++)
        {
            histograms[i] = HistogramCodec.Read(ref reader);
            ok = !reader.Failed;
        }

        return ok && reader.AtEnd;
    }
}
