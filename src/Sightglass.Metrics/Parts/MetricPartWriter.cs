using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Metrics.Blocks;
using Sightglass.Storage;

namespace Sightglass.Metrics.Parts;

/// <summary>Writes a part: series in ascending order of their keys, each with its samples normalized. Not thread-safe.</summary>
internal sealed class MetricPartWriter : IDisposable
{
    private readonly PartWriter _part;
    private readonly PartFileWriter _samples;
    private readonly PartFileWriter _index;
    private readonly PartFileWriter _meta;
    private readonly int _level;
    private readonly long _partition;
    private readonly ByteWriter _group = new(PartFormat.GroupBytes * 2);
    private readonly ByteWriter _packed = new(PartFormat.GroupBytes);
    private readonly ByteWriter _series = new(64 << 10);
    private readonly ByteWriter _groups = new(4096);
    private readonly Dictionary<string, int> _symbolIds = new(StringComparer.Ordinal);
    private readonly List<string> _symbols = [];
    private readonly SortedDictionary<int, SortedDictionary<int, List<int>>> _postings = [];
    private int _groupCount;
    private int _seriesCount;
    private long _sampleCount;
    private long _minTime = long.MaxValue;
    private long _maxTime = long.MinValue;

    public MetricPartWriter(IFileSystem files, Manifest manifest, long partition, int level)
    {
        _partition = partition;
        _level = level;
        _part = new PartWriter(files, manifest);
        _samples = _part.CreateFile(PartFormat.SamplesFile, PartFormat.SamplesMagic, PartFormat.Version);
        _index = _part.CreateFile(PartFormat.IndexFile, PartFormat.IndexMagic, PartFormat.Version);
        _meta = _part.CreateFile(PartFormat.MetaFile, PartFormat.MetaMagic, PartFormat.Version);
    }

    public string Name => _part.Name;

    public long SampleCount => _sampleCount;

    /// <summary>Adds a series with the samples <paramref name="from"/> … <paramref name="to"/> (exclusive) of a list.</summary>
    public void Add(ReadOnlySpan<byte> key, SampleList samples, int from, int to)
    {
        if (from >= to)
        {
            return;
        }

        var labels = 0;
        foreach (var _ in SeriesKey.Read(key))
        {
            labels++;
        }

        _series.WriteVarint((ulong)labels);
        foreach (var pair in SeriesKey.Read(key))
        {
            var name = Symbol(pair.Name);
            var value = Symbol(pair.Value);
            _series.WriteVarint((ulong)name);
            _series.WriteVarint((ulong)value);
            if (!_postings.TryGetValue(name, out var values))
            {
                _postings.Add(name, values = []);
            }

            if (!values.TryGetValue(value, out var ids))
            {
                values.Add(value, ids = new List<int>(1));
            }

            ids.Add(_seriesCount);
        }

        WriteBlocks(samples, from, to);
        _seriesCount++;
        _sampleCount += to - from;
        _minTime = Math.Min(_minTime, samples.Timestamps[from]);
        _maxTime = Math.Max(_maxTime, samples.Timestamps[to - 1]);
    }

    /// <summary>Finishes the files; the part is then to be committed.</summary>
    public void Complete()
    {
        FlushGroup();
        using var body = new ByteWriter();
        body.WriteZigZag(_partition);
        body.WriteZigZag(_minTime);
        body.WriteZigZag(_maxTime);
        body.WriteVarint((ulong)_seriesCount);
        body.WriteVarint((ulong)_sampleCount);
        body.WriteVarint((ulong)_groupCount);
        WriteSection(body, SymbolBytes());
        WriteSection(body, _series);
        WriteSection(body, PostingBytes());
        WriteSection(body, _groups);
        var length = body.Length;
        body.WriteUInt32(Crc32C.Compute(body.Written[..length]));
        _meta.Append(body.Written);
        _part.Complete();
    }

    public void Dispose()
    {
        _part.Dispose();
        _group.Dispose();
        _packed.Dispose();
        _series.Dispose();
        _groups.Dispose();
    }

    private void WriteBlocks(SampleList samples, int from, int to)
    {
        using var refs = new ByteWriter();
        var blocks = 0;
        var histograms = samples.Histograms;
        for (var at = from; at < to;)
        {
            var isHistogram = !histograms.IsEmpty && histograms[at] is not null;
            var end = at + 1;
            while (end < to && end - at < BlockCodec.MaxSamples && (!histograms.IsEmpty && histograms[end] is not null) == isHistogram)
            {
                end++;
            }

            var offset = _group.Length;
            var times = samples.Timestamps[at..end];
            if (isHistogram)
            {
                BlockCodec.WriteHistograms(_group, times, histograms[at..end]);
            }
            else
            {
                BlockCodec.Write(_group, times, samples.Values[at..end]);
            }

            refs.WriteVarint((ulong)_groupCount);
            refs.WriteVarint((ulong)offset);
            refs.WriteVarint((ulong)(_group.Length - offset));
            refs.WriteZigZag(times[0] - (_partition * PartFormat.PartitionMs));
            refs.WriteVarint((ulong)(times[^1] - times[0]));
            blocks++;
            if (_group.Length >= PartFormat.GroupBytes)
            {
                FlushGroup();
            }

            at = end;
        }

        _series.WriteVarint((ulong)blocks);
        _series.Write(refs.Written);
    }

    private void FlushGroup()
    {
        if (_group.Length == 0)
        {
            return;
        }

        _packed.Clear();
        Zstd.Compress(_group.Written, _packed, _level);
        _samples.Append(_packed.Written).Write(_groups);
        _groups.WriteVarint((ulong)_group.Length);
        _group.Clear();
        _groupCount++;
    }

    private int Symbol(ReadOnlySpan<byte> text)
    {
        Span<char> scratch = stackalloc char[256];
        var chars = text.Length <= scratch.Length ? scratch : new char[text.Length];
        chars = chars[..System.Text.Encoding.UTF8.GetChars(text, chars)];
        var lookup = _symbolIds.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!lookup.TryGetValue(chars, out var id))
        {
            id = _symbols.Count;
            var symbol = chars.ToString();
            _symbols.Add(symbol);
            _symbolIds.Add(symbol, id);
        }

        return id;
    }

    private ByteWriter SymbolBytes()
    {
        var bytes = new ByteWriter();
        bytes.WriteVarint((ulong)_symbols.Count);
        foreach (var symbol in _symbols)
        {
            bytes.WriteString(symbol);
        }

        return bytes;
    }

    private ByteWriter PostingBytes()
    {
        var bytes = new ByteWriter();
        bytes.WriteVarint((ulong)_postings.Count);
        foreach (var (name, values) in _postings)
        {
            bytes.WriteVarint((ulong)name);
            bytes.WriteVarint((ulong)values.Count);
            foreach (var (value, ids) in values)
            {
                bytes.WriteVarint((ulong)value);
                bytes.WriteVarint((ulong)ids.Count);
                var previous = -1;
                foreach (var id in ids)
                {
                    bytes.WriteVarint((ulong)(id - previous - 1));
                    previous = id;
                }
            }
        }

        return bytes;
    }

    private void WriteSection(ByteWriter body, ByteWriter raw)
    {
        _packed.Clear();
        Zstd.Compress(raw.Written, _packed, _level);
        _index.Append(_packed.Written).Write(body);
        body.WriteVarint((ulong)raw.Length);
        if (raw != _series && raw != _groups)
        {
            raw.Dispose();
        }
    }
}
