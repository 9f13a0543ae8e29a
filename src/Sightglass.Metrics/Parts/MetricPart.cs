using System.Buffers;
using System.Collections.Concurrent;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Metrics.Blocks;
using Sightglass.Metrics.Deletion;
using Sightglass.Storage;

namespace Sightglass.Metrics.Parts;

/// <summary>An open part. Thread-safe.</summary>
internal sealed partial class MetricPart : PartReader
{
    /// <summary>Neighbouring series whose labels are kept and let go together.</summary>
    private const int LabelSetsOfPiece = 64;

    /// <summary>Estimated bytes of the labels of a series.</summary>
    private const int LabelSetBytes = 320;

    private readonly PartFile _samples;
    private readonly PartFile _times;
    private readonly PartFile _index;
    private readonly BlockCache _cache;
    private readonly BlockCache _indexCache;
    private (SectionRef Section, int RawLength)? _starts;
    private readonly Sections _sections;
    private readonly Lock _loadGate = new();
    private volatile Contents? _contents;
    private readonly ConcurrentDictionary<(bool Times, int Id), string> _lost = new();
    private PartDeletions? _deletions;

    /// <summary>Opens a part and checks its index; it is read when it is first asked for, which for most parts is long after a start. <paramref name="cache"/> and, for series, <paramref name="indexCache"/> are what all queries share.</summary>
    /// <exception cref="CorruptDataException">Metadata or index fail their check.</exception>
    public MetricPart(IFileSystem files, Manifest manifest, string name, BlockCache cache, BlockCache indexCache)
        : base(files, manifest, name)
    {
        _cache = cache;
        _indexCache = indexCache;
        try
        {
            _samples = OpenFile(PartFormat.SamplesFile, PartFormat.SamplesMagic, PartFormat.Version);
            _times = OpenFile(PartFormat.TimesFile, PartFormat.TimesMagic, PartFormat.Version);
            var index = OpenFile(PartFormat.IndexFile, PartFormat.IndexMagic, PartFormat.Version);
            var meta = OpenFile(PartFormat.MetaFile, PartFormat.MetaMagic, PartFormat.OldestMetaVersion, PartFormat.MetaVersion, out var version);
            _index = index;
            _sections = ReadMeta(meta, inPieces: version > PartFormat.OldestMetaVersion);
            _sections.Check(index);
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

    /// <summary>Length of the buckets that the samples were downsampled to, milliseconds; 0 when they are whole.</summary>
    public long ResolutionMs { get; private set; }

    /// <summary>The labels and places of its series.</summary>
    /// <exception cref="CorruptDataException">It cannot be read any more; see <see cref="IsIndexLost"/>.</exception>
    public PartIndex Index => Shared.Index;

    /// <summary>Whether the index was checked when the part was opened and could not be read later.</summary>
    public bool IsIndexLost { get; private set; }

    /// <summary>What the part holds and nobody may see; null when there is nothing of that kind. Replaced as a whole.</summary>
    public PartDeletions? Deletions
    {
        get => Volatile.Read(ref _deletions);
        set => Volatile.Write(ref _deletions, value);
    }

    /// <summary>Reasons of the losses met since the part was opened: one for each group of blocks or column of times that failed its check.</summary>
    public ICollection<string> Losses => _lost.Values;

    /// <summary>How all queries see this part.</summary>
    public PartView Shared => Loaded.Shared;

    /// <summary>What <see cref="Shared"/> keeps, when the part was asked for something.</summary>
    public BlockCache.Pieces? Used => _contents?.Shared.Pieces;

    /// <summary>Labels of a series.</summary>
    public LabelSet LabelsOf(int series)
    {
        var (index, cache, pieces) = Shared;
        var at = series / LabelSetsOfPiece;
        var piece = BlockCache.Find<LabelSet?[]>(pieces.LabelSets, at);
        if (piece is null)
        {
            piece = new LabelSet?[LabelSetsOfPiece];
            cache.Add(pieces.LabelSets, at, piece, LabelSetsOfPiece * LabelSetBytes);
        }

        return piece[series % LabelSetsOfPiece] ??= index.LabelsOf(series);
    }

    /// <summary>Start timestamps of its samples, read anew at each call; null when none has one.</summary>
    /// <exception cref="CorruptDataException">They fail their check; they are left out from now on.</exception>
    public PartStarts? Starts()
    {
        if (_starts is not var (section, length))
        {
            return null;
        }

        try
        {
            var packed = _index.Read(section, "starts");
            var raw = new byte[length];
            return (Zstd.TryDecompress(packed, raw) ? PartStarts.Read(raw, Index.SeriesCount) : null)
                ?? throw new CorruptDataException(_index.Path, "starts", section.Offset, "it does not decode");
        }
        catch (CorruptDataException e)
        {
            _starts = null;
            _lost.TryAdd((false, -1), e.Message);
            throw;
        }
    }

    /// <summary>Adds the samples of a series' blocks that overlap a range. Blocks known to be lost are left out.</summary>
    /// <exception cref="CorruptDataException">A block fails its check; it is left out from now on.</exception>
    public void Read(PartView view, int series, long minTime, long maxTime, SampleList into)
    {
        foreach (var block in view.Index.Blocks(series))
        {
            var column = view.Index.Columns[block.Column];
            if (column.MaxTime < minTime || column.MinTime > maxTime || IsLost(block))
            {
                continue;
            }

            var times = TimesOf(block, view);
            var bytes = BytesOf(block, view);
            if (BlockCodec.HasHistograms(bytes))
            {
                foreach (var (time, histogram) in times.Zip(ReadHistograms(block, bytes, times.Length)))
                {
                    into.Add(time, histogram);
                }

                continue;
            }

            into.Append(times.Length, out var timestamps, out var values);
            times.CopyTo(timestamps);
            if (BlockCodec.HasWeights(bytes))
            {
                ReadValues(block, bytes, values, into.WeightsOfLast(times.Length));
            }
            else
            {
                ReadValues(block, bytes, values);
            }
        }
    }

    /// <summary>
    /// Adds the samples of a series in a range, as <see cref="Read"/>; false, with nothing useful in
    /// the buffer, when they do not come after those in it.
    /// </summary>
    public bool TryRead(int series, long minTime, long maxTime, SampleBuffer into)
    {
        var view = Shared;
        if (ResolutionMs > 0)
        {
            into.NoteCoarse(ResolutionMs, MaxTime);
        }

        foreach (var block in view.Index.Blocks(series))
        {
            var column = view.Index.Columns[block.Column];
            if (column.MaxTime < minTime || column.MinTime > maxTime || IsLost(block))
            {
                continue;
            }

            var times = TimesOf(block, view);
            var from = column.MinTime >= minTime ? 0 : LowerBound(times, minTime);
            var to = column.MaxTime <= maxTime ? times.Length : LowerBound(times, maxTime + 1);
            if (from >= to)
            {
                continue;
            }

            if (into.Count > 0 && into.TimestampsMs[^1] >= times[from])
            {
                return false;
            }

            var bytes = BytesOf(block, view);
            if (BlockCodec.HasHistograms(bytes))
            {
                var histograms = ReadHistograms(block, bytes, times.Length);
                for (var i = from; i < to; i++)
                {
                    into.Add(times[i], histograms[i]);
                }
            }
            else
            {
                Append(block, bytes, times, from, to, into);
            }
        }

        return true;
    }

    private void Append(BlockRef block, ReadOnlySpan<byte> bytes, long[] times, int from, int to, SampleBuffer into)
    {
        into.Append(to - from, out var timestamps, out var values);
        times.AsSpan(from, to - from).CopyTo(timestamps);
        if (BlockCodec.HasWeights(bytes))
        {
            var (allValues, allWeights) = (new double[times.Length], new SampleWeight[times.Length]);
            ReadValues(block, bytes, allValues, allWeights);
            allValues.AsSpan(from, to - from).CopyTo(values);
            allWeights.AsSpan(from, to - from).CopyTo(into.WeightsOfLast(to - from));
            return;
        }

        if (to - from == times.Length)
        {
            ReadValues(block, bytes, values);
            return;
        }

        var all = ArrayPool<double>.Shared.Rent(times.Length);
        try
        {
            ReadValues(block, bytes, all.AsSpan(0, times.Length));
            all.AsSpan(from, to - from).CopyTo(values);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(all);
        }
    }

    private static int LowerBound(long[] times, long time)
    {
        var at = Array.BinarySearch(times, time);
        return at < 0 ? ~at : at;
    }

    private void ReadValues(BlockRef block, ReadOnlySpan<byte> bytes, Span<double> values)
    {
        if (!BlockCodec.TryRead(bytes, values))
        {
            throw Lose(block, "block does not decode");
        }
    }

    private void ReadValues(BlockRef block, ReadOnlySpan<byte> bytes, Span<double> values, Span<SampleWeight> weights)
    {
        if (!BlockCodec.TryRead(bytes, values, weights))
        {
            throw Lose(block, "block does not decode");
        }
    }

    private NativeHistogram[] ReadHistograms(BlockRef block, ReadOnlySpan<byte> bytes, int count)
    {
        var histograms = new NativeHistogram?[count];
        return BlockCodec.TryRead(bytes, histograms) ? Array.ConvertAll(histograms, static h => h!) : throw Lose(block, "block does not decode");
    }

    private ReadOnlySpan<byte> BytesOf(BlockRef block, PartView view)
    {
        var (_, cache, pieces) = view;
        if ((uint)block.Group >= (uint)Loaded.Groups.Length)
        {
            throw Lose(block, $"got group {block.Group}, the part has {Loaded.Groups.Length}");
        }

        var group = BlockCache.Find<byte[]>(pieces.Groups, block.Group);
        if (group is null)
        {
            group = ReadGroup(_samples, Loaded.Groups[block.Group], block);
            cache.Add(pieces.Groups, block.Group, group, group.Length);
        }

        return block.Offset <= group.Length && block.Length <= group.Length - block.Offset
            ? group.AsSpan(block.Offset, block.Length)
            : throw Lose(block, "block is not inside its group");
    }

    private long[] TimesOf(BlockRef block, PartView view)
    {
        var (index, cache, pieces) = view;
        var times = BlockCache.Find<long[]>(pieces.Columns, block.Column);
        if (times is not null)
        {
            return times;
        }

        var column = index.Columns[block.Column];
        if ((uint)column.Group >= (uint)Loaded.TimeGroups.Length)
        {
            throw Lose(block, $"got group {column.Group}, the part has {Loaded.TimeGroups.Length}", times: true);
        }

        // A range of one metric has as many columns as targets, most of them in one group.
        var group = BlockCache.Find<byte[]>(pieces.TimeGroups, column.Group);
        if (group is null)
        {
            group = ReadGroup(_times, Loaded.TimeGroups[column.Group], block, ofTimes: true);
            cache.Add(pieces.TimeGroups, column.Group, group, group.Length);
        }

        times = new long[column.Count];
        if (column.Offset > group.Length || column.Length > group.Length - column.Offset
            || !TimeCodec.TryRead(group.AsSpan(column.Offset, column.Length), times) || times[0] != column.MinTime || times[^1] != column.MaxTime)
        {
            throw Lose(block, "column does not decode", times: true);
        }

        cache.Add(pieces.Columns, block.Column, times, times.Length * sizeof(long));
        return times;
    }

    private byte[] ReadGroup(PartFile file, (SectionRef Section, int RawLength) group, BlockRef block, bool ofTimes = false)
    {
        var packed = ArrayPool<byte>.Shared.Rent(group.Section.Length);
        try
        {
            file.Read(group.Section, "blocks", packed.AsSpan(0, group.Section.Length));
            var raw = GC.AllocateUninitializedArray<byte>(group.RawLength);
            return Zstd.TryDecompress(packed.AsSpan(0, group.Section.Length), raw) ? raw : throw Lose(block, "it does not decompress", ofTimes);
        }
        catch (CorruptDataException e)
        {
            _lost.TryAdd((ofTimes, ofTimes ? block.Column : block.Group), e.Message);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(packed);
        }
    }

    private bool IsLost(BlockRef block) => !_lost.IsEmpty && (_lost.ContainsKey((false, block.Group)) || _lost.ContainsKey((true, block.Column)));

    private CorruptDataException Lose(BlockRef block, string detail, bool times = false)
    {
        var offset = (uint)block.Group < (uint)Loaded.Groups.Length ? Loaded.Groups[block.Group].Section.Offset : 0;
        var error = times ? new CorruptDataException(_times.Path, "times", block.Column, detail) : new CorruptDataException(_samples.Path, "blocks", offset, detail);
        _lost.TryAdd((times, times ? block.Column : block.Group), error.Message);
        return error;
    }
}
