using Sightglass.Core.Model;

namespace Sightglass.Metrics.Blocks;

/// <summary>
/// Samples of one series in the order in which they were written, as arrays; <see cref="Normalize"/> makes them ascend, one per
/// timestamp. Reused; not thread-safe.
/// </summary>
internal sealed class SampleList
{
    /// <summary>Samples in no order at all are sorted; until so many moves of each they are merged.</summary>
    private const int MostMoves = 8;

    private long[] _timestamps = new long[1024];
    private double[] _values = new double[1024];
    private NativeHistogram?[]? _histograms;
    private SampleWeight[]? _weights;
    private long[]? _starts;
    private int[] _order = [];
    private long[] _mergedTimestamps = [];
    private double[] _mergedValues = [];

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
        // Parts and tables have their samples sorted, and overlap a little where senders were not in step: runs that are merged where they overlap.
        var sorted = RunEnd(0);
        long moved = 0;
        for (var next = sorted; next < Count;)
        {
            var end = RunEnd(next);
            var from = LowerBound(_timestamps[next], sorted);
            moved += sorted - from + (next > sorted ? end - next : 0);
            if (moved > (long)Count * MostMoves)
            {
                Move(next, sorted, Count - next);
                Truncate(sorted + Count - next);
                SortAll();
                return;
            }

            sorted = Merge(from, sorted, next, end);
            next = end;
        }

        Truncate(sorted);
    }

    // The end of the samples that ascend from an index on.
    private int RunEnd(int from)
    {
        var timestamps = _timestamps.AsSpan(0, Count);
        for (var i = from + 1; i < timestamps.Length; i++)
        {
            if (timestamps[i] <= timestamps[i - 1])
            {
                return i;
            }
        }

        return timestamps.Length;
    }

    // Merges the end of the sorted samples with the next run, which stands behind them; the new end of what is sorted.
    private int Merge(int from, int sorted, int next, int end)
    {
        var count = sorted - from;
        if (_mergedTimestamps.Length < count)
        {
            (_mergedTimestamps, _mergedValues) = (new long[_timestamps.Length], new double[_timestamps.Length]);
        }

        var (timestamps, values) = (_mergedTimestamps, _mergedValues);
        Array.Copy(_timestamps, from, timestamps, 0, count);
        Array.Copy(_values, from, values, 0, count);
        var histograms = HasHistograms ? _histograms.AsSpan(from, count).ToArray() : null;
        var weights = HasWeights ? _weights.AsSpan(from, count).ToArray() : null;
        var starts = HasStarts ? _starts.AsSpan(from, count).ToArray() : null;
        var to = from;
        for (var i = 0; i < count; to++)
        {
            if (next < end && _timestamps[next] <= timestamps[i])
            {
                i += _timestamps[next] == timestamps[i] ? 1 : 0;
                (_timestamps[to], _values[to]) = (_timestamps[next], _values[next]);
                MoveBeside(next++, to, 1);
                continue;
            }

            (_timestamps[to], _values[to]) = (timestamps[i], values[i]);
            if (histograms is not null)
            {
                _histograms![to] = histograms[i];
            }

            if (weights is not null)
            {
                _weights![to] = weights[i];
            }

            if (starts is not null)
            {
                _starts![to] = starts[i];
            }

            i++;
        }

        Move(next, to, end - next);
        return to + end - next;
    }

    private void Move(int from, int to, int count)
    {
        if (from == to)
        {
            return;
        }

        Array.Copy(_timestamps, from, _timestamps, to, count);
        Array.Copy(_values, from, _values, to, count);
        MoveBeside(from, to, count);
    }

    private void MoveBeside(int from, int to, int count)
    {
        if (HasHistograms)
        {
            Array.Copy(_histograms!, from, _histograms!, to, count);
        }

        if (HasWeights)
        {
            Array.Copy(_weights!, from, _weights!, to, count);
        }

        if (HasStarts)
        {
            Array.Copy(_starts!, from, _starts!, to, count);
        }
    }

    // Whatever the order is.
    private void SortAll()
    {
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

        Truncate(kept);
    }

    /// <summary>Index of the first sample at or after a time, in a normalized list.</summary>
    public int LowerBound(long timestamp) => LowerBound(timestamp, Count);

    private int LowerBound(long timestamp, int count)
    {
        var at = Array.BinarySearch(_timestamps, 0, count, timestamp);
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
