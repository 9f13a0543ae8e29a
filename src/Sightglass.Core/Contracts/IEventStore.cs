using Sightglass.Core.Model;

namespace Sightglass.Core.Contracts;

/// <summary>A store of log records and spans. Thread-safe.</summary>
public interface IEventStore
{
    /// <summary>Takes log records; see <see cref="IBatchSink"/>.</summary>
    AppendResult Append(LogBatch batch);

    /// <summary>Takes spans; see <see cref="IBatchSink"/>.</summary>
    AppendResult Append(SpanBatch batch);

    /// <summary>Runs a plan. The cursor sees what was acknowledged before the call.</summary>
    IEventCursor Query(EventPlan plan, CancellationToken cancellation);

    /// <summary>Streams with rows in the range (nanoseconds, end exclusive), in no particular order.</summary>
    IReadOnlyList<EventStream> Streams(EventSignal signal, long minTimeUnixNano, long maxTimeUnixNano, CancellationToken cancellation);

    /// <summary>Keys of row attributes in use in the range; sorted. <paramref name="scope"/> is Attribute, Resource or Scope.</summary>
    IReadOnlyList<string> AttributeKeys(EventSignal signal, ColumnScope scope, long minTimeUnixNano, long maxTimeUnixNano, CancellationToken cancellation);

    /// <summary>Distinct values of a column in the range, at most <paramref name="limit"/>, in no particular order.</summary>
    IReadOnlyList<AttributeValue> ColumnValues(EventSignal signal, ColumnRef column, long minTimeUnixNano, long maxTimeUnixNano, int limit, CancellationToken cancellation);

    /// <summary>
    /// Counts, for each column of a plan by itself, the rows of the selection by their value. Order, limit, fold and attributes of the plan do not
    /// matter. Rows without a value do not count, nor do those in which a number field is 0.
    /// </summary>
    /// <param name="plan">The selection and its columns.</param>
    /// <param name="most">Most values of a column that are told apart.</param>
    /// <param name="cancellation">Ends the work.</param>
    IReadOnlyList<ColumnTally> CountValues(EventPlan plan, int most, CancellationToken cancellation) => ColumnTally.OfRows(this, plan, most, cancellation);

    /// <summary>
    /// What was last stored of sources whose name begins with <paramref name="prefix"/> (<see cref="LogBatch.Positions"/>). A store that keeps no
    /// positions has none to answer.
    /// </summary>
    IReadOnlyDictionary<string, string> SourcePositions(string prefix) => new Dictionary<string, string>();
}
