using Sightglass.Core.Bytes;

namespace Sightglass.Core.Model;

/// <summary>
/// Samples on their way in, as columns: series by their canonical key, samples as parallel arrays that name a series of this
/// batch. Filled by a decoder, changed by the pipeline, read by a store. Not thread-safe. Rented and returned by
/// <see cref="Dispose"/>; whoever has the batch disposes it, and a store that is handed one keeps nothing of it.
/// </summary>
public sealed class MetricBatch : IDisposable
{
    private readonly ByteWriter _arena = new(64 << 10);
    private readonly ByteWriter _labels = new(1024);
    private readonly List<(int NameAt, int NameLength, int ValueAt, int ValueLength)> _pending = new(32);
    private readonly Comparison<(int NameAt, int NameLength, int ValueAt, int ValueLength)> _byName;
    private (int Offset, int Length)[] _keys = new (int, int)[256];
    private Hash128[] _hashes = new Hash128[256];
    private int[] _sampleSeries = new int[1024];
    private long[] _sampleTimestamps = new long[1024];
    private double[] _sampleValues = new double[1024];
    private StartColumn _sampleStarts;
    private StartColumn _histogramStarts;

    /// <summary>Makes an empty batch.</summary>
    public MetricBatch() =>
        _byName = (a, b) => _labels.Written.Slice(a.NameAt, a.NameLength).SequenceCompareTo(_labels.Written.Slice(b.NameAt, b.NameLength));

    /// <summary>Who sends it, as limits tell senders apart; empty for who is nobody in particular.</summary>
    public string Sender { get; set; } = string.Empty;

    /// <summary>Series in the batch; the same series may stand in it more than once.</summary>
    public int SeriesCount { get; private set; }

    /// <summary>Float samples in the batch.</summary>
    public int SampleCount { get; private set; }

    /// <summary>Index of the series of each float sample.</summary>
    public ReadOnlySpan<int> SampleSeries => _sampleSeries.AsSpan(0, SampleCount);

    /// <summary>Timestamp of each float sample, milliseconds since the Unix epoch.</summary>
    public ReadOnlySpan<long> SampleTimestampsMs => _sampleTimestamps.AsSpan(0, SampleCount);

    /// <summary>Value of each float sample.</summary>
    public Span<double> SampleValues => _sampleValues.AsSpan(0, SampleCount);

    /// <summary>Native histogram samples: index of the series, timestamp in milliseconds, histogram.</summary>
    public List<(int Series, long TimestampMs, NativeHistogram Histogram)> Histograms { get; } = [];

    /// <summary>Start timestamp of each float sample, milliseconds since the Unix epoch, 0 for none; empty when no sample has one.</summary>
    public ReadOnlySpan<long> SampleStartsMs => _sampleStarts.Of(SampleCount);

    /// <summary>Start timestamp of each native histogram, as <see cref="SampleStartsMs"/>.</summary>
    public ReadOnlySpan<long> HistogramStartsMs => _histogramStarts.Of(Histograms.Count);

    /// <summary>Exemplars: index of the series, timestamp in milliseconds, value, labels.</summary>
    public List<(int Series, long TimestampMs, double Value, LabelSet Labels)> Exemplars { get; } = [];

    /// <summary>Metadata of metric families.</summary>
    public List<MetricMetadata> Metadata { get; } = [];

    /// <summary>Bytes that the series keys take; with the counts a measure of the batch's size.</summary>
    public int KeyBytes => _arena.Length;

    /// <summary>Canonical key of a series (<see cref="Model.SeriesKey"/>). Valid until the batch changes.</summary>
    public ReadOnlySpan<byte> SeriesKey(int series) => _arena.Written.Slice(_keys[series].Offset, _keys[series].Length);

    /// <summary>Hash of a series' key.</summary>
    public Hash128 SeriesHash(int series) => _hashes[series];

    /// <summary>Starts the labels of the next series.</summary>
    public void BeginSeries()
    {
        _labels.Clear();
        _pending.Clear();
    }

    /// <summary>Adds a label to the series begun, in any order. An empty value is the same as no label.</summary>
    public void AddLabel(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (value.Length == 0)
        {
            return;
        }

        var nameAt = _labels.Write(name);
        var valueAt = _labels.Write(value);
        _pending.Add((nameAt, name.Length, valueAt, value.Length));
    }

    /// <summary>Number of labels added since <see cref="BeginSeries"/>.</summary>
    public int PendingLabels => _pending.Count;

