using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;

namespace Sightglass.Events.Parts;

/// <summary>Where a column of a block is and what can be said of it without reading it.</summary>
internal struct ColumnEntry
{
    /// <summary>Index into the part's table of keys.</summary>
    public int Key;

    /// <summary>Offset in the part's column file; the filter follows the column.</summary>
    public long Offset;

    /// <summary>Bytes on disk.</summary>
    public int StoredLength;

    /// <summary>Bytes before compression, or bytes of all texts that are stored as templates; 0 when it is neither.</summary>
    public int RawLength;

    /// <summary>The column is of texts as templates, which are compressed in parts and not as a whole.</summary>
    public bool IsTemplates;

    /// <summary>Checksum of the bytes on disk.</summary>
    public uint Crc;

    /// <summary>Int or Double when <see cref="Min"/> and <see cref="Max"/> hold for all values of the column, else None.</summary>
    public AttributeType StatsType;

    /// <summary>Smallest value, as attribute bits.</summary>
    public long Min;

    /// <summary>Largest value, as attribute bits.</summary>
    public long Max;

    /// <summary>Bytes of the token filter; 0 when there is none.</summary>
    public int FilterLength;

    /// <summary>Checksum of the token filter.</summary>
    public uint FilterCrc;

    /// <summary>What the token filter holds.</summary>
    public FilterKind FilterKind;

    /// <summary>The token filter was read whole and is what was written: from then on single bytes of it are read.</summary>
    public bool FilterChecked;
}

/// <summary>A run of rows of one stream in a block.</summary>
internal readonly record struct StreamRun(int Stream, int Rows);

/// <summary>What the part's directory says of a block.</summary>
internal sealed class BlockHeader
{
    public required int Rows { get; init; }

    public required long MinTime { get; init; }

    public required long MaxTime { get; init; }

    /// <summary>Runs of rows, in the order of the rows.</summary>
    public required StreamRun[] Runs { get; init; }

    /// <summary>The columns, in the order of their keys.</summary>
    public required ColumnEntry[] Columns { get; init; }

    /// <summary>Bytes of its values.</summary>
    public long ValueBytes => Columns.Sum(static c => (long)Math.Max(c.RawLength, c.StoredLength));

    /// <summary>Memory that the block takes when all of it is read, in bytes, at most: the bytes of its values, and a number for each.</summary>
    public long DecodedBytes => ValueBytes + ((long)Rows * Columns.Length * sizeof(long));

    public void Write(ByteWriter target)
    {
        target.WriteVarint((ulong)Rows);
        target.WriteZigZag(MinTime);
        target.WriteVarint((ulong)(MaxTime - MinTime));
        target.WriteVarint((ulong)Runs.Length);
        foreach (var run in Runs)
        {
            target.WriteVarint((ulong)run.Stream);
            target.WriteVarint((ulong)run.Rows);
        }

        target.WriteVarint((ulong)Columns.Length);
        target.WriteVarint(Columns.Length == 0 ? 0 : (ulong)Columns[0].Offset);
        foreach (ref readonly var column in Columns.AsSpan())
        {
            target.WriteVarint((ulong)column.Key);
            target.WriteVarint((ulong)column.StoredLength);
            target.WriteVarint(((ulong)column.RawLength << 1) | (column.IsTemplates ? 1UL : 0));
            target.WriteUInt32(column.Crc);
            target.WriteByte((byte)column.StatsType);
            if (column.StatsType != AttributeType.None)
            {
                target.WriteZigZag(column.Min);
                target.WriteZigZag(column.Max);
            }

            target.WriteVarint((ulong)column.FilterLength);
            if (column.FilterLength > 0)
            {
                target.WriteUInt32(column.FilterCrc);
                target.WriteByte((byte)column.FilterKind);
            }
        }
    }

    /// <summary>Reads a header; a failure sticks to the reader.</summary>
    public static BlockHeader Read(ref ByteReader reader, int streams, int keys, long fileLength, uint version)
    {
        var rows = reader.ReadCount(ColumnBounds.MaxRows);
        var minTime = reader.ReadZigZag();
        var maxTime = minTime + (long)reader.ReadVarint();
        var runs = new StreamRun[reader.ReadCount(Math.Min(rows, reader.Remaining))];
        long covered = 0;
        for (var i = 0; i < runs.Length; i++)
        {
            runs[i] = new StreamRun(reader.ReadCount(streams - 1), reader.ReadCount(rows));
            covered += runs[i].Rows;
            if (runs[i].Rows == 0)
            {
                reader.Fail();
            }
        }

        var columns = new ColumnEntry[reader.ReadCount(Math.Min(keys, reader.Remaining))];
        var offset = reader.ReadVarint();
        for (var i = 0; i < columns.Length && !reader.Failed; i++)
        {
            ref var column = ref columns[i];
            column.Key = reader.ReadCount(keys - 1);
            column.Offset = (long)offset;
            column.StoredLength = reader.ReadCount(ColumnBounds.MaxRawBytes);
            if (version >= PartDirectory.TemplateVersion)
            {
                var raw = reader.ReadCount((ColumnBounds.MaxRawBytes * 2) + 1);
                (column.RawLength, column.IsTemplates) = (raw >> 1, (raw & 1) != 0);
            }
            else
            {
                column.RawLength = reader.ReadCount(ColumnBounds.MaxRawBytes);
            }

            column.Crc = reader.ReadUInt32();
            column.StatsType = (AttributeType)reader.ReadByte();
            if (column.StatsType != AttributeType.None)
            {
                column.Min = reader.ReadZigZag();
                column.Max = reader.ReadZigZag();
            }

            column.FilterLength = reader.ReadCount(ColumnBounds.MaxRawBytes);
            if (column.FilterLength > 0)
            {
                column.FilterCrc = reader.ReadUInt32();
                column.FilterKind = version == 1 ? FilterKind.Tokens : (FilterKind)reader.ReadByte();
                if (column.FilterKind is not (FilterKind.Tokens or FilterKind.TokensAndPieces))
                {
                    reader.Fail();
                }
            }

            offset += (ulong)column.StoredLength + (ulong)column.FilterLength;
            if (offset > (ulong)fileLength || (i > 0 && columns[i - 1].Key >= column.Key) || column.StatsType is not (AttributeType.None or AttributeType.Int or AttributeType.Double))
            {
                reader.Fail();
            }
        }

        if (covered != rows || maxTime < minTime)
        {
            reader.Fail();
        }

        return new BlockHeader { Rows = rows, MinTime = minTime, MaxTime = maxTime, Runs = runs, Columns = columns };
    }
}
