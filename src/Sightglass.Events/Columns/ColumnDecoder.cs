using System.Buffers.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Events.Columns;

/// <summary>Reads what <see cref="ColumnEncoder"/> wrote. Any bytes give a column or null, in time and memory bounded by their length and the rows.</summary>
internal static class ColumnDecoder
{
    private const string HexDigits = "0123456789abcdef";

    /// <summary>The column, or null when the bytes are not one.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="rows">Rows of the block.</param>
    /// <param name="times">Gives the times of the rows to a column that is written as differences from them; null where there are none.</param>
    /// <param name="owned">The array that the bytes are all of, where the column may keep it.</param>
    /// <param name="others">Gives other columns of the block by their keys, to texts that have their values in them.</param>
    /// <param name="corrupt">Says what is wrong with what is only read later; without it all is read at once.</param>
    /// <param name="most">How texts as templates may be cut.</param>
    public static ColumnView? TryDecode(
        ReadOnlySpan<byte> bytes,
        int rows,
        Func<ColumnView?>? times = null,
        byte[]? owned = null,
        Func<int, ColumnView?>? others = null,
        Func<string, CorruptDataException>? corrupt = null,
        TemplateCut most = TemplateCut.Words)
    {
        var reader = new ByteReader(bytes);
        var encoding = (ColumnEncoding)reader.ReadByte();
        var rawType = reader.ReadByte();
        var type = rawType == 255 ? AttributeType.None : (AttributeType)rawType;
        if (rawType != 255 && type is < AttributeType.String or > AttributeType.Composite)
        {
            return null;
        }

        var presence = PresenceCodec.Read(ref reader, rows);
        if (reader.Failed)
        {
            return null;
        }

        var count = presence?.Count ?? rows;
        if (encoding == ColumnEncoding.Templates)
        {
            return type == AttributeType.String ? ReadTemplates(ref reader, presence, count, owned ?? bytes.ToArray(), others, corrupt, most) : null;
        }

        if (owned is not null && corrupt is not null)
        {
            return new ColumnView(presence, new StoredValues(owned, reader.Position, encoding, type, presence, count, times, corrupt));
        }

        var values = ReadValues(ref reader, encoding, type, presence, count, times, owned);
        return values is null || !reader.AtEnd ? null : new ColumnView(presence, values);
    }

    /// <summary>Reads the payload of a column that is not of templates; null when it is none.</summary>
    public static ValueVector? ReadValues(ref ByteReader reader, ColumnEncoding encoding, AttributeType type, Presence? presence, int count, Func<ColumnView?>? times, byte[]? owned)
    {
        switch (encoding)
        {
            case ColumnEncoding.Constant:
                return ReadNested(ref reader, type, 1) is { } one ? new ValueVector(count, 1, one.Type, one.Types, one.Bits, one.Arena) : null;
            case ColumnEncoding.Dictionary:
                return ReadDictionary(ref reader, type, count);
            case ColumnEncoding.FromTime:
                return ReadFromTimes(ref reader, type, presence, count, times?.Invoke());
            case ColumnEncoding.Plain when owned is not null && FieldTypes.HasBytes(type):
                return ReadTextsInPlace(ref reader, type, count, owned);
            default:
                return ReadPlain(ref reader, encoding, type, count);
        }
    }

    /// <summary>What varies in texts of a template; where those were cut at words it may be texts as templates once more.</summary>
    public static ValueVector? TryDecodeVariable(ReadOnlySpan<byte> bytes, int count, byte[]? owned, TemplateCut most) =>
        TryDecode(bytes, count, null, owned, null, null, most) is { Presence: null, Values: { Type: AttributeType.String } values } ? values : null;

    private static ColumnView? ReadTemplates(
        ref ByteReader reader,
        Presence? presence,
        int count,
        byte[] owned,
        Func<int, ColumnView?>? others,
        Func<string, CorruptDataException>? corrupt,
        TemplateCut most)
    {
        var templates = TemplateColumn.TryRead(ref reader, owned, count, presence, most, others, corrupt);
        if (templates is null || corrupt is not null)
        {
            return templates is null ? null : new ColumnView(presence, templates);
        }

        // Nobody can be told later that a part of it is broken: all is read at once.
        try
        {
            return new ColumnView(presence, templates.All());
        }
        catch (CorruptDataException)
        {
            return null;
        }
    }

