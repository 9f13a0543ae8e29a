using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Events.Columns;
using Sightglass.Events.Parts;

namespace Sightglass.Events.Querying;

/// <summary>
/// Counts the values of columns, each column by itself, block by block in parallel. The counts of a block go into one tally per column that all workers
/// share, so that memory does not grow with their number.
/// </summary>
internal sealed class ValueCount : BlockWork
{
    /// <summary>Decoded columns of a block that stay until its next column is counted, in bytes.</summary>
    private const long KeepBytes = 8L << 20;

    private readonly IReadOnlyList<BlockSource> _sources;
    private readonly Func<BlockSelection> _selection;
    private readonly ColumnKey[] _keys;
    private readonly ColumnTally[] _tallies;
    private readonly Lock _gate = new();
    private readonly Stack<(BlockSelection Selection, ColumnCounter Counter)> _idle = [];

    public ValueCount(EventPlan plan, int most, IReadOnlyList<BlockSource> sources, Func<BlockSelection> selection, CancellationToken cancellation)
        : base(Enumerable.Range(0, sources.Count).ToArray(), cancellation)
    {
        _sources = sources;
        _selection = selection;
        _keys = [.. plan.Columns.Select(static c => new ColumnKey(c.Scope == ColumnScope.Field, c.Name, 0))];
        _tallies = new ColumnTally[_keys.Length];
        for (var i = 0; i < _tallies.Length; i++)
        {
            _tallies[i] = new ColumnTally(most);
        }
    }

    public IReadOnlyList<ColumnTally> Tallies => _tallies;

    protected override void Do(int source)
    {
        (BlockSelection Selection, ColumnCounter Counter) own;
        lock (_gate)
        {
            if (!_idle.TryPop(out own))
            {
                own = (_selection(), new ColumnCounter());
            }
        }

        var block = _sources[source].Block;
        try
        {
            if (own.Selection.Select(block) is { } rows)
            {
                own.Counter.Begin(rows);
                for (var i = 0; i < _keys.Length; i++)
                {
                    if (block.Column(_keys[i]) is { } view)
                    {
                        own.Counter.Count(view, _keys[i].MissingIsZero, _tallies[i]);
                    }

                    if (block.HeldBytes > KeepBytes)
                    {
                        block.Forget();
                    }
                }
            }
        }
        catch (CorruptDataException e) when (block is PartBlock)
        {
            own.Selection.SetAside(block, e);
        }

        block.Forget();
        lock (_gate)
        {
            _idle.Push(own);
        }
    }
}
