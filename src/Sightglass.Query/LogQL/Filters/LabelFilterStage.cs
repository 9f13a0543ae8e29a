using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using MatchType = Sightglass.Core.Model.MatchType;
using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL.Filters;

/// <summary><c>| label = "value" and size &gt; 5KB</c>.</summary>
internal sealed class LabelFilterStage(LabelCondition condition) : LogStage
{
    /// <summary>
    /// A store's condition that holds at least where this one does, before any parser; null when there is none. It is about
    /// ids only: those are stored as bytes under names that no translation of attribute names touches.
    /// </summary>
    public EventPredicate? Weaker => WeakerOf(condition);

    /// <summary>What lines have to satisfy.</summary>
    public LabelCondition Condition => condition;

    /// <inheritdoc/>
    public override string ToString() => $"| {condition}";

    /// <inheritdoc/>
    public override bool NeedsLine => false;

    /// <inheritdoc/>
    public override bool Process(LogEntry entry) => condition.Holds(entry);

    /// <inheritdoc/>
    public override void AddNeeds(LabelNeeds needs) => condition.AddNeeds(needs);

    private static EventPredicate? WeakerOf(LabelCondition condition)
    {
        switch (condition)
        {
            case CombinedCondition { IsAnd: true } both:
                return (WeakerOf(both.Left), WeakerOf(both.Right)) switch
                {
                    (null, var right) => right,
                    (var left, null) => left,
                    var (left, right) => left.And(right),
                };
            case CombinedCondition either:
                return WeakerOf(either.Left) is { } one && WeakerOf(either.Right) is { } other ? new OrPredicate([one, other]) : null;
            case TextCondition { Matcher: { Type: MatchType.Equal, Name: EventFields.TraceId, Value.Length: 32 } matcher }:
                return Id(matcher);
            case TextCondition { Matcher: { Type: MatchType.Equal, Name: EventFields.SpanId, Value.Length: 16 } matcher }:
                return Id(matcher);
            default:
                return null;
        }
    }

    private static OrPredicate? Id(LabelMatcher matcher)
    {
        foreach (var c in matcher.Value)
        {
            if (!char.IsAsciiHexDigitLower(c))
            {
                return null;
            }
        }

        var text = AttributeValue.Of(matcher.Value);
        var bytes = AttributeValue.OfBytes(AttributeType.Bytes, Convert.FromHexString(matcher.Value));
        return new OrPredicate(
        [
            new ComparePredicate(ColumnRef.Field(matcher.Name), CompareOp.Equal, bytes),
            new ComparePredicate(new ColumnRef(ColumnScope.Any, matcher.Name), CompareOp.Equal, text),
            new ComparePredicate(new ColumnRef(ColumnScope.Any, matcher.Name.Replace('_', '.')), CompareOp.Equal, text),
            new ComparePredicate(new ColumnRef(ColumnScope.Scope, matcher.Name), CompareOp.Equal, text),
        ]);
    }
}
