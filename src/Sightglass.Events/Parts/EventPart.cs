using System.Collections.Concurrent;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;
using Sightglass.Events.Deletion;
using Sightglass.Events.Records;
using Sightglass.Storage;

namespace Sightglass.Events.Parts;

/// <summary>An open part: its directory in memory and its files to read from. Thread-safe.</summary>
internal sealed class EventPart : PartReader
{
    public const string ColumnFile = "columns.bin";
    public const string TraceFile = "traces.bin";
    public const string DirectoryFile = "directory.bin";

    /// <summary>"SGEC" as a little-endian integer.</summary>
    public const uint ColumnMagic = 0x43454753;
    public const uint Version = 1;

    private readonly PartFile _columns;
    private readonly PartFile _traces;
    private readonly Dictionary<ColumnKey, int> _keyNumbers;
    private readonly ConcurrentDictionary<int, byte> _bad = new();
    private HiddenRange[]? _hidden;

    private EventPart(IFileSystem files, Manifest manifest, string name, IdentityTable identities)
        : base(files, manifest, name)
    {
        _columns = OpenFile(ColumnFile, ColumnMagic, Version);
        _traces = OpenFile(TraceFile, TraceIndex.Magic, TraceIndex.Version);
        var directory = OpenFile(DirectoryFile, PartDirectory.Magic, PartDirectory.OldestVersion, PartDirectory.Version, out var version);
        var bytes = directory.ReadRaw(PartFileWriter.HeaderBytes, checked((int)(directory.Length - PartFileWriter.HeaderBytes)));
        Directory = PartDirectory.Read(bytes, version, directory.Path, _columns.Length, identities);
        _keyNumbers = Directory.Keys.Index().ToDictionary(k => k.Item, k => k.Index);
        LargestBlock = Directory.Blocks.Select(static b => b.DecodedBytes).DefaultIfEmpty().Max();
    }

    public PartDirectory Directory { get; }

    /// <summary>Memory that a block takes when all of it is read, in bytes, at most.</summary>
    public long LargestBlock { get; }

    /// <summary>What of its rows nobody may see; null when nothing is hidden. Replaced as a whole.</summary>
    public HiddenRange[]? Hidden
    {
        get => Volatile.Read(ref _hidden);
        set => Volatile.Write(ref _hidden, value);
    }

    /// <exception cref="CorruptDataException">A file is missing or is not what it should be.</exception>
    public static EventPart Open(IFileSystem files, Manifest manifest, string name, IdentityTable identities)
    {
        try
        {
            return new EventPart(files, manifest, name, identities);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CorruptDataException(manifest.PathOf(name), "part", 0, e.Message);
        }
    }

    /// <summary>Gives up the store's reference to a part that is no longer listed.</summary>
    public void Retire()
    {
        RemoveWhenUnused();
        Release();
    }

    /// <summary>Blocks set aside because their bytes fail the check.</summary>
    public int BadBlocks => _bad.Count;

    public int KeyNumber(ColumnKey key) => _keyNumbers.GetValueOrDefault(key, -1);

    public bool IsColumnFile(string path) => path == _columns.Path;

    public bool IsBad(int block) => _bad.ContainsKey(block);

    /// <summary>Sets a block aside; true for the first to find it.</summary>
    public bool SetAside(int block) => _bad.TryAdd(block, 0);

    /// <summary>Sets aside the block that a broken place of the part's file belongs to, if it is of this part.</summary>
    public void SetAsideAt(CorruptDataException reason)
    {
        if (IsColumnFile(reason.File))
        {
            for (var block = 0; block < Directory.Blocks.Length; block++)
            {
                if (new PartBlock(this, block).Holds(reason.Offset))
                {
                    SetAside(block);
                }
            }
        }
    }

    /// <summary>Adds the blocks that may have rows of the trace. When the look-up itself is broken, all: the columns decide.</summary>
    public void AddBlocksOf(TraceId trace, RowBitmap blocks)
    {
        try
        {
            foreach (var block in TraceIndex.Find(_traces.ReadRaw, _traces.Path, trace))
            {
                if ((uint)block < (uint)blocks.Count)
                {
                    blocks.Set(block);
                }
            }
        }
        catch (CorruptDataException)
        {
            blocks.SetRange(0, blocks.Count);
        }
    }

    /// <param name="entry">The column.</param>
    /// <param name="rows">Rows of its block.</param>
    /// <param name="times">Gives the times of the rows, for a column that is written as differences from them.</param>
    /// <param name="others">Gives other columns of the block by the numbers of their keys.</param>
    /// <exception cref="CorruptDataException">The bytes fail their check.</exception>
    public ColumnView ReadColumn(in ColumnEntry entry, int rows, Func<ColumnView?> times, Func<int, ColumnView?> others)
    {
        var (key, offset) = (entry.Key, entry.Offset);
        CorruptDataException Corrupt(string detail) => new(_columns.Path, $"column {Directory.Keys[key].Name}", offset, detail);
        if (entry.IsTemplates || entry.RawLength == 0)
        {
            // It stays where it was read to until its values are asked for.
            var kept = GC.AllocateUninitializedArray<byte>(entry.StoredLength);
            _columns.Read(new SectionRef(entry.Offset, entry.StoredLength, entry.Crc), Directory.Keys[entry.Key].Name, kept);
            return ColumnDecoder.TryDecode(kept, rows, times, kept, others, Corrupt) ?? throw Corrupt("does not decode");
        }

        var section = new SectionRef(entry.Offset, entry.StoredLength, entry.Crc);
        using var stored = new ByteWriter(Math.Max(entry.StoredLength, 16));
        var bytes = stored.GetSpan(entry.StoredLength)[..entry.StoredLength];
        _columns.Read(section, Directory.Keys[entry.Key].Name, bytes);
        // Texts stay where they are decompressed to.
        var raw = GC.AllocateUninitializedArray<byte>(entry.RawLength);
        return !Zstd.TryDecompress(bytes, raw)
            ? throw Corrupt("does not decompress")
            : ColumnDecoder.TryDecode(raw, rows, times, raw, others, Corrupt) ?? throw Corrupt("does not decode");
    }

    /// <summary>Whether the token filter of a column may hold all the tokens. A filter is read whole once, to check it, and then byte by byte.</summary>
    /// <exception cref="CorruptDataException">The bytes fail their check.</exception>
    public bool FilterMayContain(ref ColumnEntry entry, ReadOnlySpan<ulong> tokens)
    {
        var offset = entry.Offset + entry.StoredLength;
        if (Volatile.Read(ref entry.FilterChecked))
        {
            return TokenFilter.MayContain(_columns, offset, entry.FilterLength, entry.FilterKind, tokens);
        }

        using var whole = new ByteWriter(entry.FilterLength);
        var filter = whole.GetSpan(entry.FilterLength)[..entry.FilterLength];
        _columns.Read(new SectionRef(offset, entry.FilterLength, entry.FilterCrc), "token filter", filter);
        Volatile.Write(ref entry.FilterChecked, true);
        return TokenFilter.MayContain(filter, entry.FilterKind, tokens);
    }
}
