using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Events.Deletion;
using Sightglass.Storage;

namespace Sightglass.Events;

/// <summary>How an <see cref="EventStore"/> is set up.</summary>
public sealed record EventStoreOptions
{
    /// <summary>The store's folder (<c>data/events</c>); made when missing. One process at a time.</summary>
    public required string Folder { get; init; }

    /// <summary>Age at which log records are removed, a day at a time; older ones are refused.</summary>
    public TimeSpan LogRetention { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Age at which spans are removed, a day at a time; older ones are refused.</summary>
    public TimeSpan SpanRetention { get; init; } = TimeSpan.FromDays(14);

    /// <summary>Streams for which another retention holds; of the rules that are for a stream the first counts.</summary>
    public IReadOnlyList<EventRetentionRule> RetentionRules { get; init; } = [];

    /// <summary>Reads the query of a deletion; throws a <see cref="QueryException"/> when it names no rows that can be deleted. Called from several threads.</summary>
    public Func<EventSignal, string, EventFilter> DeletionFilter { get; init; } = static (_, _) => throw new QueryException(QueryErrorKind.BadData, "this store deletes nothing");

    /// <summary>Age of a deletion at which parts are written anew for it alone: until then it may be taken back, unless a merge came first.</summary>
    public TimeSpan CleanAfter { get; init; } = TimeSpan.FromHours(24);

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>How often the write-ahead log is synced to the disk; zero syncs before every answer.</summary>
    public TimeSpan SyncInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Memory of rows that are not in parts, in bytes, at which they are flushed: larger parts against less memory.</summary>
    public long FlushBytes { get; init; } = 48L << 20;

    /// <summary>Age of the oldest row that is not in a part at which rows are flushed, so that a restart has little to read again.</summary>
    public TimeSpan FlushAge { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Flushes, merges and retention run on a thread of the store; without it, only when asked for (tests).</summary>
    public bool RunInBackground { get; init; } = true;

    /// <summary>The files.</summary>
    public IFileSystem FileSystem { get; init; } = DiskFileSystem.Instance;

    /// <summary>Bounds on what is taken in.</summary>
    public IngestLimits Limits { get; init; } = IngestLimits.Default;

    /// <summary>Told of stored bytes that fail their check and were set aside. Called on any thread; must not throw.</summary>
    public Action<CorruptDataException>? OnCorruption { get; init; }

    /// <summary>Told of a flush, merge or removal in the background that failed; it is tried again. Called on the store's thread; must not throw.</summary>
    public Action<Exception>? OnBackgroundFailure { get; init; }
}

/// <summary>What an <see cref="EventStore"/> holds at one moment.</summary>
/// <param name="Logs">Log records.</param>
/// <param name="Spans">Spans.</param>
/// <param name="WalBytes">Bytes of the write-ahead log.</param>
/// <param name="RecoveredRows">Rows that the last start read from the write-ahead log.</param>
/// <param name="RecoveryDroppedBytes">Bytes of a torn record that the last start dropped.</param>
public sealed record EventStoreStats(SignalStats Logs, SignalStats Spans, long WalBytes, long RecoveredRows, long RecoveryDroppedBytes);

/// <summary>What is held of one signal.</summary>
/// <param name="Rows">Rows, in memory and in parts.</param>
/// <param name="MemoryRows">Rows of these that are not in a part yet.</param>
/// <param name="MemoryBytes">Memory of those, roughly.</param>
/// <param name="DiskBytes">Bytes of the parts.</param>
/// <param name="Parts">Parts.</param>
/// <param name="Streams">Streams, summed over parts.</param>
/// <param name="BadBlocks">Blocks set aside because they fail their check.</param>
/// <param name="RejectedRows">Rows refused since the start.</param>
public sealed record SignalStats(long Rows, long MemoryRows, long MemoryBytes, long DiskBytes, int Parts, int Streams, int BadBlocks, long RejectedRows);
