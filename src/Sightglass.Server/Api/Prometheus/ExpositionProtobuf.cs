using System.IO.Pipelines;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Server.Api.Prometheus.RemoteRead;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>Writes <c>io.prometheus.client.MetricFamily</c> messages, each with its length before it. Histograms have counts that are floats.</summary>
internal sealed class ExpositionProtobuf(PipeWriter target, NameEscaping escaping) : ExpositionWriter
{
    private const int Untyped = 3;

    private const int HistogramType = 4;

    private const int GaugeHistogramType = 5;

    private readonly ByteWriter _done = new();
    private readonly ByteWriter _family = new();
    private readonly ByteWriter _metric = new();
    private readonly ByteWriter _part = new();
    private int _type;

    /// <inheritdoc/>
    public override int Written => _done.Length + _family.Length;

    /// <inheritdoc/>
    public override bool HasHistograms => true;

    /// <inheritdoc/>
    public override void Sample(LabelSet labels, List<Label> further, double value, long timestampMs, bool begins)
    {
        Begin(labels.Name, Untyped, begins);
        Labels(labels, further);
        _part.Clear();
        _part.WriteDouble(1, value);
        _metric.WriteMessage(5, _part.Written);
        End(timestampMs);
    }

    /// <inheritdoc/>
    public override void Histogram(LabelSet labels, List<Label> further, NativeHistogram histogram, long timestampMs, bool begins)
    {
        Begin(labels.Name, histogram.ResetHint == CounterResetHint.Gauge ? GaugeHistogramType : HistogramType, begins);
        Labels(labels, further);
        using var message = new ByteWriter();
        message.WriteDouble(2, histogram.Sum);
        message.WriteDouble(4, histogram.Count);
        message.WriteSigned(5, histogram.Schema);
        message.WriteDouble(6, histogram.ZeroThreshold);
        message.WriteDouble(8, histogram.ZeroCount);
        Side(message, 9, histogram.NegativeSpans, 11, histogram.NegativeBuckets);
        Side(message, 12, histogram.PositiveSpans, 14, histogram.PositiveBuckets);
        if (histogram.PositiveSpans.Length == 0 && histogram.NegativeSpans.Length == 0)
        {
            // Without any a reader could take it for a classic one.
            message.WriteMessage(12, []);
        }

        _metric.WriteMessage(7, message.Written);
        End(timestampMs);
    }

    /// <inheritdoc/>
    public override async Task FlushAsync(bool ends, CancellationToken cancellation)
    {
        if (ends)
        {
            EndFamily();
        }

        await target.WriteAsync(_done.WrittenMemory, cancellation);
        _done.Clear();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _done.Dispose();
        _family.Dispose();
        _metric.Dispose();
        _part.Dispose();
    }

    // Native and other samples of one name are families of their own, one after the other.
    private void Begin(string name, int type, bool begins)
    {
        if (begins || type != _type)
        {
            EndFamily();
            _type = type;
            _family.WriteText(1, EscapedName.Of(name, escaping, colon: true));
            _family.WriteInt64(3, type);
        }

        _metric.Clear();
    }

    private void End(long timestampMs)
    {
        _metric.WriteInt64(6, timestampMs);
        _family.WriteMessage(4, _metric.Written);
    }

    private void EndFamily()
    {
        if (_family.Length > 0)
        {
            _done.WriteLengthPrefixed(_family.Written);
            _family.Clear();
        }
    }

    private void Labels(LabelSet labels, List<Label> further)
    {
        foreach (ref readonly var label in labels.Span)
        {
            if (label.Name != LabelSet.MetricName)
            {
                Pair(label);
            }
        }

        foreach (var label in further)
        {
            if (!labels.TryGet(label.Name, out _))
            {
                Pair(label);
            }
        }
    }

    private void Pair(in Label label)
    {
        _part.Clear();
        _part.WriteText(1, EscapedName.Of(label.Name, escaping, colon: false));
        _part.WriteText(2, label.Value);
        _metric.WriteMessage(1, _part.Written);
    }

    private void Side(ByteWriter message, int spanField, BucketSpan[] spans, int countField, double[] counts)
    {
        foreach (var span in spans)
        {
            _part.Clear();
            _part.WriteSigned(1, span.Offset);
            _part.WriteInt64(2, span.Length);
            message.WriteMessage(spanField, _part.Written);
        }

        message.WriteDoubles(countField, counts);
    }
}
