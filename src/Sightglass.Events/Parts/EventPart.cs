using System.Collections.Concurrent;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;

namespace Sightglass.Events.Parts;

/// <summary>An open part: its directory in memory and its files to read from. Thread-safe.</summary>
internal sealed class EventPart(string name, PartDirectory directory, ReadAt columns, ReadAt traces, long fileBytes)
{
    public const string ColumnFile = "columns.bin";
    public const string TraceFile = "traces.bin";
    public const string DirectoryFile = "directory.bin";

    /// <summary>Look-ups that are kept; queries ask for the same trace for every block.</summary>
    private const int MaxLookUps = 1024;

    private readonly Dictionary<ColumnKey, int> _keyNumbers = directory.Keys.Index().ToDictionary(k => k.Item, k => k.Index);
    private readonly ConcurrentDictionary<TraceId, List<int>> _lookUps = new();
    private readonly ConcurrentDictionary<int, byte> _bad = new();

    public string Name { get; } = name;

    public PartDirectory Directory { get; } = directory;

    /// <summary>Bytes of its files.</summary>
    public long FileBytes { get; } = fileBytes;

    /// <summary>Blocks set aside because their bytes fail the check.</summary>
    public int BadBlocks => _bad.Count;

    public int KeyNumber(ColumnKey key) => _keyNumbers.GetValueOrDefault(key, -1);

    public bool IsBad(int block) => _bad.ContainsKey(block);

    /// <summary>Sets a block aside; true for the first to find it.</summary>
    public bool SetAside(int block) => _bad.TryAdd(block, 0);

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
