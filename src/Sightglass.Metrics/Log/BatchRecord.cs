using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Metrics.Blocks;

namespace Sightglass.Metrics.Log;

/// <summary>
/// A batch as one record of the log: see <c>docs/format/metrics.md</c>, "log record". A series is named by its id in the memory
/// table; the first record of a table's generation that names it brings its key. Reused by the appender; not thread-safe.
/// </summary>
internal sealed class BatchRecord : IDisposable
{
    private const byte Plain = 1;
    private const byte WithStarts = 2;

    /// <summary>Bytes of one record after decompression that a reader believes.</summary>
    private const int MaxRawBytes = 1 << 30;
    private const int MaxTextBytes = 1 << 20;
    private readonly ByteWriter _raw = new(64 << 10);
    private readonly ByteWriter _packed = new(64 << 10);
    private readonly List<(int Count, long Start)> _starts = [];

    /// <summary>Receives what a record holds.</summary>
    public interface ITarget
    {
        /// <summary>A series of a generation, before anything else names it.</summary>
        void Series(long generation, int id, ReadOnlySpan<byte> key);

        /// <summary>A float sample; its start timestamp is 0 for none.</summary>
        void Sample(long generation, int id, long timestamp, double value, long start);

        /// <summary>A native histogram; its start timestamp is 0 for none.</summary>
        void Histogram(long generation, int id, long timestamp, NativeHistogram histogram, long start);

        /// <summary>Metadata of a family.</summary>
        void Metadata(MetricMetadata metadata);
    }

    /// <summary>Kind in the log of the record of a batch.</summary>
    public static byte KindOf(MetricBatch batch) => batch.SampleStartsMs.IsEmpty && batch.HistogramStartsMs.IsEmpty ? Plain : WithStarts;

    /// <summary>Whether records of a kind are batches.</summary>
    public static bool IsKnown(byte kind) => kind is Plain or WithStarts;

    /// <summary>Encodes; <paramref name="ids"/> has the id of each series of the batch or -1 when it is left out.</summary>
    public ReadOnlySpan<byte> Encode(long generation, MetricBatch batch, ReadOnlySpan<int> ids, ReadOnlySpan<bool> define, ReadOnlySpan<bool> refused, int refusedHistogramsFrom)
    {
        _raw.Clear(4 << 20);
        _raw.WriteVarint((ulong)generation);
        var defined = 0;
        foreach (var d in define)
        {
            defined += d ? 1 : 0;
        }

        _raw.WriteVarint((ulong)defined);
        for (var i = 0; i < ids.Length; i++)
        {
            if (define[i])
            {
                _raw.WriteVarint((ulong)ids[i]);
                _raw.WriteLengthPrefixed(batch.SeriesKey(i));
            }
        }

        if (KindOf(batch) == WithStarts)
        {
            WriteStarts(batch.SampleStartsMs, batch.SampleCount, refused);
            WriteStarts(batch.HistogramStartsMs, batch.Histograms.Count, refused[refusedHistogramsFrom..]);
        }

        WriteSamples(batch, ids, refused);
        WriteHistograms(batch, ids, refused[refusedHistogramsFrom..]);
        _raw.WriteVarint((ulong)batch.Metadata.Count);
        foreach (var metadata in batch.Metadata)
        {
            WriteMetadata(_raw, metadata);
        }

        _packed.Clear(4 << 20);
        _packed.WriteVarint((ulong)_raw.Length);
        Zstd.Compress(_raw.Written, _packed);
        return _packed.Written;
    }

    /// <summary>Decodes a record; false when it is not one.</summary>
    public static bool TryDecode(byte kind, ReadOnlySpan<byte> record, ITarget target)
    {
        var packed = new ByteReader(record);
        var size = packed.ReadCount(MaxRawBytes);
        if (packed.Failed)
        {
            return false;
        }

        var raw = new byte[size];
        if (!Zstd.TryDecompress(record[packed.Position..], raw))
        {
            return false;
        }

        var reader = new ByteReader(raw);
        var generation = (long)reader.ReadVarint();
        var series = reader.ReadCount(raw.Length);
        for (var i = 0; i < series && !reader.Failed; i++)
        {
            var id = reader.ReadCount(int.MaxValue);
            var key = reader.ReadLengthPrefixed();
            if (!reader.Failed)
            {
                target.Series(generation, id, key);
            }
        }

        var sampleStarts = kind == WithStarts ? ReadStarts(ref reader) : [];
        var histogramStarts = kind == WithStarts ? ReadStarts(ref reader) : [];
        ReadSamples(ref reader, generation, sampleStarts, target);
        ReadHistograms(ref reader, generation, histogramStarts, target);
        var metadata = reader.ReadCount(raw.Length);
        for (var i = 0; i < metadata && !reader.Failed; i++)
        {
            var one = ReadMetadata(ref reader);
            if (!reader.Failed)
            {
                target.Metadata(one);
            }
        }

        return reader.AtEnd;
    }

    public static void WriteMetadata(ByteWriter target, MetricMetadata metadata)
    {
        target.WriteByte((byte)metadata.Type);
        target.WriteString(metadata.Family);
        target.WriteString(metadata.Help);
        target.WriteString(metadata.Unit);
    }

