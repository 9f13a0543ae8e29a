using Sightglass.Core.Contracts;

namespace Sightglass.Events.Querying;

/// <summary>
/// All rows in order, for a large limit or none: a merge over blocks, each opened when the answer reaches its time range. Helpers look some blocks ahead. Held are
/// the places of the selected rows of open blocks, 40 bytes each, not their columns.
/// </summary>
internal sealed class MergingFeed : RowFeed
{
    private readonly IReadOnlyList<BlockSource> _sources;
    private readonly QueryHelpers _helpers;
    private readonly Work _work;
    private readonly bool _newestFirst;
    private readonly int[] _pending;
    private readonly PriorityQueue<(List<RowPlace> Rows, int At), RowPlace> _open;
    private int _next;
    private bool _offered;

    public MergingFeed(EventPlan plan, IReadOnlyList<BlockSource> sources, Func<BlockSelection> selection, QueryHelpers helpers, CancellationToken cancellation)
    {
        _sources = sources;
        _helpers = helpers;
        _newestFirst = plan.Order == EventOrder.TimeDescending;
        Comparison<RowPlace> order = _newestFirst ? static (a, b) => b.CompareTo(a) : static (a, b) => a.CompareTo(b);
        _open = new(Comparer<RowPlace>.Create(order));
        _pending = ByBound(sources, _newestFirst);
        _work = new Work(sources, _pending, selection, order, _newestFirst, cancellation);
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

    public override void Dispose()
    {
        _work.Dispose();
        base.Dispose();
    }

    private bool MayComeFirst(BlockSource source)
    {
        var first = _open.TryPeek(out _, out var row) ? row.Time : 0;
        return _newestFirst ? source.Block.MaxTime >= first : source.Block.MinTime <= first;
    }

    private void Open(int number)
    {
        List<RowPlace> rows;
        bool helpersStopped;
        while (!_work.TryTake(number, out rows, out helpersStopped))
        {
            // Blocks are claimed in the order in which they are opened: this one is being done, or the next to be claimed.
            if (!_work.Step())
            {
                _work.WaitForHelper();
                _work.ThrowIfFailed();
            }
        }

        // The first block alone is often enough.
        if (helpersStopped || (!_offered && _next > 1))
        {
            _offered = true;
            _helpers.Offer(_work);
        }

        if (rows.Count > 0)
        {
            _open.Enqueue((rows, 0), rows[0]);
        }
    }

    private sealed class Work(IReadOnlyList<BlockSource> sources, int[] order, Func<BlockSelection> selection, Comparison<RowPlace> comparison, bool newestFirst, CancellationToken cancellation)
        : BlockWork(order, cancellation)
    {
        /// <summary>Blocks looked at ahead of the merge.</summary>
        private const int MostAhead = 16;

        private readonly Lock _gate = new();
        private readonly Stack<BlockSelection> _idle = [];
        private readonly Dictionary<int, List<RowPlace>> _done = [];
        private bool _helpersStopped;

        /// <summary>Takes the rows of a block, in order; false when it is not done yet.</summary>
        public bool TryTake(int source, out List<RowPlace> rows, out bool helpersStopped)
        {
            lock (_gate)
            {
                helpersStopped = _helpersStopped && _done.Count <= MostAhead / 2;
                _helpersStopped &= !helpersStopped;
                return _done.Remove(source, out rows!);
            }
        }

        protected override bool MayHelp
        {
            get
            {
                lock (_gate)
                {
                    var enough = _done.Count >= MostAhead;
                    _helpersStopped |= enough;
                    return !enough;
                }
            }
        }

        protected override void Do(int source)
        {
            BlockSelection? own;
            lock (_gate)
            {
                if (!_idle.TryPop(out own))
                {
                    own = selection();
                }
            }

            List<RowPlace> rows = [];
            if (own.Select(sources[source].Block) is { } selected)
            {
                rows.Capacity = selected.PopCount();
                own.AddPlaces(sources[source], source, selected, rows);
                Sort(rows);
            }

            sources[source].Block.Forget();
            lock (_gate)
            {
                _idle.Push(own);
                _done.Add(source, rows);
            }
        }

        private void Sort(List<RowPlace> rows)
        {
            // Rows of one stream stand in the order of time.
            for (var i = 1; i < rows.Count; i++)
            {
                if (rows[i].CompareTo(rows[i - 1]) < 0)
                {
                    rows.Sort(comparison);
                    return;
                }
            }

            if (newestFirst)
            {
                rows.Reverse();
            }
        }
    }
}
