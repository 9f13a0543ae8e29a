using Sightglass.Core.Model;

namespace Sightglass.Events.Columns;

/// <summary>
/// Values of one column in one block. Values refer to entries: directly (value i is entry i), through <see cref="Index"/> (a dictionary), or all to
/// entry 0 (a constant), so that a predicate is asked once per entry. Immutable once handed out.
/// </summary>
internal sealed class ValueVector
{
    private static readonly AttributeType[] NoTypes = [];

    public ValueVector(int count, int entryCount, AttributeType type, AttributeType[]? types, long[] bits, byte[] arena, int[]? index = null)
    {
        Count = count;
        EntryCount = entryCount;
        Type = type;
        Types = types ?? NoTypes;
        Bits = bits;
        Arena = arena;
        Index = index;
    }

    /// <summary>Values.</summary>
    public int Count { get; }

    public int EntryCount { get; }

    /// <summary>Type of all entries, or None when they differ and <see cref="Types"/> says more.</summary>
    public AttributeType Type { get; }

    /// <summary>Type of each entry when <see cref="Type"/> is None. None here stands for "missing" (streams and scopes without the attribute).</summary>
    public AttributeType[] Types { get; }

    /// <summary>Integer, truth value, bits of the double, or packed <see cref="TextRef"/> into <see cref="Arena"/>, per entry.</summary>
    public long[] Bits { get; }

    /// <summary>Bytes of texts; those of entry i stand before those of entry i + 1 and nothing stands between.</summary>
    public byte[] Arena { get; }

    /// <summary>Entry of each value, or null.</summary>
    public int[]? Index { get; }

    public bool IsConstant => Index is null && EntryCount == 1;

    /// <summary>Memory held, in bytes.</summary>
    public long Size => ((long)Bits.Length * 8) + Arena.Length + Types.Length + ((Index?.Length ?? 0) * 4L) + 64;

    public int EntryOf(int value) => Index is not null ? Index[value] : EntryCount == 1 ? 0 : value;

    public AttributeType TypeOf(int entry) => Type != AttributeType.None ? Type : Types[entry];

    public ReadOnlySpan<byte> BytesOf(int entry)
    {
        var text = TextRef.Unpack(Bits[entry]);
        return Arena.AsSpan(text.Offset, text.Length);
    }

    public AttributeValue ValueOf(int entry)
    {
        var type = TypeOf(entry);
        return FieldTypes.HasBytes(type) ? AttributeValue.From(type, 0, BytesOf(entry)) : AttributeValue.From(type, Bits[entry], default);
    }

    public static ValueVector Constant(int count, AttributeType type, long bits) => new(count, 1, type, null, [bits], []);
}

/// <summary>A column of a block as queries, flushes and merges see it.</summary>
internal sealed class ColumnView
{
    private readonly StoredValues? _stored;
    private ValueVector? _values;

    /// <param name="presence">Rows that have a value; null when all have.</param>
    /// <param name="values">The values of those rows.</param>
    public ColumnView(Presence? presence, ValueVector values)
    {
        Presence = presence;
        _values = values;
    }

    /// <param name="presence">Rows that have a value; null when all have.</param>
    /// <param name="templates">Their texts.</param>
    public ColumnView(Presence? presence, TemplateColumn templates)
    {
        Presence = presence;
        Templates = templates;
    }

    /// <param name="presence">Rows that have a value; null when all have.</param>
    /// <param name="stored">Their values, to be read when they are asked for.</param>
    public ColumnView(Presence? presence, StoredValues stored)
    {
        Presence = presence;
        _stored = stored;
    }

    public Presence? Presence { get; }

    /// <summary>Where the column is one of texts as templates: those, from which texts can be had one by one.</summary>
    public TemplateColumn? Templates { get; }

    /// <summary>All values. Read, or of templates put together, when they are first asked for.</summary>
    /// <exception cref="Core.Errors.CorruptDataException">They do not decode.</exception>
    public ValueVector Values => _values ??= _stored?.All() ?? Templates!.All();

    /// <summary>Memory held, in bytes.</summary>
    public long Size => (_values?.Size ?? 0) + (_stored?.Size ?? 0) + (Templates?.Size ?? 0) + ((Presence?.Rows.Words.Length ?? 0) * 12L);

    /// <summary>Takes rows out whose integer is not in a range, the end exclusive, without reading all; false where they have to be read.</summary>
    public bool TryRestrict(long min, long max, RowBitmap rows) => _values is null && _stored is not null && _stored.TryRestrict(min, max, rows);

    /// <summary>One value, without all others where it can be; the span holds until the next is asked for.</summary>
    public AttributeType Read(int value, out long bits, out ReadOnlySpan<byte> bytes)
    {
        if (Templates is not null)
        {
            bits = 0;
            bytes = Templates.Text(value);
            return AttributeType.String;
        }

        if (_values is null && _stored!.TryRead(value, out bits, out bytes))
        {
            return _stored.Type;
        }

        var values = Values;
        var entry = values.EntryOf(value);
        var type = values.TypeOf(entry);
        bits = values.Bits[entry];
        bytes = FieldTypes.HasBytes(type) ? values.BytesOf(entry) : default;
        return type;
    }

    /// <summary>Number of a row's value, or -1 when it has none.</summary>
    public int ValueOfRow(int row) => Presence is null ? row : Presence.IndexOf(row);

    /// <summary>Entry of a row's value, or -1 when it has none.</summary>
    public int EntryOfRow(int row)
    {
        var value = ValueOfRow(row);
        return value < 0 ? -1 : Values.EntryOf(value);
    }

    /// <summary>A number column's value; 0 where the row has none.</summary>
    public long NumberOfRow(int row)
    {
        var entry = EntryOfRow(row);
        return entry < 0 ? 0 : Values.Bits[entry];
    }
}
