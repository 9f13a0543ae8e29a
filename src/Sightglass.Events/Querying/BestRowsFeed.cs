using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Events.Memory;
using Sightglass.Events.Parts;

namespace Sightglass.Events.Querying;

/// <summary>The first rows of the order, for a small limit: a heap of that many, and no look at blocks that cannot add to it.</summary>
internal sealed class BestRowsFeed(EventPlan plan, IReadOnlyList<BlockSource> sources, Func<BlockSelection> selection, QueryHelpers helpers, CancellationToken cancellation) : RowFeed
{
    private List<RowPlace>? _best;
    private int _given;

    public override void Take(int count, List<RowPlace> target)
    {
        _best ??= FindBest();
        var take = Math.Min(count, _best.Count - _given);
        target.AddRange(_best.GetRange(_given, take));
        _given += take;
    }

    private List<RowPlace> FindBest()
    {
        if (plan.Limit <= 0)
        {
            return [];
        }

        using var work = new Work(plan, sources, ByBound(sources, plan.Order == EventOrder.TimeDescending), selection, cancellation);

        // The first block alone is often enough.
        if (work.Step() && !work.IsFull)
        {
            helpers.Offer(work);
        }

        while (work.Step() || work.WaitForHelper())
        {
        }

        work.ThrowIfFailed();
        return work.Best();
    }

    private sealed class Work(EventPlan plan, IReadOnlyList<BlockSource> sources, int[] order, Func<BlockSelection> selection, CancellationToken cancellation)
        : BlockWork(order, cancellation)
    {
        /// <summary>Decoded columns of blocks with rows in the heap that stay for the page, in bytes.</summary>
        private const long KeepBytes = 64L << 20;

        private readonly Lock _gate = new();
        private readonly int _limit = (int)plan.Limit;
        private readonly bool _newestFirst = plan.Order == EventOrder.TimeDescending;
        private readonly Stack<(BlockSelection Selection, List<RowPlace> Rows)> _idle = [];

        // The worst of the best is on top, to be pushed out.
        private readonly PriorityQueue<RowPlace, RowPlace> _heap = new(Comparer<RowPlace>.Create(
            plan.Order == EventOrder.TimeDescending ? static (a, b) => a.CompareTo(b) : static (a, b) => b.CompareTo(a)));

        private readonly HashSet<string> _fields = [.. plan.Columns.Where(static c => c.Scope == ColumnScope.Field).Select(static c => c.Name)];
        private readonly HashSet<string> _attributes = [.. plan.Columns.Where(static c => c.Scope is ColumnScope.Attribute or ColumnScope.Any).Select(static c => c.Name)];
        private long _held;

        public bool IsFull
        {
            get
            {
                lock (_gate)
                {
                    return _heap.Count == _limit;
                }
            }
        }

        /// <summary>The rows in order; empties the heap.</summary>
        public List<RowPlace> Best()
        {
            var best = new List<RowPlace>(_heap.Count);
            while (_heap.TryDequeue(out var row, out _))
            {
                best.Add(row);
            }

            best.Reverse();
            return best;
        }

        protected override void Do(int source)
        {
            var block = sources[source].Block;
            (BlockSelection Selection, List<RowPlace> Rows) own;
            lock (_gate)
            {
                if (_heap.Count == _limit && (_newestFirst ? block.MaxTime < _heap.Peek().Time : block.MinTime > _heap.Peek().Time))
                {
                    // Blocks come by this bound: no later one can add anything either.
                    Stop();
                    return;
                }

                if (!_idle.TryPop(out own))
                {
                    own = (selection(), []);
                }
            }

            own.Rows.Clear();
            if (own.Selection.Select(block) is { } selected)
            {
                own.Selection.AddPlaces(sources[source], source, selected, own.Rows);
            }

            bool kept;
            bool isFull;
            lock (_gate)
            {
                kept = Keep(own.Rows);
                isFull = _heap.Count == _limit;
            }

            if (kept && !isFull)
            {
                // Few rows are found: these stay, and the page of them is read by one thread.
                ReadAhead(block);
            }

            lock (_gate)
            {
                _held += block.HeldBytes;
                if (!kept || _held > KeepBytes)
                {
                    _held -= block.HeldBytes;
                    block.Forget();
                }

                _idle.Push(own);
            }
        }

        /// <summary>Reads the columns of a block that the page will have.</summary>
        private void ReadAhead(RowBlock block)
        {
            try
            {
                foreach (var key in block is PartBlock ? block.Columns : [])
                {
                    if (key.IsField ? _fields.Contains(key.Name) : plan.AllAttributes || _attributes.Contains(key.Name))
                    {
                        block.Column(key);
                    }
                }
            }
            catch (CorruptDataException)
            {
                // The page runs into it again, and sets the block aside.
            }
        }

        private bool Keep(List<RowPlace> rows)
        {
            var kept = false;
            foreach (var row in rows)
            {
                if (_heap.Count < _limit)
                {
                    _heap.Enqueue(row, row);
                    kept = true;
                }
                else if (_newestFirst ? row.CompareTo(_heap.Peek()) > 0 : row.CompareTo(_heap.Peek()) < 0)
                {
                    _heap.EnqueueDequeue(row, row);
                    kept = true;
                }
            }

            return kept;
        }
    }
}
