using System.Buffers.Binary;

namespace Sightglass.Core.Bytes;

/// <summary>
/// A 128-bit hash of bytes by folded 64 × 64 → 128 bit multiplications (the construction of wyhash): the identity of series
/// and streams, and the key of interning tables. Stable: it is written to disk. Not for secrets.
/// </summary>
/// <param name="High">Upper half.</param>
/// <param name="Low">Lower half.</param>
public readonly record struct Hash128(ulong High, ulong Low)
{
    private const ulong K0 = 0xa0761d6478bd642f;
    private const ulong K1 = 0xe7037ed1a0b428db;
    private const ulong K2 = 0x8ebc6af09c88c6e3;
    private const ulong K3 = 0x589965cc75374cc3;

    /// <inheritdoc/>
    public override int GetHashCode() => (int)(Low ^ (Low >> 32));

    /// <summary>Hashes <paramref name="bytes"/>.</summary>
    public static Hash128 Compute(ReadOnlySpan<byte> bytes)
    {
        var a = K0 ^ (ulong)bytes.Length;
        var b = K1 + ((ulong)bytes.Length * K3);
        while (bytes.Length >= 16)
        {
            var x = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            var y = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
            a = Fold(x ^ K2 ^ a, y ^ K1);
            b = Fold(x ^ K3, y ^ K0 ^ b) + a;
            bytes = bytes[16..];
        }

        ulong tail0 = 0;
        ulong tail1 = 0;
        if (bytes.Length >= 8)
        {
            tail0 = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            bytes = bytes[8..];
            tail1 = Partial(bytes) | (1UL << 63);
        }
        else
        {
            tail0 = Partial(bytes);
        }

        a = Fold(tail0 ^ K1 ^ a, tail1 ^ K2);
        b = Fold(tail0 ^ K0, tail1 ^ K3 ^ b) + a;
        return new Hash128(Fold(a ^ K2, b ^ K1), Fold(b ^ K3, a + K0));
    }

    private static ulong Partial(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            value |= (ulong)bytes[i] << (8 * i);
        }

        return value;
    }

    private static ulong Fold(ulong x, ulong y)
    {
        var high = Math.BigMul(x, y, out var low);
        return high ^ low;
    }
}
