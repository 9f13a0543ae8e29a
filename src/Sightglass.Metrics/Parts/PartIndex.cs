using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Metrics.Index;

namespace Sightglass.Metrics.Parts;

/// <summary>The label index of a part, held as the bytes of its sections with offsets into them. Immutable.</summary>
internal sealed class PartIndex : SeriesIndex
{
    private readonly string _file;
    private readonly string[] _symbols;
    private readonly byte[] _series;
    private readonly int[] _seriesAt;
    private readonly byte[] _postings;
    private readonly Dictionary<string, Dictionary<string, int>> _names;
    private readonly long _partition;

    public PartIndex(string file, long partition, int seriesCount, byte[] symbols, byte[] series, byte[] postings)
    {
        _file = file;
        _partition = partition;
        _series = series;
        _postings = postings;
        _symbols = ReadSymbols(symbols);
        _seriesAt = new int[seriesCount];
        var reader = new ByteReader(series);
        for (var i = 0; i < seriesCount; i++)
        {
            _seriesAt[i] = reader.Position;
            Skip(ref reader, reader.ReadCount(series.Length), 2);
            Skip(ref reader, reader.ReadCount(series.Length), 5);
            Check(!reader.Failed, "series");
        }

        Check(reader.AtEnd, "series");
        _names = ReadPostings();
    }

    public override int SeriesCount => _seriesAt.Length;

    public override IEnumerable<string> Names => _names.Keys;

    public override IEnumerable<string> Values(string name) => _names.TryGetValue(name, out var values) ? values.Keys : [];

    public override void Collect(string name, string value, SeriesBitmap into)
    {
        if (!_names.TryGetValue(name, out var values) || !values.TryGetValue(value, out var at))
        {
            return;
        }

        var reader = new ByteReader(_postings.AsSpan(at));
        var count = reader.ReadCount(SeriesCount);
        var id = -1;
        for (var i = 0; i < count; i++)
        {
            id += reader.ReadCount(SeriesCount) + 1;
            into.Add(id);
        }
    }

    public LabelSet LabelsOf(int id)
    {
        var reader = new ByteReader(_series.AsSpan(_seriesAt[id]));
        var labels = new Label[reader.ReadCount(_series.Length)];
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = new Label(SymbolAt(reader.ReadVarint()), SymbolAt(reader.ReadVarint()));
        }

        // Keys are in the order of bytes, label sets in the order of UTF-16: the same but for rare characters.
        Array.Sort(labels, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return LabelSet.FromSorted(labels);
    }

    /// <summary>Appends the key of a series.</summary>
    public void WriteKey(int id, ByteWriter target)
    {
        var reader = new ByteReader(_series.AsSpan(_seriesAt[id]));
        var labels = reader.ReadCount(_series.Length);
        for (var i = 0; i < labels * 2; i++)
        {
            target.WriteString(SymbolAt(reader.ReadVarint()));
        }
    }

    /// <summary>Adds the blocks of a series, oldest first.</summary>
    public void ReadBlocks(int id, List<BlockRef> into)
    {
        var reader = new ByteReader(_series.AsSpan(_seriesAt[id]));
        Skip(ref reader, reader.ReadCount(_series.Length), 2);
        var blocks = reader.ReadCount(_series.Length);
        for (var i = 0; i < blocks; i++)
        {
            var group = reader.ReadCount(int.MaxValue);
            var offset = reader.ReadCount(int.MaxValue);
            var length = reader.ReadCount(int.MaxValue);
            var min = reader.ReadZigZag() + (_partition * PartFormat.PartitionMs);
            into.Add(new BlockRef(group, offset, length, min, min + (long)reader.ReadVarint()));
        }
    }

    private static void Skip(ref ByteReader reader, int items, int varints)
    {
        for (var i = 0; i < items * varints && !reader.Failed; i++)
        {
            reader.ReadVarint();
        }
    }

    private string[] ReadSymbols(byte[] bytes)
    {
        var reader = new ByteReader(bytes);
        var symbols = new string[reader.ReadCount(bytes.Length)];
        for (var i = 0; i < symbols.Length; i++)
        {
            symbols[i] = reader.ReadString();
        }

        Check(reader.AtEnd, "symbols");
        return symbols;
    }

    private Dictionary<string, Dictionary<string, int>> ReadPostings()
    {
        var reader = new ByteReader(_postings);
        var names = new Dictionary<string, Dictionary<string, int>>(StringComparer.Ordinal);
        var nameCount = reader.ReadCount(_symbols.Length);
        for (var n = 0; n < nameCount; n++)
        {
            var name = SymbolAt(reader.ReadVarint());
            var count = reader.ReadCount(_symbols.Length);
            var values = new Dictionary<string, int>(count, StringComparer.Ordinal);
            for (var v = 0; v < count; v++)
            {
                values[SymbolAt(reader.ReadVarint())] = reader.Position;
                Skip(ref reader, reader.ReadCount(SeriesCount), 1);
                Check(!reader.Failed, "postings");
            }

            names[name] = values;
        }

        Check(reader.AtEnd, "postings");
        return names;
    }

    private string SymbolAt(ulong id)
    {
        Check(id < (ulong)_symbols.Length, "symbols");
        return _symbols[(int)id];
    }

    private void Check(bool holds, string section)
    {
        if (!holds)
        {
            throw new CorruptDataException(_file, section, 0, "it does not decode");
        }
    }
}
