using System.Text;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;

namespace Sightglass.TestKit;

/// <summary>A row of the <see cref="InMemoryEventStore"/>.</summary>
internal sealed record EventRow(
    long TimeUnixNano,
    EventStream Stream,
    EventScope? Scope,
    IReadOnlyDictionary<string, AttributeValue> Fields,
    IReadOnlyDictionary<string, AttributeValue> Attributes)
{
    public AttributeValue Value(ColumnRef column) => column.Scope switch
    {
        ColumnScope.Field => Fields.GetValueOrDefault(column.Name),
        ColumnScope.Attribute => Attributes.GetValueOrDefault(column.Name),
        ColumnScope.Resource => Of(Stream.Attributes, column.Name),
        ColumnScope.Scope => Scope is null ? default : Of(Scope.Attributes, column.Name),
        _ => Attributes.TryGetValue(column.Name, out var own) ? own : Of(Stream.Attributes, column.Name),
    };

    private static AttributeValue Of(IReadOnlyList<EventAttribute> attributes, string key) =>
        attributes.FirstOrDefault(a => a.Key == key).Value;
}

/// <summary>What predicates mean, row by row.</summary>
internal static class RowPredicate
{
    public static bool Holds(EventPredicate predicate, EventRow row) => predicate switch
    {
        AndPredicate and => and.Terms.All(t => Holds(t, row)),
        OrPredicate or => or.Terms.Any(t => Holds(t, row)),
        NotPredicate not => !Holds(not.Term, row),
        ExistsPredicate exists => row.Value(exists.Column).Type != AttributeType.None,
        ContainsPredicate contains => row.Value(contains.Column) is { Type: not AttributeType.None } value
            && value.ToString().Contains(contains.Needle, contains.IgnoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal),
        MatchesPredicate matches => row.Value(matches.Column) is { Type: not AttributeType.None } value && matches.Expression.IsMatch(value.ToString()),
        ComparePredicate compare => row.Value(compare.Column) is { Type: not AttributeType.None } value && Compare(value, compare.Op, compare.Value),
        _ => throw new ArgumentException($"unknown predicate {predicate.GetType().Name}", nameof(predicate)),
    };

    private static bool Compare(AttributeValue left, CompareOp op, AttributeValue right)
    {
        int? order = (left.Type, right.Type) switch
        {
            (AttributeType.Int, AttributeType.Int) => left.Bits.CompareTo(right.Bits),
            (AttributeType.Int or AttributeType.Double, AttributeType.Int or AttributeType.Double) =>
                double.IsNaN(left.Number) || double.IsNaN(right.Number) ? null : left.Number.CompareTo(right.Number),
            (AttributeType.String, AttributeType.String) => Encoding.UTF8.GetBytes(left.Text).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right.Text)),
            (AttributeType.Bool, AttributeType.Bool) => left.Bits.CompareTo(right.Bits),
            (AttributeType.Bytes, AttributeType.Bytes) => left.Bytes.AsSpan().SequenceCompareTo(right.Bytes),
            _ => null,
        };
        return order is { } sign
            ? op switch
            {
                CompareOp.Equal => sign == 0,
                CompareOp.NotEqual => sign != 0,
                CompareOp.Less => sign < 0,
                CompareOp.LessOrEqual => sign <= 0,
                CompareOp.Greater => sign > 0,
                _ => sign >= 0,
            }
            : op == CompareOp.NotEqual;
    }
}