    /// <summary>Ends the series begun and returns its index, or -1 when a label name stands twice (nothing is added then).</summary>
    public int EndSeries()
    {
        var sorted = true;
        for (var i = 1; i < _pending.Count; i++)
        {
            var order = _byName(_pending[i - 1], _pending[i]);
            if (order == 0)
            {
                return -1;
            }

            sorted &= order < 0;
        }

        if (!sorted)
        {
            _pending.Sort(_byName);
            for (var i = 1; i < _pending.Count; i++)
            {
                if (_byName(_pending[i - 1], _pending[i]) == 0)
                {
                    return -1;
                }
            }
        }

        var start = _arena.Length;
        var labels = _labels.Written;
        foreach (var (nameAt, nameLength, valueAt, valueLength) in _pending)
        {
            _arena.WriteLengthPrefixed(labels.Slice(nameAt, nameLength));
            _arena.WriteLengthPrefixed(labels.Slice(valueAt, valueLength));
        }

        return AddKey(start);
    }

    /// <summary>Adds a series by its canonical key and returns its index.</summary>
    public int AddSeries(ReadOnlySpan<byte> key) => AddKey(_arena.Write(key));

    /// <summary>Adds a series by its labels and returns its index.</summary>
    public int AddSeries(LabelSet labels)
    {
        var start = _arena.Length;
        labels.WriteKey(_arena);
        return AddKey(start);
    }

    /// <summary>
    /// Room to write the canonical key of the next series into, for a decoder whose labels come sorted and unique; <see cref="AddWrittenKey"/>
    /// makes the series of it. Whatever is not taken so is forgotten.
    /// </summary>
    public Span<byte> KeyRoom(int maxBytes) => _arena.GetSpan(maxBytes);

    /// <summary>Adds the series whose key is in the first bytes of <see cref="KeyRoom"/> and returns its index.</summary>
    public int AddWrittenKey(int length)
    {
        var start = _arena.Length;
        _arena.Advance(length);
        return AddKey(start);
    }

    /// <summary>Adds a float sample.</summary>
    public void AddSample(int series, long timestampMs, double value)
    {
        var at = SampleCount;
        if (at == _sampleSeries.Length)
        {
            Array.Resize(ref _sampleSeries, at * 2);
            Array.Resize(ref _sampleTimestamps, at * 2);
            Array.Resize(ref _sampleValues, at * 2);
        }

        _sampleSeries[at] = series;
        _sampleTimestamps[at] = timestampMs;
        _sampleValues[at] = value;
        SampleCount = at + 1;
    }

    /// <summary>Gives the float sample added last a start timestamp, milliseconds since the Unix epoch.</summary>
    public void SetSampleStart(long startMs) => _sampleStarts.Set(SampleCount - 1, startMs);

    /// <summary>Gives the native histogram added last a start timestamp, milliseconds since the Unix epoch.</summary>
    public void SetHistogramStart(long startMs) => _histogramStarts.Set(Histograms.Count - 1, startMs);

    /// <summary>Empties the batch for reuse.</summary>
    public void Clear()
    {
        Sender = string.Empty;
        _arena.Clear(1 << 20);
        SeriesCount = 0;
        SampleCount = 0;
        Histograms.Clear();
        _sampleStarts.Clear();
        _histogramStarts.Clear();
        Exemplars.Clear();
        Metadata.Clear();
    }

    /// <summary>An empty batch, from the pool where it has one.</summary>
    public static MetricBatch Rent() => BatchPool<MetricBatch>.Rent() ?? new MetricBatch();

    /// <inheritdoc/>
    public void Dispose()
    {
        Clear();
        if (_sampleSeries.Length > 1 << 20 || !BatchPool<MetricBatch>.TryReturn(this))
        {
            _arena.Dispose();
            _labels.Dispose();
        }
    }

    private int AddKey(int start)
    {
        var at = SeriesCount;
        if (at == _keys.Length)
        {
            Array.Resize(ref _keys, at * 2);
            Array.Resize(ref _hashes, at * 2);
        }

        _keys[at] = (start, _arena.Length - start);
        _hashes[at] = Hash128.Compute(_arena.Written[start..]);
        SeriesCount = at + 1;
        return at;
    }
}

/// <summary>A small pool of batches of one kind; bounded so that a burst does not pin memory for ever.</summary>
internal static class BatchPool<T>
    where T : class
{
    private const int Capacity = 16;
    private static readonly System.Collections.Concurrent.ConcurrentBag<T> Idle = [];

    public static T? Rent() => Idle.TryTake(out var batch) ? batch : null;

    public static bool TryReturn(T batch)
    {
        if (Idle.Count >= Capacity)
        {
            return false;
        }

        Idle.Add(batch);
        return true;
    }
}
