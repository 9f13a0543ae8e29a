using System.Collections.Concurrent;
using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Events.Memory;
using Sightglass.Events.Parts;
using Sightglass.Events.Querying;
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
        _admission = new Admission(options);
        _logs = new MemoryTable(EventSignal.Logs, _keys);
        _spans = new MemoryTable(EventSignal.Spans, _keys);
        _files = new EventFiles(options, _identities, ReportCorruption);
        _parts = _files.OpenParts();
        _nextFlush = _parts.Count == 0 ? 1 : _parts.Max(p => p.Directory.LastFlush) + 1;
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
        if (batch.Count == 0)
        {
            return AppendResult.All(0);
        }

        var context = _contexts.TryTake(out var kept) ? kept : new AppendContext();
        try
        {
            context.Begin();
            var (rejected, reason) = _admission.Check(batch, context);
            Interlocked.Add(ref _rejectedLogs, rejected);
            if (rejected < batch.Count)
            {
                context.Prepared.Prepare(batch, _identities, _keys);
                var record = context.Encode(batch, _keys);
                lock (_gate)
                {
                    WriteLog(LogKind, record);
                    _logs.Add(batch, context.Prepared, context.Rejected);
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

    /// <inheritdoc/>
    public IEventCursor Query(EventPlan plan, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(plan);
        cancellation.ThrowIfCancellationRequested();
        var selection = new BlockSelection(plan, SetAside);
        var snapshot = Snapshot(plan.Signal, plan.MinTimeUnixNano, plan.MaxTimeUnixNano);
        return new EventCursor(plan, snapshot.Sources, selection, snapshot, cancellation);
    }

    /// <inheritdoc/>
    public IReadOnlyList<EventStream> Streams(EventSignal signal, long minTimeUnixNano, long maxTimeUnixNano, CancellationToken cancellation)
    {
        using var snapshot = Snapshot(signal, minTimeUnixNano, maxTimeUnixNano);
        return Catalog.Streams(snapshot.Sources, cancellation);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> AttributeKeys(EventSignal signal, ColumnScope scope, long minTimeUnixNano, long maxTimeUnixNano, CancellationToken cancellation)
    {
        using var snapshot = Snapshot(signal, minTimeUnixNano, maxTimeUnixNano);
        return new Catalog(SetAside).Keys(snapshot.Sources, scope, cancellation);
    }

    /// <inheritdoc/>
    public IReadOnlyList<AttributeValue> ColumnValues(EventSignal signal, ColumnRef column, long minTimeUnixNano, long maxTimeUnixNano, int limit, CancellationToken cancellation)
    {
        using var snapshot = Snapshot(signal, minTimeUnixNano, maxTimeUnixNano);
        return new Catalog(SetAside).Values(snapshot.Sources, column, limit, cancellation);
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

    private void Replay(long sequence, byte kind, ReadOnlySpan<byte> record)
    {
        _lastSequence = sequence;
        try
        {
            Restore(sequence, kind, record);
        }
        catch (CorruptDataException e)
        {
            ReportCorruption(e);
        }
    }

    private void Restore(long sequence, byte kind, ReadOnlySpan<byte> record)
    {
        using EventBatch batch = kind switch
        {
            LogKind => LogBatch.Rent(),
            SpanKind => SpanBatch.Rent(),
            _ => throw new CorruptDataException("wal", "record kind", sequence, $"got {kind}, want {LogKind} or {SpanKind}"),
        };
        var rawLength = record.Length < 4 ? 0 : System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(record);
        if (rawLength == 0 || rawLength > int.MaxValue / 2)
        {
            throw new CorruptDataException("wal", "record", sequence, $"a batch of {rawLength} bytes");
        }

        using var raw = new ByteWriter((int)rawLength);
        var target = raw.GetSpan((int)rawLength)[..(int)rawLength];
        if (!Zstd.TryDecompress(record[4..], target) || !BatchRecord.TryRead(target, batch))
        {
            throw new CorruptDataException("wal", "record", sequence, "a batch that does not decode");
        }

        var context = _contexts.TryTake(out var kept) ? kept : new AppendContext();
        context.Begin();
        context.Prepared.Prepare(batch, _identities, _keys);
        if (batch is LogBatch logs)
        {
            _logs.Add(logs, context.Prepared, context.Rejected);
        }
        else
        {
            _spans.Add((SpanBatch)batch, context.Prepared, context.Rejected);
        }

        _contexts.Add(context);
        _firstRowTimestamp = _options.TimeProvider.GetTimestamp();
        _files.CountRecovered(batch.Count);
        if (_logs.Bytes + _spans.Bytes >= _options.FlushBytes)
        {
            Freeze();
            FlushFrozen(dropLog: false);
        }
    }

    private StoreSnapshot Snapshot(EventSignal signal, long minTime, long maxTime)
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

    private void ReportCorruption(CorruptDataException reason) => _options.OnCorruption?.Invoke(reason);
}

/// <summary>Memory tables on their way into parts.</summary>
internal sealed record FrozenTables(long Flush, long CoveredSequence, MemoryBlock[] Logs, long LogBytes, MemoryBlock[] Spans, long SpanBytes)
{
    public MemoryBlock[] BlocksOf(EventSignal signal) => signal == EventSignal.Logs ? Logs : Spans;

    public long BytesOf(EventSignal signal) => signal == EventSignal.Logs ? LogBytes : SpanBytes;
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
