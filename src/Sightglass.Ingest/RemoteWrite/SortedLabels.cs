using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text.Unicode;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.RemoteWrite;

/// <summary>
/// The labels of a series as nearly every sender writes them: in front of the samples, sorted, without empty values, each as
/// <c>0a L 0a N name 12 V value</c>. A label's name and value then stand in the message as they do in a canonical key, and are copied in one go.
/// Anything unusual is left to the general way, which also says what is wrong with it.
/// </summary>
internal readonly struct SortedLabels(IngestLimits limits)
{
    /// <summary>Bytes that a copy in steps may read and write past the end of what it copies.</summary>
    public const int Slack = 16;

    /// <summary>Longest name or value taken here: lengths of one byte, or of two for values.</summary>
    private const int MaxNameBytes = 127;

    private const int MaxValueBytes = (1 << 14) - 1;

    private readonly int _maxName = Math.Min(MaxNameBytes, limits.MaxLabelNameBytes);
    private readonly int _maxValue = Math.Min(MaxValueBytes, limits.MaxLabelValueBytes);
    private readonly int _maxLabels = limits.MaxLabelsPerSeries;

    /// <summary>
    /// Writes the key of the series in <paramref name="message"/>, of which the first <paramref name="length"/> bytes count; the rest (at least
    /// <see cref="Slack"/> bytes) only has to be readable. <paramref name="key"/> needs <see cref="Slack"/> bytes more than that too.
    /// </summary>
    /// <returns>The key's length, or -1 when the general way has to be gone.</returns>
    public int Write(ReadOnlySpan<byte> message, int length, Span<byte> key, out int labelBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(message.Length, length + Slack);
        ArgumentOutOfRangeException.ThrowIfLessThan(key.Length, length + Slack);
        labelBytes = 0;
        ref var source = ref MemoryMarshal.GetReference(message);
        ref var target = ref MemoryMarshal.GetReference(key);
        var at = 0;
        var written = 0;
        var labels = 0;
        var named = false;
        var wide = false;
        ulong lastPrefix = 0;
        var lastName = 0;
        var lastNameLength = -1;

        // Reading a few bytes past the length is safe (slack), and what is read there is found out by the comparisons of lengths.
        while (at < length && Unsafe.Add(ref source, at) == 0x0a)
        {
            int inner = Unsafe.Add(ref source, at + 1);
            var start = at + 2;
            if (inner >= 0x80)
            {
                int high = Unsafe.Add(ref source, start++);
                if (high is 0 or >= 0x80)
                {
                    return -1;
                }

                inner = (inner & 0x7f) | (high << 7);
                wide = true;
            }

            var end = start + inner;
            int nameLength = Unsafe.Add(ref source, start + 1);
            var valueTag = start + 2 + nameLength;
            if (end > length || Unsafe.Add(ref source, start) != 0x0a || nameLength == 0 || nameLength > _maxName || valueTag + 2 > end || Unsafe.Add(ref source, valueTag) != 0x12)
            {
                return -1;
            }

            int valueLength = Unsafe.Add(ref source, valueTag + 1);
            var value = valueTag + 2;
            if (valueLength >= 0x80)
            {
                int high = Unsafe.Add(ref source, value++);
                if (high is 0 or >= 0x80)
                {
                    return -1;
                }

                valueLength = (valueLength & 0x7f) | (high << 7);
            }

            if (valueLength == 0 || valueLength > _maxValue || value + valueLength != end || ++labels > _maxLabels)
            {
                return -1;
            }

            var name = start + 2;
            var prefix = Prefix(ref Unsafe.Add(ref source, name), nameLength);
            if (prefix <= lastPrefix && lastNameLength >= 0
                && (prefix < lastPrefix || message.Slice(lastName, lastNameLength).SequenceCompareTo(message.Slice(name, nameLength)) >= 0))
            {
                return -1;
            }

            named |= nameLength == 8 && prefix == NamePrefix;
            (lastPrefix, lastName, lastNameLength) = (prefix, name, nameLength);
            Copy(ref Unsafe.Add(ref source, start + 1), ref Unsafe.Add(ref target, written), nameLength + 1);
            written += nameLength + 1;
            Copy(ref Unsafe.Add(ref source, valueTag + 1), ref Unsafe.Add(ref target, written), end - valueTag - 1);
            written += end - valueTag - 1;
            at = end;
        }

        labelBytes = at;
        return named && (wide ? TextIsValid(key[..written]) : Utf8.IsValid(message[..at])) ? written : -1;
    }

    /// <summary><c>__name__</c> as <see cref="Prefix"/> has it.</summary>
    private static ulong NamePrefix => BinaryPrimitives.ReadUInt64BigEndian("__name__"u8);

    /// <summary>The first eight bytes so that they compare as text does, zeros behind a shorter name.</summary>
    private static ulong Prefix(ref byte name, int length)
    {
        var raw = Unsafe.ReadUnaligned<ulong>(ref name);
        if (BitConverter.IsLittleEndian)
        {
            raw = BinaryPrimitives.ReverseEndianness(raw);
        }

        return length >= 8 ? raw : raw & ~(ulong.MaxValue >> (length * 8));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(ref byte source, ref byte target, int length)
    {
        var done = 0;
        do
        {
            Vector128.LoadUnsafe(ref source, (nuint)done).StoreUnsafe(ref target, (nuint)done);
            done += Vector128<byte>.Count;
        }
        while (done < length);
    }

    // All lengths below 128 are ASCII, and so are the tags: the message is valid text exactly when every name and value in it is. With longer ones each is looked at.
    private static bool TextIsValid(ReadOnlySpan<byte> key)
    {
        foreach (var label in SeriesKey.Read(key))
        {
            if (!Utf8.IsValid(label.Name) || !Utf8.IsValid(label.Value))
            {
                return false;
            }
        }

        return true;
    }
}
