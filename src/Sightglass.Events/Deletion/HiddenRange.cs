using Sightglass.Events.Columns;
using Sightglass.Core.Contracts;
using Sightglass.Events.Parts;
using Sightglass.Events.Querying;

namespace Sightglass.Events.Deletion;

/// <summary>Rows that a part holds and nobody may see: those of a deletion, or those that a retention rule keeps for less long than others.</summary>
/// <param name="filter">Which streams and rows.</param>
/// <param name="minTime">Oldest row, nanoseconds since the Unix epoch, inclusive.</param>
/// <param name="maxTime">Newest row, inclusive; moves with the clock for a retention rule.</param>
/// <param name="deletion">The deletion's id, null for a retention rule.</param>
internal sealed class HiddenRange(EventFilter filter, long minTime, Func<long> maxTime, string? deletion)
{
    public EventFilter Filter { get; } = filter;

    public long MinTime { get; } = minTime;

    public long MaxTime => maxTime();

    public string? Deletion { get; } = deletion;

    /// <summary>Whether it may concern a part.</summary>
    public bool MayConcern(EventPart part) =>
        part.Directory.MinTime <= MaxTime && part.Directory.MaxTime >= MinTime && Array.Exists(part.Directory.Streams, s => Filter.Streams(s.Stream));
}

/// <summary>Takes hidden rows out of selections. Belongs to one query or merge and one thread.</summary>
internal sealed class HiddenRows
{
    private readonly Dictionary<HiddenRange, Known> _ranges = [];

    /// <summary>The rows of a block that may be seen; null when all may.</summary>
    /// <exception cref="Core.Errors.CorruptDataException">A column fails its check.</exception>
    public RowBitmap? Visible(PartBlock block)
    {
        if (block.Part.Hidden is null)
        {
            return null;
        }

        var rows = RowBitmap.All(block.Rows);
        return Remove(block, rows) ? rows : null;
    }

    /// <summary>Takes the hidden rows of a block out; true when there were any.</summary>
    /// <exception cref="Core.Errors.CorruptDataException">A column fails its check.</exception>
    public bool Remove(PartBlock block, RowBitmap rows)
    {
        var any = false;
        foreach (var range in block.Part.Hidden ?? [])
        {
            var max = range.MaxTime;
            if (range.MinTime > block.MaxTime || max < block.MinTime)
            {
                continue;
            }

            if (!_ranges.TryGetValue(range, out var state))
            {
                _ranges[range] = state = new Known(Condition.Of(range.Filter.Where), [], range.Filter.Rows is { } rowsOf ? new RowDecision(rowsOf()) : null);
            }

            var found = OfStreams(block, range, state.Streams);
            found.And(rows);
            if (found.IsEmpty || !state.Where.MayMatch(block))
            {
                continue;
            }

            LimitTime(block, found, range.MinTime, max);
            if (!found.IsEmpty)
            {
                found = state.Where.Evaluate(block, found);
                state.Rows?.Narrow(block, found);
                any |= !found.IsEmpty;
                rows.AndNot(found);
            }
        }

        return any;
    }

    private static RowBitmap OfStreams(PartBlock block, HiddenRange range, Dictionary<EventStream, bool> known)
    {
        var found = new RowBitmap(block.Rows);
        var at = 0;
        foreach (var run in block.Header.Runs)
        {
            var stream = block.Streams[run.Stream].Stream;
            if (!known.TryGetValue(stream, out var wanted))
            {
                wanted = range.Filter.Streams(stream);
                known.Add(stream, wanted);
            }

            if (wanted)
            {
                found.SetRange(at, run.Rows);
            }

            at += run.Rows;
        }

        return found;
    }

    private static void LimitTime(PartBlock block, RowBitmap rows, long min, long max)
    {
        if (block.MinTime >= min && block.MaxTime <= max)
        {
            return;
        }

        var times = block.Column(ColumnKey.Time)!;
        for (var row = rows.Next(0); row >= 0; row = rows.Next(row + 1))
        {
            var time = times.NumberOfRow(row);
            if (time < min || time > max)
            {
                rows.Clear(row);
            }
        }
    }

    private sealed record Known(Condition Where, Dictionary<EventStream, bool> Streams, RowDecision? Rows);
}
