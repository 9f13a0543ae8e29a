using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Sightglass.Core.Bytes;

/// <summary>
/// A growable buffer from the shared pool with little-endian and varint writers. Not thread-safe. Dispose returns the buffer;
/// spans handed out before are then invalid, as they are after any further write.
/// </summary>
public sealed class ByteWriter : IDisposable, IBufferWriter<byte>
{
    /// <summary>
    /// Buffers up to this size come from the shared pool. Larger ones are left to the garbage collector: the pool would keep each of them for
    /// minutes, so that a few huge bodies would hold gigabytes.
    /// </summary>
    private const int MaxPooledBytes = 4 << 20;

    private byte[] _buffer;
    private int _length;

    /// <summary>Makes an empty writer.</summary>
    public ByteWriter(int initialCapacity = 256) => _buffer = Rent(Math.Max(initialCapacity, 16));

    /// <summary>Bytes written so far.</summary>
    public int Length => _length;

    /// <summary>What was written. Valid until the next write or <see cref="Dispose"/>.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>What was written, as memory. Valid until the next write or <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, _length);

    /// <summary>The written bytes, open to change (back-filled lengths).</summary>
    public Span<byte> WrittenMutable => _buffer.AsSpan(0, _length);

    /// <summary>Forgets what was written; an oversized buffer is kept only up to <paramref name="keepCapacity"/> bytes.</summary>
    public void Clear(int keepCapacity = 16 << 20)
    {
        _length = 0;
        if (_buffer.Length > keepCapacity)
        {
            Return(_buffer);
            _buffer = Rent(Math.Max(keepCapacity, 16));
        }
    }

    /// <summary>Cuts the written bytes back to <paramref name="length"/>.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)_length);
        _length = length;
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureFree(Math.Max(sizeHint, 1));
        return _buffer.AsSpan(_length);
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureFree(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_length);
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_buffer.Length - _length));
        _length += count;
    }

    /// <summary>Appends bytes and returns the offset at which they start.</summary>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        EnsureFree(bytes.Length);
        var at = _length;
        bytes.CopyTo(_buffer.AsSpan(at));
        _length = at + bytes.Length;
        return at;
    }

    /// <summary>Appends one byte.</summary>
    public void WriteByte(byte value)
    {
        EnsureFree(1);
        _buffer[_length++] = value;
    }

    /// <summary>Appends a 32-bit integer, little-endian.</summary>
    public void WriteUInt32(uint value)
    {
        EnsureFree(4);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(_length), value);
        _length += 4;
    }

    /// <summary>Appends a 64-bit integer, little-endian.</summary>
    public void WriteUInt64(ulong value)
    {
        EnsureFree(8);
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(_length), value);
        _length += 8;
    }

    /// <summary>Appends a double's bits, little-endian.</summary>
    public void WriteDouble(double value) => WriteUInt64(BitConverter.DoubleToUInt64Bits(value));

    /// <summary>Appends an unsigned LEB128 varint (1 to 10 bytes).</summary>
    public void WriteVarint(ulong value)
    {
        EnsureFree(10);
        var buffer = _buffer;
        var at = _length;
        while (value >= 0x80)
        {
            buffer[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        buffer[at++] = (byte)value;
        _length = at;
    }

    /// <summary>Appends a signed integer, zigzag-encoded as a varint.</summary>
    public void WriteZigZag(long value) => WriteVarint((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>Appends a varint length and the bytes.</summary>
    public void WriteLengthPrefixed(ReadOnlySpan<byte> bytes)
    {
        WriteVarint((ulong)bytes.Length);
        Write(bytes);
    }

    /// <summary>Appends a varint length and the text as UTF-8.</summary>
    public void WriteString(ReadOnlySpan<char> text)
    {
        var size = System.Text.Encoding.UTF8.GetByteCount(text);
        WriteVarint((ulong)size);
        EnsureFree(size);
        System.Text.Encoding.UTF8.GetBytes(text, _buffer.AsSpan(_length));
        _length += size;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        _length = 0;
        Return(buffer);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EnsureFree(int count)
    {
        if (_buffer.Length - _length < count)
        {
            Grow(count);
        }
    }

    private void Grow(int count)
    {
        var wanted = (long)_length + count;
        if (wanted > Array.MaxLength)
        {
            throw new InvalidOperationException($"buffer would be {wanted} bytes, at most {Array.MaxLength} are possible");
        }

        var size = Math.Min(Math.Max(BitOperations.RoundUpToPowerOf2((ulong)wanted), 256), (ulong)Array.MaxLength);
        var bigger = Rent((int)size);
        _buffer.AsSpan(0, _length).CopyTo(bigger);
        Return(_buffer);
        _buffer = bigger;
    }

    private static byte[] Rent(int size) =>
        size <= MaxPooledBytes ? ArrayPool<byte>.Shared.Rent(size) : GC.AllocateUninitializedArray<byte>(size);

    private static void Return(byte[] buffer)
    {
        if (buffer.Length is > 0 and <= MaxPooledBytes)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
