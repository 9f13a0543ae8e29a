using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using Sightglass.Core.Bytes;

namespace Sightglass.Metrics.Blocks;

/// <summary>
/// The values of a block by the smallest of: one constant; integers scaled by a power of ten as deltas or deltas of deltas, with the few
/// values that are none of that kind (markers, infinities) beside; XOR of the bits. Numbers stand in planes of equal bytes, which is what
/// Zstandard, coming after, and a decoder without branches both want.
/// </summary>
internal static class ValueCodec
{
    private const byte Constant = 0;
    private const byte Delta = 1;
    private const byte DeltaOfDelta = 2;
    private const byte Xor = 3;

    /// <summary>Digits behind the point that decimals are tried with: more are measured doubles, which XOR serves better.</summary>
    private const int MaxDigits = 9;

    /// <summary>Bytes that a number outside the planes costs, about.</summary>
    private const int OutlierBytes = 7;

    /// <summary>Whole numbers beyond this lose their neighbours in a double.</summary>
    private const double MaxInteger = 1L << 52;

    private static readonly double[] Powers = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

    public static void Write(ByteWriter target, ReadOnlySpan<double> values)
    {
        var bits = MemoryMarshal.Cast<double, long>(values);
        if (bits.IndexOfAnyExcept(bits[0]) < 0)
        {
            target.WriteByte(Constant);
            target.WriteUInt64((ulong)bits[0]);
            return;
        }

        var rented = ArrayPool<long>.Shared.Rent(values.Length * 2);
        try
        {
            var scaled = rented.AsSpan(0, values.Length);
            var digits = FindDigits(values, scaled);
            if (digits < 0)
            {
                WriteXor(target, values);
            }
            else
            {
                WriteIntegers(target, values, scaled, MemoryMarshal.Cast<long, ulong>(rented.AsSpan(values.Length, values.Length)), digits);
            }
        }
        finally
        {
            ArrayPool<long>.Shared.Return(rented);
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
        var allowed = (values.Length / 16) + 1;
        var digits = 0;
        var exceptions = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (TryScale(values[i], digits, out scaled[i]))
            {
                continue;
            }

            var used = digits + 1;
            while (used <= MaxDigits && double.IsFinite(values[i]) && !TryScale(values[i], used, out scaled[i]))
            {
                used++;
            }

            if (used > MaxDigits || !double.IsFinite(values[i]))
            {
                scaled[i] = i > 0 ? scaled[i - 1] : 0;
                if (++exceptions > allowed)
                {
                    return -1;
                }
            }
            else
            {
                // Start again with what this value needs; at most MaxDigits times.
                digits = used;
                exceptions = 0;
                i = -1;
            }
        }

        return digits;
    }

    private static bool TryScale(double value, int digits, out long scaled)
    {
        var power = Powers[digits];
        var product = Math.Round(value * power);
        if (!(Math.Abs(product) < MaxInteger))
        {
            scaled = 0;
            return false;
        }

        scaled = (long)product;
        return BitConverter.DoubleToInt64Bits(scaled / power) == BitConverter.DoubleToInt64Bits(value);
    }

    private static void WriteIntegers(ByteWriter target, ReadOnlySpan<double> values, ReadOnlySpan<long> scaled, Span<ulong> numbers, int digits)
    {
        var twice = IsSteadier(scaled);
        long previous = 0;
        Span<int> widths = stackalloc int[9];
        widths.Clear();
        for (var i = 1; i < scaled.Length; i++)
        {
            var delta = scaled[i] - scaled[i - 1];
            var number = ZigZag(twice ? delta - previous : delta);
            previous = delta;
            numbers[i] = number;
            widths[(71 - BitOperations.LeadingZeroCount(number)) / 8]++;
        }

        var planes = ChoosePlanes(widths, scaled.Length);
        target.WriteByte(twice ? DeltaOfDelta : Delta);
        target.WriteByte((byte)(digits | (planes << 4)));
        WriteExceptions(target, values, scaled, digits);
        WriteOutliers(target, numbers[1..scaled.Length], planes);
        target.WriteZigZag(scaled[0]);
        WritePlanes(target, numbers[1..scaled.Length], planes);
    }

    private static bool IsSteadier(ReadOnlySpan<long> scaled)
    {
        long deltaCost = 0;
        long secondCost = 0;
        long previous = 0;
        for (var i = 1; i < scaled.Length; i++)
        {
            var delta = scaled[i] - scaled[i - 1];
            deltaCost += 64 - BitOperations.LeadingZeroCount(ZigZag(delta));
            secondCost += 64 - BitOperations.LeadingZeroCount(ZigZag(delta - previous));
            previous = delta;
        }

        return secondCost < deltaCost;
    }

