using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.RemoteWrite;

namespace Sightglass.Ingest.Forward;

/// <summary>
/// Turns a <c>prometheus.WriteRequest</c> from the queue into an <c>ExportMetricsServiceRequest</c> that a Prometheus-like receiver turns back into
/// the same series: <c>job</c> and <c>instance</c> as the resource's <c>service.name</c> and <c>service.instance.id</c>, names ending in <c>_total</c> as
/// cumulative sums, native histograms as cumulative (exponential) ones, all others as gauges, stale markers as points without a value. Not thread-safe.
/// </summary>
internal sealed class OtlpMetricsEncoder : IDisposable
{
    private const ulong Cumulative = 2;

    private readonly OtlpPointWriter _points = new();
    private readonly ByteWriter _data = new(4096);
    private readonly ByteWriter _outer = new(64 << 10);
    private readonly ByteWriter _inner = new(64 << 10);
    private readonly ByteWriter _scope = new(64 << 10);

    // Fields of Metric.
    private enum Kind
    {
        Gauge = 5,
        Sum = 7,
        Histogram = 9,
        ExponentialHistogram = 10,
    }

    public void Dispose()
    {
        _points.Dispose();
        _data.Dispose();
        _outer.Dispose();
        _inner.Dispose();
        _scope.Dispose();
    }

    /// <summary>Appends the request to <paramref name="target"/>.</summary>
    public void Encode(ReadOnlySpan<byte> writeRequest, ByteWriter target)
    {
        using var batch = MetricBatch.Rent();
        RemoteWriteDecoder.Decode(writeRequest, batch, new Rejections(), IngestLimits.Default);
        var help = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var metadata in batch.Metadata)
        {
            help[metadata.Family] = metadata.Help;
        }

        foreach (var resource in Points(batch).GroupBy(static p => (Job: p.Labels["job"], Instance: p.Labels["instance"])))
        {
            _outer.Clear();
            _scope.Clear();
            Resource(resource.Key.Job, resource.Key.Instance);
            foreach (var metric in resource.GroupBy(static p => (p.Labels.Name, p.Kind)))
            {
                Metric(metric.Key.Name, metric.Key.Kind, help.GetValueOrDefault(metric.Key.Name, string.Empty), metric);
                _scope.Bytes(2, _inner.Written);
            }

            _outer.Bytes(2, _scope.Written);
            target.Bytes(1, _outer.Written);
        }
    }

    private static List<Point> Points(MetricBatch batch)
    {
        var labels = new LabelSet[batch.SeriesCount];
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = LabelSet.FromKey(batch.SeriesKey(i));
        }

        var points = new List<Point>(batch.SampleCount + batch.Histograms.Count);
        var last = new Dictionary<LabelSet, Point>();
        var series = batch.SampleSeries;
        for (var i = 0; i < series.Length; i++)
        {
            var of = labels[series[i]];
            var kind = of.Name.EndsWith("_total", StringComparison.Ordinal) ? Kind.Sum : Kind.Gauge;
            Add(new Point(of, kind, batch.SampleTimestampsMs[i], batch.SampleValues[i], null), SpecialValues.IsStale(batch.SampleValues[i]));
        }

        foreach (var (at, time, histogram) in batch.Histograms)
        {
            // OTLP has no histogram that goes up and down.
            if (histogram.ResetHint != CounterResetHint.Gauge)
            {
                var kind = histogram.Schema == NativeHistogram.CustomBucketsSchema ? Kind.Histogram : Kind.ExponentialHistogram;
                Add(new Point(labels[at], kind, time, 0, histogram), SpecialValues.IsStale(histogram.Sum));
            }
        }

        foreach (var (at, time, value, exemplar) in batch.Exemplars)
        {
            // An exemplar is a part of a point; the queue keeps both together.
            if (last.TryGetValue(labels[at], out var point))
            {
                (point.Exemplars ??= []).Add((time, value, exemplar));
            }
        }

        return points;

        // A point that says that there is nothing any more has no exemplars.
        void Add(Point point, bool stale)
        {
            points.Add(point);
            if (!stale)
            {
                last[point.Labels] = point;
            }
        }
    }

    private void Resource(string job, string instance)
    {
        _inner.Clear();
        _points.Attribute(_inner, 1, "service.name", job);
        _points.Attribute(_inner, 1, "service.instance.id", instance);
        _outer.Bytes(1, _inner.Written);
    }

    private void Metric(string name, Kind kind, string help, IEnumerable<Point> points)
    {
        _data.Clear();
        foreach (var point in points)
        {
            _data.Bytes(1, kind switch
            {
                Kind.Histogram => _points.Explicit(point.Labels, point.TimeMs, point.Histogram!, point.Exemplars),
                Kind.ExponentialHistogram => _points.Exponential(point.Labels, point.TimeMs, point.Histogram!, point.Exemplars),
                _ => _points.Number(point.Labels, point.TimeMs, point.Value, point.Exemplars),
            });
        }

        if (kind != Kind.Gauge)
        {
            _data.Varint(2, Cumulative);
        }

        if (kind == Kind.Sum)
        {
            _data.Varint(3, 1);
        }

        _inner.Clear();
        _inner.Text(1, name);
        _inner.Text(2, help);
        _inner.Bytes((int)kind, _data.Written);
    }

    private sealed record Point(LabelSet Labels, Kind Kind, long TimeMs, double Value, NativeHistogram? Histogram)
    {
        public List<(long TimeMs, double Value, LabelSet Labels)>? Exemplars { get; set; }
    }
}
