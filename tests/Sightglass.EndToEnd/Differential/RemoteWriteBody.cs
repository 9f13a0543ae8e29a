using Sightglass.Core.Bytes;

namespace Sightglass.EndToEnd.Differential;

/// <summary>A remote write 1.0 request: series with their labels and samples as protobuf in one snappy block.</summary>
internal static class RemoteWriteBody
{
    public static byte[] Of(IEnumerable<TestSeries> series)
    {
        using var request = new ByteWriter();
        foreach (var one in series)
        {
            using var timeSeries = new ByteWriter();
            foreach (var (name, value) in one.Labels)
            {
                using var label = new ByteWriter();
                Text(label, 1, name);
                Text(label, 2, value);
                Message(timeSeries, 1, label);
            }

            foreach (var (time, value) in one.Samples)
            {
                using var sample = new ByteWriter();
                Point(sample, 1, time, value);
                Message(timeSeries, 2, sample);
            }

            foreach (var (time, value, trace) in one.Exemplars)
            {
                using var label = new ByteWriter();
                Text(label, 1, "trace_id");
                Text(label, 2, trace);
                using var exemplar = new ByteWriter();
                Message(exemplar, 1, label);
                Point(exemplar, 2, time, value);
                Message(timeSeries, 3, exemplar);
            }

            foreach (var (time, histogram) in one.Histograms)
            {
                using var message = new ByteWriter();
                HistogramBody.Write(message, time, histogram);
                Message(timeSeries, 4, message);
            }

            Message(request, 1, timeSeries);
        }

        using var block = new ByteWriter();
        SnappyEncoder.Compress(request.Written, block);
        return block.Written.ToArray();
    }

    private static void Point(ByteWriter target, int field, long time, double value)
    {
        target.WriteByte((byte)((field << 3) | 1));
        target.WriteDouble(value);
        target.WriteByte((byte)((field + 1) << 3));
        target.WriteVarint((ulong)time);
    }

    private static void Text(ByteWriter target, int field, string value)
    {
        target.WriteByte((byte)((field << 3) | 2));
        target.WriteLengthPrefixed(System.Text.Encoding.UTF8.GetBytes(value));
    }

    private static void Message(ByteWriter target, int field, ByteWriter message)
    {
        target.WriteByte((byte)((field << 3) | 2));
        target.WriteLengthPrefixed(message.Written);
    }
}

/// <summary>A series and its samples (milliseconds, value), in the order of time.</summary>
internal sealed record TestSeries(SortedDictionary<string, string> Labels, List<(long Time, double Value)> Samples)
{
    /// <summary>Native histograms, in the order of time, none at the time of a sample.</summary>
    public List<(long Time, TestHistogram Histogram)> Histograms { get; init; } = [];

    /// <summary>Exemplars, in the order of time.</summary>
    public List<(long Time, double Value, string Trace)> Exemplars { get; init; } = [];

    /// <summary>What of it lies in a span of time, the end not included.</summary>
    public TestSeries Between(long from, long to) => this with
    {
        Samples = [.. Samples.Where(p => p.Time >= from && p.Time < to)],
        Histograms = [.. Histograms.Where(p => p.Time >= from && p.Time < to)],
        Exemplars = [.. Exemplars.Where(p => p.Time >= from && p.Time < to)],
    };
}
