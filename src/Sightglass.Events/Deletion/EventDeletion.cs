using Sightglass.Core.Contracts;

namespace Sightglass.Events.Deletion;

/// <summary>How far a deletion has come.</summary>
public enum EventDeletionStatus
{
    /// <summary>Queries do not see the rows any more; all of them are still on disk.</summary>
    Received,

    /// <summary>Some of the rows are gone from disk.</summary>
    Begun,

    /// <summary>None of the rows is on disk.</summary>
    Processed,
}

/// <summary>
/// Rows that were deleted: those of the streams and lines that a query names, in a range of times, among those that were stored when it was made.
/// </summary>
/// <param name="Id">Its name, sixteen hexadecimal digits.</param>
/// <param name="Signal">Logs or spans.</param>
/// <param name="Query">The query as it was given.</param>
/// <param name="MinTimeUnixNano">Oldest row, nanoseconds since the Unix epoch, inclusive.</param>
/// <param name="MaxTimeUnixNano">Newest row, inclusive.</param>
/// <param name="CreatedMs">When it was made, milliseconds since the Unix epoch.</param>
/// <param name="BeforePart">Parts with a smaller number are meant: later ones, merged ones too, hold nothing of it.</param>
/// <param name="Status">How far it has come.</param>
public sealed record EventDeletion(
    string Id, EventSignal Signal, string Query, long MinTimeUnixNano, long MaxTimeUnixNano, long CreatedMs, long BeforePart, EventDeletionStatus Status);

/// <summary>Which rows a query of deletion names.</summary>
/// <param name="Streams">Decides by stream. Called from several threads.</param>
/// <param name="Where">Decides by row.</param>
public sealed record EventFilter(Func<EventStream, bool> Streams, EventPredicate Where)
{
    /// <summary>Makes what decides the rows that <see cref="Where"/> leaves over, for one thread; null when they are all meant.</summary>
    public Func<EventRowFilter>? Rows { get; init; }
}

/// <summary>A retention of its own for some streams.</summary>
/// <param name="Signal">Logs or spans.</param>
/// <param name="Streams">Whether it is for a stream. Called from several threads.</param>
/// <param name="Keep">Rows older are dropped; zero keeps everything.</param>
public sealed record EventRetentionRule(EventSignal Signal, Func<EventStream, bool> Streams, TimeSpan Keep);
