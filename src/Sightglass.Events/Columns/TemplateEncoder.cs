using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Events.Columns;

/// <summary>How texts are cut into what is constant and what varies.</summary>
internal enum TemplateCut : byte
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Numbers vary.</summary>
    Numbers,

    /// <summary>Words vary, and each variable is a column of its own, compressed by itself, which may be that of an attribute.</summary>
    Words,
}

/// <summary>
/// Writes texts as templates: what is constant in the texts of a shape once, and what varies in columns. Not thread-safe; kept with its scratch memory.
/// </summary>
internal sealed class TemplateEncoder(int compressionLevel) : IDisposable
{
    /// <summary>Fewer texts are not worth a template.</summary>
    private const int LeastTexts = 8;

    /// <summary>Fewer texts are not cut at all.</summary>
    private const int LeastValues = 32;

    /// <summary>Most shapes of texts that are cut at their numbers.</summary>
    private const int MostNumberShapes = 255;

    // Below this, a compressed section saves less than its frame costs to open.
    private const int LeastCompressedBytes = 64;

    private readonly TemplateFinder _finder = new();
    private readonly ByteWriter _header = new(4 << 10);
    private readonly ByteWriter _section = new(4 << 10);
    private readonly ByteWriter _sections = new(64 << 10);
    private ColumnEncoder? _inner;
    private long[] _which = [];
    private long[] _bits = [];
    private int[] _rows = [];

    /// <summary>Appends the payload of a column of texts; false without writing anything when templates do not pay.</summary>
    public bool TryEncode(ValueVector values, Presence? presence, TemplateCut cut, OtherColumns? others, ByteWriter target)
    {
        if (values.EntryCount < LeastValues || values.EntryCount != values.Count || !Cut(values, cut))
        {
            return false;
        }

        _header.Clear();
        _sections.Clear();
        var texts = values.EntryCount;
        if (_which.Length < texts)
        {
            (_which, _bits) = (new long[texts], new long[texts]);
        }

        var rows = presence is null || presence.Count == presence.Rows.Count ? null : RowsOf(presence);
        _header.WriteVarint((ulong)_finder.Groups.Count + (_finder.Rest.Count > 0 ? 1UL : 0));
        for (var i = 0; i < _finder.Groups.Count; i++)
        {
            WriteGroup(values, _finder.Groups[i], i, rows, cut, others);
        }

        if (_finder.Rest.Count > 0)
        {
            WriteRest(values, cut);
        }

        target.WriteByte((byte)cut);
        WriteSection(_header, cut, target, target);
        _section.Clear();
        IntPlanes.Write(_which.AsSpan(0, texts), _section);
        WriteSection(_section, cut, target, target);
        target.Write(_sections.Written);
        return true;
    }

    public void Dispose()
    {
        _header.Dispose();
        _section.Dispose();
        _sections.Dispose();
        _inner?.Dispose();
    }

    private bool Cut(ValueVector values, TemplateCut cut) => cut == TemplateCut.Words
        ? _finder.TryByWords(values, LeastTexts)
        : _finder.TryByNumbers(values, Math.Min(MostNumberShapes, Math.Max(1, values.EntryCount / 16)));

    private int[] RowsOf(Presence presence)
    {
        if (_rows.Length < presence.Count)
        {
            _rows = new int[presence.Count];
        }

        var at = 0;
        for (var row = presence.Rows.Next(0); row >= 0; row = presence.Rows.Next(row + 1))
        {
            _rows[at++] = row;
        }

        return _rows;
    }

    private void WriteGroup(ValueVector values, TextGroup group, int number, int[]? rows, TemplateCut cut, OtherColumns? others)
    {
        foreach (var text in group.Texts)
        {
            _which[text] = number;
        }

        // What is the same in all texts is no variable after all.
        var first = values.BytesOf(group.Texts[0]);
        var variables = new List<int>();
        for (var i = 0; i < group.Variables; i++)
        {
            if (!IsConstant(values, group, i))
            {
                variables.Add(i);
            }
        }

        _header.WriteVarint((ulong)group.Texts.Count);
        _header.WriteVarint((ulong)variables.Count);
        var from = 0;
        foreach (var variable in variables)
        {
            var (start, length) = _finder.Cuts[group.Cuts[0] + variable];
            _header.WriteLengthPrefixed(first[from..start]);
            from = start + length;
        }

        _header.WriteLengthPrefixed(first[from..]);
        foreach (var variable in variables)
        {
            WriteVariable(Gather(values, group, variable), group, rows, cut, others);
        }
    }

