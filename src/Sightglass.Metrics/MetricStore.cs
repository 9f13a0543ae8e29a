using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Metrics.Deletion;
using Sightglass.Metrics.Exemplars;
using Sightglass.Metrics.Limits;
using Sightglass.Metrics.Log;
using Sightglass.Metrics.Memory;
using Sightglass.Metrics.Parts;
using Sightglass.Metrics.Querying;
using Sightglass.Storage;

namespace Sightglass.Metrics;

/// <summary>
/// The embedded store of time series. What <see cref="Append"/> says is stored can be queried at once and survives a killed
/// process. Thread-safe; dispose it after the last call has returned.
/// </summary>
public sealed partial class MetricStore : IMetricStore, IDisposable
{
    private const string WalFolder = "wal";

    /// <summary>Memory tables waiting to be written, at which appends wait too.</summary>
    private const int MaxFrozenTables = 2;

    private readonly MetricStoreOptions _options;
    private readonly IFileSystem _files;
    private readonly SeriesRetention _retention;
    private readonly BlockCache _cache;
    private readonly BlockCache _indexCache;
    private readonly Lock _appendGate = new();
    private readonly Lock _stateGate = new();
    private readonly Lock _workGate = new();
    private readonly BatchRecord _record = new();
    private readonly FamilyMetadata _metadata;
    private readonly SlabPool _slabs = new();
    private readonly ChangeLedger _changes = new();
    private readonly ExemplarStore _exemplars;
    private readonly Manifest _manifest;
    private readonly WriteAheadLog _log;
    private readonly MergeScheduler _background;
    private StoreState _state;
    private DateTimeOffset _activeSince;
    private DateTimeOffset _lastAppend;
    private int[] _ids = new int[256];
    private bool[] _define = new bool[256];
    private bool[] _refused = new bool[1024];
    private long _appended;
    private long _rejected;
    private int _quarantined;
    private volatile bool _disposed;

    private MetricStore(MetricStoreOptions options)
    {
        _options = options;
        _files = options.Files;
        _retention = new SeriesRetention(options.Retention, options.RetentionRules, options.TimeProvider);
        _cache = new BlockCache(options.CacheBytes);
        _indexCache = new BlockCache(options.IndexCacheBytes);
        _manifest = Manifest.Open(_files, options.Folder);
        _metadata = FamilyMetadata.Open(_files, options.Folder, options.Report);
        _tombstoneFile = new TombstoneFile(_files, options.Folder);
        _tombstones = _tombstoneFile.Read();
        var parts = OpenParts();
        _limiter = new SeriesLimiter(options.SeriesLimits, new KnownSeries(parts, options.TimeProvider), options.TimeProvider);
        var replay = new Replay(_metadata, _slabs);
        WalReplay apply = replay.Apply;
        _log = WriteAheadLog.Open(
            _files,
            Path.Combine(options.Folder, WalFolder),
            new WalOptions { SyncInterval = options.SyncInterval, TimeProvider = options.TimeProvider },
            apply,
            _manifest.CoveredSequence);
        foreach (var message in replay.Messages.Concat(_log.Recovery.Messages))
        {
            options.Report(message);
        }

        _state = new StoreState(replay.Table, [], parts);
        _activeSince = options.TimeProvider.GetUtcNow();
        _lastAppend = _activeSince;
        _exemplars = ExemplarStore.Open(options);
        _background = new MergeScheduler("metrics background", options.BackgroundInterval, options.TimeProvider, BackgroundStep, e => options.Report($"metrics background work: {e.Message}"));
    }

    /// <summary>Opens or makes a store and replays its log.</summary>
    /// <exception cref="StorageFailedException">A file cannot be read or written.</exception>
    /// <exception cref="CorruptDataException">The manifest and its copy fail their check.</exception>
    public static MetricStore Open(MetricStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new MetricStore(options);
    }

    /// <summary>What the log's replay found at opening.</summary>
    public WalRecovery Recovery => _log.Recovery;

    /// <summary>The store's figures.</summary>
    public MetricStoreStats Stats
    {
        get
        {
            using var snapshot = TakeSnapshot();
            long series = 0;
            long samples = 0;
            long bytes = 0;
            foreach (var table in snapshot.Tables)
            {
                table.Lock.EnterReadLock();
                series = Math.Max(series, table.SeriesCount);
                samples += table.SampleCount;
                bytes += table.Bytes;
                table.Lock.ExitReadLock();
            }

            return new MetricStoreStats(
                series,
                samples,
                bytes,
                snapshot.Parts.Sum(p => p.SampleCount),
                snapshot.Parts.Length,
                snapshot.Parts.Sum(p => p.Bytes),
                _log.Bytes,
                Interlocked.Read(ref _appended),
                Interlocked.Read(ref _rejected),
                _quarantined)
            {
                Tombstones = Volatile.Read(ref _tombstones).Length,
            };
        }
    }

    /// <inheritdoc/>
    public AppendResult Append(MetricBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ObjectDisposedException.ThrowIf(_disposed, this);
        WaitForFlush();
        AppendResult result;
        bool full;
        lock (_appendGate)
        {
            var table = _state.Active;
            result = AppendTo(table, batch);
            full = table.IsFull(_options.FlushBytes);
            if (full)
            {
                Rotate();
            }
        }

        if (full)
        {
            _background.Wake();
        }

        _exemplars.Append(batch);

        Interlocked.Add(ref _appended, result.Stored);
        Interlocked.Add(ref _rejected, result.Rejected);
        return result;
    }

