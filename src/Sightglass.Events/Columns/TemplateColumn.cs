using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Events.Columns;

/// <summary>
/// A column of texts as templates. Read are the templates; which text is of which, and what varies in them, when it is asked for. Belongs to one query or merge.
/// </summary>
internal sealed partial class TemplateColumn
{
    private readonly byte[] _bytes;
    private readonly int _count;
    private readonly Presence? _presence;
    private readonly TemplateCut _cut;
    private readonly Func<int, ColumnView?>? _others;
    private readonly Func<string, CorruptDataException> _corrupt;
    private readonly TemplateVariable _which;
    private ushort[]? _templateOf;
    private int[]? _order;
    private int[]? _places;
    private int[]? _rows;
    private int[]? _starts;
    private TemplateExcerpt?[]? _excerpts;
    private byte[] _text = new byte[512];
    private long _held;

    private TemplateColumn(byte[] bytes, int count, Presence? presence, Template[] templates, TemplateVariable which, TemplateCut cut, Func<int, ColumnView?>? others, Func<string, CorruptDataException>? corrupt)
    {
        _bytes = bytes;
        _count = count;
        _presence = presence;
        _which = which;
        _cut = cut;
        _others = others;
        _corrupt = corrupt ?? (static detail => new CorruptDataException(string.Empty, "texts", 0, detail));
        Templates = templates;
    }

    public Template[] Templates { get; }

    /// <summary>Rows that have a text; null for all.</summary>
    public Presence? Presence => _presence;

    /// <summary>Number of the template of each value.</summary>
    public ReadOnlySpan<ushort> TemplateOf => _templateOf ??= ReadTemplateOf();

    /// <summary>Memory held, in bytes.</summary>
    public long Size => _bytes.Length + _held;

    /// <summary>The values of a template, as their numbers, ascending.</summary>
    public ReadOnlySpan<int> ValuesOf(int template)
    {
        Sort();
        return _order.AsSpan(_starts![template], Templates[template].Count);
    }

    /// <summary>Row of a value.</summary>
    public int RowOf(int value)
    {
        if (_presence is null)
        {
            return value;
        }

        if (_rows is null)
        {
            var rows = new int[_count];
            var at = 0;
            for (var row = _presence.Rows.Next(0); row >= 0; row = _presence.Rows.Next(row + 1))
            {
                rows[at++] = row;
            }

            _rows = rows;
            _held += rows.Length * 4L;
        }

        return _rows[value];
    }

    /// <summary>The text of a value, until the next is asked for.</summary>
    public ReadOnlySpan<byte> Text(int value)
    {
        Sort();
        var number = _templateOf![value];
        return Text(number, _places![value] - _starts![number]);
    }

    /// <summary>A text of a template by its number among them, until the next is asked for.</summary>
    public ReadOnlySpan<byte> Text(int number, int index)
    {
        Sort();
        var template = Templates[number];
        var row = RowOf(_order![_starts![number] + index]);
        var length = 0;
        for (var i = 0; i < template.Variables.Length; i++)
        {
            Add(template.Pieces[i], ref length);
            AddVariable(number, i, index, row, ref length);
        }

        Add(template.Pieces[^1], ref length);
        return _text.AsSpan(0, length);
    }

    /// <summary>The text of a value, where it is a JSON object without members that are not wanted; until the next is asked for.</summary>
    /// <param name="value">The value.</param>
    /// <param name="wanted">Which are, by their names. The same at every call.</param>
    public ReadOnlySpan<byte> Excerpt(int value, Func<ReadOnlySpan<byte>, bool> wanted)
    {
        Sort();
        var number = _templateOf![value];
        var excerpt = (_excerpts ??= new TemplateExcerpt?[Templates.Length])[number] ??= TemplateExcerpt.Of(Templates[number], wanted);
        var row = RowOf(value);
        var index = _places![value] - _starts![number];
        var length = 0;
        for (var i = 0; i < excerpt.Variables.Length; i++)
        {
            Add(excerpt.Pieces[i], ref length);
            AddVariable(number, excerpt.Variables[i], index, row, ref length);
        }

        Add(excerpt.Pieces[^1], ref length);
        return _text.AsSpan(0, length);
    }

    /// <summary>What varies in a place of a template.</summary>
    /// <exception cref="CorruptDataException">It cannot be read.</exception>
    public ValueVector Values(int number, int variable)
    {
        var place = Templates[number].Variables[variable];
        if (place.Values is { } known)
        {
            return known;
        }

        var values = (place.Other >= 0 ? Other(number, place) : ReadValues(place, Templates[number].Count))
            ?? throw _corrupt($"variable {variable} of template {number} does not decode");
        place.Values = values;
        _held += values.Size;
        return values;
    }

