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

    public static void Write(ByteWriter target, ReadOnlySpan<double> values) => ValueCodec.Write(target, values);

    public static void Write(ByteWriter target, ReadOnlySpan<NativeHistogram?> histograms)
    {
        target.WriteByte(Histograms);
        foreach (var histogram in histograms)
        {
            HistogramCodec.Write(target, histogram!);
        }
    }

    public static bool HasHistograms(ReadOnlySpan<byte> block) => block.Length > 0 && block[0] == Histograms;

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
