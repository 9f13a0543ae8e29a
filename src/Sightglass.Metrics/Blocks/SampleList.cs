using Sightglass.Core.Model;

namespace Sightglass.Metrics.Blocks;

/// <summary>
/// Samples of one series in the order in which they were written, as arrays; <see cref="Normalize"/> makes them ascend, one per
/// timestamp. Reused; not thread-safe.
/// </summary>
internal sealed class SampleList
{
    private long[] _timestamps = new long[1024];
    private double[] _values = new double[1024];
    private NativeHistogram?[]? _histograms;
    private SampleWeight[]? _weights;
    private long[]? _starts;
    private int[] _order = [];

    public int Count { get; private set; }

    public bool HasHistograms { get; private set; }

    /// <summary>Whether samples stand for others that are gone.</summary>
    public bool HasWeights { get; private set; }

    /// <summary>Weights by index; empty when every sample is an ordinary one.</summary>
    public ReadOnlySpan<SampleWeight> Weights => HasWeights ? _weights.AsSpan(0, Count) : default;

    /// <summary>Whether samples have start timestamps.</summary>
    public bool HasStarts { get; private set; }

    /// <summary>Start timestamps by index, 0 for none; empty when no sample has one.</summary>
    public ReadOnlySpan<long> Starts => HasStarts ? _starts.AsSpan(0, Count) : default;

    public ReadOnlySpan<long> Timestamps => _timestamps.AsSpan(0, Count);

    public ReadOnlySpan<double> Values => _values.AsSpan(0, Count);

    public ReadOnlySpan<NativeHistogram?> Histograms => HasHistograms ? _histograms.AsSpan(0, Count) : default;

    public void Clear()
    {
        if (HasHistograms)
        {
            Array.Clear(_histograms!, 0, Count);
        }

        ClearBeside(0);
        Count = 0;
        HasHistograms = false;
        HasWeights = false;
        HasStarts = false;
    }

    /// <summary>Forgets the samples added after the first <paramref name="count"/>.</summary>
    public void Truncate(int count)
    {
        if (HasHistograms)
        {
            Array.Clear(_histograms!, count, Count - count);
        }

        ClearBeside(count);
        Count = count;
    }

    /// <summary>Takes out the samples in a range of times (inclusive) among those after the first <paramref name="from"/>.</summary>
    public void Remove(int from, long minTime, long maxTime)
    {
        var kept = from;
        for (var i = from; i < Count; i++)
        {
            if (_timestamps[i] >= minTime && _timestamps[i] <= maxTime)
            {
                continue;
            }

            _timestamps[kept] = _timestamps[i];
            _values[kept] = _values[i];
            if (HasHistograms)
            {
                _histograms![kept] = _histograms[i];
            }

            if (HasWeights)
            {
                _weights![kept] = _weights[i];
            }

            if (HasStarts)
            {
                _starts![kept] = _starts[i];
            }

            kept++;
        }

        Truncate(kept);
    }

    public void Add(long timestamp, double value)
    {
        EnsureFree(1);
        _timestamps[Count] = timestamp;
        _values[Count++] = value;
    }

    public void Add(long timestamp, NativeHistogram histogram)
    {
        EnsureFree(1);
        _histograms ??= new NativeHistogram?[_timestamps.Length];
        HasHistograms = true;
        _histograms[Count] = histogram;
        _timestamps[Count] = timestamp;
        _values[Count++] = double.NaN;
    }

    /// <summary>Room for float samples, counted at once.</summary>
    public void Append(int count, out Span<long> timestamps, out Span<double> values)
    {
        EnsureFree(count);
        timestamps = _timestamps.AsSpan(Count, count);
        values = _values.AsSpan(Count, count);
        Count += count;
    }

    /// <summary>Weights of the samples added last, to fill.</summary>
    public Span<SampleWeight> WeightsOfLast(int count)
    {
        if (_weights is null || _weights.Length < _timestamps.Length)
        {
            Array.Resize(ref _weights, _timestamps.Length);
        }

        HasWeights = true;
        return _weights.AsSpan(Count - count, count);
    }

