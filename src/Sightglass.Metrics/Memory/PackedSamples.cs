using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sightglass.Core.Bytes;
using Sightglass.Metrics.Blocks;

namespace Sightglass.Metrics.Memory;

/// <summary>
/// A few samples of one series packed for the time until the table is written out: quick rather than small. Never on disk. Times are a first one and
/// steps; values are one for all, whole numbers or decimals as differences, or plain doubles.
/// </summary>
internal static class PackedSamples
{
    /// <summary>Bytes of the longest record.</summary>
    public const int MaxBytes = 1 + (OpenSlab.SlotSamples * (10 + 10 + 5));

    private const int Count = OpenSlab.SlotSamples;
    private const byte SameStep = 0x80;
    private const byte WithHistograms = 0x40;
    private const byte OneValue = 0x00;
    private const byte Plain = 0x01;
    private const byte Decimal = 0x02;

    /// <summary>Largest whole number packed as such: differences of two stay in 64 bits, and every one is a double.</summary>
    private const double MaxWhole = 1L << 52;

    private static ReadOnlySpan<double> Scales => [1, 100, 1000, 1_000_000];

    /// <summary>Packs full slots; <paramref name="histograms"/> is empty when all are floats. Returns the bytes written.</summary>
    public static int Write(Span<byte> into, ReadOnlySpan<long> times, ReadOnlySpan<double> values, ReadOnlySpan<int> histograms, long baseTime)
    {
        var at = 1;
        var step = times[1] - times[0];
        var steady = true;
        for (var i = 2; i < Count; i++)
        {
            steady &= times[i] - times[i - 1] == step;
        }

        WriteZigZag(into, ref at, times[0] - baseTime);
        WriteZigZag(into, ref at, step);
        for (var i = 2; i < Count && !steady; i++)
        {
            WriteZigZag(into, ref at, times[i] - times[i - 1]);
        }

        byte kind;
        if (!histograms.IsEmpty)
        {
            kind = WithHistograms | Plain;
            for (var i = 0; i < Count; i++)
            {
                WriteVarint(into, ref at, (uint)histograms[i]);
            }

            WritePlain(into, ref at, values);
        }
        else
        {
            kind = WriteValues(into, ref at, values);
        }

        into[0] = (byte)(kind | (steady ? SameStep : 0));
        return at;
    }

    /// <summary>The time of a record's first sample.</summary>
    public static long FirstTime(ReadOnlySpan<byte> record, long baseTime) => baseTime + new ByteReader(record[1..]).ReadZigZag();

    /// <summary>Adds the samples of a record to a list.</summary>
    public static void Read(ReadOnlySpan<byte> record, long baseTime, List<Core.Model.NativeHistogram> histograms, SampleList into)
    {
        var head = record[0];
        var reader = new ByteReader(record[1..]);
        Span<long> times = stackalloc long[Count];
        times[0] = baseTime + reader.ReadZigZag();
        var step = reader.ReadZigZag();
        times[1] = times[0] + step;
        for (var i = 2; i < Count; i++)
        {
            times[i] = times[i - 1] + ((head & SameStep) != 0 ? step : reader.ReadZigZag());
        }

        if ((head & WithHistograms) != 0)
        {
            ReadHistograms(ref reader, times, histograms, into);
            return;
        }

        into.Append(Count, out var timestamps, out var values);
        times.CopyTo(timestamps);
        switch (head & 0x03)
        {
            case OneValue:
                values.Fill(reader.ReadDouble());
                break;
            case Plain:
                for (var i = 0; i < Count; i++)
                {
                    values[i] = reader.ReadDouble();
                }

                break;
            default:
                var scale = Scales[(head >> 2) & 0x03];
                long whole = 0;
                for (var i = 0; i < Count; i++)
                {
                    whole += reader.ReadZigZag();
                    values[i] = whole / scale;
                }

                break;
        }
    }

    private static void ReadHistograms(ref ByteReader reader, scoped ReadOnlySpan<long> times, List<Core.Model.NativeHistogram> histograms, SampleList into)
    {
        Span<int> numbers = stackalloc int[Count];
        for (var i = 0; i < Count; i++)
        {
            numbers[i] = (int)reader.ReadVarint();
        }

        for (var i = 0; i < Count; i++)
        {
            var value = reader.ReadDouble();
            if (numbers[i] > 0)
            {
                into.Add(times[i], histograms[numbers[i] - 1]);
            }
            else
            {
                into.Add(times[i], value);
            }
        }
    }

    private static byte WriteValues(Span<byte> into, ref int at, ReadOnlySpan<double> values)
    {
        var bits = MemoryMarshal.Cast<double, ulong>(values);
        var same = true;
        for (var i = 1; i < Count; i++)
        {
            same &= bits[i] == bits[0];
        }

        if (same)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(into[at..], bits[0]);
            at += 8;
            return OneValue;
        }

        Span<long> wholes = stackalloc long[Count];
        for (var s = 0; s < Scales.Length; s++)
        {
            if (TryScale(values, Scales[s], wholes))
            {
                long previous = 0;
                foreach (var whole in wholes)
                {
                    WriteZigZag(into, ref at, whole - previous);
                    previous = whole;
                }

                return (byte)(Decimal | (s << 2));
            }
        }

        WritePlain(into, ref at, values);
        return Plain;
    }

    // Only what comes back bit by bit: minus zero, infinities and numbers that are none do not.
    private static bool TryScale(ReadOnlySpan<double> values, double scale, Span<long> wholes)
    {
        for (var i = 0; i < Count; i++)
        {
            var scaled = Math.Round(values[i] * scale);
            if (!(Math.Abs(scaled) <= MaxWhole))
            {
                return false;
            }

            wholes[i] = (long)scaled;
            if (BitConverter.DoubleToUInt64Bits(wholes[i] / scale) != BitConverter.DoubleToUInt64Bits(values[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static void WritePlain(Span<byte> into, ref int at, ReadOnlySpan<double> values)
    {
        foreach (var value in values)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(into[at..], value);
            at += 8;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteZigZag(Span<byte> into, ref int at, long value) => WriteVarint(into, ref at, (ulong)((value << 1) ^ (value >> 63)));

    private static void WriteVarint(Span<byte> into, ref int at, ulong value)
    {
        while (value >= 0x80)
        {
            into[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        into[at++] = (byte)value;
    }
}
