using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Forward;

/// <summary>Writes data points of OTLP. What it returns is valid until it writes the next. Not thread-safe.</summary>
internal sealed class OtlpPointWriter : IDisposable
{
    /// <summary>Of a point's flags: it says only that there is no value any more.</summary>
    private const uint NoRecordedValue = 1;

    /// <summary>Buckets between the first and the last of one sign; beyond, the resolution is halved.</summary>
    private const int MaxBuckets = 4096;

    private readonly ByteWriter _point = new(1024);
    private readonly ByteWriter _exemplar = new(512);
    private readonly ByteWriter _inner = new(512);
    private readonly ByteWriter _attribute = new(512);
    private readonly ByteWriter _value = new(512);

    public void Dispose()
    {
        _point.Dispose();
        _exemplar.Dispose();
        _inner.Dispose();
        _attribute.Dispose();
        _value.Dispose();
    }

    /// <summary>A <c>NumberDataPoint</c>.</summary>
    public ReadOnlySpan<byte> Number(LabelSet labels, long timeMs, double value, List<(long TimeMs, double Value, LabelSet Labels)>? exemplars)
    {
        Begin(timeMs);
        if (SpecialValues.IsStale(value))
        {
            _point.Varint(8, NoRecordedValue);
        }
        else
        {
            Fixed(4, value);
        }

        Exemplars(5, exemplars);
        Labels(7, labels);
        return _point.Written;
    }

    /// <summary>An <c>ExponentialHistogramDataPoint</c>.</summary>
    public ReadOnlySpan<byte> Exponential(LabelSet labels, long timeMs, NativeHistogram histogram, List<(long TimeMs, double Value, LabelSet Labels)>? exemplars)
    {
        Begin(timeMs);
        Labels(1, labels);
        if (SpecialValues.IsStale(histogram.Sum))
        {
            _point.Varint(10, NoRecordedValue);
            return _point.Written;
        }

        while (Width(histogram.PositiveSpans) > MaxBuckets || Width(histogram.NegativeSpans) > MaxBuckets)
        {
            histogram = Scrape.HistogramResolution.Reduce(histogram, histogram.Schema - 1);
        }

        Whole(4, histogram.Count);
        Fixed(5, histogram.Sum);
        _point.ZigZag(6, histogram.Schema);
        Whole(7, histogram.ZeroCount);
        Buckets(8, histogram.PositiveSpans, histogram.PositiveBuckets);
        Buckets(9, histogram.NegativeSpans, histogram.NegativeBuckets);
        Exemplars(11, exemplars);
        _point.Double(14, histogram.ZeroThreshold);
        return _point.Written;
    }

    /// <summary>A <c>HistogramDataPoint</c> of a histogram with custom bounds.</summary>
    public ReadOnlySpan<byte> Explicit(LabelSet labels, long timeMs, NativeHistogram histogram, List<(long TimeMs, double Value, LabelSet Labels)>? exemplars)
    {
        Begin(timeMs);
        if (SpecialValues.IsStale(histogram.Sum))
        {
            _point.Varint(10, NoRecordedValue);
            Labels(9, labels);
            return _point.Written;
        }

        Whole(4, histogram.Count);
        Fixed(5, histogram.Sum);
        var counts = new double[histogram.CustomBounds.Length + 1];
        var (index, at) = (0, 0);
        foreach (var span in histogram.PositiveSpans)
        {
            index += span.Offset;
            for (var i = 0; i < span.Length; i++)
            {
                counts[index++] = histogram.PositiveBuckets[at++];
            }
        }

        _inner.Clear();
        foreach (var count in counts)
        {
            _inner.WriteUInt64((ulong)Math.Round(count));
        }

        _point.Bytes(6, _inner.Written);
        _inner.Clear();
        foreach (var bound in histogram.CustomBounds)
        {
            _inner.WriteDouble(bound);
        }

        _point.Bytes(7, _inner.Written);
        Exemplars(8, exemplars);
        Labels(9, labels);
        return _point.Written;
    }

    /// <summary>An attribute of text, where it is not empty.</summary>
    public void Attribute(ByteWriter target, int field, string key, string text)
    {
        if (text.Length > 0)
        {
            _value.Clear();
            _value.Bytes(1, Encoding.UTF8.GetBytes(text));
            _attribute.Clear();
            _attribute.Text(1, key);
            _attribute.Bytes(2, _value.Written);
            target.Bytes(field, _attribute.Written);
        }
    }

    private static long Width(BucketSpan[] spans) => spans.Length == 0 ? 0 : spans.Sum(static s => (long)s.Offset + s.Length) - spans[0].Offset;

    private void Begin(long timeMs)
    {
        _point.Clear();
        _point.WriteVarint((3 << 3) | 1);
        _point.WriteUInt64((ulong)timeMs * 1_000_000);
    }

    // Of a choice exactly one is there, and a sum of zero is not one that is unknown: written even when it is zero.
    private void Fixed(int field, double value)
    {
        _point.WriteVarint(((uint)field << 3) | 1);
        _point.WriteDouble(value);
    }

    // OTLP counts whole observations; those of recording rules may be others.
    private void Whole(int field, double count)
    {
        _point.WriteVarint(((uint)field << 3) | 1);
        _point.WriteUInt64((ulong)Math.Round(count));
    }

    // Bucket i of OTLP is bucket i + 1 of Prometheus; from the first to the last they are all there.
    private void Buckets(int field, BucketSpan[] spans, double[] counts)
    {
        if (counts.Length == 0)
        {
            return;
        }

        _value.Clear();
        var at = 0;
        for (var i = 0; i < spans.Length; i++)
        {
            for (var gap = i == 0 ? 0 : spans[i].Offset; gap > 0; gap--)
            {
                _value.WriteVarint(0);
            }

            for (var n = 0; n < spans[i].Length; n++)
            {
                _value.WriteVarint((ulong)Math.Round(counts[at++]));
            }
        }

        _inner.Clear();
        _inner.ZigZag(1, spans[0].Offset - 1L);
        _inner.Bytes(2, _value.Written);
        _point.Bytes(field, _inner.Written);
    }

    private void Exemplars(int field, List<(long TimeMs, double Value, LabelSet Labels)>? exemplars)
    {
        foreach (var (timeMs, value, labels) in exemplars ?? [])
        {
            _exemplar.Clear();
            _exemplar.WriteVarint((2 << 3) | 1);
            _exemplar.WriteUInt64((ulong)timeMs * 1_000_000);
            _exemplar.WriteVarint((3 << 3) | 1);
            _exemplar.WriteDouble(value);
            foreach (var label in labels)
            {
                if (label.Name == "span_id" && Id(label.Value, 8) is { } span)
                {
                    _exemplar.Bytes(4, span);
                }
                else if (label.Name == "trace_id" && Id(label.Value, 16) is { } trace)
                {
                    _exemplar.Bytes(5, trace);
                }
                else
                {
                    Attribute(_exemplar, 7, label.Name, label.Value);
                }
            }

            _point.Bytes(field, _exemplar.Written);
        }
    }

    private static byte[]? Id(string text, int bytes) =>
        text.Length == bytes * 2 && !text.AsSpan().ContainsAnyExcept(HexDigits) ? Convert.FromHexString(text) : null;

    private static System.Buffers.SearchValues<char> HexDigits { get; } = System.Buffers.SearchValues.Create("0123456789abcdef");

    private void Labels(int field, LabelSet labels)
    {
        foreach (var label in labels)
        {
            if (label.Name is not (LabelSet.MetricName or "job" or "instance"))
            {
                Attribute(_point, field, label.Name, label.Value);
            }
        }
    }
}
