using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Server.Api.Prometheus.RemoteRead;

/// <summary><c>prometheus.ReadResponse</c>: all samples of all queries in one message.</summary>
internal sealed class SampledAnswer : IDisposable
{
    private readonly ByteWriter _answer = new(64 << 10);
    private readonly ByteWriter _result = new(64 << 10);
    private readonly ByteWriter _series = new();
    private readonly ByteWriter _item = new();

    /// <summary>The message so far.</summary>
    public ReadOnlySpan<byte> Written => _answer.Written;

    /// <summary>Begins the result of the next query.</summary>
    public void BeginQuery() => _result.Clear();

    /// <summary>Ends the result of a query.</summary>
    public void EndQuery() => _answer.WriteMessage(1, _result.Written);

    /// <summary>Adds a series.</summary>
    public void Add(LabelSet labels, LabelSet externalLabels, SampleBuffer samples)
    {
        _series.Clear();
        _series.WriteLabels(labels, externalLabels);
        var times = samples.TimestampsMs;
        var values = samples.Values;
        var histograms = samples.Histograms;
        for (var i = 0; i < times.Length; i++)
        {
            _item.Clear();
            if (!histograms.IsEmpty && histograms[i] is { } histogram)
            {
                Histogram(histogram, times[i]);
                _series.WriteMessage(4, _item.Written);
                continue;
            }

            _item.WriteDouble(1, values[i]);
            _item.WriteInt64(2, times[i]);
            _series.WriteMessage(2, _item.Written);
        }

        _result.WriteMessage(1, _series.Written);
    }

    public void Dispose()
    {
        _answer.Dispose();
        _result.Dispose();
        _series.Dispose();
        _item.Dispose();
    }

    // The float form: every count a double.
    private void Histogram(NativeHistogram histogram, long timestampMs)
    {
        WriteOneOf(2, histogram.Count);
        _item.WriteDouble(3, histogram.Sum);
        _item.WriteSigned(4, histogram.Schema);
        _item.WriteDouble(5, histogram.ZeroThreshold);
        WriteOneOf(7, histogram.ZeroCount);
        Spans(8, histogram.NegativeSpans);
        _item.WriteDoubles(10, histogram.NegativeBuckets);
        Spans(11, histogram.PositiveSpans);
        _item.WriteDoubles(13, histogram.PositiveBuckets);
        _item.WriteInt64(14, histogram.ResetHint switch { CounterResetHint.CounterReset => 1, CounterResetHint.NotCounterReset => 2, CounterResetHint.Gauge => 3, _ => 0 });
        _item.WriteInt64(15, timestampMs);
        _item.WriteDoubles(16, histogram.CustomBounds);
    }

    // One of two forms: what is there says which, so it is written even when it is zero.
    private void WriteOneOf(int field, double value)
    {
        _item.WriteVarint((ulong)((field << 3) | 1));
        _item.WriteDouble(value);
    }

    private void Spans(int field, BucketSpan[] spans)
    {
        using var item = new ByteWriter(16);
        foreach (var span in spans)
        {
            item.Clear();
            item.WriteSigned(1, span.Offset);
            item.WriteInt64(2, span.Length);
            _item.WriteMessage(field, item.Written);
        }
    }
}