    public static MetricMetadata ReadMetadata(ref ByteReader reader)
    {
        var type = (MetricType)reader.ReadByte();
        return new MetricMetadata(reader.ReadString(MaxTextBytes), type, reader.ReadString(MaxTextBytes), reader.ReadString(MaxTextBytes));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _raw.Dispose();
        _packed.Dispose();
    }

    // By column: ids, then times, then values, so that equal things stand together.
    private void WriteSamples(MetricBatch batch, ReadOnlySpan<int> ids, ReadOnlySpan<bool> refused)
    {
        var series = batch.SampleSeries;
        var count = 0;
        for (var i = 0; i < series.Length; i++)
        {
            count += refused[i] ? 0 : 1;
        }

        _raw.WriteVarint((ulong)count);
        var previous = 0;
        for (var i = 0; i < series.Length; i++)
        {
            if (!refused[i])
            {
                _raw.WriteZigZag(ids[series[i]] - previous);
                previous = ids[series[i]];
            }
        }

        long previousTime = 0;
        var times = batch.SampleTimestampsMs;
        for (var i = 0; i < times.Length; i++)
        {
            if (!refused[i])
            {
                _raw.WriteZigZag(times[i] - previousTime);
                previousTime = times[i];
            }
        }

        ReadOnlySpan<double> values = batch.SampleValues;
        for (var i = 0; i < values.Length; i++)
        {
            if (!refused[i])
            {
                _raw.WriteDouble(values[i]);
            }
        }
    }

    // As runs of equal ones: the series of one process have one start.
    private void WriteStarts(ReadOnlySpan<long> starts, int count, ReadOnlySpan<bool> refused)
    {
        _starts.Clear();
        for (var i = 0; i < count && !starts.IsEmpty; i++)
        {
            if (refused[i])
            {
                continue;
            }

            if (_starts.Count > 0 && _starts[^1].Start == starts[i])
            {
                _starts[^1] = (_starts[^1].Count + 1, starts[i]);
            }
            else
            {
                _starts.Add((1, starts[i]));
            }
        }

        _raw.WriteVarint((ulong)_starts.Count);
        long previous = 0;
        foreach (var (run, start) in _starts)
        {
            _raw.WriteVarint((ulong)run);
            _raw.WriteZigZag(start - previous);
            previous = start;
        }
    }

    private static List<(int Count, long Start)> ReadStarts(ref ByteReader reader)
    {
        var starts = new List<(int Count, long Start)>();
        long start = 0;
        for (var runs = reader.ReadCount(reader.Remaining); runs > 0 && !reader.Failed; runs--)
        {
            var run = reader.ReadCount(int.MaxValue);
            start += reader.ReadZigZag();
            starts.Add((run, start));
        }

        return starts;
    }

    private void WriteHistograms(MetricBatch batch, ReadOnlySpan<int> ids, ReadOnlySpan<bool> refused)
    {
        var countAt = 0;
        foreach (var r in refused)
        {
            countAt += r ? 0 : 1;
        }

        _raw.WriteVarint((ulong)countAt);
        for (var i = 0; i < batch.Histograms.Count; i++)
        {
            if (!refused[i])
            {
                var (series, timestamp, histogram) = batch.Histograms[i];
                _raw.WriteVarint((ulong)ids[series]);
                _raw.WriteZigZag(timestamp);
                HistogramCodec.Write(_raw, histogram);
            }
        }
    }

    private static void ReadSamples(ref ByteReader reader, long generation, List<(int Count, long Start)> starts, ITarget target)
    {
        var count = reader.ReadCount(reader.Remaining / 10 + 1);
        var ids = new int[count];
        var times = new long[count];
        long id = 0;
        for (var i = 0; i < count; i++)
        {
            id += reader.ReadZigZag();
            ids[i] = (int)id;
        }

        long time = 0;
        for (var i = 0; i < count; i++)
        {
            time += reader.ReadZigZag();
            times[i] = time;
        }

        var runs = new Runs(starts);
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            var value = reader.ReadDouble();
            if (!reader.Failed)
            {
                target.Sample(generation, ids[i], times[i], value, runs.Next());
            }
        }
    }

    private static void ReadHistograms(ref ByteReader reader, long generation, List<(int Count, long Start)> starts, ITarget target)
    {
        var count = reader.ReadCount(reader.Remaining);
        var runs = new Runs(starts);
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            var id = reader.ReadCount(int.MaxValue);
            var time = reader.ReadZigZag();
            var histogram = HistogramCodec.Read(ref reader);
            if (!reader.Failed)
            {
                target.Histogram(generation, id, time, histogram, runs.Next());
            }
        }
    }

    /// <summary>Takes runs apart; behind their end everything is 0.</summary>
    private struct Runs(List<(int Count, long Start)> runs)
    {
        private int _run;
        private int _taken;

        public long Next()
        {
            while (_run < runs.Count && _taken == runs[_run].Count)
            {
                _run++;
                _taken = 0;
            }

            _taken++;
            return _run < runs.Count ? runs[_run].Start : 0;
        }
    }
}
