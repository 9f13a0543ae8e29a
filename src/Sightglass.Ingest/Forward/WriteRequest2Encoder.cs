using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.RemoteWrite;

namespace Sightglass.Ingest.Forward;

/// <summary>Turns a <c>prometheus.WriteRequest</c> from the queue into an <c>io.prometheus.write.v2.Request</c>. Not thread-safe.</summary>
internal sealed class WriteRequest2Encoder : IDisposable
{
    /// <summary>Families whose metadata are remembered; when there are more everything is forgotten.</summary>
    private const int MaxFamilies = 1 << 16;

    private static readonly string[] PartSuffixes = ["_bucket", "_count", "_sum"];

    private readonly Dictionary<Hash128, uint> _symbols = [];
    private readonly Dictionary<string, MetricMetadata> _metadata = new(StringComparer.Ordinal);
    private readonly ByteWriter _symbolBytes = new(16 << 10);
    private readonly ByteWriter _seriesBytes = new(64 << 10);
    private readonly ByteWriter _series = new(4096);
    private readonly ByteWriter _inner = new(1024);
    private readonly ByteWriter _scratch = new(1024);

    public void Dispose()
    {
        _symbolBytes.Dispose();
        _seriesBytes.Dispose();
        _series.Dispose();
        _inner.Dispose();
        _scratch.Dispose();
    }

    /// <summary>Appends the request to <paramref name="target"/>.</summary>
    public void Encode(ReadOnlySpan<byte> writeRequest, ByteWriter target)
    {
        using var batch = MetricBatch.Rent();
        RemoteWriteDecoder.Decode(writeRequest, batch, new Rejections(), IngestLimits.Default);
        _symbols.Clear();
        _symbolBytes.Clear();
        _seriesBytes.Clear();
        Symbol([]);
        foreach (var metadata in batch.Metadata)
        {
            if (_metadata.Count >= MaxFamilies)
            {
                _metadata.Clear();
            }

            _metadata[metadata.Family] = metadata;
        }

        var series = batch.SampleSeries;
        for (var i = 0; i < series.Length;)
        {
            var of = series[i];
            Begin(batch, of);
            for (; i < series.Length && series[i] == of; i++)
            {
                _inner.Clear();
                _inner.Double(1, batch.SampleValues[i]);
                _inner.Varint(2, (ulong)batch.SampleTimestampsMs[i]);
                _series.Bytes(2, _inner.Written);
            }

            End(batch, of);
        }

        foreach (var (of, at, histogram) in batch.Histograms)
        {
            Begin(batch, of);
            _inner.Clear();
            HistogramMessage.Write(_inner, histogram, at, _scratch);
            _series.Bytes(3, _inner.Written);
            End(batch, of);
        }

        foreach (var (of, at, value, labels) in batch.Exemplars)
        {
            Begin(batch, of);
            _scratch.Clear();
            foreach (var label in labels)
            {
                _scratch.WriteVarint(Symbol(System.Text.Encoding.UTF8.GetBytes(label.Name)));
                _scratch.WriteVarint(Symbol(System.Text.Encoding.UTF8.GetBytes(label.Value)));
            }

            _inner.Clear();
            _inner.Bytes(1, _scratch.Written);
            _inner.Double(2, value);
            _inner.Varint(3, (ulong)at);
            _series.Bytes(4, _inner.Written);
            End(batch, of);
        }

        target.Write(_symbolBytes.Written);
        target.Write(_seriesBytes.Written);
    }

    private void Begin(MetricBatch batch, int series)
    {
        _series.Clear();
        _scratch.Clear();
        foreach (var label in SeriesKey.Read(batch.SeriesKey(series)))
        {
            _scratch.WriteVarint(Symbol(label.Name));
            _scratch.WriteVarint(Symbol(label.Value));
        }

        _series.Bytes(1, _scratch.Written);
    }

    private void End(MetricBatch batch, int series)
    {
        if (_metadata.Count > 0 && Find(System.Text.Encoding.UTF8.GetString(SeriesKey.ValueOf(batch.SeriesKey(series), "__name__"u8))) is { } metadata)
        {
            _inner.Clear();
            _inner.Varint(1, (ulong)metadata.Type);
            _inner.Varint(3, Symbol(System.Text.Encoding.UTF8.GetBytes(metadata.Help)));
            _inner.Varint(4, Symbol(System.Text.Encoding.UTF8.GetBytes(metadata.Unit)));
            _series.Bytes(5, _inner.Written);
        }

        _seriesBytes.Bytes(5, _series.Written);
    }

    private MetricMetadata? Find(string name)
    {
        if (_metadata.TryGetValue(name, out var metadata))
        {
            return metadata;
        }

        foreach (var suffix in PartSuffixes)
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal) && _metadata.TryGetValue(name[..^suffix.Length], out metadata))
            {
                return metadata;
            }
        }

        return null;
    }

    private uint Symbol(ReadOnlySpan<byte> text)
    {
        var hash = Hash128.Compute(text);
        if (!_symbols.TryGetValue(hash, out var number))
        {
            number = (uint)_symbols.Count;
            _symbols.Add(hash, number);
            _symbolBytes.Bytes(4, text);
        }

        return number;
    }
}
