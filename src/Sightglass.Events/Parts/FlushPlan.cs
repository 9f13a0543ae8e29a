using Sightglass.Events.Columns;
using Sightglass.Events.Memory;
using Sightglass.Events.Records;

namespace Sightglass.Events.Parts;

/// <summary>Sorts the rows of a memory table into parts: by day, then stream, then time, then the order they came in.</summary>
internal sealed class FlushPlan
{
    public const long NanosecondsPerDay = 86_400_000_000_000;

    private readonly IReadOnlyList<MemoryBlock> _sources;
    private readonly SortRow[] _rows;
    private readonly long[] _ties;

    public FlushPlan(IReadOnlyList<MemoryBlock> sources)
    {
        _sources = sources;
        var ranks = RankStreams(sources);
        _rows = new SortRow[sources.Sum(s => s.Rows)];
        _ties = new long[_rows.Length];
        var at = 0;
        for (var source = 0; source < sources.Count; source++)
        {
            var block = sources[source];
            var times = block.Column(ColumnKey.Time)!.Values.Bits;
            var rank = Array.ConvertAll(block.Streams, s => ranks[s]);
            var index = block.StreamIndex;
            for (var row = 0; row < block.Rows; row++)
            {
                var time = times[row];
                _rows[at] = new SortRow(DayOf(time), rank[index is null ? 0 : index[row]], time, at, source, row);
                at++;
            }
        }

        RankTies();
        Array.Sort(_rows);
    }

    /// <summary>Days since the Unix epoch.</summary>
    public static int DayOf(long unixNano) => (int)Math.Clamp(
        unixNano >= 0 ? unixNano / NanosecondsPerDay : ((unixNano + 1) / NanosecondsPerDay) - 1, int.MinValue, int.MaxValue);

    /// <summary>The days that have rows, ascending.</summary>
    public List<int> Days()
    {
        var days = new List<int>();
        foreach (ref readonly var row in _rows.AsSpan())
        {
            if (days.Count == 0 || days[^1] != row.Day)
            {
                days.Add(row.Day);
            }
        }

        return days;
    }

    /// <summary>Writes the blocks of a day and returns its largest tie.</summary>
    public long Write(int day, int maxRows, BlockSink sink)
    {
        var refs = new List<RowRef>(maxRows);
        long maxTie = 0;
        var stream = -1;
        foreach (ref readonly var row in _rows.AsSpan())
        {
            if (row.Day != day)
            {
                continue;
            }

            if (refs.Count >= maxRows || (row.Stream != stream && refs.Count >= BlockBounds.EnoughRows))
            {
                sink.Add(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(refs), _sources);
                refs.Clear();
            }

            stream = row.Stream;
            maxTie = Math.Max(maxTie, _ties[row.Sequence]);
            refs.Add(new RowRef(row.Source, row.Row, _ties[row.Sequence]));
        }

        if (refs.Count > 0)
        {
            sink.Add(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(refs), _sources);
        }

        return maxTie;
    }

    private static Dictionary<StreamEntry, int> RankStreams(IReadOnlyList<MemoryBlock> sources)
    {
        var streams = sources.SelectMany(s => s.Streams).Distinct().ToArray();
        Array.Sort(streams);
        return streams.Index().ToDictionary(s => s.Item, s => s.Index);
    }

    /// <summary>Numbers rows of one time in the order they came; most rows are the only one of their time.</summary>
    private void RankTies()
    {
        var times = Array.ConvertAll(_rows, r => (r.Time, r.Sequence));
        Array.Sort(times);
        for (var i = 1; i < times.Length; i++)
        {
            if (times[i].Time == times[i - 1].Time)
            {
                _ties[times[i].Sequence] = _ties[times[i - 1].Sequence] + 1;
            }
        }
    }

    private readonly record struct SortRow(int Day, int Stream, long Time, int Sequence, int Source, int Row) : IComparable<SortRow>
    {
        public int CompareTo(SortRow other)
        {
            if (Day != other.Day)
            {
                return Day < other.Day ? -1 : 1;
            }

            if (Stream != other.Stream)
            {
                return Stream < other.Stream ? -1 : 1;
            }

            return Time != other.Time ? (Time < other.Time ? -1 : 1) : Sequence.CompareTo(other.Sequence);
        }
    }
}
