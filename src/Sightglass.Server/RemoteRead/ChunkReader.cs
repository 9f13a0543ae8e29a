using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Server.RemoteRead;

/// <summary>Reads Prometheus' chunks: floats, and native histograms of whole and of other counts.</summary>
internal static class ChunkReader
{
    public const int Xor = 1;
    public const int Histogram = 2;
    public const int FloatHistogram = 3;

    /// <summary>Samples of a chunk, by its first two bytes.</summary>
    public static int Count(ReadOnlySpan<byte> chunk) => chunk.Length >= 2 ? (chunk[0] << 8) | chunk[1] : throw new MalformedInputException("a chunk has less than two bytes");

    /// <summary>Adds the samples of a chunk that lie in a range (milliseconds, inclusive) to <paramref name="buffer"/>.</summary>
    /// <exception cref="MalformedInputException">It is no such chunk.</exception>
    public static void Read(int encoding, ReadOnlySpan<byte> chunk, long startMs, long endMs, SampleBuffer buffer)
    {
        var count = Count(chunk);
        var reader = new BitReader(chunk[2..]);
        switch (encoding)
        {
            case Xor:
                Floats(ref reader, count, startMs, endMs, buffer);
                break;
            case Histogram:
            case FloatHistogram:
                HistogramChunkReader.Read(ref reader, count, encoding == FloatHistogram, startMs, endMs, buffer);
                break;
            default:
                throw new MalformedInputException($"chunks of encoding {encoding} are not known");
        }
    }

    private static void Floats(ref BitReader reader, int count, long startMs, long endMs, SampleBuffer buffer)
    {
        var column = default(XorReader);
        long time = 0, delta = 0;
        for (var i = 0; i < count; i++)
        {
            switch (i)
            {
                case 0:
                    time = reader.Varint();
                    column.First(ref reader);
                    break;
                case 1:
                    delta = (long)reader.Uvarint();
                    break;
                default:
                    delta += reader.Ones(4) switch { 0 => 0, 1 => reader.Folded(14), 2 => reader.Folded(17), 3 => reader.Folded(20), _ => reader.Folded(64) };
                    break;
            }

            if (i > 0)
            {
                time += delta;
                column.Next(ref reader);
            }

            if (time >= startMs && time <= endMs)
            {
                buffer.Add(time, column.Value);
            }
        }
    }
}
