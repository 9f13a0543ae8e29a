using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Events.Parts;

namespace Sightglass.Events.Querying;

/// <summary>All rows of a plan in any order: blocks are looked at and made into pages in parallel, and the pages given out as they come.</summary>
internal sealed class PageCursor : IEventCursor
{
    /// <summary>Rows of a page: enough to make the cost of a page disappear, few enough to stay in the cache.</summary>
    public const int PageRows = 1024;

    private readonly EventPlan _plan;
    private readonly QueryHelpers _helpers;
    private readonly Work _work;
    private readonly IDisposable _pinned;
    private readonly CancellationToken _cancellation;
    private PageBuilder? _current;

    public PageCursor(EventPlan plan, IReadOnlyList<BlockSource> sources, Func<BlockSelection> selection, QueryHelpers helpers, IDisposable pinned, CancellationToken cancellation)
    {
        _plan = plan;
        _helpers = helpers;
        _pinned = pinned;
        _cancellation = cancellation;
        _work = new Work(plan, sources, selection, cancellation);
        if (sources.Count > 1)
        {
            helpers.Offer(_work);
        }
    }

    public EventPage Page => (_current ??= new PageBuilder(_plan)).Page;

    public bool Next()
    {
        _cancellation.ThrowIfCancellationRequested();
        while (true)
        {
            if (_work.TryTake(ref _current, out var helpersStopped))
            {
                if (helpersStopped)
                {
                    _helpers.Offer(_work);
                }

                return true;
            }

            if (!_work.Step() && !_work.WaitForHelper())
            {
                _work.ThrowIfFailed();
                if (_work.IsEmpty)
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

    private sealed class Work(EventPlan plan, IReadOnlyList<BlockSource> sources, Func<BlockSelection> selection, CancellationToken cancellation)
        : BlockWork(Enumerable.Range(0, sources.Count).ToArray(), cancellation)
    {
        /// <summary>Pages that wait for the query's thread before helpers leave it alone: two blocks of them.</summary>
        private const int MaxReady = 32;

        private readonly Lock _gate = new();
        private readonly Stack<(BlockSelection Selection, List<RowPlace> Rows)> _idle = [];
        private readonly Stack<PageBuilder> _free = [];
        private readonly Queue<PageBuilder> _ready = [];
        private bool _helpersStopped;

        public bool IsEmpty
        {
            get
            {
                lock (_gate)
                {
                    return _ready.Count == 0;
                }
            }
        }

        /// <summary>Takes a page and gives back the last one.</summary>
        public bool TryTake(ref PageBuilder? current, out bool helpersStopped)
        {
            lock (_gate)
            {
                helpersStopped = _helpersStopped && _ready.Count <= MaxReady / 2;
                if (!_ready.TryDequeue(out var next))
                {
                    return false;
                }

                _helpersStopped &= !helpersStopped;
                if (current is not null)
                {
                    _free.Push(current);
                }

                current = next;
                return true;
            }
        }

        protected override bool MayHelp
        {
            get
            {
                lock (_gate)
                {
                    _helpersStopped = _ready.Count >= MaxReady;
                    return !_helpersStopped;
                }
            }
        }

        protected override void Do(int source)
        {
            (BlockSelection Selection, List<RowPlace> Rows) own;
            lock (_gate)
            {
                if (!_idle.TryPop(out own))
                {
                    own = (selection(), []);
                }
            }

            own.Rows.Clear();
            if (own.Selection.Select(sources[source].Block) is { } selected)
            {
                own.Selection.AddPlaces(sources[source], source, selected, own.Rows);
                AddPages(source, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(own.Rows), own.Selection);
            }

            sources[source].Block.Forget();
            lock (_gate)
            {
                _idle.Push(own);
            }
        }

        private void AddPages(int source, ReadOnlySpan<RowPlace> rows, BlockSelection own)
        {
            try
            {
                for (; rows.Length > 0; rows = rows[Math.Min(PageRows, rows.Length)..])
                {
                    PageBuilder? page;
                    lock (_gate)
                    {
                        _free.TryPop(out page);
                    }

                    page ??= new PageBuilder(plan);
                    page.Fill(sources, rows[..Math.Min(PageRows, rows.Length)]);
                    lock (_gate)
                    {
                        _ready.Enqueue(page);
                    }
                }
            }
            catch (CorruptDataException e) when (sources[source].Block is PartBlock block)
            {
                own.SetAside(block, e);
            }
        }
    }
}
