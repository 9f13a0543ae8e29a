using System.Buffers.Binary;

namespace Sightglass.Ingest.Bodies;

/// <summary>Checks what gzip and zlib write after the data, which shows that a body is whole.</summary>
internal static class DeflateTrailer
{
    /// <summary>Header and trailer of a gzip member, without data.</summary>
    private const int MinGzipBytes = 18;

    /// <summary>Additions before the sums have to be reduced so that 32 bits hold them (RFC 1950's reference value).</summary>
    private const int AdlerRun = 5552;

    private const uint AdlerModulus = 65521;

    /// <summary>True when the size at the end is that of the data (RFC 1952). With several members it is the last one's, and is not compared.</summary>
    public static bool GzipHolds(ReadOnlySpan<byte> source, ReadOnlySpan<byte> data) =>
        source.Length >= MinGzipBytes
        && (BinaryPrimitives.ReadUInt32LittleEndian(source[^4..]) == (uint)data.Length || source[1..].IndexOf((ReadOnlySpan<byte>)[0x1f, 0x8b, 0x08]) >= 0);

    /// <summary>True when the checksum at the end is that of the data.</summary>
    public static bool ZlibHolds(ReadOnlySpan<byte> source, ReadOnlySpan<byte> data)
    {
        if (source.Length < 6)
        {
            return false;
        }

        uint a = 1;
        uint b = 0;
        while (data.Length > 0)
        {
            var run = data[..Math.Min(AdlerRun, data.Length)];
            foreach (var value in run)
            {
                a += value;
                b += a;
            }

            a %= AdlerModulus;
            b %= AdlerModulus;
            data = data[run.Length..];
        }

        return BinaryPrimitives.ReadUInt32BigEndian(source[^4..]) == ((b << 16) | a);
    }
}
