using System.Collections.Concurrent;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Events.Deletion;
using Sightglass.Events.Memory;
using Sightglass.Events.Parts;
using Sightglass.Events.Records;

namespace Sightglass.Events;

/// <summary>
/// The event engine: log records and spans as wide rows with typed attributes, in a write-ahead log and a memory table first, then in immutable parts
/// of columns by day. Thread-safe.
/// </summary>
public sealed partial class EventStore : IEventStore, IDisposable
{
    /// <summary>Memory tables that wait for their flush before senders have to wait too.</summary>
    private const int MostFrozen = 2;

    private const byte LogKind = 1;
    private const byte SpanKind = 2;

    private readonly EventStoreOptions _options;
    private readonly Admission _admission;
    private readonly IdentityTable _identities = new();
    private readonly AttributeKeys _keys = new();
    private readonly ConcurrentBag<AppendContext> _contexts = [];
    private readonly EventFiles _files;

    // Guards the memory tables, the list of parts and the order of the log. Held while a batch is written, never while a part is.
    private readonly object _gate = new();
    private readonly List<FrozenTables> _frozen = [];
    private readonly List<EventPart> _parts;
    private readonly Dictionary<string, string> _positions;
    private bool _positionsChanged;
    private MemoryTable _logs;
    private MemoryTable _spans;
    private long _lastSequence;
    private long _nextFlush;
    private long _firstRowTimestamp;
    private long _rejectedLogs;
    private long _rejectedSpans;
    private bool _disposed;

    /// <summary>Opens the store, reads the log again and serves.</summary>
    /// <exception cref="StorageFailedException">The folder cannot be used.</exception>
    public EventStore(EventStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _logRetention = new StreamRetention(EventSignal.Logs, options.LogRetention, options.RetentionRules, options.TimeProvider);
        _spanRetention = new StreamRetention(EventSignal.Spans, options.SpanRetention, options.RetentionRules, options.TimeProvider);
        _admission = new Admission(options with { LogRetention = _logRetention.Longest, SpanRetention = _spanRetention.Longest });
        _logs = new MemoryTable(EventSignal.Logs, _keys);
        _spans = new MemoryTable(EventSignal.Spans, _keys);
        _files = new EventFiles(options, _identities, ReportCorruption);
        _deletionFile = new DeletionFile(options.FileSystem, options.Folder);
        _deletions = _deletionFile.Read();
        _parts = _files.OpenParts();
        var ranges = new Dictionary<string, HiddenRange>();
        _parts.ForEach(p => SetHidden(p, ranges));
        _nextFlush = _parts.Count == 0 ? 1 : _parts.Max(p => p.Directory.LastFlush) + 1;
        _positions = new Dictionary<string, string>(_files.ReadPositions(), StringComparer.Ordinal);
        _files.OpenLog(Replay);
        if (options.RunInBackground)
        {
            StartBackground();
        }
    }

    /// <inheritdoc/>
    public AppendResult Append(LogBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Count == 0 && batch.Positions.Count == 0)
        {
            return AppendResult.All(0);
        }

