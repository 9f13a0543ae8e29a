using Sightglass.Events.Columns;
using Sightglass.Events.Memory;
using Sightglass.Events.Parts;

namespace Sightglass.Events.Querying;

/// <summary>Counts without a look at rows.</summary>
internal sealed partial class BlockFold
{
    /// <summary>Counts a block in which only streams tell rows apart, without a look at the rows.</summary>
    private bool CountByRuns(RowBlock block, RowBitmap selected, int[]? ofStream, int cell, FoldTable table)
    {
        if (ofStream is null)
        {
            table.Count(Group(table, _streams[0], null, static _ => -1), cell, _count);
            return true;
        }

        if (block is MemoryBlock memory && _count == block.Rows)
        {
            var rows = memory.RowsOfStreams;
            for (var i = 0; i < rows.Length; i++)
            {
                table.Count(Group(table, _streams[ofStream[i]], null, static _ => -1), cell, rows[i]);
            }

            return true;
        }

        if (block is not PartBlock part)
        {
            return false;
        }

        var at = 0;
        foreach (var run in part.Header.Runs)
        {
            if (selected.PopCount(at, run.Rows) is var rows and > 0)
            {
                table.Count(Group(table, _streams[ofStream[run.Stream]], null, static _ => -1), cell, rows);
            }

            at += run.Rows;
        }

        return true;
    }

    /// <summary>Whether the rows of a part can be counted by their streams alone: all are selected, in one cell of time, and nothing else tells them apart.</summary>
    public bool CanCountWhole(EventPart part)
    {
        var directory = part.Directory;
        if (part.Hidden is not null || part.BadBlocks > 0 || directory.MinTime < _plan.MinTimeUnixNano || directory.MaxTime >= _plan.MaxTimeUnixNano
            || _cells.Of(directory.MinTime) != _cells.Of(directory.MaxTime))
        {
            return false;
        }

        foreach (var key in _keys)
        {
            if (part.KeyNumber(key) >= 0)
            {
                return false;
            }
        }

        return directory.Scopes.Length == 1 || (_fold.Scopes is { } standing && Array.TrueForAll(directory.Scopes, s => s is null || standing(s.Scope) is null));
    }

    /// <summary>Counts such a part.</summary>
    public void AddWhole(EventPart part, FoldTable table)
    {
        var directory = part.Directory;
        Array.Clear(_views);
        for (var i = 0; i < _keys.Length; i++)
        {
            _zero[i] = _keys[i].MissingIsZero && FieldTypes.BelongsTo(_keys[i].Name, directory.Signal);
        }

        var cell = _cells.Of(directory.MinTime);
        var rows = directory.RowsOfStreams;
        for (var i = 0; i < rows.Length; i++)
        {
            var stream = directory.Streams[i].Stream;
            if (rows[i] > 0 && (_plan.Streams is null || _plan.Streams(stream)))
            {
                table.Count(Group(table, For(stream), null, static _ => -1), cell, rows[i]);
            }
        }
    }
}
