using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Events.Columns;
using Sightglass.Events.Deletion;
using Sightglass.Events.Memory;
using Sightglass.Events.Parts;

namespace Sightglass.Events.Querying;

/// <summary>A block that a query may have to look at, and where its rows stand among rows of the same time in other blocks.</summary>
/// <param name="Block">The block.</param>
/// <param name="Order">Ascends with the time of writing: flush number of the part or table.</param>
/// <param name="TieBase">Added to the place of a row in the block, for chunks of the memory table.</param>
internal readonly record struct BlockSource(RowBlock Block, long Order, long TieBase);

/// <summary>A row of an answer, with what decides its place.</summary>
internal readonly record struct RowPlace(long Time, long Order, long Tie, int Source, int Row) : IComparable<RowPlace>
{
    /// <summary>Oldest first; rows of one time in the order they were written.</summary>
    public int CompareTo(RowPlace other)
    {
        var order = Time.CompareTo(other.Time);
        if (order == 0)
        {
            order = Order.CompareTo(other.Order);
        }

        return order != 0 ? order : Tie.CompareTo(other.Tie);
    }
}

/// <summary>Finds the rows of a block that a plan asks for. Belongs to one query.</summary>
internal sealed class BlockSelection
{
    private readonly EventPlan _plan;
    private readonly Condition _where;
    private readonly Dictionary<EventStream, bool> _streams = [];
    private readonly Action<PartBlock, CorruptDataException> _onCorrupt;
    private HiddenRows? _hidden;

    public BlockSelection(EventPlan plan, Action<PartBlock, CorruptDataException> onCorrupt)
    {
        _plan = plan;
        _where = Condition.Of(plan.Where);
        _onCorrupt = onCorrupt;
    }

    /// <summary>The rows, or null when there is none.</summary>
    public RowBitmap? Select(RowBlock block)
    {
        if (block.MaxTime < _plan.MinTimeUnixNano || block.MinTime >= _plan.MaxTimeUnixNano)
        {
            return null;
        }

        try
        {
            if (block is PartBlock stored && (stored.Part.IsBad(stored.Number) || !AnyStream(stored) || !_where.MayMatch(stored)))
            {
                return null;
            }

            var rows = SelectByStream(block);
            if (rows is null)
            {
                return null;
            }

            SelectByTime(block, rows);
            if (!rows.IsEmpty)
            {
                rows = _where.Evaluate(block, rows);
            }

            if (!rows.IsEmpty && block is PartBlock { Part.Hidden: not null } holding)
            {
                (_hidden ??= new HiddenRows()).Remove(holding, rows);
            }

            return rows.IsEmpty ? null : rows;
        }
        catch (CorruptDataException e) when (block is PartBlock)
        {
            SetAside(block, e);
            return null;
        }
    }

    /// <summary>Goes on without a block whose bytes fail their check.</summary>
    public void SetAside(RowBlock block, CorruptDataException reason) => _onCorrupt((PartBlock)block, reason);

    /// <summary>The times of selected rows and their places among rows of the same time.</summary>
    public void AddPlaces(BlockSource source, int sourceNumber, RowBitmap rows, List<RowPlace> target)
    {
        try
        {
            var times = source.Block.Column(ColumnKey.Time) ?? throw new System.Diagnostics.UnreachableException("BUG: a block without times");
            var ties = source.Block.Column(ColumnKey.Tie);
            var isMemory = source.Block is MemoryBlock;
            for (var row = rows.Next(0); row >= 0; row = rows.Next(row + 1))
            {
                var tie = isMemory ? source.TieBase + row : ties?.NumberOfRow(row) ?? 0;
                target.Add(new RowPlace(times.NumberOfRow(row), source.Order, tie, sourceNumber, row));
            }
        }
        catch (CorruptDataException e) when (source.Block is PartBlock)
        {
            target.Clear();
            SetAside(source.Block, e);
        }
    }

    private bool AnyStream(PartBlock block)
    {
        if (_plan.Streams is null)
        {
            return true;
        }

        foreach (var run in block.Header.Runs)
        {
            if (IsWanted(block.Streams[run.Stream].Stream))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsWanted(EventStream stream)
    {
        if (!_streams.TryGetValue(stream, out var wanted))
        {
            wanted = _plan.Streams!(stream);
            _streams.Add(stream, wanted);
        }

        return wanted;
    }

    private RowBitmap? SelectByStream(RowBlock block)
    {
        if (_plan.Streams is null)
        {
            return RowBitmap.All(block.Rows);
        }

        var rows = new RowBitmap(block.Rows);
        if (block is PartBlock stored)
        {
            var at = 0;
            foreach (var run in stored.Header.Runs)
            {
                if (IsWanted(stored.Streams[run.Stream].Stream))
                {
                    rows.SetRange(at, run.Rows);
                }

                at += run.Rows;
            }

            return rows;
        }

        var wanted = Array.ConvertAll(block.Streams, s => IsWanted(s.Stream));
        if (block.StreamIndex is not { } index || Array.TrueForAll(wanted, static w => w))
        {
            return wanted.Length > 0 && wanted[0] ? RowBitmap.All(block.Rows) : null;
        }

        for (var row = 0; row < block.Rows; row++)
        {
            if (wanted[index[row]])
            {
                rows.Set(row);
            }
        }

        return rows;
    }

    private void SelectByTime(RowBlock block, RowBitmap rows)
    {
        if (block.MinTime >= _plan.MinTimeUnixNano && block.MaxTime < _plan.MaxTimeUnixNano)
        {
            return;
        }

        var times = block.Column(ColumnKey.Time)!;
        if (times.TryRestrict(_plan.MinTimeUnixNano, _plan.MaxTimeUnixNano, rows))
        {
            return;
        }

        if (block is PartBlock stored && times.Presence is null)
        {
            SelectByTime(stored, times.Values, rows);
            return;
        }

        for (var row = rows.Next(0); row >= 0; row = rows.Next(row + 1))
        {
            var time = times.NumberOfRow(row);
            if (time < _plan.MinTimeUnixNano || time >= _plan.MaxTimeUnixNano)
            {
                rows.Clear(row);
            }
        }
    }

    /// <summary>Finds where the range begins and ends in each run of a stream, which is in the order of time.</summary>
    private void SelectByTime(PartBlock block, ValueVector times, RowBitmap rows)
    {
        var at = 0;
        foreach (var run in block.Header.Runs)
        {
            var end = at + run.Rows;
            if (rows.Next(at) is var first && first >= 0 && first < end)
            {
                rows.ClearRange(at, FirstFrom(times, at, end, _plan.MinTimeUnixNano) - at);
                var after = FirstFrom(times, at, end, _plan.MaxTimeUnixNano);
                rows.ClearRange(after, end - after);
            }

            at = end;
        }
    }

    /// <summary>The first row between two whose time is not before a time.</summary>
    private static int FirstFrom(ValueVector times, int low, int high, long time)
    {
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (times.Bits[times.EntryOf(middle)] < time)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