    /// <summary>Writes out what is in memory, so that the next open has nothing to replay, and closes. What the disk does not take stays in the log.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _background.Dispose();
        try
        {
            Flush();
        }
        catch (StorageFailedException e)
        {
            _options.Report($"memory not written out at the end: {e.Message}");
        }

        lock (_appendGate)
        {
            _log.Dispose();
            _exemplars.Dispose();
            _record.Dispose();
            foreach (var part in _state.Parts)
            {
                part.Release();
            }
        }
    }

    private AppendResult AppendTo(MemoryTable table, MetricBatch batch)
    {
        var total = batch.SampleCount + batch.Histograms.Count;
        if (_ids.Length < batch.SeriesCount)
        {
            _ids = new int[batch.SeriesCount * 2];
            _define = new bool[batch.SeriesCount * 2];
        }

        if (_refused.Length < total)
        {
            _refused = new bool[total * 2];
        }

        var ids = _ids.AsSpan(0, batch.SeriesCount);
        var define = _define.AsSpan(0, batch.SeriesCount);
        var refused = _refused.AsSpan(0, total);
        define.Clear();
        ids.Fill(-1);
        var rejected = Judge(batch, refused, out var oldest, out var reason);
        rejected += Identify(table, batch, ids, define, refused, ref reason, out var limited);
        if (rejected == total && batch.Metadata.Count == 0)
        {
            return new AppendResult(0, rejected, reason) { SeriesLimited = limited };
        }

        _log.Append(BatchRecord.KindOf(batch), _record.Encode(table.Generation, batch, ids, define, refused, batch.SampleCount));
        table.Lock.EnterWriteLock();
        try
        {
            Insert(table, batch, ids, define, refused);
        }
        finally
        {
            table.Lock.ExitWriteLock();
        }

        _changes.Changed(oldest);
        foreach (var metadata in batch.Metadata)
        {
            _metadata.Set(metadata);
        }

        return new AppendResult(total - rejected, rejected, reason) { SeriesLimited = limited };
    }

    // Times outside the window are refused one by one.
    private int Judge(MetricBatch batch, Span<bool> refused, out long oldestTaken, out string? reason)
    {
        reason = null;
        oldestTaken = long.MaxValue;
        _lastAppend = _options.TimeProvider.GetUtcNow();
        var newest = _lastAppend.ToUnixTimeMilliseconds() + (long)_options.Limits.MaxFuture.TotalMilliseconds;
        var oldest = _retention.CutoffMs();
        var rejected = 0;
        var times = batch.SampleTimestampsMs;
        for (var i = 0; i < refused.Length; i++)
        {
            var time = i < times.Length ? times[i] : batch.Histograms[i - times.Length].TimestampMs;
            refused[i] = time < oldest || time > newest;
            if (refused[i])
            {
                rejected++;
                reason ??= time < oldest
                    ? $"timestamp {time} is older than the retention, which begins at {oldest}"
                    : $"timestamp {time} is too far in the future, at most {newest} is accepted";
            }
            else
            {
                oldestTaken = Math.Min(oldestTaken, time);
            }
        }

        return rejected;
    }

    private int Identify(MemoryTable table, MetricBatch batch, Span<int> ids, Span<bool> define, Span<bool> refused, ref string? reason, out int limited)
    {
        var rejected = 0;
        limited = 0;
        var series = batch.SampleSeries;
        for (var i = 0; i < refused.Length; i++)
        {
            if (refused[i])
            {
                continue;
            }

            var index = i < series.Length ? series[i] : batch.Histograms[i - series.Length].Series;
            if (ids[index] >= 0)
            {
                continue;
            }

            var hash = batch.SeriesHash(index);
            if (!table.Registry.TryFind(hash, out var id))
            {
                var judgement = _limiter.Admit(batch.Sender, batch.SeriesKey(index), hash, table.Registry);
                if (judgement.Verdict != SeriesVerdict.Admitted)
                {
                    refused[i] = true;
                    rejected++;
                    limited++;
                    reason ??= SeriesLimiter.Describe(judgement, batch.Sender, batch.SeriesKey(index));
                    continue;
                }

                id = AddSeries(table.Registry, hash, batch.SeriesKey(index));
            }

            ids[index] = id;
            define[index] = !table.IsLogged(id);
        }

        return rejected;
    }

    private static int AddSeries(SeriesRegistry registry, Hash128 hash, ReadOnlySpan<byte> key)
    {
        registry.Lock.EnterWriteLock();
        try
        {
            return registry.Add(hash, key);
        }
        finally
        {
            registry.Lock.ExitWriteLock();
        }
    }

    private static void Insert(MemoryTable table, MetricBatch batch, ReadOnlySpan<int> ids, ReadOnlySpan<bool> define, ReadOnlySpan<bool> refused)
    {
        for (var i = 0; i < ids.Length; i++)
        {
            if (define[i])
            {
                table.SetLogged(ids[i]);
            }
        }

        var series = batch.SampleSeries;
        var times = batch.SampleTimestampsMs;
        ReadOnlySpan<double> values = batch.SampleValues;
        var starts = batch.SampleStartsMs;
        for (var i = 0; i < series.Length; i++)
        {
            if (!refused[i])
            {
                table.Add(ids[series[i]], times[i], values[i], starts.IsEmpty ? 0 : starts[i]);
            }
        }

        starts = batch.HistogramStartsMs;

        for (var i = 0; i < batch.Histograms.Count; i++)
        {
            if (!refused[series.Length + i])
            {
                var (index, time, histogram) = batch.Histograms[i];
                table.Add(ids[index], time, histogram, starts.IsEmpty ? 0 : starts[i]);
            }
        }
    }
}
