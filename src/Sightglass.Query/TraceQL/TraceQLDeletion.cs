using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.TraceQL.Metrics;
using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL;

/// <summary>Queries that name spans to delete: one filter with conditions that hold for a span by itself, or the id of a trace.</summary>
public static class TraceQLDeletion
{
    private const int TraceIdDigits = 32;

    /// <summary>The spans that a query of deletion names.</summary>
    /// <exception cref="QueryException">It does not parse, or its conditions are more than the store can decide.</exception>
    public static EventPredicate Filter(string query)
    {
        if (TraceQLRules.Parse(query, QueryLimits.Default) is not { Body: SpanFilterNode filter, Hints.Count: 0 })
        {
            throw new QueryException(QueryErrorKind.BadData, "a deletion takes one filter of spans such as { resource.service.name = \"shop\" }, without a pipeline");
        }

        return Of(filter.Condition) ?? throw new QueryException(
            QueryErrorKind.BadData,
            "a deletion takes conditions that compare trace:id by =, or an attribute with its scope, name, kind, status, status message or duration with a constant");
    }

    private static EventPredicate? Of(FieldNode node) => node switch
    {
        BinaryField { Operator: "&&" } both => Of(both.Left) is { } one && Of(both.Right) is { } other ? one.And(other) : null,
        BinaryField { Operator: "||" } either => Of(either.Left) is { } left && Of(either.Right) is { } right ? new OrPredicate([left, right]) : null,
        BinaryField { Operator: "=", Left: AttributeField { Intrinsic: Intrinsic.TraceId }, Right: ValueField { Value: { Type: TraceValueType.String, Text: { } id } } } => OfTrace(id),
        _ => ExactPredicates.Of(node),
    };

    private static ComparePredicate OfTrace(string id)
    {
        var digits = id.PadLeft(TraceIdDigits, '0');
        return id.Length is > 0 and <= TraceIdDigits && digits.All(char.IsAsciiHexDigit)
            ? new ComparePredicate(ColumnRef.Field(EventFields.TraceId), CompareOp.Equal, AttributeValue.OfBytes(AttributeType.Bytes, Convert.FromHexString(digits)))
            : throw new QueryException(QueryErrorKind.BadData, $"trace:id: got \"{id}\", want up to {TraceIdDigits} hexadecimal digits");
    }
}