    /// <summary>All texts.</summary>
    public ValueVector All()
    {
        Sort();
        long total = 0;
        for (var number = 0; number < Templates.Length; number++)
        {
            var template = Templates[number];
            total += template.Pieces.Sum(static p => (long)p.Length) * template.Count;
            for (var variable = 0; variable < template.Variables.Length; variable++)
            {
                var values = Values(number, variable);
                for (var i = 0; i < template.Count; i++)
                {
                    total += TextRef.Unpack(values.Bits[values.EntryOf(i)]).Length;
                }
            }
        }

        if (total > ColumnBounds.MaxRawBytes)
        {
            throw _corrupt($"got texts of {total} bytes, want up to {ColumnBounds.MaxRawBytes}");
        }

        var arena = GC.AllocateUninitializedArray<byte>((int)total);
        var bits = new long[_count];
        var at = 0;
        for (var value = 0; value < bits.Length; value++)
        {
            var number = _templateOf![value];
            var template = Templates[number];
            var index = _places![value] - _starts![number];
            var start = at;
            for (var i = 0; i < template.Variables.Length; i++)
            {
                at += Copy(template.Pieces[i], arena, at);
                var values = template.Variables[i].Values!;
                at += Copy(values.BytesOf(values.EntryOf(index)), arena, at);
            }

            at += Copy(template.Pieces[^1], arena, at);
            bits[value] = new TextRef(start, at - start).Packed;
        }

        return new ValueVector(_count, _count, AttributeType.String, null, bits, arena);
    }

    private void Add(ReadOnlySpan<byte> bytes, ref int length)
    {
        if (_text.Length - length < bytes.Length)
        {
            Array.Resize(ref _text, Math.Max(_text.Length * 2, checked(length + bytes.Length)));
        }

        bytes.CopyTo(_text.AsSpan(length));
        length += bytes.Length;
    }

    private static int Copy(ReadOnlySpan<byte> source, byte[] target, int at)
    {
        source.CopyTo(target.AsSpan(at));
        return source.Length;
    }

    private ushort[] ReadTemplateOf()
    {
        if (Unpack(_which, _bytes) is not { } raw)
        {
            throw _corrupt("templates of texts do not decompress");
        }

        var numbers = new ushort[_count];
        var reader = new ByteReader(raw);
        if (!IntPlanes.TryReadIndexes(ref reader, numbers, Templates.Length) || !reader.AtEnd)
        {
            throw _corrupt("templates of texts do not decode");
        }

        _held += _count * 2L;
        return numbers;
    }

    /// <summary>Brings the values of each template together.</summary>
    private void Sort()
    {
        if (_order is not null)
        {
            return;
        }

        var templateOf = TemplateOf;
        var starts = new int[Templates.Length];
        for (var i = 1; i < starts.Length; i++)
        {
            starts[i] = starts[i - 1] + Templates[i - 1].Count;
        }

        var next = (int[])starts.Clone();
        var order = new int[_count];
        var places = new int[_count];
        for (var value = 0; value < order.Length; value++)
        {
            var template = templateOf[value];
            var place = next[template]++;
            if (place == starts[template] + Templates[template].Count)
            {
                throw _corrupt($"got more texts of template {template} than {Templates[template].Count}");
            }

            places[value] = place;
            order[place] = value;
        }

        (_starts, _places, _order) = (starts, places, order);
        _held += _count * 8L;
    }

    private ValueVector? ReadValues(TemplateVariable place, int count)
    {
        var most = _cut == TemplateCut.Words ? TemplateCut.Numbers : TemplateCut.None;
        if (place.RawLength == 0)
        {
            return ColumnDecoder.TryDecodeVariable(_bytes.AsSpan(place.Offset, place.StoredLength), count, null, most);
        }

        return Unpack(place, _bytes) is { } raw ? ColumnDecoder.TryDecodeVariable(raw, count, raw, most) : null;
    }

    private ValueVector? Other(int number, TemplateVariable place)
    {
        if (OtherColumn(place) is not { } view)
        {
            return null;
        }

        var values = ValuesOf(number);
        var bits = new long[values.Length];
        using var texts = new ByteWriter(bits.Length * 16);
        Span<byte> scratch = stackalloc byte[ValueTexts.ScratchBytes];
        for (var i = 0; i < bits.Length; i++)
        {
            if (!TryReadOther(view, RowOf(values[i]), scratch, out var text) || texts.Length > ColumnBounds.MaxRawBytes - text.Length)
            {
                return null;
            }

            bits[i] = new TextRef(texts.Length, text.Length).Packed;
            texts.Write(text);
        }

        return new ValueVector(bits.Length, bits.Length, AttributeType.String, null, bits, texts.Written.ToArray());
    }

    /// <summary>The column that has the values of a variable. Texts that were cut at words may hold values of others, others never theirs.</summary>
    private ColumnView? OtherColumn(TemplateVariable place) =>
        _others?.Invoke(place.Other) is { } view && view.Templates?._cut != TemplateCut.Words ? view : null;

    private void AddVariable(int number, int variable, int index, int row, ref int length)
    {
        var place = Templates[number].Variables[variable];
        if (place is { Other: >= 0, Values: null })
        {
            AddOther(place, row, ref length);
            return;
        }

        var values = Values(number, variable);
        Add(values.BytesOf(values.EntryOf(index)), ref length);
    }

    private void AddOther(TemplateVariable place, int row, ref int length)
    {
        Span<byte> scratch = stackalloc byte[ValueTexts.ScratchBytes];
        if (OtherColumn(place) is not { } view || !TryReadOther(view, row, scratch, out var text))
        {
            throw _corrupt($"row {row} has no value in column {place.Other}");
        }

        Add(text, ref length);
    }

    private static bool TryReadOther(ColumnView view, int row, Span<byte> scratch, out ReadOnlySpan<byte> text)
    {
        var value = view.ValueOfRow(row);
        if (value < 0)
        {
            text = default;
            return false;
        }

        var type = view.Read(value, out var bits, out var bytes);
        return ValueTexts.TryFormat(type, bits, bytes, scratch, out text);
    }
}
