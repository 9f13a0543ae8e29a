using System.Buffers.Binary;
using Sightglass.Core.Bytes;

namespace Sightglass.Server.Api.Prometheus.RemoteRead;

/// <summary>Writes single bits, the highest of each byte first, as Prometheus' chunks have them.</summary>
internal sealed class BitWriter : IDisposable
{
    private readonly ByteWriter _bytes = new();
    private int _free;

    public ReadOnlySpan<byte> Written => _bytes.Written;

    public void Clear()
    {
        _bytes.Clear();
        _free = 0;
    }

    /// <summary>Reserves the two bytes of the number of samples, which <see cref="SetCount"/> fills in.</summary>
    public void BeginCount()
    {
        Byte(0);
        Byte(0);
    }

    public void SetCount(int samples) => BinaryPrimitives.WriteUInt16BigEndian(_bytes.WrittenMutable, (ushort)samples);

    public void Byte(byte value) => Bits(value, 8);

    public void Double(double value) => Bits(BitConverter.DoubleToUInt64Bits(value), 64);

    /// <summary>The lowest <paramref name="count"/> bits of <paramref name="value"/>, 0 to 64.</summary>
    public void Bits(ulong value, int count)
    {
        while (count > 0)
        {
            if (_free == 0)
            {
                _bytes.WriteByte(0);
                _free = 8;
            }

            var n = Math.Min(count, _free);
            var bits = (value >> (count - n)) & ((1UL << n) - 1);
            _bytes.WrittenMutable[^1] |= (byte)(bits << (_free - n));
            _free -= n;
            count -= n;
        }
    }

    /// <summary>An unsigned LEB128 number, a byte at a time at whatever bit it begins.</summary>
    public void Uvarint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            Byte((byte)(value | 0x80));
        }

        Byte((byte)value);
    }

    /// <summary>A signed number folded into an unsigned one.</summary>
    public void Varint(long value) => Uvarint((ulong)((value << 1) ^ (value >> 63)));

    public void Dispose() => _bytes.Dispose();

    /// <summary>Whether a signed number has a place in so many bits of a chunk: one more above zero than below.</summary>
    public static bool Fits(long value, int bits) => value >= -((1L << (bits - 1)) - 1) && value <= 1L << (bits - 1);
}

/// <summary>A column of doubles, each as the bits in which it differs from the one before.</summary>
internal struct XorColumn
{
    private const int NoWindow = 0xff;

    /// <summary>Leading zeros have five bits.</summary>
    private const int MaxLeading = 31;

    private ulong _before;
    private int _leading;
    private int _trailing;

    /// <summary>Writes the first value as it is.</summary>
    public void First(BitWriter writer, double value)
    {
        _before = BitConverter.DoubleToUInt64Bits(value);
        _leading = NoWindow;
        writer.Bits(_before, 64);
    }

    /// <summary>Writes the next value.</summary>
    public void Next(BitWriter writer, double value)
    {
        var bits = BitConverter.DoubleToUInt64Bits(value);
        var difference = bits ^ _before;
        _before = bits;
        if (difference == 0)
        {
            writer.Bits(0, 1);
            return;
        }

        var leading = Math.Min((int)ulong.LeadingZeroCount(difference), MaxLeading);
        var trailing = (int)ulong.TrailingZeroCount(difference);
        if (_leading != NoWindow && leading >= _leading && trailing >= _trailing)
        {
            writer.Bits(0b10, 2);
            writer.Bits(difference >> _trailing, 64 - _leading - _trailing);
            return;
        }

        (_leading, _trailing) = (leading, trailing);
        var significant = 64 - leading - trailing;
        writer.Bits(0b11, 2);
        writer.Bits((ulong)leading, 5);

        // 64 does not fit into six bits and 0 never occurs: its place stands for 64.
        writer.Bits((ulong)(significant & 63), 6);
        writer.Bits(difference >> trailing, significant);
    }
}
