using System.Buffers.Binary;
using Sightglass.Core.Bytes;

namespace Sightglass.Metrics.Blocks;

/// <summary>
/// The values of a block by the smallest of: one constant; integers scaled by a power of ten as deltas or deltas of deltas, with
/// the few values that are none of that kind (markers, infinities) beside; XOR of the bits by byte planes. Zstandard comes after.
/// </summary>
internal static class ValueCodec
{
    private const byte Constant = 0;
    private const byte Delta = 1;
    private const byte DeltaOfDelta = 2;
    private const byte Xor = 3;

    /// <summary>Digits behind the point that decimals are tried with: more are measured doubles, which XOR serves better.</summary>
    private const int MaxDigits = 9;

    /// <summary>Whole numbers beyond this lose their neighbours in a double.</summary>
    private const double MaxInteger = 1L << 52;

    private static readonly double[] Powers = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

    public static void Write(ByteWriter target, ReadOnlySpan<double> values)
    {
        var first = BitConverter.DoubleToInt64Bits(values[0]);
        var constant = true;
        for (var i = 1; i < values.Length && constant; i++)
        {
            constant = BitConverter.DoubleToInt64Bits(values[i]) == first;
        }

        if (constant)
        {
            target.WriteByte(Constant);
            target.WriteUInt64((ulong)first);
            return;
        }

        var scaled = System.Buffers.ArrayPool<long>.Shared.Rent(values.Length);
        try
        {
            var digits = FindDigits(values, scaled);
            if (digits < 0)
            {
                WriteXor(target, values);
            }
            else
            {
                WriteIntegers(target, values, scaled.AsSpan(0, values.Length), digits);
            }
        }
        finally
        {
            System.Buffers.ArrayPool<long>.Shared.Return(scaled);
        }
    }

    public static bool TryRead(ref ByteReader reader, Span<double> values)
    {
        var mode = reader.ReadByte();
        switch (mode)
        {
            case Constant:
                values.Fill(reader.ReadDouble());
                break;
            case Delta or DeltaOfDelta:
                ReadIntegers(ref reader, values, mode == DeltaOfDelta);
                break;
            case Xor:
                ReadXor(ref reader, values);
                break;
            default:
                return false;
        }

        return !reader.Failed;
    }

    // The least number of digits with which all values but a few come back bit by bit; -1 when there is none.
    private static int FindDigits(ReadOnlySpan<double> values, Span<long> scaled)
    {
        var allowed = values.Length / 16 + 1;
        var digits = 0;
        var exceptions = 0;
        long last = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var bits = BitConverter.DoubleToInt64Bits(values[i]);
            var used = digits;
            while (used <= MaxDigits && !TryScale(values[i], bits, used, out last))
            {
                used = double.IsFinite(values[i]) ? used + 1 : MaxDigits + 1;
            }

            if (used > MaxDigits)
            {
                if (++exceptions > allowed)
                {
                    return -1;
                }
            }
            else if (used > digits)
            {
                // Start again with what this value needs; at most MaxDigits times.
                digits = used;
                exceptions = 0;
                i = -1;
                continue;
            }

            scaled[i] = used > MaxDigits ? (i > 0 ? scaled[i - 1] : 0) : last;
        }

