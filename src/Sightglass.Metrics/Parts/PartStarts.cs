using Sightglass.Core.Bytes;

namespace Sightglass.Metrics.Parts;

/// <summary>Start timestamps of a part's samples: see <c>docs/format/metrics.md</c>, "starts". Immutable.</summary>
internal sealed class PartStarts
{
    private readonly int[] _series;

    // Where the points of each series begin, and the end.
    private readonly int[] _offsets;
    private readonly long[] _times;
    private readonly long[] _starts;

    private PartStarts(int[] series, int[] offsets, long[] times, long[] starts)
    {
        _series = series;
        _offsets = offsets;
        _times = times;
        _starts = starts;
    }

    /// <summary>Writes the points of a series, those at which the start changes; nothing when no sample has a start.</summary>
    /// <returns>Whether anything was written.</returns>
    public static bool Write(ByteWriter into, int gap, ReadOnlySpan<long> times, ReadOnlySpan<long> starts)
    {
        var points = 0;
        long start = 0;
        foreach (var s in starts)
        {
            points += s != start ? 1 : 0;
            start = s;
        }

        if (points == 0)
        {
            return false;
        }

        into.WriteVarint((ulong)gap);
        into.WriteVarint((ulong)points);
        (start, long time) = (0, 0);
        for (var i = 0; i < starts.Length; i++)
        {
            if (starts[i] != start)
            {
                into.WriteZigZag(times[i] - time);
                into.WriteZigZag(starts[i] == 0 ? 0 : times[i] - starts[i] + (times[i] >= starts[i] ? 1 : 0));
                (start, time) = (starts[i], times[i]);
            }
        }

        return true;
    }

    /// <summary>Reads what <see cref="Write"/> wrote for a part's series; null when it is not that.</summary>
    public static PartStarts? Read(ReadOnlySpan<byte> bytes, int seriesCount)
    {
        var reader = new ByteReader(bytes);
        var series = new List<int>();
        var offsets = new List<int>();
        var (times, starts) = (new List<long>(), new List<long>());
        long id = -1;
        while (reader.Remaining > 0 && !reader.Failed)
        {
            id += reader.ReadCount(int.MaxValue) + 1L;
            series.Add((int)id);
            offsets.Add(times.Count);
            long time = 0;
            for (var points = reader.ReadCount(reader.Remaining); points > 0 && !reader.Failed; points--)
            {
                time += reader.ReadZigZag();
                var before = reader.ReadZigZag();
                times.Add(time);
                starts.Add(before == 0 ? 0 : time - before + (before > 0 ? 1 : 0));
            }

            if (id >= seriesCount)
            {
                return null;
            }
        }

        offsets.Add(times.Count);
        return reader.AtEnd ? new PartStarts([.. series], [.. offsets], [.. times], [.. starts]) : null;
    }

    /// <summary>Whether samples of a series have starts.</summary>
    public bool Has(int series) => Array.BinarySearch(_series, series) >= 0;

    /// <summary>Fills in the starts of samples of a series at the given times, which ascend.</summary>
    public void Fill(int series, ReadOnlySpan<long> times, Span<long> starts)
    {
        starts.Clear();
        var at = Array.BinarySearch(_series, series);
        if (at < 0)
        {
            return;
        }

        var (point, end) = (_offsets[at], _offsets[at + 1]);
        for (var i = 0; i < times.Length; i++)
        {
            while (point < end && _times[point] <= times[i])
            {
                point++;
            }

            starts[i] = point == _offsets[at] ? 0 : _starts[point - 1];
        }
    }
}
