using System.Collections.Concurrent;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;

namespace Sightglass.Events.Parts;

/// <summary>An open part: its directory in memory and its files to read from. Thread-safe.</summary>
internal sealed class EventPart(string name, PartDirectory directory, ReadAt columns, ReadAt traces, long fileBytes, Action<bool> close)
{
    public const string ColumnFile = "columns.bin";
    public const string TraceFile = "traces.bin";
    public const string DirectoryFile = "directory.bin";

    /// <summary>Look-ups that are kept; queries ask for the same trace for every block.</summary>
    private const int MaxLookUps = 1024;

    private readonly Dictionary<ColumnKey, int> _keyNumbers = directory.Keys.Index().ToDictionary(k => k.Item, k => k.Index);
    private readonly ConcurrentDictionary<TraceId, List<int>> _lookUps = new();
    private readonly ConcurrentDictionary<int, byte> _bad = new();
    private int _references = 1;
    private bool _retired;

    public string Name { get; } = name;

    public PartDirectory Directory { get; } = directory;

    /// <summary>Bytes of its files.</summary>
    public long FileBytes { get; } = fileBytes;

    /// <summary>Blocks set aside because their bytes fail the check.</summary>
    public int BadBlocks => _bad.Count;

    /// <summary>Keeps the files for a reader. Only for those who know that the part is still referenced.</summary>
    public void Acquire() => Interlocked.Increment(ref _references);

    /// <summary>Gives up a reference; the last one closes the files, and removes them when the part is retired.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            close(_retired);
        }
    }

    /// <summary>Gives up the store's reference to a part that is no longer listed.</summary>
    public void Retire()
    {
        _retired = true;
        Release();
    }

    public int KeyNumber(ColumnKey key) => _keyNumbers.GetValueOrDefault(key, -1);

    public bool IsBad(int block) => _bad.ContainsKey(block);

    /// <summary>Sets a block aside; true for the first to find it.</summary>
    public bool SetAside(int block) => _bad.TryAdd(block, 0);

    /// <summary>Sets aside the block that a broken place of the part's file belongs to, if it is of this part.</summary>
    public void SetAsideAt(CorruptDataException reason)
    {
        if (reason.File.StartsWith(Name + "/", StringComparison.Ordinal))
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

    /// <summary>Blocks that may have rows of the trace. When the look-up itself is broken, all: the columns decide.</summary>
    public List<int> BlocksOf(TraceId trace)
    {
        if (_lookUps.TryGetValue(trace, out var known))
        {
            return known;
        }

        List<int> blocks;
        try
        {
            blocks = TraceIndex.Find(traces, $"{Name}/{TraceFile}", trace);
        }
        catch (CorruptDataException)
        {
            blocks = [.. Enumerable.Range(0, Directory.Blocks.Length)];
        }

        if (_lookUps.Count >= MaxLookUps)
        {
            _lookUps.Clear();
        }

        return _lookUps.GetOrAdd(trace, blocks);
    }

    /// <exception cref="CorruptDataException">The bytes fail their check.</exception>
    public ColumnView ReadColumn(in ColumnEntry entry, int rows)
    {
        using var stored = new ByteWriter(Math.Max(entry.StoredLength, 16));
        var bytes = stored.GetSpan(entry.StoredLength)[..entry.StoredLength];
        columns(entry.Offset, bytes);
        if (Crc32C.Compute(bytes) != entry.Crc)
        {
            throw Corrupt(entry, "checksum does not match");
        }

        if (entry.RawLength == 0)
        {
            return ColumnDecoder.TryDecode(bytes, rows) ?? throw Corrupt(entry, "does not decode");
        }

        using var raw = new ByteWriter(entry.RawLength);
        var target = raw.GetSpan(entry.RawLength)[..entry.RawLength];
        return !Zstd.TryDecompress(bytes, target)
            ? throw Corrupt(entry, "does not decompress")
            : ColumnDecoder.TryDecode(target, rows) ?? throw Corrupt(entry, "does not decode");
    }

    /// <exception cref="CorruptDataException">The bytes fail their check.</exception>
    public byte[] ReadFilter(in ColumnEntry entry)
    {
        var filter = new byte[entry.FilterLength];
        var offset = entry.Offset + entry.StoredLength;
        columns(offset, filter);
        return Crc32C.Compute(filter) == entry.FilterCrc
            ? filter
            : throw new CorruptDataException($"{Name}/{ColumnFile}", "token filter", offset, "checksum does not match");
    }

    private CorruptDataException Corrupt(in ColumnEntry entry, string detail) =>
        new($"{Name}/{ColumnFile}", $"column {Directory.Keys[entry.Key].Name}", entry.Offset, detail);
}
