using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Events.Parts;

namespace Sightglass.Events.Querying;

/// <summary>The answer of a folded plan: blocks are counted in parallel, each worker into a table of its own, and the tables read at the end.</summary>
internal sealed class FoldCursor : IEventCursor
{
    private const int PageRows = 1024;

    private readonly Work _work;
    private readonly IDisposable _pinned;
    private readonly CancellationToken _cancellation;
    private FoldTable? _table;
    private (int Group, int Cell) _place;

    public FoldCursor(EventPlan plan, FoldTable? whole, IReadOnlyList<BlockSource> sources, Func<BlockSelection> selection, QueryHelpers helpers, IDisposable pinned, CancellationToken cancellation)
    {
        _pinned = pinned;
        _cancellation = cancellation;
        _table = whole;
        _work = new Work(plan, sources, selection, cancellation);
        foreach (var _ in plan.Columns)
        {
            Page.Columns.Add(new EventColumn());
        }

        if (sources.Count > 1)
        {
            helpers.Offer(_work);
        }
    }

    public EventPage Page { get; } = new();

    public bool Next()
    {
        Page.TimesUnixNano.Clear();
        Page.Streams.Clear();
        Page.Scopes.Clear();
        Page.Weights.Clear();
        Page.Uncounted = 0;
        foreach (var column in Page.Columns)
        {
            column.Clear();
        }

        _cancellation.ThrowIfCancellationRequested();
        while (true)
        {
            if (_table is not null && _table.Fill(Page, PageRows, ref _place))
            {
                return true;
            }

            _place = default;
            if (!_work.TryTake(out _table) && !_work.Step() && !_work.WaitForHelper())
            {
                _work.ThrowIfFailed();
                if (!_work.TryTake(out _table) && !_work.TryTakeRest(out _table))
                {
                    return false;
                }
            }
        }
    }

    public void Dispose()
    {
        _work.Dispose();
        _pinned.Dispose();
    }

    /// <summary>What one thread needs to count a block.</summary>
    private sealed class Worker(EventPlan plan, BlockSelection selection) : IDisposable
    {
        public BlockSelection Selection { get; } = selection;

        public BlockFold Fold { get; } = new(plan);

        public FoldTable Table { get; set; } = new(plan);

        public void Dispose() => Fold.Dispose();
    }

    private sealed class Work(EventPlan plan, IReadOnlyList<BlockSource> sources, Func<BlockSelection> selection, CancellationToken cancellation)
        : BlockWork(Enumerable.Range(0, sources.Count).ToArray(), cancellation)
    {
        private readonly Lock _gate = new();
        private readonly Stack<Worker> _idle = [];
        private readonly Queue<FoldTable> _full = [];

        public bool TryTake(out FoldTable? table)
        {
            lock (_gate)
            {
                return _full.TryDequeue(out table);
            }
        }

        /// <summary>A table that is not full, when no block is left.</summary>
        public bool TryTakeRest(out FoldTable? table)
        {
            lock (_gate)
            {
                while (_idle.TryPop(out var worker))
                {
                    worker.Dispose();
                    if (worker.Table.Groups > 0)
                    {
                        table = worker.Table;
                        return true;
                    }
                }
            }

            table = null;
            return false;
        }

        protected override bool MayHelp
        {
            get
            {
                lock (_gate)
                {
                    // The query's thread reads what is full between blocks of its own.
                    return _full.Count < 4;
                }
            }
        }

        protected override void Do(int source)
        {
            Worker? worker;
            lock (_gate)
            {
                _idle.TryPop(out worker);
            }

            worker ??= new Worker(plan, selection());
            var block = sources[source].Block;
            try
            {
                if (worker.Selection.Select(block) is { } rows)
                {
                    worker.Fold.Add(block, rows, worker.Table);
                }
            }
            catch (CorruptDataException e) when (block is PartBlock)
            {
                worker.Selection.SetAside(block, e);
            }

            block.Forget();
            lock (_gate)
            {
                if (worker.Table.IsFull)
                {
                    _full.Enqueue(worker.Table);
                    worker.Table = new FoldTable(plan);
                }

                _idle.Push(worker);
            }
        }
    }
}
