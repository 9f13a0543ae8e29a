using Sightglass.Core.Contracts;

namespace Sightglass.Events.Querying;

/// <summary>Gives the rows of an answer in order, some at a time.</summary>
internal abstract class RowFeed
{
    /// <summary>Up to this limit the best rows are held in a heap while blocks are looked at.</summary>
    private const long SmallLimit = 64 << 10;

    /// <summary>Appends up to <paramref name="count"/> rows; none at the end.</summary>
    public abstract void Take(int count, List<RowPlace> target);

    public static RowFeed Of(EventPlan plan, IReadOnlyList<BlockSource> sources, Func<BlockSelection> selection, QueryHelpers helpers, CancellationToken cancellation) => plan.Order switch
    {
        EventOrder.Any => new AnyOrderFeed(sources, selection(), cancellation),
        _ when plan.Limit <= SmallLimit => new BestRowsFeed(plan, sources, selection, helpers, cancellation),
        _ => new MergingFeed(plan, sources, selection(), cancellation),
    };

    /// <summary>Numbers of the sources, those that begin (or, for newest first, end) the answer first.</summary>
    protected static int[] ByBound(IReadOnlyList<BlockSource> sources, bool newestFirst)
    {
        var order = Enumerable.Range(0, sources.Count).ToArray();
        Array.Sort(order, (a, b) => newestFirst
            ? sources[b].Block.MaxTime.CompareTo(sources[a].Block.MaxTime)
            : sources[a].Block.MinTime.CompareTo(sources[b].Block.MinTime));
        return order;
    }
}

/// <summary>Block after block.</summary>
internal sealed class AnyOrderFeed(IReadOnlyList<BlockSource> sources, BlockSelection selection, CancellationToken cancellation) : RowFeed
{
    private readonly List<RowPlace> _rows = [];
    private int _next;
    private int _given;

    public override void Take(int count, List<RowPlace> target)
    {
        while (_given == _rows.Count)
        {
            if (_next > 0)
            {
                sources[_next - 1].Block.Forget();
            }

            if (_next == sources.Count)
            {
                return;
            }

            cancellation.ThrowIfCancellationRequested();
            _rows.Clear();
            _given = 0;
            if (selection.Select(sources[_next].Block) is { } rows)
            {
                selection.AddPlaces(sources[_next], _next, rows, _rows);
            }

            _next++;
        }

        var take = Math.Min(count, _rows.Count - _given);
        target.AddRange(_rows.GetRange(_given, take));
        _given += take;
    }
}

/// <summary>
/// All rows in order, for a large limit or none: a merge over blocks, each opened when the answer reaches its time range. Held are the places of the
/// selected rows of open blocks, 40 bytes each, not their columns.
/// </summary>
internal sealed class MergingFeed : RowFeed
{
    private readonly IReadOnlyList<BlockSource> _sources;
    private readonly BlockSelection _selection;
    private readonly CancellationToken _cancellation;
    private readonly bool _newestFirst;
    private readonly Comparison<RowPlace> _order;
    private readonly int[] _pending;
    private readonly PriorityQueue<(List<RowPlace> Rows, int At), RowPlace> _open;
    private int _next;

    public MergingFeed(EventPlan plan, IReadOnlyList<BlockSource> sources, BlockSelection selection, CancellationToken cancellation)
    {
        _sources = sources;
        _selection = selection;
        _cancellation = cancellation;
        _newestFirst = plan.Order == EventOrder.TimeDescending;
        _order = _newestFirst ? static (a, b) => b.CompareTo(a) : static (a, b) => a.CompareTo(b);
        _open = new(Comparer<RowPlace>.Create(_order));
        _pending = ByBound(sources, _newestFirst);
    }

    public override void Take(int count, List<RowPlace> target)
    {
        while (target.Count < count)
        {
            while (_next < _pending.Length && (_open.Count == 0 || MayComeFirst(_sources[_pending[_next]])))
            {
                Open(_pending[_next++]);
            }

            if (!_open.TryDequeue(out var block, out var row))
            {
                return;
            }

            target.Add(row);
            if (block.At + 1 < block.Rows.Count)
            {
                _open.Enqueue((block.Rows, block.At + 1), block.Rows[block.At + 1]);
            }
        }
    }

    private bool MayComeFirst(BlockSource source)
    {
        var first = _open.TryPeek(out _, out var row) ? row.Time : 0;
        return _newestFirst ? source.Block.MaxTime >= first : source.Block.MinTime <= first;
    }

    private void Open(int number)
    {
        _cancellation.ThrowIfCancellationRequested();
        var source = _sources[number];
        if (_selection.Select(source.Block) is { } selected)
        {
            var rows = new List<RowPlace>(selected.PopCount());
            _selection.AddPlaces(source, number, selected, rows);
            rows.Sort(_order);
            if (rows.Count > 0)
            {
                _open.Enqueue((rows, 0), rows[0]);
            }
        }

        source.Block.Forget();
    }
}