        return digits;
    }

    private static bool TryScale(double value, long bits, int digits, out long scaled)
    {
        var power = Powers[digits];
        var product = Math.Round(value * power);
        if (!(Math.Abs(product) < MaxInteger))
        {
            scaled = 0;
            return false;
        }

        scaled = (long)product;
        return BitConverter.DoubleToInt64Bits(scaled / power) == bits;
    }

    private static void WriteIntegers(ByteWriter target, ReadOnlySpan<double> values, ReadOnlySpan<long> scaled, int digits)
    {
        var exceptions = 0;
        for (var i = 0; i < values.Length; i++)
        {
            exceptions += IsException(values[i], scaled[i], digits) ? 1 : 0;
        }

        long deltaCost = 0;
        long secondCost = 0;
        long previous = 0;
        for (var i = 1; i < scaled.Length; i++)
        {
            var delta = scaled[i] - scaled[i - 1];
            deltaCost += 64 - System.Numerics.BitOperations.LeadingZeroCount((ulong)((delta << 1) ^ (delta >> 63)));
            var second = delta - previous;
            secondCost += 64 - System.Numerics.BitOperations.LeadingZeroCount((ulong)((second << 1) ^ (second >> 63)));
            previous = delta;
        }

        var twice = secondCost < deltaCost;
        target.WriteByte(twice ? DeltaOfDelta : Delta);
        target.WriteByte((byte)digits);
        target.WriteVarint((ulong)exceptions);
        if (exceptions > 0)
        {
            WriteExceptions(target, values, scaled, digits);
        }

        target.WriteZigZag(scaled[0]);
        previous = 0;
        for (var i = 1; i < scaled.Length; i++)
        {
            var delta = scaled[i] - scaled[i - 1];
            target.WriteZigZag(twice ? delta - previous : delta);
            previous = delta;
        }
    }

    private static bool IsException(double value, long scaled, int digits) =>
        BitConverter.DoubleToInt64Bits(scaled / Powers[digits]) != BitConverter.DoubleToInt64Bits(value);

    private static void WriteExceptions(ByteWriter target, ReadOnlySpan<double> values, ReadOnlySpan<long> scaled, int digits)
    {
        var last = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (IsException(values[i], scaled[i], digits))
            {
                target.WriteVarint((ulong)(i - last));
                target.WriteDouble(values[i]);
                last = i;
            }
        }
    }

    private static void ReadIntegers(ref ByteReader reader, Span<double> values, bool twice)
    {
        var digits = reader.ReadByte();
        if (digits > MaxDigits)
        {
            reader.Fail();
            return;
        }

        var exceptions = reader.ReadCount(values.Length);
        var exceptionsAt = reader;
        for (var i = 0; i < exceptions; i++)
        {
            reader.ReadVarint();
            reader.ReadUInt64();
        }

        var power = Powers[digits];
        var number = reader.ReadZigZag();
        values[0] = number / power;
        long delta = 0;
        for (var i = 1; i < values.Length; i++)
        {
            var step = reader.ReadZigZag();
            delta = twice ? delta + step : step;
            number += delta;
            values[i] = number / power;
        }

        ulong at = 0;
        for (var i = 0; i < exceptions; i++)
        {
            at += exceptionsAt.ReadVarint();
            var value = exceptionsAt.ReadDouble();
            if (at >= (ulong)values.Length)
            {
                reader.Fail();
                return;
            }

            values[(int)at] = value;
        }
    }

    // Equal high bytes stand together, which is what Zstandard needs to see.
    private static void WriteXor(ByteWriter target, ReadOnlySpan<double> values)
    {
        target.WriteByte(Xor);
        var planes = target.GetSpan(values.Length * 8)[..(values.Length * 8)];
        ulong previous = 0;
        Span<byte> bytes = stackalloc byte[8];
        for (var i = 0; i < values.Length; i++)
        {
            var bits = BitConverter.DoubleToUInt64Bits(values[i]);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, bits ^ previous);
            previous = bits;
            for (var plane = 0; plane < 8; plane++)
            {
                planes[(plane * values.Length) + i] = bytes[plane];
            }
        }

        target.Advance(values.Length * 8);
    }

    private static void ReadXor(ref ByteReader reader, Span<double> values)
    {
        var planes = reader.ReadBytes(values.Length * 8);
        if (reader.Failed)
        {
            return;
        }

        ulong previous = 0;
        for (var i = 0; i < values.Length; i++)
        {
            ulong bits = 0;
            for (var plane = 0; plane < 8; plane++)
            {
                bits |= (ulong)planes[(plane * values.Length) + i] << (8 * plane);
            }

            previous ^= bits;
            values[i] = BitConverter.UInt64BitsToDouble(previous);
        }
    }
}
