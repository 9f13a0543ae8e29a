using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;

namespace Sightglass.Events.Querying;

/// <summary>
/// Counts of rows by group and cell of time, over the blocks that one worker did. A group is a stream, a scope and a value of every column. Not
/// thread-safe.
/// </summary>
internal sealed class FoldTable
{
    /// <summary>Counts that a table holds before it is given out.</summary>
    private const int MaxCounts = 1 << 20;

    /// <summary>Groups that a table holds before it is given out.</summary>
    private const int MaxGroups = 1 << 16;

    private readonly Dictionary<Hash128, int> _known = [];
    private readonly List<EventStream> _streams = [];
    private readonly List<EventScope?> _scopes = [];
    private readonly EventColumn[] _columns;
    private readonly List<long[]> _counts = [];
    private readonly FoldCells _cells;

    public FoldTable(EventPlan plan)
    {
        _cells = new FoldCells(plan);
        _columns = new EventColumn[plan.Columns.Count];
        for (var i = 0; i < _columns.Length; i++)
        {
            _columns[i] = new EventColumn();
        }
    }

    public int Groups => _counts.Count;

    /// <summary>Rows that were left out, and not taken yet.</summary>
    public long Uncounted { get; set; }

    public bool IsFull => _counts.Count >= MaxGroups || (long)_counts.Count * _cells.Count >= MaxCounts;

    /// <summary>Number of the group with a key, which names all that makes it up; false when the caller has to describe it by <see cref="AddGroup"/>.</summary>
    public bool TryGet(Hash128 key, out int group) => _known.TryGetValue(key, out group);

    /// <summary>Begins a group; the caller adds a value to each of the returned columns.</summary>
    public EventColumn[] AddGroup(Hash128 key, EventStream stream, EventScope? scope, out int group)
    {
        group = _counts.Count;
        _known.Add(key, group);
        _streams.Add(stream);
        _scopes.Add(scope);
        _counts.Add(new long[_cells.Count]);
        return _columns;
    }

    /// <summary>Counts rows of a group; of a negative one they are left out.</summary>
    public void Count(int group, int cell, long rows)
    {
        if (group < 0)
        {
            Uncounted += rows;
            return;
        }

        _counts[group][cell] += rows;
    }

    /// <summary>Fills a page with rows from a place on and moves the place; false at the end.</summary>
    public bool Fill(EventPage page, int most, ref (int Group, int Cell) place)
    {
        while (page.Count < most && place.Group < _counts.Count)
        {
            var counts = _counts[place.Group].AsSpan(place.Cell);
            var skip = counts.IndexOfAnyExcept(0);
            if (skip < 0)
            {
                place = (place.Group + 1, 0);
                continue;
            }

            var cell = place.Cell + skip;
            page.TimesUnixNano.Add(_cells.TimeOf(cell));
            page.Streams.Add(_streams[place.Group]);
            page.Scopes.Add(_scopes[place.Group]);
            page.Weights.Add(counts[skip]);
            for (var i = 0; i < _columns.Length; i++)
            {
                PageBuilder.Copy(_columns[i], place.Group, page.Columns[i]);
            }

            place = (place.Group, cell + 1);
        }

        (page.Uncounted, Uncounted) = (page.Uncounted + Uncounted, 0);
        return page.Count > 0;
    }
}

/// <summary>The cells of time of a folded plan, counted from the one in which its range begins.</summary>
internal readonly struct FoldCells
{
    /// <summary>More cells than a chart has points by far.</summary>
    private const long MaxCells = 1 << 16;

    private readonly long _min;
    private readonly long _first;
    private readonly long _width;

    public FoldCells(EventPlan plan)
    {
        _min = plan.MinTimeUnixNano;
        _width = plan.Fold!.WidthNano;
        if (_width <= 0)
        {
            (_width, _first, Count) = (0, _min, 1);
            return;
        }

        // The origin may be anywhere; of it only the place within a cell counts.
        var into = (long)(((Int128)_min - plan.Fold.OriginUnixNano) % _width);
        _first = _min - (into < 0 ? into + _width : into);
        Count = (int)(((Int128)plan.MaxTimeUnixNano - 1 - _first) / _width) + 1;
    }

    public int Count { get; }

    /// <summary>Whether the cells of a plan can be counted here.</summary>
    public static bool Fit(EventPlan plan) => plan.Fold is { } fold && plan.MinTimeUnixNano < plan.MaxTimeUnixNano
        && (fold.WidthNano <= 0 || (Span(plan) / fold.WidthNano < MaxCells && Span(plan) <= long.MaxValue / 4
            && plan.MinTimeUnixNano > long.MinValue + fold.WidthNano && plan.MaxTimeUnixNano < long.MaxValue - fold.WidthNano));

    /// <summary>Cell of a time in the plan's range.</summary>
    public int Of(long time) => _width == 0 ? 0 : (int)((time - _first) / _width);

    /// <summary>Start of a cell.</summary>
    public long StartOf(int cell) => _width == 0 ? long.MinValue : _first + (cell * _width);

    /// <summary>End of a cell, exclusive.</summary>
    public long EndOf(int cell) => _width == 0 ? long.MaxValue : _first + ((cell + 1L) * _width);

    public long TimeOf(int cell) => Math.Max(_first + (cell * _width), _min);

    private static Int128 Span(EventPlan plan) => (Int128)plan.MaxTimeUnixNano - plan.MinTimeUnixNano;
}
