using System.Runtime.InteropServices;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Metrics.Blocks;
using Sightglass.Storage;

namespace Sightglass.Metrics.Parts;

/// <summary>Writes a part: series in the order of <see cref="KeyOrder"/>, each with its samples normalized. Not thread-safe.</summary>
internal sealed class MetricPartWriter : IDisposable
{
    /// <summary>Zstandard's fastest is as small as its slower ones on planes of bytes.</summary>
    private const int Level = 1;

    private readonly PartWriter _part;
    private readonly PartFileWriter _index;
    private readonly PartFileWriter _meta;
    private readonly long _partition;
    private readonly long _resolutionMs;
    private readonly GroupWriter _values;
    private readonly GroupWriter _times;
    private readonly PostingsWriter _postings = new();
    private readonly Dictionary<Hash128, int> _columnIds = [];
    private readonly ByteWriter _columns = new(4096);
    private readonly ByteWriter _series = new(64 << 10);
    private readonly ByteWriter _seriesPieces = new(256);
    private readonly ByteWriter _blocks = new(256);
    private readonly ByteWriter _pairs = new(256);
    private readonly ByteWriter _packed = new(64 << 10);
    private readonly ByteWriter _starts = new(256);
    private int _lastStarts = -1;
    private int _seriesCount;
    private long _sampleCount;
    private long _minTime = long.MaxValue;
    private long _maxTime = long.MinValue;

    /// <summary>Begins a part; <paramref name="resolutionMs"/> is the length of the buckets that its samples are downsampled to, 0 when they are not.</summary>
    public MetricPartWriter(IFileSystem files, Manifest manifest, long partition, long resolutionMs = 0)
    {
        _partition = partition;
        _resolutionMs = resolutionMs;
        _part = new PartWriter(files, manifest);
        _values = new GroupWriter(_part.CreateFile(PartFormat.SamplesFile, PartFormat.SamplesMagic, PartFormat.Version), Level);
        _times = new GroupWriter(_part.CreateFile(PartFormat.TimesFile, PartFormat.TimesMagic, PartFormat.Version), Level);
        _index = _part.CreateFile(PartFormat.IndexFile, PartFormat.IndexMagic, PartFormat.Version);
        _meta = _part.CreateFile(PartFormat.MetaFile, PartFormat.MetaMagic, PartFormat.MetaVersion);
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
        _pairs.Clear();
        foreach (var pair in SeriesKey.Read(key))
        {
            var (name, value) = _postings.Add(pair.Name, pair.Value);
            _pairs.WriteVarint((ulong)name);
            _pairs.WriteVarint((ulong)value);
            labels++;
        }

        _postings.EndSeries();
        _series.WriteVarint((ulong)labels);
        _series.Write(_pairs.Written);
        WriteBlocks(samples, from, to);
        if (samples.HasStarts && PartStarts.Write(_starts, _seriesCount - _lastStarts - 1, samples.Timestamps[from..to], samples.Starts[from..to]))
        {
            _lastStarts = _seriesCount;
        }

        if (++_seriesCount % PartFormat.SeriesOfPiece == 0)
        {
            CloseSeriesPiece();
        }

        _sampleCount += to - from;
        _minTime = Math.Min(_minTime, samples.Timestamps[from]);
        _maxTime = Math.Max(_maxTime, samples.Timestamps[to - 1]);
    }

