using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Events.Parts;

namespace Sightglass.Events.Querying;

/// <summary>
/// Walks an answer page by page. Which rows come next is the business of a <see cref="RowFeed"/>; the columns of a page are read when it is built, so
/// that memory is bounded by pages and by the decoded columns that a budget lets stay.
/// </summary>
internal sealed class EventCursor : IEventCursor
{
    /// <summary>Decoded columns kept between pages, in bytes.</summary>
    private const long KeepBytes = 96L << 20;

    /// <summary>Rows of the first page; each after it has twice as many. Who stops early has not waited for rows that nobody reads.</summary>
    private const int FirstPageRows = 128;

    private readonly IReadOnlyList<BlockSource> _sources;
    private readonly RowFeed _feed;
    private readonly BlockSelection _selection;
    private readonly PageBuilder _builder;
    private readonly IDisposable _pinned;
    private readonly CancellationToken _cancellation;
    private readonly HashSet<int> _touched = [];
    private readonly List<RowPlace> _rows = [];
    private long _left;
    private int _pageRows = FirstPageRows;

    public EventCursor(EventPlan plan, IReadOnlyList<BlockSource> sources, Func<BlockSelection> selection, QueryHelpers helpers, IDisposable pinned, CancellationToken cancellation)
    {
        _sources = sources;
        _selection = selection();
        _pinned = pinned;
        _cancellation = cancellation;
        _left = plan.Limit;
        _builder = new PageBuilder(plan);
        _feed = RowFeed.Of(plan, sources, selection, helpers, cancellation);
    }

    public EventPage Page => _builder.Page;

    public bool Next()
    {
        while (_left > 0)
        {
            _cancellation.ThrowIfCancellationRequested();
            _rows.Clear();
            _feed.Take((int)Math.Min(_pageRows, _left), _rows);
            _pageRows = Math.Min(_pageRows * 2, PageCursor.PageRows);
            if (_rows.Count == 0)
            {
                return false;
            }

            if (TryFill())
            {
                _left -= _rows.Count;
                ForgetBeyondBudget();
                return true;
            }
        }

        return false;
    }

    public void Dispose()
    {
        _feed.Dispose();
        _pinned.Dispose();
    }

    /// <summary>Builds the page; rows of blocks that turn out to be broken fall out of it.</summary>
    private bool TryFill()
    {
        while (_rows.Count > 0)
        {
            try
            {
                _builder.Fill(_sources, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_rows));
                return true;
            }
            catch (CorruptDataException e)
            {
                var broken = BlockOf(e);
                _selection.SetAside(_sources[broken].Block, e);
                _rows.RemoveAll(r => r.Source == broken);
            }
        }

        return false;
    }

    /// <summary>Finds the block by trying its columns: the exception names the place in the file, not the block.</summary>
    private int BlockOf(CorruptDataException reason)
    {
        foreach (var row in _rows)
        {
            if (_sources[row.Source].Block is PartBlock block && block.Part.IsColumnFile(reason.File) && block.Holds(reason.Offset))
            {
                return row.Source;
            }
        }

        throw reason;
    }

    private void ForgetBeyondBudget()
    {
        long held = 0;
        foreach (var row in _rows)
        {
            _touched.Add(row.Source);
        }

        foreach (var source in _touched)
        {
            held += _sources[source].Block.HeldBytes;
        }

        if (held > KeepBytes)
        {
            foreach (var source in _touched)
            {
                _sources[source].Block.Forget();
            }

            _touched.Clear();
        }
    }
}
