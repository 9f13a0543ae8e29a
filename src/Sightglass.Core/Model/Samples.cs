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
/// What a sample of downsampled data stands for beside itself: how many samples there were, and their sum. <c>default</c> is the weight of an
/// ordinary sample, which stands for itself.
/// </summary>
/// <param name="Count">Samples; 0 for an ordinary sample.</param>
/// <param name="Sum">Their sum.</param>
public readonly record struct SampleWeight(double Count, double Sum)
{
    /// <summary>Samples that a sample of this weight stands for.</summary>
    public double CountOf => Count == 0 ? 1 : Count;

    /// <summary>Sum of the samples that a sample of this weight stands for.</summary>
    public double SumOf(double value) => Count == 0 ? value : Sum;
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
    private SampleWeight[]? _weights;
    private bool _hasWeights;

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

    /// <summary>Weights by index; empty when every sample is an ordinary one.</summary>
    public ReadOnlySpan<SampleWeight> Weights => _hasWeights ? _weights.AsSpan(0, Count) : default;

    /// <summary>Largest distance of neighbouring samples that is no gap, milliseconds, for samples up to <see cref="CoarseUntilMs"/>; 0 when none was downsampled.</summary>
    public long CoarseMs { get; private set; }

    /// <summary>Time up to which the samples may be downsampled.</summary>
    public long CoarseUntilMs { get; private set; }

    /// <summary>Notes that samples up to a time are downsampled to one bucket in <paramref name="resolutionMs"/>.</summary>
    public void NoteCoarse(long resolutionMs, long untilMs)
    {
        CoarseMs = Math.Max(CoarseMs, 2 * resolutionMs);
        CoarseUntilMs = Math.Max(CoarseUntilMs, untilMs);
    }

    /// <summary>How long after its time a sample is the newest one that a selector finds, given the lookback of the query.</summary>
    public long LookbackOf(int index, long lookbackMs) => CoarseMs > lookbackMs && _timestamps[index] <= CoarseUntilMs ? CoarseMs : lookbackMs;

    /// <summary>Weights of the samples added last, to fill.</summary>
    public Span<SampleWeight> WeightsOfLast(int count)
    {
        if (_weights is null || _weights.Length < _timestamps.Length)
        {
            Array.Resize(ref _weights, _timestamps.Length);
        }

        _hasWeights = true;
        return _weights.AsSpan(Count - count, count);
    }

    /// <summary>Gives the sample added last a start timestamp.</summary>
    public void SetStart(long startMs) => StartsOfLast(1)[0] = startMs;

    /// <summary>Start timestamps of the samples added last, to fill; they are 0 until then.</summary>
    public Span<long> StartsOfLast(int count)
    {
        if (_starts is null || _starts.Length < _timestamps.Length)
        {
            Array.Resize(ref _starts, _timestamps.Length);
        }

        _hasStarts = true;
        return _starts.AsSpan(Count - count, count);
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

        if (_hasWeights)
        {
            Array.Clear(_weights!);
            _hasWeights = false;
        }

        HasHistograms = false;
        CoarseMs = 0;
        CoarseUntilMs = 0;
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

        if (_hasWeights)
        {
            Array.Clear(_weights!, Count - count, count);
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

        if (_weights is not null)
        {
            Array.Resize(ref _weights, size);
        }
    }
}
