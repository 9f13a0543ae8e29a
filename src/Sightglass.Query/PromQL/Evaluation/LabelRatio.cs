using System.Buffers.Binary;
using System.Numerics;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>Where a series falls between 0 and 1, for <c>limit_ratio</c>: the xxHash64 of its labels, which keeps the choice stable from query to query.</summary>
internal static class LabelRatio
{
    private const ulong P1 = 11400714785074694791;
    private const ulong P2 = 14029467366897019727;
    private const ulong P3 = 1609587929392839161;
    private const ulong P4 = 9650029242287828579;
    private const ulong P5 = 2870177450012600261;

    /// <summary>Whether a ratio keeps the series: the lower part for a positive one, the rest for its negative complement.</summary>
    public static bool Keeps(double ratio, LabelSet labels)
    {
        var place = Place(labels);
        return ratio >= 0 ? place < ratio || ratio >= 1 : place >= 1 + ratio;
    }

    private static double Place(LabelSet labels)
    {
        // Each text as Prometheus 3 lays labels out: a byte with its length, or 255 and three bytes for a long one.
        using var key = new ByteWriter(256);
        foreach (ref readonly var label in labels.Span)
        {
            Write(key, label.Name);
            Write(key, label.Value);
        }

        return Hash(key.Written) / (double)ulong.MaxValue;
    }

    private static void Write(ByteWriter key, string text)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        key.Write(bytes.Length < 255 ? [(byte)bytes.Length] : [255, (byte)bytes.Length, (byte)(bytes.Length >> 8), (byte)(bytes.Length >> 16)]);
        key.Write(bytes);
    }

    private static ulong Hash(ReadOnlySpan<byte> data)
    {
        ulong hash;
        var rest = data;
        if (data.Length >= 32)
        {
            ulong a = unchecked(P1 + P2), b = P2, c = 0, d = unchecked(0 - P1);
            while (rest.Length >= 32)
            {
                a = Round(a, BinaryPrimitives.ReadUInt64LittleEndian(rest));
                b = Round(b, BinaryPrimitives.ReadUInt64LittleEndian(rest[8..]));
                c = Round(c, BinaryPrimitives.ReadUInt64LittleEndian(rest[16..]));
                d = Round(d, BinaryPrimitives.ReadUInt64LittleEndian(rest[24..]));
                rest = rest[32..];
            }

            hash = BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7) + BitOperations.RotateLeft(c, 12) + BitOperations.RotateLeft(d, 18);
            hash = Merge(Merge(Merge(Merge(hash, a), b), c), d);
        }
        else
        {
            hash = P5;
        }

        hash += (ulong)data.Length;
        for (; rest.Length >= 8; rest = rest[8..])
        {
            hash = (BitOperations.RotateLeft(hash ^ Round(0, BinaryPrimitives.ReadUInt64LittleEndian(rest)), 27) * P1) + P4;
        }

        if (rest.Length >= 4)
        {
            hash = (BitOperations.RotateLeft(hash ^ (BinaryPrimitives.ReadUInt32LittleEndian(rest) * P1), 23) * P2) + P3;
            rest = rest[4..];
        }

        foreach (var b in rest)
        {
            hash = BitOperations.RotateLeft(hash ^ (b * P5), 11) * P1;
        }

        hash = (hash ^ (hash >> 33)) * P2;
        hash = (hash ^ (hash >> 29)) * P3;
        return hash ^ (hash >> 32);
    }

    private static ulong Round(ulong accumulator, ulong input) => BitOperations.RotateLeft(accumulator + (input * P2), 31) * P1;

    private static ulong Merge(ulong accumulator, ulong value) => ((accumulator ^ Round(0, value)) * P1) + P4;
}
