using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;

namespace Sightglass.Events.Columns;

/// <summary>Reads the templates of a column.</summary>
internal sealed partial class TemplateColumn
{
    /// <summary>Reads the templates; null when the bytes are none.</summary>
    /// <param name="reader">At the payload, which is to the end.</param>
    /// <param name="bytes">What it reads; kept.</param>
    /// <param name="count">Texts.</param>
    /// <param name="presence">Rows that have one; null for all.</param>
    /// <param name="most">How they may be cut.</param>
    /// <param name="others">Finds other columns of the block by their keys.</param>
    /// <param name="corrupt">Says of a part that is read later what is wrong with it.</param>
    public static TemplateColumn? TryRead(ref ByteReader reader, byte[] bytes, int count, Presence? presence, TemplateCut most, Func<int, ColumnView?>? others, Func<string, CorruptDataException>? corrupt)
    {
        var cut = (TemplateCut)reader.ReadByte();
        if (cut == TemplateCut.None || cut > most || ReadSection(ref reader) is not { } header || Unpack(header, bytes) is not { } raw)
        {
            return null;
        }

        var which = ReadSection(ref reader);
        if (which is null || ReadTemplates(raw, count, cut) is not { } templates)
        {
            return null;
        }

        var at = reader.Position;
        foreach (var template in templates)
        {
            foreach (var variable in template.Variables)
            {
                variable.Offset = at;
                at += reader.ReadBytes(variable.StoredLength).Length;
            }
        }

        return reader.Failed || !reader.AtEnd ? null : new TemplateColumn(bytes, count, presence, templates, which, cut, others, corrupt);
    }

    private static TemplateVariable? ReadSection(ref ByteReader reader)
    {
        var (stored, raw) = (reader.ReadCount(reader.Remaining), reader.ReadCount(ColumnBounds.MaxRawBytes));
        var section = new TemplateVariable { Other = -1, Classes = 0, Longest = 0, Offset = reader.Position, StoredLength = stored, RawLength = raw };
        reader.ReadBytes(stored);
        return reader.Failed ? null : section;
    }

    private static byte[]? Unpack(TemplateVariable section, byte[] bytes)
    {
        var stored = bytes.AsSpan(section.Offset, section.StoredLength);
        if (section.RawLength == 0)
        {
            return stored.ToArray();
        }

        var raw = GC.AllocateUninitializedArray<byte>(section.RawLength);
        return Zstd.TryDecompress(stored, raw) ? raw : null;
    }

    private static Template[]? ReadTemplates(byte[] raw, int count, TemplateCut cut)
    {
        var reader = new ByteReader(raw);
        var templates = new Template[reader.ReadCount(Math.Min(count, reader.Remaining))];
        long texts = 0;
        for (var i = 0; i < templates.Length; i++)
        {
            var of = reader.ReadCount(count);
            texts += of;
            var pieces = new byte[reader.ReadCount(reader.Remaining) + 1][];
            for (var piece = 0; piece < pieces.Length; piece++)
            {
                pieces[piece] = reader.ReadLengthPrefixed().ToArray();
            }

            var variables = new TemplateVariable[pieces.Length - 1];
            for (var variable = 0; variable < variables.Length; variable++)
            {
                var other = reader.ReadCount(cut == TemplateCut.Words ? int.MaxValue : 0) - 1;
                variables[variable] = new TemplateVariable
                {
                    Other = other,
                    Classes = reader.ReadCount(ByteClasses.All),
                    Longest = reader.ReadCount(ColumnBounds.MaxRawBytes),
                    StoredLength = other < 0 ? reader.ReadCount(ColumnBounds.MaxRawBytes) : 0,
                    RawLength = other < 0 ? reader.ReadCount(ColumnBounds.MaxRawBytes) : 0,
                };
            }

            templates[i] = new Template { Count = of, Pieces = pieces, Variables = variables };
            if (reader.Failed || of == 0)
            {
                return null;
            }
        }

        return reader.AtEnd && texts == count && count > 0 ? templates : null;
    }
}
