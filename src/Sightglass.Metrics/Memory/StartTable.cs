namespace Sightglass.Metrics.Memory;

/// <summary>
/// Start timestamps of the samples of a memory table. A series keeps its start for as long as its process runs, so what is held are the times at which
/// it changes: a sample has the start of the last such time that is not after its own, or none. One writer at a time, as the table.
/// </summary>
internal sealed class StartTable
{
    private const int PointBytes = 24;

    // By series: the first and the last of its points, plus one.
    private int[] _first = new int[64];
    private int[] _last = new int[64];
    private Point[] _points = new Point[64];
    private int _count;

    /// <summary>Bytes held.</summary>
    public long Bytes => ((long)_count * PointBytes) + (_first.Length * 8L);

    /// <summary>Whether samples of a series have starts.</summary>
    public bool Has(int id) => id < _first.Length && _first[id] > 0;

    /// <summary>
    /// Notes the start of a sample, 0 for none, that is about to be added to a series whose newest sample is at <paramref name="newest"/>.
    /// </summary>
    public void Set(int id, long time, long start, long newest)
    {
        if (!Has(id))
        {
            if (start == 0)
            {
                return;
            }

            First(id) = Last(id) = Add(time, start, 0);
            if (time < newest)
            {
                Put(id, time + 1, 0);
            }

            return;
        }

        if (time < newest)
        {
            // Late: what comes after it stays what it was.
            var after = At(id, time + 1);
            Put(id, time, start);
            Put(id, time + 1, after);
        }
        else
        {
            Put(id, time, start);
        }
    }

    /// <summary>Fills in the starts of samples at the given times, in any order.</summary>
    public void Fill(int id, ReadOnlySpan<long> times, Span<long> starts)
    {
        starts.Clear();
        if (!Has(id))
        {
            return;
        }

        var at = 0;
        for (var i = 0; i < times.Length; i++)
        {
            if (at == 0 || _points[at - 1].Time > times[i])
            {
                at = _first[id];
                if (_points[at - 1].Time > times[i])
                {
                    at = 0;
                    continue;
                }
            }

            at = Walk(at, times[i]);
            starts[i] = _points[at - 1].Start;
        }
    }

    // The start of a sample at a time.
    private long At(int id, long time)
    {
        var first = _first[id];
        return _points[first - 1].Time > time ? 0 : _points[Walk(first, time) - 1].Start;
    }

    // From a point that is not after a time on to the last such.
    private int Walk(int at, long time)
    {
        while (_points[at - 1].Next is > 0 and var next && _points[next - 1].Time <= time)
        {
            at = next;
        }

        return at;
    }

    private void Put(int id, long time, long start)
    {
        var last = _last[id];
        var first = _first[id];
        if (_points[first - 1].Time > time)
        {
            if (start != 0)
            {
                First(id) = Add(time, start, first);
            }

            return;
        }

        var at = _points[last - 1].Time <= time ? last : Walk(first, time);
        ref var point = ref _points[at - 1];
        if (point.Time == time)
        {
            point.Start = start;
        }
        else if (point.Start != start)
        {
            var added = Add(time, start, point.Next);
            _points[at - 1].Next = added;
            if (at == last)
            {
                _last[id] = added;
            }
        }
    }

    private int Add(long time, long start, int next)
    {
        if (_count == _points.Length)
        {
            Array.Resize(ref _points, _count * 2);
        }

        _points[_count] = new Point { Time = time, Start = start, Next = next };
        return ++_count;
    }

    private ref int First(int id)
    {
        if (id >= _first.Length)
        {
            Array.Resize(ref _first, Math.Max(id + 1, _first.Length * 2));
            Array.Resize(ref _last, _first.Length);
        }

        return ref _first[id];
    }

    private ref int Last(int id)
    {
        _ = First(id);
        return ref _last[id];
    }

    private struct Point
    {
        public long Time;
        public long Start;
        public int Next;
    }
}
