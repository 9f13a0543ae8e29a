using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.RemoteWrite;

namespace Sightglass.Ingest.Forward;

/// <summary>
/// Turns a <c>prometheus.WriteRequest</c> from the queue into an <c>ExportMetricsServiceRequest</c> that a Prometheus-like receiver turns back into
/// the same series: <c>job</c> and <c>instance</c> as the resource's <c>service.name</c> and <c>service.instance.id</c>, names ending in <c>_total</c> as
/// cumulative sums, all others as gauges, stale markers as points without a value. Not thread-safe.
/// </summary>
internal sealed class OtlpMetricsEncoder : IDisposable
{
    /// <summary>Of a point's flags: it says only that there is no value any more.</summary>
    private const uint NoRecordedValue = 1;

    private const ulong Cumulative = 2;

    private readonly ByteWriter _point = new(1024);
    private readonly ByteWriter _outer = new(64 << 10);
    private readonly ByteWriter _inner = new(64 << 10);
    private readonly ByteWriter _attribute = new(512);
    private readonly ByteWriter _value = new(512);

    public void Dispose()
    {
        _point.Dispose();
        _outer.Dispose();
        _inner.Dispose();
        _attribute.Dispose();
        _value.Dispose();
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

        var labels = new LabelSet[batch.SeriesCount];
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = LabelSet.FromKey(batch.SeriesKey(i));
        }

        var series = batch.SampleSeries.ToArray();
        foreach (var resource in Enumerable.Range(0, series.Length).GroupBy(i => (Job: labels[series[i]]["job"], Instance: labels[series[i]]["instance"])))
        {
            _outer.Clear();
            Resource(resource.Key.Job, resource.Key.Instance);
            var scope = new ByteWriter(64 << 10);
            foreach (var metric in resource.GroupBy(i => labels[series[i]].Name))
            {
                Metric(batch, metric.Key, help.GetValueOrDefault(metric.Key, string.Empty), metric, labels, series);
                scope.Bytes(2, _inner.Written);
            }

            _outer.Bytes(2, scope.Written);
            scope.Dispose();
            target.Bytes(1, _outer.Written);
        }
    }

    private void Resource(string job, string instance)
    {
        _inner.Clear();
        Attribute(_inner, 1, "service.name", job);
        Attribute(_inner, 1, "service.instance.id", instance);
        _outer.Bytes(1, _inner.Written);
    }

    private void Metric(MetricBatch batch, string name, string help, IEnumerable<int> samples, LabelSet[] labels, int[] series)
    {
        using var data = new ByteWriter(4096);
        foreach (var i in samples)
        {
            _point.Clear();
            _point.WriteVarint((3 << 3) | 1);
            _point.WriteUInt64((ulong)batch.SampleTimestampsMs[i] * 1_000_000);
            var value = batch.SampleValues[i];
            if (SpecialValues.IsStale(value))
            {
                _point.Varint(8, NoRecordedValue);
            }
            else
            {
                // Of a choice exactly one is there: zero is written too.
                _point.WriteVarint((4 << 3) | 1);
                _point.WriteDouble(value);
            }

            foreach (var label in labels[series[i]])
            {
                if (label.Name is not (LabelSet.MetricName or "job" or "instance"))
                {
                    Attribute(_point, 7, label.Name, label.Value);
                }
            }

            data.Bytes(1, _point.Written);
        }

        var counter = name.EndsWith("_total", StringComparison.Ordinal);
        if (counter)
        {
            data.Varint(2, Cumulative);
            data.Varint(3, 1);
        }

        _inner.Clear();
        _inner.Text(1, name);
        _inner.Text(2, help);
        _inner.Bytes(counter ? 7 : 5, data.Written);
    }

    private void Attribute(ByteWriter target, int field, string key, string text)
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
}
