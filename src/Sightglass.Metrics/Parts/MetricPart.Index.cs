using System.Buffers;
using System.Buffers.Binary;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Storage;

namespace Sightglass.Metrics.Parts;

/// <summary>The index of a part: checked when the part is opened, read when it is first asked for.</summary>
internal sealed partial class MetricPart
{
    private Contents Loaded
    {
        get
        {
            if (_contents is { } contents)
            {
                return contents;
            }

            lock (_loadGate)
            {
                try
                {
                    return _contents ??= Load();
                }
                catch (CorruptDataException)
                {
                    IsIndexLost = true;
                    throw;
                }
            }
        }
    }

    private Sections ReadMeta(PartFile meta, bool inPieces)
    {
        var body = meta.ReadRaw(PartFileWriter.HeaderBytes, (int)Math.Min(meta.Length - PartFileWriter.HeaderBytes, 1 << 16));
        if (body.Length < 4 || Crc32C.Compute(body.AsSpan(0, body.Length - 4)) != BinaryPrimitives.ReadUInt32LittleEndian(body.AsSpan(body.Length - 4)))
        {
            throw new CorruptDataException(meta.Path, "metadata", PartFileWriter.HeaderBytes, "checksum does not hold");
        }

        var reader = new ByteReader(body.AsSpan(0, body.Length - 4));
        Partition = reader.ReadZigZag();
        MinTime = reader.ReadZigZag();
        MaxTime = reader.ReadZigZag();
        var seriesCount = reader.ReadCount(int.MaxValue);
        SampleCount = (long)reader.ReadVarint();
        var groupCount = reader.ReadCount(int.MaxValue);
        var timeGroupCount = reader.ReadCount(int.MaxValue);
        var columnCount = reader.ReadCount(int.MaxValue);
        var sections = new Sections(
            seriesCount,
            groupCount,
            timeGroupCount,
            columnCount,
            inPieces,
            Section.Read(ref reader, "symbols"),
            Section.Read(ref reader, "series"),
            Section.Read(ref reader, "postings"),
            Section.Read(ref reader, "columns"),
            Section.Read(ref reader, "groups"),
            Section.Read(ref reader, "groups of times"));
        ResolutionMs = reader.Remaining > 0 ? reader.ReadCount((int)PartFormat.PartitionMs) : 0;
        _starts = reader.Remaining > 0 ? (SectionRef.Read(ref reader), reader.ReadCount(PartFormat.MaxSectionBytes)) : null;
        return reader.AtEnd ? sections : throw new CorruptDataException(meta.Path, "metadata", PartFileWriter.HeaderBytes, "it does not decode");
    }

    private Contents Load()
    {
        var (series, groups, timeGroups, columns) = (_sections.SeriesCount, _sections.GroupCount, _sections.TimeGroupCount, _sections.ColumnCount);
        var pieces = _sections.SeriesPieces(_index);
        var source = new SeriesSource(_sections.SeriesOfPiece, pieces.Length, piece => pieces[piece].Load(_index), () => IsIndexLost = true);
        var groupsAt = ReadGroups(_sections.Groups.Load(_index), groups, _index);
        var timeGroupsAt = ReadGroups(_sections.TimeGroups.Load(_index), timeGroups, _index);
        var kept = new BlockCache.Pieces(groups, timeGroups, columns, pieces.Length, (series / LabelSetsOfPiece) + 1);
        var index = new PartIndex(
            _index.Path,
            Partition,
            series,
            _sections.Symbols.Load(_index),
            _sections.Postings.Load(_index),
            _sections.Columns.Load(_index),
            columns,
            source,
            _indexCache,
            kept.Series);
        return new Contents(new PartView(index, _cache, kept), groupsAt, timeGroupsAt);
    }

    private static (SectionRef, int)[] ReadGroups(byte[] bytes, int count, PartFile index)
    {
        var reader = new ByteReader(bytes);
        var groups = new (SectionRef, int)[Math.Min(count, bytes.Length)];
        for (var i = 0; i < groups.Length; i++)
        {
            groups[i] = (SectionRef.Read(ref reader), reader.ReadCount(PartFormat.MaxSectionBytes));
        }

        return reader.AtEnd && groups.Length == count ? groups : throw new CorruptDataException(index.Path, "groups", 0, "it does not decode");
    }

    /// <summary>What is read of the index when it is first asked for.</summary>
    private sealed record Contents(PartView Shared, (SectionRef Section, int RawLength)[] Groups, (SectionRef Section, int RawLength)[] TimeGroups);

    /// <summary>Where the pieces of the index are.</summary>
    private sealed record Sections(
        int SeriesCount, int GroupCount, int TimeGroupCount, int ColumnCount, bool InPieces, Section Symbols, Section Series, Section Postings, Section Columns, Section Groups, Section TimeGroups)
    {
        /// <summary>Series of each piece but the last.</summary>
        public int SeriesOfPiece => InPieces ? PartFormat.SeriesOfPiece : Math.Max(SeriesCount, 1);

        /// <summary>Where the series are.</summary>
        /// <exception cref="CorruptDataException">It does not decode.</exception>
        public Section[] SeriesPieces(PartFile index)
        {
            if (!InPieces)
            {
                return SeriesCount <= Series.RawLength ? [Series] : throw Bad(index);
            }

            var reader = new ByteReader(Series.Load(index));
            var pieces = new Section[Math.Min((SeriesCount / PartFormat.SeriesOfPiece) + (SeriesCount % PartFormat.SeriesOfPiece > 0 ? 1 : 0), Series.RawLength)];
            for (var i = 0; i < pieces.Length; i++)
            {
                pieces[i] = Section.Read(ref reader, "series");
            }

            return reader.AtEnd && pieces.Sum(static p => (long)p.RawLength) >= SeriesCount ? pieces : throw Bad(index);
        }

        private CorruptDataException Bad(PartFile index) => new(index.Path, "series", Series.At.Offset, "it does not decode");

        /// <summary>Reads every piece once for its checksum.</summary>
        public void Check(PartFile index)
        {
            foreach (var section in (ReadOnlySpan<Section>)[Symbols, Series, Postings, Columns, Groups, TimeGroups, .. InPieces ? SeriesPieces(index) : []])
            {
                section.Check(index);
            }
        }
    }

    private readonly record struct Section(SectionRef At, int RawLength, string What)
    {
        public static Section Read(ref ByteReader reader, string what) => new(SectionRef.Read(ref reader), reader.ReadCount(PartFormat.MaxSectionBytes), what);

        public void Check(PartFile index)
        {
            if (At.Length > index.Length)
            {
                throw new CorruptDataException(index.Path, What, At.Offset, $"got a section of {At.Length} bytes in a file of {index.Length}");
            }

            var packed = ArrayPool<byte>.Shared.Rent(At.Length);
            try
            {
                index.Read(At, What, packed.AsSpan(0, At.Length));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(packed);
            }
        }

        public byte[] Load(PartFile index)
        {
            var packed = index.Read(At, What);
            var raw = new byte[RawLength];
            return Zstd.TryDecompress(packed, raw) ? raw : throw new CorruptDataException(index.Path, What, At.Offset, "it does not decompress");
        }
    }
}
