using Sightglass.Core.Model;

namespace Sightglass.Core.Contracts;

/// <summary>Which kind of event.</summary>
public enum EventSignal
{
    /// <summary>Log records.</summary>
    Logs,

    /// <summary>Spans.</summary>
    Spans,
}

/// <summary>Order of the rows of an answer.</summary>
public enum EventOrder
{
    /// <summary>Any order; the fastest.</summary>
    Any,

    /// <summary>Oldest first; rows of one time in the order they were written.</summary>
    TimeAscending,

    /// <summary>Newest first; rows of one time in the reverse order.</summary>
    TimeDescending,
}

/// <summary>Where a column's values are.</summary>
public enum ColumnScope
{
    /// <summary>A fixed field; names in <see cref="EventFields"/>.</summary>
    Field,

    /// <summary>An attribute of the row.</summary>
    Attribute,

    /// <summary>An attribute of the resource (stream).</summary>
    Resource,

    /// <summary>An attribute of the instrumentation scope.</summary>
    Scope,

    /// <summary>An attribute of the row, or where it has none of that name, of the resource.</summary>
    Any,
}

/// <summary>Names a column.</summary>
/// <param name="Scope">Where.</param>
/// <param name="Name">The field's name or the attribute's key as sent.</param>
public readonly record struct ColumnRef(ColumnScope Scope, string Name)
{
    /// <summary>A fixed field.</summary>
    public static ColumnRef Field(string name) => new(ColumnScope.Field, name);
}

/// <summary>Names of fixed fields with their types. A missing text is <see cref="AttributeType.None"/>.</summary>
public static class EventFields
{
    /// <summary>Int: time of the log record or start of the span, nanoseconds since the Unix epoch.</summary>
    public const string Time = "time";

    /// <summary>Bytes(16): trace id, None when absent.</summary>
    public const string TraceId = "trace_id";

    /// <summary>Bytes(8): span id, None when absent.</summary>
    public const string SpanId = "span_id";

    /// <summary>Int: flags.</summary>
    public const string Flags = "flags";

    /// <summary>String: instrumentation scope's name.</summary>
    public const string ScopeName = "scope_name";

    /// <summary>String: instrumentation scope's version.</summary>
    public const string ScopeVersion = "scope_version";

    /// <summary>Int: attributes that the sender dropped.</summary>
    public const string DroppedAttributes = "dropped_attributes";

    /// <summary>Logs, Int: observed time, nanoseconds since the Unix epoch; 0 when not sent.</summary>
    public const string ObservedTime = "observed_time";

    /// <summary>Logs, Int: severity number.</summary>
    public const string SeverityNumber = "severity_number";

    /// <summary>Logs, String: severity text.</summary>
    public const string SeverityText = "severity_text";

    /// <summary>Logs, any type: the body.</summary>
    public const string Body = "body";

    /// <summary>Logs, String: event name.</summary>
    public const string EventName = "event_name";

    /// <summary>Spans, Bytes(8): parent span, None for a root.</summary>
    public const string ParentSpanId = "parent_span_id";

    /// <summary>Spans, String: W3C trace state.</summary>
    public const string TraceState = "trace_state";

    /// <summary>Spans, String: name.</summary>
    public const string Name = "name";

    /// <summary>Spans, Int: OTLP kind.</summary>
    public const string Kind = "kind";

    /// <summary>Spans, Int: duration in nanoseconds.</summary>
    public const string Duration = "duration";

    /// <summary>Spans, Int: OTLP status code.</summary>
    public const string StatusCode = "status_code";

    /// <summary>Spans, String: status message.</summary>
    public const string StatusMessage = "status_message";

    /// <summary>Spans, Bytes: events as in <see cref="SpanRow.Events"/>.</summary>
    public const string Events = "events";

    /// <summary>Spans, Bytes: links as in <see cref="SpanRow.Links"/>.</summary>
    public const string Links = "links";

    /// <summary>Spans, Int: events that the sender dropped.</summary>
    public const string DroppedEvents = "dropped_events";

    /// <summary>Spans, Int: links that the sender dropped.</summary>
    public const string DroppedLinks = "dropped_links";
}

/// <summary>How two values are compared.</summary>
public enum CompareOp
{
    /// <summary>Equal.</summary>
    Equal,

    /// <summary>Not equal.</summary>
    NotEqual,

    /// <summary>Less.</summary>
    Less,

    /// <summary>Less or equal.</summary>
    LessOrEqual,

    /// <summary>Greater.</summary>
    Greater,

    /// <summary>Greater or equal.</summary>
    GreaterOrEqual,
}

/// <summary>
/// A condition on a row. A leaf about a column that the row does not have is false, whatever its operator; use
/// <see cref="NotPredicate"/> for the opposite.
/// </summary>
public abstract record EventPredicate
{
    /// <summary>Holds for every row.</summary>
    public static EventPredicate True { get; } = new AndPredicate([]);

    /// <summary>Both; <see cref="True"/> is left out.</summary>
    public EventPredicate And(EventPredicate other) =>
        this is AndPredicate { Terms.Count: 0 } ? other : other is AndPredicate { Terms.Count: 0 } ? this : new AndPredicate([this, other]);
}

