using System.Buffers;
using System.Numerics;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Events.Columns;

/// <summary>
/// Writes a column in the cheapest of the encodings. Not thread-safe; holds scratch memory, so one is kept per writer of a part.
/// The result is not yet compressed.
/// </summary>
internal sealed class ColumnEncoder(int compressionLevel = 1) : IDisposable
{
    private const int MostDecimals = 6;

    private readonly DistinctValues _distinct = new();
    private long[] _scratch = new long[1024];
    private byte[] _hex = new byte[1024];
    private TemplateEncoder? _templates;

    /// <summary>Appends a column with plain values (neither dictionary nor constant) and says which encoding was taken.</summary>
    /// <param name="values">The values.</param>
    /// <param name="presence">Rows that have one; null for all.</param>
    /// <param name="rows">Rows of the block.</param>
    /// <param name="target">Gets the column.</param>
    /// <param name="cut">How texts may be cut into templates.</param>
    /// <param name="others">Columns whose values may stand in the texts.</param>
    public ColumnEncoding Encode(ValueVector values, Presence? presence, int rows, ByteWriter target, TemplateCut cut = TemplateCut.Numbers, OtherColumns? others = null)
    {
        var at = target.Length;
        target.WriteByte(0);
        target.WriteByte(values.Type == AttributeType.None ? (byte)255 : (byte)values.Type);
        PresenceCodec.Write(presence, rows, target);
        ColumnEncoding encoding;
        if (LooksNumeric(values) && TryWriteNumberTexts(values, target, out encoding))
        {
            // Digits pack better than a dictionary of them.
        }
        else if (_distinct.TryCollect(values))
        {
            if (_distinct.Count == 1)
            {
                encoding = ColumnEncoding.Constant;
                WriteNested(_distinct.Entries(values), target);
            }
            else if (PrefersNumbers(values))
            {
                encoding = WritePlain(values, target);
            }
            else
            {
                encoding = ColumnEncoding.Dictionary;
                target.WriteVarint((ulong)_distinct.Count);
                WriteNested(_distinct.Entries(values), target);
                IntPlanes.Write(Indexes(values.Count), target);
            }
        }
        else
        {
            encoding = WritePlain(values, target, presence, cut, others);
        }

        target.WrittenMutable[at] = (byte)encoding;
        return encoding;
    }

    /// <summary>
    /// Appends a column of integers as differences from the times of their rows, when those are much smaller; false without writing anything otherwise.
    /// </summary>
    public bool TryEncodeFromTimes(ValueVector values, Presence presence, ReadOnlySpan<long> times, ByteWriter target)
    {
        if (values.Type != AttributeType.Int || values.EntryCount != values.Count || values.Count == 0)
        {
            return false;
        }

        var differences = Scratch(values.Count);
        var (min, max) = (long.MaxValue, long.MinValue);
        var row = -1;
        for (var i = 0; i < values.Count; i++)
        {
            row = presence.Rows.Next(row + 1);
            differences[i] = values.Bits[i] - times[row];
            (min, max) = (Math.Min(min, differences[i]), Math.Max(max, differences[i]));
        }

        // Four bytes each are what times of a stream take by themselves.
        if ((ulong)max - (ulong)min > 0xff_ffff)
        {
            return false;
        }

        target.WriteByte((byte)ColumnEncoding.FromTime);
        target.WriteByte((byte)values.Type);
        PresenceCodec.Write(presence, times.Length, target);
        IntPlanes.Write(differences.AsSpan(0, values.Count), target);
        return true;
    }

    /// <summary>Integers in a range of a byte or two are as small as an index into a dictionary, and need no dictionary.</summary>
    private static bool PrefersNumbers(ValueVector values)
    {
        if (values.Type != AttributeType.Int)
        {
            return values.Type == AttributeType.Bool;
        }

        var bits = values.Bits.AsSpan(0, values.EntryCount);
        var min = long.MaxValue;
        var max = long.MinValue;
        foreach (var value in bits)
        {
            min = Math.Min(min, value);
            max = Math.Max(max, value);
        }

        return (ulong)max - (ulong)min <= ushort.MaxValue;
    }

    private void WriteNested(ValueVector entries, ByteWriter target)
    {
        var at = target.Length;
        target.WriteByte(0);
        var encoding = WritePlain(entries, target);

        // Not in one statement: the buffer may have moved while the entries were written.
        target.WrittenMutable[at] = (byte)encoding;
    }

    public void Dispose() => _templates?.Dispose();

    private static bool LooksNumeric(ValueVector values) =>
        values.Type == AttributeType.String && values.EntryCount == values.Count && values.Count > 1
        && values.BytesOf(0) is { Length: > 0 } first && first[^1] is >= (byte)'0' and <= (byte)'9' && first[0] is (byte)'-' or (>= (byte)'0' and <= (byte)'9')
        && !values.BytesOf(0).SequenceEqual(values.BytesOf(values.Count - 1));

    private bool TryWriteNumberTexts(ValueVector values, ByteWriter target, out ColumnEncoding encoding)
    {
        encoding = ColumnEncoding.IntText;
        if (TryWriteIntText(values, target))
        {
            return true;
        }

        encoding = ColumnEncoding.NumberText;
        var count = values.EntryCount;
        var numbers = Scratch(count * 3);
        if (!NumberTexts.TryParse(values, numbers))
        {
            return false;
        }

        for (var kind = 0; kind < 3; kind++)
        {
            IntPlanes.Write(numbers.AsSpan(kind * count, count), target);
        }

        return true;
    }

