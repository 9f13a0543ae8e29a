using System.Buffers.Binary;
using System.Collections.Concurrent;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Metrics.Blocks;
using Sightglass.Storage;

namespace Sightglass.Metrics.Parts;

/// <summary>An open part. Thread-safe.</summary>
internal sealed class MetricPart : PartReader
{
    private readonly PartFile _samples;
    private readonly (SectionRef Section, int RawLength)[] _groups;
    private readonly ConcurrentDictionary<int, string> _lost = new();

    /// <summary>Opens a part and reads its index.</summary>
    /// <exception cref="CorruptDataException">Metadata or index fail their check.</exception>
    public MetricPart(IFileSystem files, Manifest manifest, string name)
        : base(files, manifest, name)
    {
        try
        {
            _samples = OpenFile(PartFormat.SamplesFile, PartFormat.SamplesMagic, PartFormat.Version);
            var index = OpenFile(PartFormat.IndexFile, PartFormat.IndexMagic, PartFormat.Version);
            var meta = OpenFile(PartFormat.MetaFile, PartFormat.MetaMagic, PartFormat.Version);
            (Index, _groups) = Load(meta, index);
        }
        catch
        {
            Release();
            throw;
        }
    }

    public long Partition { get; private set; }

    public long MinTime { get; private set; }

    public long MaxTime { get; private set; }

    public long SampleCount { get; private set; }

    public PartIndex Index { get; }

    /// <summary>Groups that failed their check since the part was opened, with the reason.</summary>
    public IReadOnlyDictionary<int, string> LostGroups => _lost;

    /// <summary>Adds the samples of a series' blocks that overlap a range. Blocks known to be lost are left out.</summary>
    /// <exception cref="CorruptDataException">A block fails its check; it is left out from now on.</exception>
    public void Read(int series, long minTime, long maxTime, GroupCache cache, List<BlockRef> scratch, SampleList into)
    {
        scratch.Clear();
        Index.ReadBlocks(series, scratch);
        foreach (var block in scratch)
        {
            if (block.MaxTime < minTime || block.MinTime > maxTime || _lost.ContainsKey(block.Group))
            {
                continue;
            }

            var group = cache.Get(this, block.Group);
            if (block.Offset > group.Length || block.Length > group.Length - block.Offset || !BlockCodec.TryRead(group.AsSpan(block.Offset, block.Length), into))
            {
                throw Lose(block.Group, "block does not decode");
            }
        }
    }

    /// <summary>Reads and decompresses a group of blocks.</summary>
    public byte[] ReadGroup(int group)
    {
        if ((uint)group >= (uint)_groups.Length)
        {
            throw Lose(group, $"got group {group}, the part has {_groups.Length}");
        }

        var (section, rawLength) = _groups[group];
        var packed = System.Buffers.ArrayPool<byte>.Shared.Rent(section.Length);
        try
        {
            _samples.Read(section, "blocks", packed.AsSpan(0, section.Length));
            var raw = new byte[rawLength];
            return Zstd.TryDecompress(packed.AsSpan(0, section.Length), raw) ? raw : throw Lose(group, "blocks do not decompress");
        }
        catch (CorruptDataException e)
        {
            _lost.TryAdd(group, e.Message);
            throw;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(packed);
        }
    }

    private CorruptDataException Lose(int group, string detail)
    {
        var offset = (uint)group < (uint)_groups.Length ? _groups[group].Section.Offset : 0;
        var error = new CorruptDataException(_samples.Path, "blocks", offset, detail);
        _lost.TryAdd(group, error.Message);
        return error;
    }

    private (PartIndex Index, (SectionRef, int)[] Groups) Load(PartFile meta, PartFile index)
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
        var symbols = ReadSection(ref reader, index, "symbols");
        var series = ReadSection(ref reader, index, "series");
        var postings = ReadSection(ref reader, index, "postings");
        var groupBytes = ReadSection(ref reader, index, "groups");
        if (!reader.AtEnd)
        {
            throw new CorruptDataException(meta.Path, "metadata", PartFileWriter.HeaderBytes, "it does not decode");
        }

        var groupReader = new ByteReader(groupBytes);
        var groups = new (SectionRef, int)[Math.Min(groupCount, groupBytes.Length)];
        for (var i = 0; i < groups.Length; i++)
        {
            groups[i] = (SectionRef.Read(ref groupReader), groupReader.ReadCount(PartFormat.MaxSectionBytes));
        }

        return groupReader.AtEnd && groups.Length == groupCount
            ? (new PartIndex(index.Path, Partition, seriesCount, symbols, series, postings), groups)
            : throw new CorruptDataException(index.Path, "groups", 0, "it does not decode");
    }

    private static byte[] ReadSection(ref ByteReader reader, PartFile index, string what)
    {
        var section = SectionRef.Read(ref reader);
        var rawLength = reader.ReadCount(PartFormat.MaxSectionBytes);
        if (reader.Failed)
        {
            return [];
        }

        var packed = index.Read(section, what);
        var raw = new byte[rawLength];
        return Zstd.TryDecompress(packed, raw) ? raw : throw new CorruptDataException(index.Path, what, section.Offset, "it does not decompress");
    }
}
