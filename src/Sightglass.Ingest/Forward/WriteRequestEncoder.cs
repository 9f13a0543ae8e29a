using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Forward;

/// <summary>
/// Writes a batch as <c>prometheus.WriteRequest</c> messages, the form in which samples wait on disk: messages written one behind the other are one
/// message, so that several records make one request. Not thread-safe.
/// </summary>
internal sealed class WriteRequestEncoder(RemoteWriteTarget target) : IDisposable
{
    private readonly OutgoingLabels _labels = new(target.ExternalLabels, target.Relabel);
    private readonly ByteWriter _request = new(64 << 10);
    private readonly ByteWriter _series = new(4096);
    private readonly ByteWriter _scratch = new(1024);
    private readonly ByteWriter _inner = new(1024);
    private readonly Dictionary<int, List<int>> _exemplars = [];
    private int _items;

    public void Dispose()
    {
        _request.Dispose();
        _series.Dispose();
        _scratch.Dispose();
        _inner.Dispose();
    }

    /// <summary>Hands on the batch in pieces of at most as many samples as one request has.</summary>
    public void Encode(MetricBatch batch, Action<ReadOnlySpan<byte>, int> emit)
    {
        if (target.SendMetadata)
        {
            Metadata(batch);
        }

        if (target.SendExemplars)
        {
            GroupExemplars(batch);
        }

        var series = batch.SampleSeries;
        var times = batch.SampleTimestampsMs;
        ReadOnlySpan<double> values = batch.SampleValues;
        for (var i = 0; i < series.Length;)
        {
            var of = series[i];
            var begun = Begin(batch, of);
            do
            {
                if (begun)
                {
                    _inner.Clear();
                    _inner.Double(1, values[i]);
                    _inner.Varint(2, (ulong)times[i]);
                    _series.Bytes(2, _inner.Written);
                    _items++;
                }

                i++;
            }
            while (i < series.Length && series[i] == of && _items < target.MaxSamplesPerSend);

            End(batch, of, begun, emit);
        }

        if (target.SendNativeHistograms)
        {
            foreach (var (of, at, histogram) in batch.Histograms)
            {
                var begun = Begin(batch, of);
                if (begun)
                {
                    _inner.Clear();
                    HistogramMessage.Write(_inner, histogram, at, _scratch);
                    _series.Bytes(4, _inner.Written);
                    _items++;
                }

                End(batch, of, begun, emit);
            }
        }

        foreach (var of in _exemplars.Keys.Order().ToArray())
        {
            End(batch, of, Begin(batch, of), emit);
        }

        Emit(emit);
    }

    // An exemplar goes with the samples of its series, which are a part of the same point over OTLP.
    private void GroupExemplars(MetricBatch batch)
    {
        _exemplars.Clear();
        for (var i = 0; i < batch.Exemplars.Count; i++)
        {
            ref var of = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_exemplars, batch.Exemplars[i].Series, out _);
            (of ??= []).Add(i);
        }
    }

    private void Exemplar(long at, double value, LabelSet labels)
    {
        _inner.Clear();
        foreach (var label in labels)
        {
            _scratch.Clear();
            _scratch.Text(1, label.Name);
            _scratch.Text(2, label.Value);
            _inner.Bytes(1, _scratch.Written);
        }

        _inner.Double(2, value);
        _inner.Varint(3, (ulong)at);
        _series.Bytes(3, _inner.Written);
        _items++;
    }

    private void Metadata(MetricBatch batch)
    {
        foreach (var metadata in batch.Metadata)
        {
            _inner.Clear();
            _inner.Varint(1, (ulong)metadata.Type);
            _inner.Text(2, metadata.Family);
            _inner.Text(4, metadata.Help);
            _inner.Text(5, metadata.Unit);
            _request.Bytes(3, _inner.Written);
        }
    }

    private bool Begin(MetricBatch batch, int series)
    {
        if (!_labels.TryGet(batch, series, out var key))
        {
            return false;
        }

        _series.Clear();
        foreach (var label in SeriesKey.Read(key))
        {
            _inner.Clear();
            _inner.Bytes(1, label.Name);
            _inner.Bytes(2, label.Value);
            _series.Bytes(1, _inner.Written);
        }

        return true;
    }

    private void End(MetricBatch batch, int series, bool begun, Action<ReadOnlySpan<byte>, int> emit)
    {
        if (_exemplars.Remove(series, out var exemplars) && begun)
        {
            foreach (var i in exemplars)
            {
                Exemplar(batch.Exemplars[i].TimestampMs, batch.Exemplars[i].Value, batch.Exemplars[i].Labels);
            }
        }

        if (begun)
        {
            _request.Bytes(1, _series.Written);
        }

        if (_items >= target.MaxSamplesPerSend)
        {
            Emit(emit);
        }
    }

    private void Emit(Action<ReadOnlySpan<byte>, int> emit)
    {
        if (_request.Length > 0)
        {
            emit(_request.Written, _items);
        }

        _request.Clear();
        _items = 0;
    }
}
