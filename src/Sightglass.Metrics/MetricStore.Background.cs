using Sightglass.Core.Errors;
using Sightglass.Metrics.Deletion;
using Sightglass.Metrics.Downsampling;
using Sightglass.Metrics.Memory;
using Sightglass.Metrics.Parts;
using Sightglass.Storage;

namespace Sightglass.Metrics;

public sealed partial class MetricStore
{
    /// <summary>Parts of one partition from which on flushes, and so senders, wait for merges instead of going between their series.</summary>
    private const int MostParts = 64;

    /// <summary>How long an append waits for the disk before it sends its sender away.</summary>
    private static readonly TimeSpan FlushPatience = TimeSpan.FromSeconds(10);

    /// <summary>Stopped series that are carried on in any case.</summary>
    private const int MinStoppedSeries = 1000;

    private readonly ManualResetEventSlim _roomInMemory = new(true);

    /// <summary>Writes everything in memory to parts. Returns when it is durable.</summary>
    /// <exception cref="StorageFailedException">The disk did not take it; it stays in memory and in the log.</exception>
    public void Flush()
    {
        lock (_workGate)
        {
            lock (_appendGate)
            {
                Rotate();
            }

            while (FlushOldest(CancellationToken.None))
            {
            }
        }
    }

    /// <summary>Drops what is past the retention and merges until nothing is worth it.</summary>
    public void Compact()
    {
        lock (_workGate)
        {
            DropExpired();
            SetAsideLost();
            while (MergeOnce(everything: false, CancellationToken.None) || DownsampleOnce(CancellationToken.None))
            {
            }
        }
    }

    /// <summary>Merges every partition to one part.</summary>
    public void CompactFully()
    {
        lock (_workGate)
        {
            DropExpired();
            SetAsideLost();
            while (MergeOnce(everything: true, CancellationToken.None) || CleanOnce(static d => d.HasDeleted || d.HasExpired, CancellationToken.None))
            {
            }
        }
    }

    private bool BackgroundStep(CancellationToken cancellation)
    {
        lock (_workGate)
        {
            lock (_appendGate)
            {
                var now = _options.TimeProvider.GetUtcNow();
                if (_state.Active.SampleCount > 0 && (now - _activeSince >= _options.FlushAge || now - _lastAppend >= _options.FlushIdle))
                {
                    Rotate();
                }
            }

            DropExpired();
            SetAsideLost();
            return FlushOldest(cancellation) || MergeOnce(everything: false, cancellation) || DownsampleOnce(cancellation) || CleanInBackground(cancellation);
        }
    }

    private void WaitForFlush()
    {
        if (!_roomInMemory.Wait(TimeSpan.Zero) && !_roomInMemory.Wait(FlushPatience))
        {
            throw new StorageFailedException($"{MaxFrozenTables} memory tables wait to be written and the disk does not take them");
        }
    }

    // Under the append lock: every record so far is in the table that is frozen, every later one in the next.
    private void Rotate()
    {
        var active = _state.Active;
        _activeSince = _options.TimeProvider.GetUtcNow();
        if (active.SampleCount == 0)
        {
            return;
        }

        active.LastSequence = _log.LastSequence;
        var registry = NextRegistry(active);
        _limiter.Rotated(registry == active.Registry ? null : active.Registry);
        lock (_stateGate)
        {
            _state = _state with { Active = new MemoryTable(active.Generation + 1, registry, _slabs), Frozen = [.. _state.Frozen, active] };
            if (_state.Frozen.Length >= MaxFrozenTables)
            {
                _roomInMemory.Reset();
            }
        }
    }

    // Series that stopped would be carried for ever: with more of them than of the others the next table learns its series anew.
    private static SeriesRegistry NextRegistry(MemoryTable table) =>
        table.Registry.SeriesCount - table.SeriesCount > Math.Max(table.SeriesCount, MinStoppedSeries) ? new SeriesRegistry() : table.Registry;

    private bool FlushOldest(CancellationToken cancellation)
    {
        if (_state.Frozen is not [var table, ..])
        {
            return false;
        }

        _metadata.Save();
        _log.Roll();
        var names = PartMerge.Flush(_files, _manifest, table, _retention.CutoffMs(), cancellation);
        _manifest.Commit(names, [], table.LastSequence);
        var added = OpenNew(names);
        lock (_stateGate)
        {
            // One step: no query sees the samples twice or not at all.
            _state = _state with { Frozen = _state.Frozen[1..], Parts = [.. _state.Parts, .. added] };
            _roomInMemory.Set();
        }

        table.Retire();
        if (!table.IsFull(_options.FlushBytes))
        {
            // Written out for its age: there is no hurry, and the memory is wanted elsewhere.
            _slabs.Trim();
        }

        _log.DropUpTo(table.LastSequence);
        return true;
    }

    // A large merge takes minutes, in which senders would have to wait. With too many parts they do.
    private void FlushBetween(CancellationToken cancellation)
    {
        if (_state.Frozen.Length > 0 && _state.Parts.CountBy(static p => p.Partition).All(static c => c.Value < MostParts))
        {
            FlushOldest(cancellation);
        }
    }