    private ColumnEncoding WritePlain(ValueVector values, ByteWriter target, Presence? presence = null, TemplateCut cut = TemplateCut.None, OtherColumns? others = null)
    {
        switch (values.Type)
        {
            case AttributeType.Int:
            case AttributeType.Bool:
                return WriteInts(values.Bits.AsSpan(0, values.EntryCount), target);
            case AttributeType.Double:
                return WriteDoubles(values.Bits.AsSpan(0, values.EntryCount), target);
            case AttributeType.String when TryWriteHex(values, target):
                return ColumnEncoding.Hex;
            case AttributeType.String when TryWriteNumberTexts(values, target, out var encoding):
                return encoding;
            case AttributeType.String when Uuids.TryWrite(values, target):
                return ColumnEncoding.Uuid;
            case AttributeType.String when cut != TemplateCut.None
                && (_templates ??= new TemplateEncoder(compressionLevel)).TryEncode(values, presence, cut, others, target):
                return ColumnEncoding.Templates;
            case AttributeType.String:
            case AttributeType.Bytes:
            case AttributeType.Composite:
                WriteTexts(values, target);
                return ColumnEncoding.Plain;
            default:
                WriteMixed(values, target);
                return ColumnEncoding.Mixed;
        }
    }

    private ColumnEncoding WriteInts(ReadOnlySpan<long> values, ByteWriter target)
    {
        var deltas = Scratch(values.Length);
        long before = 0;
        var (min, max) = (long.MaxValue, long.MinValue);
        long deltaBits = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var delta = values[i] - before;
            deltas[i] = delta;
            before = values[i];
            (min, max) = (Math.Min(min, values[i]), Math.Max(max, values[i]));
            deltaBits += i == 0 ? 0 : 64 - BitOperations.LeadingZeroCount((ulong)Math.Abs(Math.Max(delta, -long.MaxValue)));
        }

        // Times of a run of rows of one stream ascend: then differences are smaller than values. The few steps back between runs land in the
        // high planes, where they cost next to nothing.
        long plainBits = 0;
        foreach (var value in values)
        {
            plainBits += 64 - BitOperations.LeadingZeroCount((ulong)value - (ulong)min);
        }

        if (values.Length < 3 || deltaBits >= plainBits - (plainBits / 8))
        {
            IntPlanes.Write(values, target);
            return ColumnEncoding.Ints;
        }

        target.WriteZigZag(values[0]);
        IntPlanes.Write(deltas.AsSpan(1, values.Length - 1), target);
        return ColumnEncoding.DeltaInts;
    }

    private ColumnEncoding WriteDoubles(ReadOnlySpan<long> bits, ByteWriter target)
    {
        var scaled = Scratch(bits.Length);
        for (var decimals = 0; decimals <= MostDecimals; decimals++)
        {
            if (DecimalDoubles.TryScale(bits, decimals, scaled))
            {
                target.WriteByte((byte)decimals);
                IntPlanes.Write(scaled.AsSpan(0, bits.Length), target);
                return ColumnEncoding.DecimalDoubles;
            }
        }

        IntPlanes.Write(bits, target);
        return ColumnEncoding.RawDoubles;
    }

    private void WriteTexts(ValueVector values, ByteWriter target)
    {
        var lengths = Scratch(values.EntryCount);
        for (var i = 0; i < values.EntryCount; i++)
        {
            lengths[i] = TextRef.Unpack(values.Bits[i]).Length;
        }

        IntPlanes.Write(lengths.AsSpan(0, values.EntryCount), target);
        for (var i = 0; i < values.EntryCount; i++)
        {
            target.Write(values.BytesOf(i));
        }
    }

    private bool TryWriteHex(ValueVector values, ByteWriter target)
    {
        if (!TextShapes.TryHex(values, out var prefix))
        {
            return false;
        }

        var digits = values.BytesOf(0).Length - prefix;
        if (_hex.Length < digits / 2)
        {
            _hex = new byte[digits / 2];
        }

        target.WriteLengthPrefixed(values.BytesOf(0)[..prefix]);
        target.WriteVarint((ulong)digits / 2);
        for (var i = 0; i < values.EntryCount; i++)
        {
            if (Convert.FromHexString(values.BytesOf(i)[prefix..], _hex, out _, out var written) != OperationStatus.Done)
            {
                throw new System.Diagnostics.UnreachableException("BUG: text was checked to be hexadecimal");
            }

            target.Write(_hex.AsSpan(0, written));
        }

        return true;
    }

    private bool TryWriteIntText(ValueVector values, ByteWriter target)
    {
        var numbers = Scratch(values.EntryCount);
        if (!TextShapes.TryIntegers(values, numbers, out var prefix))
        {
            return false;
        }

        target.WriteLengthPrefixed(values.BytesOf(0)[..prefix]);
        IntPlanes.Write(numbers.AsSpan(0, values.EntryCount), target);
        return true;
    }

    private static void WriteMixed(ValueVector values, ByteWriter target)
    {
        for (var i = 0; i < values.EntryCount; i++)
        {
            target.WriteByte((byte)values.TypeOf(i));
        }

        for (var i = 0; i < values.EntryCount; i++)
        {
            switch (values.TypeOf(i))
            {
                case AttributeType.Int or AttributeType.Bool:
                    target.WriteZigZag(values.Bits[i]);
                    break;
                case AttributeType.Double:
                    target.WriteUInt64((ulong)values.Bits[i]);
                    break;
                default:
                    target.WriteLengthPrefixed(values.BytesOf(i));
                    break;
            }
        }
    }

    private Span<long> Indexes(int count)
    {
        var indexes = Scratch(count);
        for (var i = 0; i < count; i++)
        {
            indexes[i] = _distinct.Index[i];
        }

        return indexes.AsSpan(0, count);
    }

    private long[] Scratch(int count)
    {
        if (_scratch.Length < count)
        {
            _scratch = new long[count];
        }

        return _scratch;
    }
}
