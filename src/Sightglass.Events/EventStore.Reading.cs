using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Events.Memory;
using Sightglass.Events.Parts;
using Sightglass.Events.Querying;

namespace Sightglass.Events;

/// <summary>Questions: each takes a snapshot of what is there and then holds no lock.</summary>
public sealed partial class EventStore
{
    private readonly QueryHelpers _helpers = QueryHelpers.ForProcessors();

    /// <inheritdoc/>
    public IEventCursor Query(EventPlan plan, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(plan);
        cancellation.ThrowIfCancellationRequested();
        Func<BlockSelection> selection = () => new BlockSelection(plan, SetAside);

        // A condition that does not make sense is refused before anything is pinned.
        selection();
        if (BlockFold.CanFold(plan))
        {
            return Fold(plan, selection, cancellation);
        }

        var snapshot = Snapshot(plan.Signal, plan.MinTimeUnixNano, plan.MaxTimeUnixNano);
        return plan switch
        {
            { Order: EventOrder.Any, Limit: long.MaxValue } => new PageCursor(plan, snapshot.Sources, selection, _helpers, snapshot, cancellation),
            _ => new EventCursor(plan, snapshot.Sources, selection, _helpers, snapshot, cancellation),
        };
    }

    /// <inheritdoc/>
    public IReadOnlyList<EventStream> Streams(EventSignal signal, long minTimeUnixNano, long maxTimeUnixNano, CancellationToken cancellation)
    {
        using var snapshot = Snapshot(signal, minTimeUnixNano, maxTimeUnixNano);
        return Catalog.Streams(VisibleOnly(snapshot.Sources), cancellation);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> AttributeKeys(EventSignal signal, ColumnScope scope, long minTimeUnixNano, long maxTimeUnixNano, CancellationToken cancellation)
    {
        using var snapshot = Snapshot(signal, minTimeUnixNano, maxTimeUnixNano);
        return new Catalog(SetAside).Keys(VisibleOnly(snapshot.Sources), scope, cancellation);
    }

    /// <inheritdoc/>
    public IReadOnlyList<AttributeValue> ColumnValues(EventSignal signal, ColumnRef column, long minTimeUnixNano, long maxTimeUnixNano, int limit, CancellationToken cancellation)
    {
        using var snapshot = Snapshot(signal, minTimeUnixNano, maxTimeUnixNano);
        return new Catalog(SetAside).Values(VisibleOnly(snapshot.Sources), column, limit, cancellation);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ColumnTally> CountValues(EventPlan plan, int most, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(plan);
        cancellation.ThrowIfCancellationRequested();
        if (!BlockFold.AreStored(plan.Columns))
        {
            return ColumnTally.OfRows(this, plan, most, cancellation);
        }

        Func<BlockSelection> selection = () => new BlockSelection(plan, SetAside);
        selection();
        using var snapshot = Snapshot(plan.Signal, plan.MinTimeUnixNano, plan.MaxTimeUnixNano);
        using var work = new ValueCount(plan, most, snapshot.Sources, selection, cancellation);
        if (snapshot.Sources.Count > 1)
        {
            _helpers.Offer(work);
        }

        while (work.Step() || work.WaitForHelper())
        {
        }

        work.ThrowIfFailed();
        return work.Tallies;
    }

    // Parts of which every row counts are counted by their directories.
    private FoldCursor Fold(EventPlan plan, Func<BlockSelection> selection, CancellationToken cancellation)
    {
        if (plan.Where is not AndPredicate { Terms.Count: 0 })
        {
            var selected = Snapshot(plan.Signal, plan.MinTimeUnixNano, plan.MaxTimeUnixNano);
            return new FoldCursor(plan, null, selected.Sources, selection, _helpers, selected, cancellation);
        }

        using var fold = new BlockFold(plan);
        var whole = new List<EventPart>();
        var snapshot = Snapshot(plan.Signal, plan.MinTimeUnixNano, plan.MaxTimeUnixNano, part =>
        {
            var counts = fold.CanCountWhole(part);
            if (counts)
            {
                whole.Add(part);
            }

            return !counts;
        });
        try
        {
            var table = whole.Count > 0 ? new FoldTable(plan) : null;
            foreach (var part in whole)
            {
                fold.AddWhole(part, table!);
            }

            return new FoldCursor(plan, table, snapshot.Sources, selection, _helpers, snapshot, cancellation);
        }
        catch
        {
            snapshot.Dispose();
            throw;
        }
    }

    private StoreSnapshot Snapshot(EventSignal signal, long minTime, long maxTime, Func<EventPart, bool>? byBlocks = null)
    {
        var sources = new List<BlockSource>();
        var pinned = new List<EventPart>();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            foreach (var part in _parts)
            {
                if (part.Directory.Signal == signal && part.Directory.MinTime < maxTime && part.Directory.MaxTime >= minTime)
                {
                    // Listed parts hold the store's reference, so this cannot fail.
                    part.TryAcquire();
                    pinned.Add(part);
                }
            }

            foreach (var frozen in _frozen)
            {
                AddMemory(frozen.BlocksOf(signal), frozen.Flush, minTime, maxTime, sources);
            }

            AddMemory((signal == EventSignal.Logs ? _logs : _spans).Snapshot(), _nextFlush, minTime, maxTime, sources);
        }

        foreach (var part in pinned)
        {
            if (byBlocks?.Invoke(part) == false)
            {
                continue;
            }

            var blocks = part.Directory.Blocks;
            for (var i = 0; i < blocks.Length; i++)
            {
                if (blocks[i].MinTime < maxTime && blocks[i].MaxTime >= minTime && !part.IsBad(i))
                {
                    sources.Add(new BlockSource(new PartBlock(part, i), part.Directory.FirstFlush, 0));
                }
            }
        }

        return new StoreSnapshot(sources, pinned);
    }

    private static void AddMemory(MemoryBlock[] blocks, long flush, long minTime, long maxTime, List<BlockSource> target)
    {
        for (var i = 0; i < blocks.Length; i++)
        {
            if (blocks[i].MinTime < maxTime && blocks[i].MaxTime >= minTime)
            {
                target.Add(new BlockSource(blocks[i], flush, (long)i * MemoryChunk.MaxRows));
            }
        }
    }

    private void SetAside(PartBlock block, CorruptDataException reason)
    {
        if (block.Part.SetAside(block.Number))
        {
            ReportCorruption(reason);
        }
    }
}

/// <summary>The blocks that a query sees, and the parts that must stay for it.</summary>
internal sealed class StoreSnapshot(List<BlockSource> sources, List<EventPart> pinned) : IDisposable
{
    public List<BlockSource> Sources { get; } = sources;

    public void Dispose()
    {
        foreach (var part in pinned)
        {
            part.Release();
        }

        pinned.Clear();
    }
}