    // As many planes as make the sum of planes and of the numbers that do not fit into them the least.
    private static int ChoosePlanes(ReadOnlySpan<int> widths, int count)
    {
        var best = 8;
        var bestCost = long.MaxValue;
        var outside = 0;
        for (var planes = 8; planes >= 0; planes--)
        {
            var cost = ((long)planes * count) + ((long)outside * OutlierBytes);
            if (cost < bestCost)
            {
                bestCost = cost;
                best = planes;
            }

            outside += widths[planes];
        }

        return best;
    }

    private static void WriteExceptions(ByteWriter target, ReadOnlySpan<double> values, ReadOnlySpan<long> scaled, int digits)
    {
        var exceptions = 0;
        for (var i = 0; i < values.Length; i++)
        {
            exceptions += IsException(values[i], scaled[i], digits) ? 1 : 0;
        }

        target.WriteVarint((ulong)exceptions);
        var last = 0;
        for (var i = 0; exceptions > 0 && i < values.Length; i++)
        {
            if (IsException(values[i], scaled[i], digits))
            {
                target.WriteVarint((ulong)(i - last));
                target.WriteDouble(values[i]);
                last = i;
            }
        }
    }

    private static bool IsException(double value, long scaled, int digits) =>
        BitConverter.DoubleToInt64Bits(scaled / Powers[digits]) != BitConverter.DoubleToInt64Bits(value);

    private static void WriteOutliers(ByteWriter target, Span<ulong> numbers, int planes)
    {
        var outliers = 0;
        foreach (var number in numbers)
        {
            outliers += Fits(number, planes) ? 0 : 1;
        }

        target.WriteVarint((ulong)outliers);
        var last = 0;
        for (var i = 0; outliers > 0 && i < numbers.Length; i++)
        {
            if (!Fits(numbers[i], planes))
            {
                target.WriteVarint((ulong)(i - last));
                target.WriteVarint(numbers[i]);
                numbers[i] = 0;
                last = i;
            }
        }
    }

    private static bool Fits(ulong number, int planes) => planes == 8 || number >> (8 * planes) == 0;

    private static void WritePlanes(ByteWriter target, ReadOnlySpan<ulong> numbers, int planes)
    {
        var bytes = target.GetSpan((planes * numbers.Length) + 1);
        for (var plane = 0; plane < planes; plane++)
        {
            var into = bytes.Slice(plane * numbers.Length, numbers.Length);
            for (var i = 0; i < numbers.Length; i++)
            {
                into[i] = (byte)(numbers[i] >> (8 * plane));
            }
        }

        target.Advance(planes * numbers.Length);
    }

    private static void ReadIntegers(ref ByteReader reader, Span<double> values, bool twice)
    {
        var head = reader.ReadByte();
        var digits = head & 15;
        var planes = head >> 4;
        var exceptions = reader.ReadCount(values.Length);
        var exceptionsAt = reader;
        for (var i = 0; i < exceptions && !reader.Failed; i++)
        {
            reader.ReadVarint();
            reader.ReadUInt64();
        }

        var outliers = reader.ReadCount(values.Length);
        var outliersAt = reader;
        for (var i = 0; i < outliers && !reader.Failed; i++)
        {
            reader.ReadVarint();
            reader.ReadVarint();
        }

        var first = reader.ReadZigZag();
        if (digits > MaxDigits || planes > 8)
        {
            reader.Fail();
            return;
        }

        var count = values.Length - 1;
        var bytes = reader.ReadBytes(planes * count);
        if (reader.Failed)
        {
            return;
        }

        // The values' own memory takes the numbers first.
        var numbers = MemoryMarshal.Cast<double, long>(values);
        PlaneCodec.Read(bytes, numbers[1..], planes);
        if (!ReadOutliers(ref outliersAt, outliers, numbers[1..]))
        {
            reader.Fail();
            return;
        }

        PlaneCodec.Restore(numbers, values, first, Powers[digits], twice);
        if (!ReadExceptions(ref exceptionsAt, exceptions, values))
        {
            reader.Fail();
        }
    }

    private static bool ReadOutliers(ref ByteReader reader, int count, Span<long> numbers)
    {
        ulong at = 0;
        for (var i = 0; i < count; i++)
        {
            at += reader.ReadVarint();
            var number = reader.ReadVarint();
            if (at >= (ulong)numbers.Length)
            {
                return false;
            }

            numbers[(int)at] = (long)number;
        }

        return true;
    }

    private static bool ReadExceptions(ref ByteReader reader, int count, Span<double> values)
    {
        ulong at = 0;
        for (var i = 0; i < count; i++)
        {
            at += reader.ReadVarint();
            var value = reader.ReadDouble();
            if (at >= (ulong)values.Length)
            {
                return false;
            }

            values[(int)at] = value;
        }

        return true;
    }

    private static ulong ZigZag(long number) => (ulong)((number << 1) ^ (number >> 63));

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

        var numbers = MemoryMarshal.Cast<double, long>(values);
        PlaneCodec.Read(planes, numbers, 8);
        long previous = 0;
        for (var i = 0; i < numbers.Length; i++)
        {
            previous ^= numbers[i];
            numbers[i] = previous;
        }
    }
}