    private bool MergeOnce(bool everything, CancellationToken cancellation)
    {
        foreach (var partition in _state.Parts.GroupBy(p => p.Partition))
        {
            var parts = partition.ToArray();
            var sizes = parts.Select(p => p.Bytes).ToArray();
            Range? chosen = everything ? (parts.Length > 1 ? .. : null) : SizeTiers.Choose(sizes);
            if (chosen is { } range)
            {
                Merge(parts[range], cancellation);
                return true;
            }
        }

        return false;
    }

    // Late samples of a downsampled partition are merged like any others; a partition is downsampled anew only when most of it is not.
    private bool DownsampleOnce(CancellationToken cancellation)
    {
        if (_options.Downsampling.Count == 0)
        {
            return false;
        }

        var now = _options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var partition in _state.Parts.GroupBy(p => p.Partition))
        {
            var resolution = DownsamplingRule.ResolutionMs(_options.Downsampling, (partition.Key + 1) * PartFormat.PartitionMs, now);
            if (resolution > 0 && partition.Where(p => p.ResolutionMs < resolution).Sum(p => p.Bytes) * 2 > partition.Sum(p => p.Bytes))
            {
                Merge([.. partition], cancellation, resolution);
                return true;
            }
        }

        return false;
    }

    private void Merge(MetricPart[] parts, CancellationToken cancellation, long resolutionMs = 0)
    {
        resolutionMs = Math.Max(resolutionMs, parts.Max(p => p.ResolutionMs));
        var same = parts.All(p => p.ResolutionMs == resolutionMs && p.Deletions is null && p.MinTime >= _retention.CutoffMs());
        var name = PartMerge.Merge(_files, _manifest, parts, _retention.CutoffMs(), resolutionMs, () => FlushBetween(cancellation), cancellation);
        string[] added = name is null ? [] : [name];
        _manifest.Commit(added, [.. parts.Select(p => p.Name)], 0);
        Replace(parts, OpenNew(added));
        if (!same || parts.Any(p => p.Losses.Count > 0))
        {
            _changes.ChangedAll();
        }

        ForgetTombstones();
    }

    private void DropExpired()
    {
        var cutoff = _retention.CutoffMs();
        Drop([.. _state.Parts.Where(p => p.MaxTime < cutoff)]);
    }

    // Their indexes were whole when they were opened and could not be read later.
    private void SetAsideLost()
    {
        foreach (var part in _state.Parts.Where(static p => p.IsIndexLost).ToArray())
        {
            lock (_stateGate)
            {
                _state = _state with { Parts = [.. _state.Parts.Where(p => p != part)] };
            }

            _changes.ChangedAll();
            SetAside(part.Name, "its index can no longer be read");
            part.Release();
        }
    }

    private void SetAside(string part, string reason)
    {
        try
        {
            _manifest.Quarantine(part, reason);
            _options.Report($"part {part} set aside: {reason}");
        }
        catch (StorageFailedException e)
        {
            // A full disk: it is not served, and set aside when it is opened next.
            _options.Report($"part {part} left out: {reason}; {e.Message}");
        }

        Interlocked.Increment(ref _quarantined);
    }

    private void Replace(MetricPart[] removed, MetricPart[] added)
    {
        lock (_stateGate)
        {
            var parts = _state.Parts.ToList();
            parts.InsertRange(parts.IndexOf(removed[0]), added);
            parts.RemoveAll(removed.Contains);
            _state = _state with { Parts = [.. parts] };
        }

        foreach (var part in removed)
        {
            if (part.Used is { } used)
            {
                _cache.Forget(used);
                _indexCache.Forget(used);
            }

            if (part.Losses.Count > 0)
            {
                // Readers go on with the open files; the folder is kept for whoever wants to look.
                var reason = string.Join('\n', part.Losses);
                _manifest.Quarantine(part.Name, reason);
                _options.Report($"part {part.Name} set aside, all blocks but {part.Losses.Count} losses were saved: {reason}");
                Interlocked.Increment(ref _quarantined);
            }
            else
            {
                part.RemoveWhenUnused();
            }

            part.Release();
        }
    }

    private MetricPart[] OpenNew(IReadOnlyList<string> names) => OpenAll(names);

    private MetricPart[] OpenParts() => OpenAll(_manifest.Parts);

    // A part that cannot be read is set aside; the others serve.
    private MetricPart[] OpenAll(IReadOnlyList<string> names)
    {
        var parts = new List<MetricPart>();
        foreach (var name in names)
        {
            try
            {
                var part = new MetricPart(_files, _manifest, name, _cache, _indexCache);
                part.Deletions = PartDeletions.For(part, _tombstones, _retention);
                parts.Add(part);
            }
            catch (CorruptDataException e)
            {
                SetAside(name, e.Message);
            }
            catch (IOException e)
            {
                throw new StorageFailedException($"opening part {name}: {e.Message}", e);
            }
        }

        return [.. parts];
    }
}
