namespace Sightglass.Metrics.Querying;

/// <summary>
/// Remembers, of the changes to a store, the oldest time that each touched: just enough to say from which time on answers of a revision may differ now.
/// Thread-safe.
/// </summary>
internal sealed class ChangeLedger
{
    /// <summary>Times are kept to the second or so: samples that come in order are then a few thousand entries an hour.</summary>
    private const int GrainBits = 10;

    /// <summary>Entries kept; of the oldest ones, only the oldest time of all is.</summary>
    private const int MaxEntries = 8192;

    private readonly Lock _gate = new();

    // Ascending in both: a change that reaches further back makes the younger times before it needless.
    private readonly List<(long Revision, long OldestMs)> _entries = [];
    private long _revision;

    /// <summary>Changes so far.</summary>
    public long Revision => Interlocked.Read(ref _revision);

    /// <summary>Notes a change of samples at <paramref name="oldestMs"/> and later. To be called when queries can see it, before its sender is told.</summary>
    public void Changed(long oldestMs)
    {
        var oldest = oldestMs >> GrainBits << GrainBits;
        lock (_gate)
        {
            while (_entries.Count > 0 && _entries[^1].OldestMs >= oldest)
            {
                _entries.RemoveAt(_entries.Count - 1);
            }

            if (_entries.Count >= MaxEntries)
            {
                // Half at once, so that the rest need not move for every entry.
                var half = MaxEntries / 2;
                _entries[half] = (_entries[half].Revision, _entries[0].OldestMs);
                _entries.RemoveRange(0, half);
            }

            _entries.Add((_revision + 1, oldest));
            Interlocked.Increment(ref _revision);
        }
    }

    /// <summary>Notes a change of anything: no answer from before holds.</summary>
    public void ChangedAll() => Changed(long.MinValue);

    /// <summary>See <see cref="Core.Contracts.IMetricStore.UnchangedUntilMs"/>.</summary>
    public long UnchangedUntilMs(long revision)
    {
        lock (_gate)
        {
            if (revision >= _revision)
            {
                return long.MaxValue;
            }

            var (from, to) = (0, _entries.Count);
            while (from < to)
            {
                var middle = (from + to) / 2;
                (from, to) = _entries[middle].Revision > revision ? (from, middle) : (middle + 1, to);
            }

            var oldest = _entries[from].OldestMs;
            return oldest == long.MinValue ? long.MinValue : oldest - 1;
        }
    }
}
