using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sightglass.Core.Bytes;

/// <summary>
/// Reads little-endian integers and varints with every length checked before use. Failure is sticky: after the first bad read
/// <see cref="Failed"/> is true, and every later read gives zero or empty, so that it is enough to check once at the end.
/// </summary>
public ref struct ByteReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private int _position;
    private bool _failed;

    /// <summary>Reads from the start of <paramref name="bytes"/>.</summary>
    public ByteReader(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _position = 0;
        _failed = false;
    }

    /// <summary>True once a read did not fit.</summary>
    public readonly bool Failed => _failed;

    /// <summary>Offset of the next byte.</summary>
    public readonly int Position => _position;

    /// <summary>Bytes left; 0 after a failure.</summary>
    public readonly int Remaining => _failed ? 0 : _bytes.Length - _position;

    /// <summary>True when all was read and nothing failed.</summary>
    public readonly bool AtEnd => !_failed && _position == _bytes.Length;

    /// <summary>Marks the input as bad, for checks that the caller makes.</summary>
    public void Fail() => _failed = true;

    /// <summary>Reads one byte.</summary>
    public byte ReadByte()
    {
        if (_failed || _position >= _bytes.Length)
        {
            _failed = true;
            return 0;
        }

        return _bytes[_position++];
    }

    /// <summary>Reads a 32-bit little-endian integer.</summary>
    public uint ReadUInt32()
    {
        var span = ReadBytes(4);
        return span.Length == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(span) : 0;
    }

    /// <summary>Reads a 64-bit little-endian integer.</summary>
    public ulong ReadUInt64()
    {
        var span = ReadBytes(8);
        return span.Length == 8 ? BinaryPrimitives.ReadUInt64LittleEndian(span) : 0;
    }

    /// <summary>Reads a double's bits.</summary>
    public double ReadDouble() => BitConverter.UInt64BitsToDouble(ReadUInt64());

    /// <summary>Reads an unsigned LEB128 varint; more than 10 bytes, or more than 64 bits, is a failure.</summary>
    public ulong ReadVarint()
    {
        if (_failed)
        {
            return 0;
        }

        var bytes = _bytes;
        var at = _position;
        if (at < bytes.Length && bytes[at] < 0x80)
        {
            _position = at + 1;
            return bytes[at];
        }

        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (at >= bytes.Length)
            {
                break;
            }

            var b = bytes[at++];
            if (shift == 63 && b > 1)
            {
                break;
            }

            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                _position = at;
                return value;
            }
        }

        _failed = true;
        return 0;
    }

    /// <summary>
    /// Passes over <paramref name="count"/> varints without reading their values, 32 bytes at a time; fewer in the input is a failure. Their lengths are not looked at: one
    /// that is too long fails whoever reads it.
    /// </summary>
    public void SkipVarints(int count)
    {
        var bytes = _bytes;
        var at = _position;

        // Where a byte is below 0x80 a varint ends.
        while (count > 0 && !_failed && bytes.Length - at >= Vector256<byte>.Count)
        {
            var ends = ~Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(bytes), (nuint)at).ExtractMostSignificantBits();
            var found = BitOperations.PopCount(ends);
            if (found < count)
            {
                count -= found;
                at += Vector256<byte>.Count;
                continue;
            }

            at += PlaceOf(count, ends) + 1;
            count = 0;
        }

        for (; count > 0 && at < bytes.Length; at++)
        {
            count -= bytes[at] < 0x80 ? 1 : 0;
        }

        _position = at;
        _failed |= count > 0;
    }

    // The place of the n-th bit that is set, n from 1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int PlaceOf(int n, uint bits)
    {
        if (Bmi2.IsSupported)
        {
            return BitOperations.TrailingZeroCount(Bmi2.ParallelBitDeposit(1u << (n - 1), bits));
        }

        for (; n > 1; n--)
        {
            bits &= bits - 1;
        }

        return BitOperations.TrailingZeroCount(bits);
    }

    /// <summary>Reads a zigzag-encoded signed integer.</summary>
    public long ReadZigZag()
    {
        var raw = ReadVarint();
        return (long)(raw >> 1) ^ -(long)(raw & 1);
    }

    /// <summary>Reads <paramref name="count"/> bytes; the span points into the input.</summary>
    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        if (_failed || count < 0 || count > _bytes.Length - _position)
        {
            _failed = true;
            return default;
        }

        var span = _bytes.Slice(_position, count);
        _position += count;
        return span;
    }

    /// <summary>Reads a varint length and as many bytes; more than <paramref name="maxBytes"/> is a failure.</summary>
    public ReadOnlySpan<byte> ReadLengthPrefixed(int maxBytes = int.MaxValue)
    {
        var length = ReadVarint();
        if (length > (ulong)maxBytes || length > (ulong)Remaining)
        {
            _failed = true;
            return default;
        }

        return ReadBytes((int)length);
    }

    /// <summary>Reads a varint count that is at most <paramref name="max"/>, as the size of something to allocate.</summary>
    public int ReadCount(int max)
    {
        var count = ReadVarint();
        if (count > (ulong)max)
        {
            _failed = true;
            return 0;
        }

        return (int)count;
    }

    /// <summary>Reads a varint length and as many bytes of UTF-8 text.</summary>
    public string ReadString(int maxBytes = int.MaxValue) => System.Text.Encoding.UTF8.GetString(ReadLengthPrefixed(maxBytes));
}
