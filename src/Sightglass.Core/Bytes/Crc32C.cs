using System.Buffers.Binary;
using System.Numerics;

namespace Sightglass.Core.Bytes;

/// <summary>CRC-32C (Castagnoli), by the processor's instruction where there is one.</summary>
public static class Crc32C
{
    /// <summary>The checksum of <paramref name="bytes"/>; pass an earlier result as <paramref name="seed"/> to go on with it.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes, uint seed = 0)
    {
        var crc = ~seed;
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (var b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}