/// <summary>All terms hold; without terms it is true.</summary>
/// <param name="Terms">The terms.</param>
public sealed record AndPredicate(IReadOnlyList<EventPredicate> Terms) : EventPredicate;

/// <summary>At least one term holds; without terms it is false.</summary>
/// <param name="Terms">The terms.</param>
public sealed record OrPredicate(IReadOnlyList<EventPredicate> Terms) : EventPredicate;

/// <summary>The term does not hold.</summary>
/// <param name="Term">The term.</param>
public sealed record NotPredicate(EventPredicate Term) : EventPredicate;

/// <summary>
/// Typed comparison. Integers and doubles compare with each other as numbers, texts by their bytes, bytes by their bytes; values of other different
/// types are neither equal nor ordered and unequal only for <see cref="CompareOp.NotEqual"/>.
/// </summary>
/// <param name="Column">Left side.</param>
/// <param name="Op">Operator.</param>
/// <param name="Value">Right side.</param>
public sealed record ComparePredicate(ColumnRef Column, CompareOp Op, AttributeValue Value) : EventPredicate;

/// <summary>The row has the column.</summary>
/// <param name="Column">The column.</param>
public sealed record ExistsPredicate(ColumnRef Column) : EventPredicate;

/// <summary>The column's value as text (<see cref="AttributeValue.ToString"/>) contains a substring.</summary>
/// <param name="Column">The column.</param>
/// <param name="Needle">The substring, not empty.</param>
/// <param name="IgnoreCase">Ignores the case of ASCII letters.</param>
public sealed record ContainsPredicate(ColumnRef Column, string Needle, bool IgnoreCase = false) : EventPredicate;

/// <summary>The column's value as text matches an expression, which is anchored or not as it was made.</summary>
/// <param name="Column">The column.</param>
/// <param name="Expression">The expression.</param>
public sealed record MatchesPredicate(ColumnRef Column, Re2 Expression) : EventPredicate;

/// <summary>What a query wants of the event store. Times are nanoseconds since the Unix epoch.</summary>
public sealed record EventPlan
{
    /// <summary>Logs or spans.</summary>
    public required EventSignal Signal { get; init; }

    /// <summary>Oldest row, inclusive.</summary>
    public required long MinTimeUnixNano { get; init; }

    /// <summary>End of the range, exclusive.</summary>
    public required long MaxTimeUnixNano { get; init; }

    /// <summary>Decides by stream; null takes all. Asked few times for each, from several threads at once.</summary>
    public Func<EventStream, bool>? Streams { get; init; }

    /// <summary>Decides by row.</summary>
    public EventPredicate Where { get; init; } = EventPredicate.True;

    /// <summary>Columns to return, in this order. <see cref="EventPage.TimesUnixNano"/>, stream and scope come in any case.</summary>
    public IReadOnlyList<ColumnRef> Columns { get; init; } = [];

    /// <summary>Also return every attribute of the rows (<see cref="EventPage.Attributes"/>).</summary>
    public bool AllAttributes { get; init; }

    /// <summary>
    /// Says by its name, as it stands between the quotes, whether a member of a body that is a JSON object is read; null wants bodies whole. A store may then
    /// give such a body without members that nobody reads, but only where the others read the same without them. Asked from several threads.
    /// </summary>
    public Func<ReadOnlySpan<byte>, bool>? BodyMembers { get; init; }

    /// <summary>Order of the rows.</summary>
    public EventOrder Order { get; init; }

    /// <summary>Most rows to return; the store stops early.</summary>
    public long Limit { get; init; } = long.MaxValue;

    /// <summary>Lets the store put rows together that the asker does not tell apart; null wants every row. Only with <see cref="EventOrder.Any"/> and without a limit.</summary>
    public EventFold? Fold { get; init; }
}

/// <summary>
/// Which rows may come as one, with <see cref="EventPage.WeightOf"/> saying how many they are: rows of one cell of time that have the same stream and
/// scope, as far as the functions here tell them apart, and the same values in all columns of the plan. A store need not put together all that it may.
/// The time of a row of the answer is some time of its cell.
/// </summary>
public sealed record EventFold
{
    /// <summary>Start of one of the cells, nanoseconds since the Unix epoch.</summary>
    public long OriginUnixNano { get; init; }

    /// <summary>Width of the cells in nanoseconds; 0 makes the plan's range one cell.</summary>
    public long WidthNano { get; init; }

    /// <summary>
    /// Rows that differ from about so many others by the values of columns may be left out of the answer, counted in <see cref="EventPage.Uncounted"/>; never
    /// those without any value.
    /// </summary>
    public int MostGroups { get; init; } = int.MaxValue;

    /// <summary>The stream that stands for a stream; null keeps all apart. Called from several threads.</summary>
    public Func<EventStream, EventStream>? Streams { get; init; }

    /// <summary>The scope that stands for a scope, null for none; without the function all are kept apart. Called from several threads.</summary>
    public Func<EventScope, EventScope?>? Scopes { get; init; }
}