    private static ValueVector? ReadDictionary(ref ByteReader reader, AttributeType type, int count)
    {
        if (ReadEntries(ref reader, type, count) is not { } entries)
        {
            return null;
        }

        var index = GC.AllocateUninitializedArray<int>(count);
        if (!IntPlanes.TryReadIndexes(ref reader, index, entries.Count))
        {
            return null;
        }

        return new ValueVector(count, entries.Count, entries.Type, entries.Types, entries.Bits, entries.Arena, index);
    }

    /// <summary>Reads the entries of a dictionary; null when they are none.</summary>
    public static ValueVector? ReadEntries(ref ByteReader reader, AttributeType type, int count)
    {
        var entries = ReadNested(ref reader, type, reader.ReadCount(Math.Min(count, ColumnBounds.MaxDictionary)));
        return entries is null || entries.Count < 2 ? null : entries;
    }

    private static ValueVector? ReadFromTimes(ref ByteReader reader, AttributeType type, Presence? presence, int count, ColumnView? times)
    {
        if (type != AttributeType.Int || times is null)
        {
            return null;
        }

        var bits = new long[count];
        IntPlanes.Read(ref reader, bits);
        var row = -1;
        for (var i = 0; i < bits.Length && !reader.Failed; i++)
        {
            row = presence is null ? i : presence.Rows.Next(row + 1);
            bits[i] += times.NumberOfRow(row);
        }

        return reader.Failed ? null : new ValueVector(count, count, type, null, bits, []);
    }

    private static ValueVector? ReadNested(ref ByteReader reader, AttributeType type, int count) =>
        ReadPlain(ref reader, (ColumnEncoding)reader.ReadByte(), type, count);

    private static ValueVector? ReadPlain(ref ByteReader reader, ColumnEncoding encoding, AttributeType type, int count)
    {
        if (reader.Failed || !Fits(encoding, type))
        {
            return null;
        }

        var bits = new long[count];
        byte[] arena = [];
        AttributeType[]? types = null;
        switch (encoding)
        {
            case ColumnEncoding.Ints or ColumnEncoding.RawDoubles:
                IntPlanes.Read(ref reader, bits);
                break;
            case ColumnEncoding.DeltaInts:
                ReadDeltas(ref reader, bits);
                break;
            case ColumnEncoding.DecimalDoubles:
                ReadDecimals(ref reader, bits);
                break;
            case ColumnEncoding.Plain:
                arena = ReadTexts(ref reader, bits);
                break;
            case ColumnEncoding.Hex:
                arena = ReadHex(ref reader, bits);
                break;
            case ColumnEncoding.NumberText:
                arena = NumberTexts.Read(ref reader, bits);
                break;
            case ColumnEncoding.Uuid:
                arena = Uuids.Read(ref reader, bits);
                break;
            case ColumnEncoding.IntText:
                arena = ReadIntTexts(ref reader, bits);
                break;
            default:
                types = new AttributeType[count];
                arena = ReadMixed(ref reader, types, bits);
                break;
        }

        return reader.Failed ? null : new ValueVector(count, count, type, types, bits, arena);
    }

    /// <summary>Whether values of a type may be in an encoding.</summary>
    public static bool Fits(ColumnEncoding encoding, AttributeType type) => encoding switch
    {
        ColumnEncoding.Ints or ColumnEncoding.DeltaInts => type is AttributeType.Int or AttributeType.Bool,
        ColumnEncoding.RawDoubles or ColumnEncoding.DecimalDoubles => type == AttributeType.Double,
        ColumnEncoding.Plain => FieldTypes.HasBytes(type),
        ColumnEncoding.Hex or ColumnEncoding.IntText or ColumnEncoding.NumberText or ColumnEncoding.Uuid => type == AttributeType.String,
        ColumnEncoding.Mixed => type == AttributeType.None,
        _ => false,
    };

    private static void ReadDeltas(ref ByteReader reader, Span<long> bits)
    {
        if (bits.Length == 0)
        {
            reader.Fail();
            return;
        }

        bits[0] = reader.ReadZigZag();
        IntPlanes.Read(ref reader, bits[1..]);
        for (var i = 1; i < bits.Length; i++)
        {
            bits[i] += bits[i - 1];
        }
    }