    /// <summary>Start timestamps of the samples added last, to fill; they are 0 until then.</summary>
    public Span<long> StartsOfLast(int count)
    {
        if (_starts is null || _starts.Length < _timestamps.Length)
        {
            Array.Resize(ref _starts, _timestamps.Length);
        }

        HasStarts = true;
        return _starts.AsSpan(Count - count, count);
    }

    /// <summary>Sorts by time; of one timestamp's samples the last added stays.</summary>
    public void Normalize()
    {
        var ascending = true;
        for (var i = 1; i < Count && ascending; i++)
        {
            ascending = _timestamps[i] > _timestamps[i - 1];
        }

        if (ascending)
        {
            return;
        }

        if (_order.Length < Count)
        {
            _order = new int[_timestamps.Length];
        }

        for (var i = 0; i < Count; i++)
        {
            _order[i] = i;
        }

        var timestamps = _timestamps;
        _order.AsSpan(0, Count).Sort((a, b) => timestamps[a] != timestamps[b] ? timestamps[a].CompareTo(timestamps[b]) : a.CompareTo(b));
        var oldTimestamps = _timestamps.AsSpan(0, Count).ToArray();
        var oldValues = _values.AsSpan(0, Count).ToArray();
        var oldHistograms = HasHistograms ? _histograms.AsSpan(0, Count).ToArray() : null;
        var oldWeights = Weights.ToArray();
        var oldStarts = Starts.ToArray();
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            var from = _order[i];
            if (kept > 0 && _timestamps[kept - 1] == oldTimestamps[from])
            {
                kept--;
            }

            _timestamps[kept] = oldTimestamps[from];
            _values[kept] = oldValues[from];
            if (oldHistograms is not null)
            {
                _histograms![kept] = oldHistograms[from];
            }

            if (HasWeights)
            {
                _weights![kept] = oldWeights[from];
            }

            if (HasStarts)
            {
                _starts![kept] = oldStarts[from];
            }

            kept++;
        }

        if (HasHistograms)
        {
            Array.Clear(_histograms!, kept, Count - kept);
        }

        ClearBeside(kept);
        Count = kept;
    }

    /// <summary>Index of the first sample at or after a time, in a normalized list.</summary>
    public int LowerBound(long timestamp)
    {
        var at = Array.BinarySearch(_timestamps, 0, Count, timestamp);
        return at < 0 ? ~at : at;
    }

    /// <summary>Copies the samples in a range of times (inclusive) of a normalized list.</summary>
    public void CopyTo(SampleBuffer buffer, long minTime, long maxTime)
    {
        var from = LowerBound(minTime);
        var to = maxTime == long.MaxValue ? Count : LowerBound(maxTime + 1);
        if (to <= from)
        {
            return;
        }

        CopyValues(buffer, from, to);
        if (HasStarts)
        {
            Starts[from..to].CopyTo(buffer.StartsOfLast(to - from));
        }
    }

    private void CopyValues(SampleBuffer buffer, int from, int to)
    {
        if (!HasHistograms)
        {
            buffer.Append(to - from, out var timestamps, out var values);
            _timestamps.AsSpan(from, to - from).CopyTo(timestamps);
            _values.AsSpan(from, to - from).CopyTo(values);
            if (HasWeights)
            {
                Weights[from..to].CopyTo(buffer.WeightsOfLast(to - from));
            }

            return;
        }

        for (var i = from; i < to; i++)
        {
            if (_histograms![i] is { } histogram)
            {
                buffer.Add(_timestamps[i], histogram);
            }
            else
            {
                buffer.Add(_timestamps[i], _values[i]);
                if (HasWeights)
                {
                    buffer.WeightsOfLast(1)[0] = _weights![i];
                }
            }
        }
    }

    private void ClearBeside(int from)
    {
        if (HasWeights)
        {
            Array.Clear(_weights!, from, Count - from);
        }

        if (HasStarts)
        {
            Array.Clear(_starts!, from, Count - from);
        }
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

        if (_weights is not null)
        {
            Array.Resize(ref _weights, size);
        }

        if (_starts is not null)
        {
            Array.Resize(ref _starts, size);
        }
    }
}
