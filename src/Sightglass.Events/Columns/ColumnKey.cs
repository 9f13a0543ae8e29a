using Sightglass.Core.Contracts;
using Sightglass.Core.Model;

namespace Sightglass.Events.Columns;

/// <summary>
/// Identity of a stored column: a fixed field, or an attribute key. A row that has a key more than once keeps its second value in the column of
/// occurrence 1, and so on; named columns and predicates look at occurrence 0.
/// </summary>
internal readonly record struct ColumnKey(bool IsField, string Name, int Occurrence)
{
    /// <summary>Row → index into the part's table of scopes plus one; 0 is "no scope".</summary>
    public static readonly ColumnKey ScopeIndex = Field("#scope");

    /// <summary>Orders rows of one time by when they were written. Only differences between rows of one time mean anything.</summary>
    public static readonly ColumnKey Tie = Field("#tie");

    public static readonly ColumnKey Time = Field(EventFields.Time);

    public static readonly ColumnKey TraceId = Field(EventFields.TraceId);

    public static ColumnKey Field(string name) => new(true, name, 0);

    public static ColumnKey Attribute(string name, int occurrence = 0) => new(false, name, occurrence);

    /// <summary>True for a field that every row has: where the column says nothing, the value is the integer 0.</summary>
    public bool MissingIsZero => IsField && FieldTypes.IsNumber(Name);
}

/// <summary>What <see cref="EventFields"/> says about each field's type.</summary>
internal static class FieldTypes
{
    public static bool IsNumber(string field) => field is EventFields.Time or EventFields.Flags or EventFields.DroppedAttributes
        or EventFields.ObservedTime or EventFields.SeverityNumber or EventFields.Kind or EventFields.Duration or EventFields.StatusCode
        or EventFields.DroppedEvents or EventFields.DroppedLinks or "#scope" or "#tie";

    public static bool HasBytes(AttributeType type) => type is AttributeType.String or AttributeType.Bytes or AttributeType.Composite;

    /// <summary>Whether rows of the signal can have the field at all.</summary>
    public static bool BelongsTo(string field, EventSignal signal) => field switch
    {
        EventFields.ObservedTime or EventFields.SeverityNumber or EventFields.SeverityText or EventFields.Body or EventFields.EventName => signal == EventSignal.Logs,
        EventFields.ParentSpanId or EventFields.TraceState or EventFields.Name or EventFields.Kind or EventFields.Duration or EventFields.StatusCode
            or EventFields.StatusMessage or EventFields.Events or EventFields.Links or EventFields.DroppedEvents or EventFields.DroppedLinks => signal == EventSignal.Spans,
        EventFields.Time or EventFields.TraceId or EventFields.SpanId or EventFields.Flags or EventFields.ScopeName or EventFields.ScopeVersion
            or EventFields.DroppedAttributes => true,
        _ => false,
    };
}
