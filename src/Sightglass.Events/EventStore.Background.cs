using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Events.Deletion;
using Sightglass.Events.Memory;
using Sightglass.Events.Parts;
using Sightglass.Events.Records;
using Sightglass.Storage;

namespace Sightglass.Events;

/// <summary>Flushes, merges and retention.</summary>
public sealed partial class EventStore
{
    /// <summary>How often the background thread looks whether there is something to do, besides when it is called.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);

    /// <summary>How long a day has to be left alone by flushes before it is quiet: then its parts are merged more readily, and those of a past day to one.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(15);

    /// <summary>Parts of one day from which on flushes, and so senders, wait for merges instead of going between their blocks.</summary>
    private const int MostParts = 64;

    private readonly Lock _maintenance = new();
    private readonly Dictionary<(EventSignal Signal, int Day), long> _lastFlushes = [];
    private MergeScheduler? _background;
    private Exception? _flushFailure;

    /// <summary>Writes the rows in memory into parts and shortens the log.</summary>
    /// <exception cref="StorageFailedException">A part cannot be written; the rows stay in memory and in the log.</exception>
    public void Flush()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Freeze();
        }

        FlushFrozen(dropLog: true);
    }

    /// <summary>Merges parts until there is nothing worth merging; returns how many merges there were.</summary>
    public int Merge()
    {
        var merges = 0;
        lock (_maintenance)
        {
            while (MergeOnce(int.MaxValue, static (_, _) => true, CancellationToken.None))
            {
                merges++;
            }
        }

        return merges;
    }

    /// <summary>Removes parts whose day is past retention; returns how many.</summary>
    public int ApplyRetention()
    {
        lock (_maintenance)
        {
            List<EventPart> expired;
            lock (_gate)
            {
                expired = [.. _parts.Where(p => p.Directory.Day < FlushPlan.DayOf(RetentionOf(p.Directory.Signal).Cutoff))];
            }

            if (expired.Count > 0)
            {
                Replace([], expired, null);
                SettleDeletions();
            }

            return expired.Count;
        }
    }

    private void StartBackground() =>
        _background = new MergeScheduler("events", Tick, _options.TimeProvider, RunStep, e => _options.OnBackgroundFailure?.Invoke(e));

    /// <summary>Flushes what is due, then merges once: a flush does not have to wait for a row of merges.</summary>
    private bool RunStep(CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_firstRowTimestamp != 0 && _options.TimeProvider.GetElapsedTime(_firstRowTimestamp) >= _options.FlushAge)
            {
                Freeze();
            }
        }

        FlushFrozen(dropLog: true);
        ApplyRetention();
        lock (_maintenance)
        {
            return MergeOnce(Today(), IsQuiet, cancellation) || CleanInBackground(cancellation);
        }
    }

    private bool IsQuiet(EventSignal signal, int day) =>
        !_lastFlushes.TryGetValue((signal, day), out var flushed) || _options.TimeProvider.GetElapsedTime(flushed) >= Quiet;

    /// <summary>With the lock held: hands the tables over when they are large enough.</summary>
    private void FreezeWhenFull()
    {
        if (_background is not null && _logs.Bytes + _spans.Bytes >= _options.FlushBytes)
        {
            Freeze();
            _background.Wake();
        }
    }

    /// <summary>With the lock held: starts new memory tables.</summary>
    private void Freeze()
    {
        if (_logs.Rows + _spans.Rows == 0 && !_positionsChanged)
        {
            return;
        }

        _frozen.Add(new FrozenTables(_nextFlush++, _lastSequence, _logs.Snapshot(), _logs.Bytes, _spans.Snapshot(), _spans.Bytes)
        {
            Positions = _positionsChanged ? new PositionSet(_lastSequence, new Dictionary<string, string>(_positions)) : null,
        });
        _positionsChanged = false;
        _logs = new MemoryTable(EventSignal.Logs, _keys);
        _spans = new MemoryTable(EventSignal.Spans, _keys);
        _firstRowTimestamp = 0;
    }

    private void FlushFrozen(bool dropLog)
    {
        lock (_maintenance)
        {
            while (true)
            {
                FrozenTables? frozen;
                lock (_gate)
                {
                    frozen = _frozen.FirstOrDefault();
                }

                if (frozen is null)
                {
                    return;
                }

                try
                {
                    Flush(frozen);
                }
                catch (Exception e) when (e is StorageFailedException or IOException)
                {
                    lock (_gate)
                    {
                        _flushFailure = e;
                        Monitor.PulseAll(_gate);
                    }

                    throw;
                }

                if (dropLog)
                {
                    _files.DropLogUpTo(frozen.CoveredSequence);
                }
            }
        }
    }

    private void Flush(FrozenTables frozen)
    {
        var added = new List<EventPart>();
        try
        {
            foreach (var signal in (ReadOnlySpan<EventSignal>)[EventSignal.Logs, EventSignal.Spans])
            {
                var blocks = frozen.BlocksOf(signal);
                if (blocks.Length == 0)
                {
                    continue;
                }

                var plan = new FlushPlan(blocks);
                var maxRows = BlockBounds.RowsFor(frozen.BytesOf(signal), blocks.Sum(b => (long)b.Rows));
                foreach (var day in plan.Days())
                {
                    if (_files.WritePart(signal, day, CompressionLevel.Flush, sink => (frozen.Flush, frozen.Flush, plan.Write(day, maxRows, sink))) is { } part)
                    {
                        added.Add(part);
                        _lastFlushes[(signal, day)] = _options.TimeProvider.GetTimestamp();
                    }
                }
            }
        }
        catch
        {
            added.ForEach(p => p.Retire());
            throw;
        }

        Replace(added, [], frozen);
    }

    private int Today() => FlushPlan.DayOf((_options.TimeProvider.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100);

    private bool MergeOnce(int today, Func<EventSignal, int, bool> quiet, CancellationToken cancellation)
    {
        var chosen = MergeChoice.Next(PartsNow(), today, quiet);
        return chosen.Length > 0 && Merge(chosen, cancellation);
    }

    /// <summary>
    /// Writes what waits for its flush between two blocks of a merge: a large merge takes minutes, in which senders would have to wait. With too many parts they do.
    /// </summary>
    private void FlushBetween()
    {
        bool due;
        lock (_gate)
        {
            due = _frozen.Count > 0 && _parts.CountBy(static p => (p.Directory.Signal, p.Directory.Day)).All(static c => c.Value < MostParts);
        }

        if (due)
        {
            FlushFrozen(dropLog: true);
        }
    }

    private bool Merge(EventPart[] chosen, CancellationToken cancellation)
    {
        var first = chosen[0].Directory;
        try
        {
            var merged = _files.WritePart(first.Signal, first.Day, CompressionLevel.Merge, sink =>
            {
                var merge = new PartMerge(chosen, sink, FlushBetween, cancellation);
                merge.Run();
                return (first.FirstFlush, chosen[^1].Directory.LastFlush, merge.MaxTie);
            });
            Replace(merged is null ? [] : [merged], chosen, null);
            SettleDeletions(chosen.SelectMany(static p => p.Hidden ?? []).Select(static r => r.Deletion).OfType<string>().ToHashSet());
            return true;
        }
        catch (CorruptDataException e)
        {
            foreach (var part in chosen)
            {
                part.SetAsideAt(e);
            }

            ReportCorruption(e);
            return false;
        }
    }

    /// <summary>Makes new parts visible in place of old ones: first on disk, then for queries.</summary>
    private void Replace(IReadOnlyList<EventPart> added, IReadOnlyList<EventPart> removed, FrozenTables? flushed)
    {
        try
        {
            _files.Commit(added, removed, flushed?.CoveredSequence, flushed?.Positions);
        }
        catch
        {
            // A failed commit may have come as far as the disk, so the next start may find the parts listed: they are closed, not removed. What is
            // not listed then goes at that start.
            foreach (var part in added)
            {
                part.Release();
            }

            throw;
        }

        var ranges = new Dictionary<string, HiddenRange>();
        foreach (var part in added)
        {
            SetHidden(part, ranges);
        }

        lock (_gate)
        {
            _parts.RemoveAll(removed.Contains);
            _parts.AddRange(added);
            if (flushed is not null)
            {
                _frozen.Remove(flushed);
                _flushFailure = null;
                Monitor.PulseAll(_gate);
            }
        }

        foreach (var part in removed)
        {
            part.Retire();
        }
    }

    /// <summary>Zstandard levels: quick while senders wait for room, better where rows stay for long.</summary>
    private static class CompressionLevel
    {
        public const int Flush = 1;
        public const int Merge = 3;
    }
}