    private static void ReadDecimals(ref ByteReader reader, Span<long> bits)
    {
        var decimals = reader.ReadByte();
        if (!DecimalDoubles.IsKnown(decimals))
        {
            reader.Fail();
            return;
        }

        IntPlanes.Read(ref reader, bits);
        for (var i = 0; i < bits.Length; i++)
        {
            bits[i] = BitConverter.DoubleToInt64Bits(DecimalDoubles.Restore(bits[i], decimals));
        }
    }

    private static ValueVector? ReadTextsInPlace(ref ByteReader reader, AttributeType type, int count, byte[] arena)
    {
        var bits = GC.AllocateUninitializedArray<long>(count);
        IntPlanes.Read(ref reader, bits);
        if (reader.Failed)
        {
            return null;
        }

        var total = ReadLengths(ref reader, bits, reader.Position);
        reader.ReadBytes(total);
        return reader.Failed ? null : new ValueVector(count, count, type, null, bits, arena);
    }

    private static byte[] ReadTexts(ref ByteReader reader, long[] bits)
    {
        IntPlanes.Read(ref reader, bits);
        var total = ReadLengths(ref reader, bits, 0);
        return reader.ReadBytes(total).ToArray();
    }

    /// <summary>Makes lengths into places one after the other; all bytes of them.</summary>
    private static int ReadLengths(ref ByteReader reader, long[] bits, int start)
    {
        long total = 0;
        for (var i = 0; i < bits.Length; i++)
        {
            if (bits[i] < 0 || bits[i] > reader.Remaining - total)
            {
                reader.Fail();
                return 0;
            }

            var length = (int)bits[i];
            bits[i] = new TextRef(start + (int)total, length).Packed;
            total += length;
        }

        return (int)total;
    }

    private static byte[] ReadHex(ref ByteReader reader, long[] bits)
    {
        var prefix = reader.ReadLengthPrefixed();
        var width = reader.ReadCount(reader.Remaining);
        var size = prefix.Length + (2L * width);
        if (reader.Failed || width == 0 || (long)width * bits.Length > reader.Remaining || size * bits.Length > ColumnBounds.MaxRawBytes)
        {
            reader.Fail();
            return [];
        }

        var source = reader.ReadBytes(width * bits.Length);
        var arena = new byte[size * bits.Length];
        var at = 0;
        for (var i = 0; i < bits.Length; i++)
        {
            bits[i] = new TextRef(at, (int)size).Packed;
            prefix.CopyTo(arena.AsSpan(at));
            at += prefix.Length;
            foreach (var b in source.Slice(i * width, width))
            {
                arena[at++] = (byte)HexDigits[b >> 4];
                arena[at++] = (byte)HexDigits[b & 15];
            }
        }

        return arena;
    }

    private static byte[] ReadIntTexts(ref ByteReader reader, long[] bits)
    {
        var prefix = reader.ReadLengthPrefixed();
        IntPlanes.Read(ref reader, bits);
        if (reader.Failed || ((long)prefix.Length + 20) * bits.Length > ColumnBounds.MaxRawBytes)
        {
            reader.Fail();
            return [];
        }

        var arena = new byte[(prefix.Length + 20) * bits.Length];
        var at = 0;
        for (var i = 0; i < bits.Length; i++)
        {
            prefix.CopyTo(arena.AsSpan(at));
            Utf8Formatter.TryFormat(bits[i], arena.AsSpan(at + prefix.Length), out var digits);
            bits[i] = new TextRef(at, prefix.Length + digits).Packed;
            at += prefix.Length + digits;
        }

        return arena;
    }

    private static byte[] ReadMixed(ref ByteReader reader, AttributeType[] types, long[] bits)
    {
        var arena = new byte[reader.Remaining];
        var used = 0;
        var raw = reader.ReadBytes(types.Length);
        for (var i = 0; i < raw.Length; i++)
        {
            types[i] = (AttributeType)raw[i];
            if (types[i] is < AttributeType.String or > AttributeType.Composite)
            {
                reader.Fail();
            }
        }

        for (var i = 0; i < bits.Length && !reader.Failed; i++)
        {
            switch (types[i])
            {
                case AttributeType.Int or AttributeType.Bool:
                    bits[i] = reader.ReadZigZag();
                    break;
                case AttributeType.Double:
                    bits[i] = (long)reader.ReadUInt64();
                    break;
                default:
                    var text = reader.ReadLengthPrefixed();
                    bits[i] = new TextRef(used, text.Length).Packed;
                    text.CopyTo(arena.AsSpan(used));
                    used += text.Length;
                    break;
            }
        }

        return arena;
    }
}
