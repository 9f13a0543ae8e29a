namespace Sightglass.Core.Model;

/// <summary>Values with a meaning of their own.</summary>
public static class SpecialValues
{
    /// <summary>Bits of the NaN that marks a series as gone (Prometheus' stale marker).</summary>
    public const ulong StaleNaNBits = 0x7ff0000000000002;

    /// <summary>Bits of the NaN that arithmetic makes in Prometheus.</summary>
    public const ulong NormalNaNBits = 0x7ff8000000000001;

    /// <summary>The stale marker.</summary>
    public static double StaleNaN => BitConverter.UInt64BitsToDouble(StaleNaNBits);

    /// <summary>Whether <paramref name="value"/> is the stale marker; other NaNs are ordinary values.</summary>
    public static bool IsStale(double value) => BitConverter.DoubleToUInt64Bits(value) == StaleNaNBits;
}

/// <summary>
/// Samples of one series as arrays, reused from series to series. Timestamps ascend strictly. Where <see cref="Histograms"/> has
/// a histogram the value at that index is NaN and has no meaning. Not thread-safe.
/// </summary>
public sealed class SampleBuffer
{
    private long[] _timestamps = new long[256];
    private double[] _values = new double[256];
    private NativeHistogram?[]? _histograms;
    private long[]? _starts;
    private bool _hasStarts;

    /// <summary>Samples in the buffer.</summary>
    public int Count { get; private set; }

    /// <summary>Milliseconds since the Unix epoch.</summary>
    public ReadOnlySpan<long> TimestampsMs => _timestamps.AsSpan(0, Count);

    /// <summary>Values.</summary>
    public ReadOnlySpan<double> Values => _values.AsSpan(0, Count);

    /// <summary>True when at least one sample is a native histogram.</summary>
    public bool HasHistograms { get; private set; }

    /// <summary>Native histograms by index, null for float samples; empty when there is none at all.</summary>
    public ReadOnlySpan<NativeHistogram?> Histograms => HasHistograms ? _histograms.AsSpan(0, Count) : default;

    /// <summary>Start timestamps by index, 0 for none; empty when no sample has one.</summary>
    public ReadOnlySpan<long> StartTimestampsMs => _hasStarts ? _starts.AsSpan(0, Count) : default;

    /// <summary>Gives the sample added last a start timestamp.</summary>
    public void SetStart(long startMs)
    {
        if (_starts is null || _starts.Length < _timestamps.Length)
        {
            Array.Resize(ref _starts, _timestamps.Length);
        }

        _starts[Count - 1] = startMs;
        _hasStarts = true;
    }

    /// <summary>Empties the buffer.</summary>
    public void Clear()
    {
        if (HasHistograms)
        {
            Array.Clear(_histograms!, 0, Count);
        }

        if (_hasStarts)
        {
            Array.Clear(_starts!);
            _hasStarts = false;
        }

        HasHistograms = false;
        Count = 0;
    }

    /// <summary>Appends one sample.</summary>
    public void Add(long timestampMs, double value)
    {
        EnsureFree(1);
        _timestamps[Count] = timestampMs;
        _values[Count++] = value;
    }

    /// <summary>Appends one native histogram.</summary>
    public void Add(long timestampMs, NativeHistogram histogram)
    {
        EnsureFree(1);
        _histograms ??= new NativeHistogram?[_timestamps.Length];
        HasHistograms = true;
        _histograms[Count] = histogram;
        _timestamps[Count] = timestampMs;
        _values[Count++] = double.NaN;
    }

    /// <summary>Makes room for <paramref name="count"/> float samples and hands out the arrays to fill.</summary>
    public void Append(int count, out Span<long> timestampsMs, out Span<double> values)
    {
        EnsureFree(count);
        timestampsMs = _timestamps.AsSpan(Count, count);
        values = _values.AsSpan(Count, count);
        Count += count;
    }

    /// <summary>Takes back the last <paramref name="count"/> samples.</summary>
    public void RemoveLast(int count)
    {
        if (HasHistograms)
        {
            Array.Clear(_histograms!, Count - count, count);
        }

        if (_hasStarts)
        {
            Array.Clear(_starts!, Count - count, count);
        }

        Count -= count;
    }

    private void EnsureFree(int count)
    {
        if (_timestamps.Length - Count >= count)
        {
            return;
        }

        var size = Math.Max(_timestamps.Length * 2, Count + count);
        Array.Resize(ref _timestamps, size);
        Array.Resize(ref _values, size);
        if (_histograms is not null)
        {
            Array.Resize(ref _histograms, size);
        }

        if (_starts is not null)
        {
            Array.Resize(ref _starts, size);
        }
    }
}