    private bool IsConstant(ValueVector values, TextGroup group, int variable)
    {
        var first = Text(values, group, 0, variable);
        for (var i = 1; i < group.Texts.Count; i++)
        {
            if (!Text(values, group, i, variable).SequenceEqual(first))
            {
                return false;
            }
        }

        return true;
    }

    private ReadOnlySpan<byte> Text(ValueVector values, TextGroup group, int index, int variable)
    {
        var (start, length) = _finder.Cuts[group.Cuts[index] + variable];
        return values.BytesOf(group.Texts[index]).Slice(start, length);
    }

    private ValueVector Gather(ValueVector values, TextGroup group, int variable)
    {
        for (var i = 0; i < group.Texts.Count; i++)
        {
            var (start, length) = _finder.Cuts[group.Cuts[i] + variable];
            _bits[i] = new TextRef(TextRef.Unpack(values.Bits[group.Texts[i]]).Offset + start, length).Packed;
        }

        return new ValueVector(group.Texts.Count, group.Texts.Count, AttributeType.String, null, _bits, values.Arena);
    }

    private void WriteRest(ValueVector values, TemplateCut cut)
    {
        var number = _finder.Groups.Count;
        for (var i = 0; i < _finder.Rest.Count; i++)
        {
            _which[_finder.Rest[i]] = number;
            _bits[i] = values.Bits[_finder.Rest[i]];
        }

        _header.WriteVarint((ulong)_finder.Rest.Count);
        _header.WriteVarint(1);
        _header.WriteLengthPrefixed([]);
        _header.WriteLengthPrefixed([]);
        WriteVariable(new ValueVector(_finder.Rest.Count, _finder.Rest.Count, AttributeType.String, null, _bits, values.Arena), null, null, cut, null);
    }

    private void WriteVariable(ValueVector variable, TextGroup? group, int[]? rows, TemplateCut cut, OtherColumns? others)
    {
        var (classes, longest) = (0, 0);
        for (var i = 0; i < variable.EntryCount; i++)
        {
            var text = variable.BytesOf(i);
            longest = Math.Max(longest, text.Length);
            classes |= classes == ByteClasses.All ? 0 : ByteClasses.Of(text);
        }

        var other = others is null || group is null ? -1 : FindOther(variable, group, rows, others);
        _header.WriteVarint((ulong)(other + 1));
        _header.WriteVarint((ulong)classes);
        _header.WriteVarint((ulong)longest);
        if (other >= 0)
        {
            return;
        }

        _section.Clear();
        _inner ??= new ColumnEncoder(compressionLevel);
        _inner.Encode(variable, null, variable.Count, _section, cut == TemplateCut.Words && group is not null ? TemplateCut.Numbers : TemplateCut.None);
        WriteSection(_section, cut, _header, _sections);
    }

    /// <summary>The column whose value each text has in this place; -1 when there is none.</summary>
    private static int FindOther(ValueVector variable, TextGroup group, int[]? rows, OtherColumns others)
    {
        var count = group.Texts.Count;
        foreach (var key in others.Keys)
        {
            if (IsOther(variable, count / 2, group, rows, others, key) && IsOther(variable, count - 1, group, rows, others, key))
            {
                var same = 0;
                while (same < count && IsOther(variable, same, group, rows, others, key))
                {
                    same++;
                }

                if (same == count)
                {
                    return key;
                }
            }
        }

        return -1;
    }

    private static bool IsOther(ValueVector variable, int index, TextGroup group, int[]? rows, OtherColumns others, int key)
    {
        Span<byte> scratch = stackalloc byte[ValueTexts.ScratchBytes];
        var row = group.Texts[index];
        return others.Value(key, rows is null ? row : rows[row], out var values, out var entry)
            && ValueTexts.TryFormat(values, entry, scratch, out var text) && text.SequenceEqual(variable.BytesOf(index));
    }

    /// <summary>Writes the lengths of a section to one place and its bytes to another.</summary>
    private void WriteSection(ByteWriter section, TemplateCut cut, ByteWriter lengths, ByteWriter target)
    {
        if (cut == TemplateCut.Words && section.Length >= LeastCompressedBytes)
        {
            using var stored = new ByteWriter(Zstd.Bound(section.Length));
            if (Zstd.Compress(section.Written, stored, compressionLevel) < section.Length - (section.Length / 32))
            {
                lengths.WriteVarint((ulong)stored.Length);
                lengths.WriteVarint((ulong)section.Length);
                target.Write(stored.Written);
                return;
            }
        }

        lengths.WriteVarint((ulong)section.Length);
        lengths.WriteVarint(0);
        target.Write(section.Written);
    }
}
