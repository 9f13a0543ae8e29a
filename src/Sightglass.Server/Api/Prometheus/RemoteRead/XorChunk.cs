namespace Sightglass.Server.Api.Prometheus.RemoteRead;

/// <summary>Prometheus' chunk of float samples: differences of differences of times, differing bits of values.</summary>
internal static class XorChunk
{
    /// <summary>Writes the samples as one chunk into <paramref name="writer"/>, which is cleared before.</summary>
    public static void Write(BitWriter writer, ReadOnlySpan<long> timestampsMs, ReadOnlySpan<double> values)
    {
        writer.Clear();
        writer.BeginCount();
        var column = default(XorColumn);
        long delta = 0;
        for (var i = 0; i < timestampsMs.Length; i++)
        {
            switch (i)
            {
                case 0:
                    writer.Varint(timestampsMs[0]);
                    column.First(writer, values[0]);
                    continue;
                case 1:
                    delta = timestampsMs[1] - timestampsMs[0];
                    writer.Uvarint((ulong)delta);
                    break;
                default:
                    var next = timestampsMs[i] - timestampsMs[i - 1];
                    Difference(writer, next - delta);
                    delta = next;
                    break;
            }

            column.Next(writer, values[i]);
        }

        writer.SetCount(timestampsMs.Length);
    }

    private static void Difference(BitWriter writer, long difference)
    {
        var (prefix, prefixBits, bits) = difference == 0 ? (0b0UL, 1, 0)
            : BitWriter.Fits(difference, 14) ? (0b10UL, 2, 14)
            : BitWriter.Fits(difference, 17) ? (0b110UL, 3, 17)
            : BitWriter.Fits(difference, 20) ? (0b1110UL, 4, 20)
            : (0b1111UL, 4, 64);
        writer.Bits(prefix, prefixBits);
        writer.Bits((ulong)difference, bits);
    }
}
