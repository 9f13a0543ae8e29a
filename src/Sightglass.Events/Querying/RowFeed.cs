using Sightglass.Core.Contracts;

namespace Sightglass.Events.Querying;

/// <summary>Gives the rows of an answer in order, some at a time.</summary>
internal abstract class RowFeed : IDisposable
{
    /// <summary>Up to this limit the best rows are held in a heap while blocks are looked at.</summary>
    private const long SmallLimit = 64 << 10;

    /// <summary>Ends work that goes on beside the query's thread.</summary>
    public virtual void Dispose()
    {
    }

    /// <summary>Appends up to <paramref name="count"/> rows; none at the end.</summary>
    public abstract void Take(int count, List<RowPlace> target);

    public static RowFeed Of(EventPlan plan, IReadOnlyList<BlockSource> sources, Func<BlockSelection> selection, QueryHelpers helpers, CancellationToken cancellation) => plan.Order switch
    {
        EventOrder.Any => new AnyOrderFeed(sources, selection(), cancellation),
        _ when plan.Limit <= SmallLimit => new BestRowsFeed(plan, sources, selection, helpers, cancellation),
        _ => new MergingFeed(plan, sources, selection, helpers, cancellation),
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