    /// <summary>Finishes the files; the part is then to be committed.</summary>
    public void Complete()
    {
        _values.Close();
        _times.Close();
        CloseSeriesPiece();
        using var body = new ByteWriter();
        body.WriteZigZag(_partition);
        body.WriteZigZag(_minTime);
        body.WriteZigZag(_maxTime);
        body.WriteVarint((ulong)_seriesCount);
        body.WriteVarint((ulong)_sampleCount);
        body.WriteVarint((ulong)_values.Count);
        body.WriteVarint((ulong)_times.Count);
        body.WriteVarint((ulong)_columnIds.Count);
        using var scratch = new ByteWriter(64 << 10);
        _postings.WriteSymbols(scratch);
        WriteSection(body, scratch);
        WriteSection(body, _seriesPieces);
        scratch.Clear();
        _postings.WritePostings(scratch);
        WriteSection(body, scratch);
        WriteSection(body, _columns);
        WriteSection(body, _values.References);
        WriteSection(body, _times.References);
        if (_resolutionMs > 0 || _starts.Length > 0)
        {
            body.WriteVarint((ulong)_resolutionMs);
        }

        if (_starts.Length > 0)
        {
            WriteSection(body, _starts);
        }

        var length = body.Length;
        body.WriteUInt32(Crc32C.Compute(body.Written[..length]));
        _meta.Append(body.Written);
        _part.Complete();
    }

    public void Dispose()
    {
        _part.Dispose();
        _values.Dispose();
        _times.Dispose();
        _postings.Dispose();
        _columns.Dispose();
        _series.Dispose();
        _seriesPieces.Dispose();
        _blocks.Dispose();
        _pairs.Dispose();
        _packed.Dispose();
        _starts.Dispose();
    }

    private void WriteBlocks(SampleList samples, int from, int to)
    {
        _blocks.Clear();
        var count = 0;
        var histograms = samples.Histograms;
        for (var at = from; at < to;)
        {
            var isHistogram = !histograms.IsEmpty && histograms[at] is not null;
            var end = at + 1;
            while (end < to && end - at < BlockCodec.MaxSamples && (!histograms.IsEmpty && histograms[end] is not null) == isHistogram)
            {
                end++;
            }

            var offset = _values.Open.Length;
            if (isHistogram)
            {
                BlockCodec.Write(_values.Open, histograms[at..end]);
            }
            else if (samples.HasWeights)
            {
                BlockCodec.Write(_values.Open, samples.Values[at..end], samples.Weights[at..end]);
            }
            else
            {
                BlockCodec.Write(_values.Open, samples.Values[at..end]);
            }

            _blocks.WriteVarint((ulong)_values.Count);
            _blocks.WriteVarint((ulong)offset);
            _blocks.WriteVarint((ulong)(_values.Open.Length - offset));
            _blocks.WriteVarint((ulong)Column(samples.Timestamps[at..end]));
            _values.CloseWhenFull();
            count++;
            at = end;
        }

        _series.WriteVarint((ulong)count);
        _series.Write(_blocks.Written);
    }

    // Series scraped together have the same times: they are written once.
    private int Column(ReadOnlySpan<long> times)
    {
        ref var id = ref CollectionsMarshal.GetValueRefOrAddDefault(_columnIds, Hash128.Compute(MemoryMarshal.AsBytes(times)), out var known);
        if (known)
        {
            return id;
        }

        id = _columnIds.Count - 1;
        var offset = _times.Open.Length;
        TimeCodec.Write(_times.Open, times);
        _columns.WriteVarint((ulong)_times.Count);
        _columns.WriteVarint((ulong)offset);
        _columns.WriteVarint((ulong)(_times.Open.Length - offset));
        _columns.WriteVarint((ulong)times.Length);
        _columns.WriteZigZag(times[0] - (_partition * PartFormat.PartitionMs));
        _columns.WriteVarint((ulong)(times[^1] - times[0]));
        _times.CloseWhenFull();
        return id;
    }

    private void CloseSeriesPiece()
    {
        if (_series.Length > 0)
        {
            WriteSection(_seriesPieces, _series);
            _series.Clear();
        }
    }

    private void WriteSection(ByteWriter body, ByteWriter raw)
    {
        _packed.Clear();
        Zstd.Compress(raw.Written, _packed, Level);
        _index.Append(_packed.Written).Write(body);
        body.WriteVarint((ulong)raw.Length);
    }
}