        var context = _contexts.TryTake(out var kept) ? kept : new AppendContext();
        try
        {
            context.Begin();
            var (rejected, reason) = _admission.Check(batch, context);
            Interlocked.Add(ref _rejectedLogs, rejected);
            if (rejected < batch.Count || batch.Positions.Count > 0)
            {
                context.Prepared.Prepare(batch, _identities, _keys);
                var record = context.Encode(batch, _keys);
                lock (_gate)
                {
                    WriteLog(LogKind, record);
                    _logs.Add(batch, context.Prepared, context.Rejected);
                    Keep(batch.Positions);
                    FreezeWhenFull();
                }
            }

            return new AppendResult(batch.Count - rejected, rejected, reason);
        }
        finally
        {
            _contexts.Add(context);
        }
    }

    /// <inheritdoc/>
    public AppendResult Append(SpanBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Count == 0)
        {
            return AppendResult.All(0);
        }

        var context = _contexts.TryTake(out var kept) ? kept : new AppendContext();
        try
        {
            context.Begin();
            var (rejected, reason) = _admission.Check(batch, context);
            Interlocked.Add(ref _rejectedSpans, rejected);
            if (rejected < batch.Count)
            {
                context.Prepared.Prepare(batch, _identities, _keys);
                var record = context.Encode(batch, _keys);
                lock (_gate)
                {
                    WriteLog(SpanKind, record);
                    _spans.Add(batch, context.Prepared, context.Rejected);
                    FreezeWhenFull();
                }
            }

            return new AppendResult(batch.Count - rejected, rejected, reason);
        }
        finally
        {
            _contexts.Add(context);
        }
    }

    /// <summary>What the store holds.</summary>
    public EventStoreStats Stats()
    {
        lock (_gate)
        {
            return new EventStoreStats(
                StatsOf(EventSignal.Logs), StatsOf(EventSignal.Spans), _files.LogBytes, _files.RecoveredRows, _files.RecoveryDroppedBytes);
        }
    }

    /// <summary>Stops the background work and closes the files. Rows that are not in parts stay in the log and are read at the next start.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            Monitor.PulseAll(_gate);
        }

        _background?.Dispose();
        lock (_gate)
        {
            foreach (var part in _parts)
            {
                part.Release();
            }

            _parts.Clear();
        }

        _files.Dispose();
        foreach (var context in _contexts)
        {
            context.Dispose();
        }
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> SourcePositions(string prefix)
    {
        lock (_gate)
        {
            return _positions.Where(p => p.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal);
        }
    }

    /// <summary>Notes how far sources have been read. With the lock held, after the record that says so.</summary>
    private void Keep(List<ReadPosition> positions)
    {
        foreach (var (source, position) in positions)
        {
            if (position.Length == 0)
            {
                _positions.Remove(source);
            }
            else
            {
                _positions[source] = position;
            }
        }

        _positionsChanged |= positions.Count > 0;
    }

    private SignalStats StatsOf(EventSignal signal)
    {
        var parts = _parts.Where(p => p.Directory.Signal == signal).ToArray();
        var table = signal == EventSignal.Logs ? _logs : _spans;
        var frozen = _frozen.Select(f => f.BlocksOf(signal)).ToArray();
        var memoryRows = table.Rows + frozen.Sum(f => f.Sum(b => (long)b.Rows));
        return new SignalStats(
            parts.Sum(p => p.Directory.Rows) + memoryRows,
            memoryRows,
            table.Bytes + _frozen.Sum(f => f.BytesOf(signal)),
            parts.Sum(p => p.Bytes),
            parts.Length,
            parts.Sum(p => p.Directory.Streams.Length),
            parts.Sum(p => p.BadBlocks),
            Interlocked.Read(ref signal == EventSignal.Logs ? ref _rejectedLogs : ref _rejectedSpans));
    }

    /// <summary>Waits for room in memory and writes a record. With the lock held.</summary>
    private void WriteLog(byte kind, ReadOnlySpan<byte> record)
    {
        while (_frozen.Count >= MostFrozen && !_disposed)
        {
            if (_flushFailure is { } failure)
            {
                throw new StorageFailedException($"parts cannot be written and memory is full: {failure.Message}", failure);
            }

            Monitor.Wait(_gate);
        }

        ObjectDisposedException.ThrowIf(_disposed, this);
        _lastSequence = _files.AppendRecord(kind, record);
        if (_firstRowTimestamp == 0)
        {
            _firstRowTimestamp = _options.TimeProvider.GetTimestamp();
        }
    }

    private void ReportCorruption(CorruptDataException reason) => _options.OnCorruption?.Invoke(reason);
}

/// <summary>Memory tables on their way into parts.</summary>
internal sealed record FrozenTables(long Flush, long CoveredSequence, MemoryBlock[] Logs, long LogBytes, MemoryBlock[] Spans, long SpanBytes)
{
    /// <summary>Positions of sources when the tables were frozen; null when none changed since the tables before.</summary>
    public PositionSet? Positions { get; init; }

    public MemoryBlock[] BlocksOf(EventSignal signal) => signal == EventSignal.Logs ? Logs : Spans;

    public long BytesOf(EventSignal signal) => signal == EventSignal.Logs ? LogBytes : SpanBytes;
}
