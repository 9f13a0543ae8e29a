using System.Globalization;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using MatchType = Sightglass.Core.Model.MatchType;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.View;

namespace Sightglass.Query.LogQL.Filters;

/// <summary>
/// Store conditions that hold at least where a condition on labels holds, as long as no stage has made labels: the store then hands out few lines that the
/// condition would drop. A label may come from the stream, its resource, the scope, a fixed field or an attribute whose key is translated to its name, so
/// the keys that are in use decide.
/// </summary>
/// <param name="keys">Keys of attributes that are in use, by where they are: Attribute, Resource or Scope.</param>
internal sealed class LabelPushdown(Func<ColumnScope, IReadOnlyList<string>> keys)
{
    // Each column of a label is looked at in each block.
    private const int MaxColumns = 16;

    /// <summary>The store's condition; null when there is none.</summary>
    public EventPredicate? Of(LabelCondition condition)
    {
        switch (condition)
        {
            case CombinedCondition { IsAnd: true } both:
                return (Of(both.Left), Of(both.Right)) switch
                {
                    (null, var right) => right,
                    (var left, null) => left,
                    var (left, right) => left.And(right),
                };
            case CombinedCondition either:
                return Of(either.Left) is { } one && Of(either.Right) is { } other ? new OrPredicate([one, other]) : null;
            case TextCondition { Matcher: { Type: MatchType.Equal, Value.Length: > 0 } matcher } when !matcher.Value.Contains('\uFFFD'):
                return HasLabel(matcher.Name, matcher.Value, Re2.Anchored(Escape(matcher.Value)));
            case TextCondition { Matcher: { Type: MatchType.NotEqual, Value.Length: 0 } matcher }:
                return HasLabel(matcher.Name, null, null);
            case TextCondition { Matcher: { Type: MatchType.Regex } matcher } when !matcher.Matches(string.Empty):
                return HasLabel(matcher.Name, null, null);
            case QuantityCondition:
                var needs = new LabelNeeds();
                condition.AddNeeds(needs);
                return HasLabel(needs.Names.First(), null, null);
            default:
                return null;
        }
    }

    /// <summary>Some place that a label comes from has it, with a text where one is asked for.</summary>
    private OrPredicate? HasLabel(string name, string? text, Re2? exactly)
    {
        // What is made up from others, or renamed for another's sake.
        if (name is LevelDetector.Label or "service_name" || name.StartsWith("__", StringComparison.Ordinal) || name.EndsWith("_extracted", StringComparison.Ordinal)
            || Array.IndexOf(RowReader.ScopeNames, name) >= 0)
        {
            return null;
        }

        var places = new List<EventPredicate>();
        if (RowReader.FieldOf(name) is { } field)
        {
            places.Add(Field(field, text));
        }

        foreach (var scope in (ReadOnlySpan<ColumnScope>)[ColumnScope.Attribute, ColumnScope.Resource, ColumnScope.Scope])
        {
            foreach (var key in keys(scope))
            {
                var label = LabelNames.FromAttribute(key);
                var column = new ColumnRef(scope, key);
                if (label == name || key == name)
                {
                    places.Add(exactly is null ? new ExistsPredicate(column) : new MatchesPredicate(column, exactly));
                }
                else if (name.StartsWith(label + "_", StringComparison.Ordinal))
                {
                    // A map becomes labels of its own.
                    places.Add(new ExistsPredicate(column));
                }
            }
        }

        return places.Count <= MaxColumns ? new OrPredicate(places) : null;
    }

    private static EventPredicate Field(string field, string? text)
    {
        var column = ColumnRef.Field(field);
        switch (field)
        {
            case EventFields.TraceId or EventFields.SpanId when text is null || !IsHex(text):
                return new ExistsPredicate(column);
            case EventFields.TraceId or EventFields.SpanId:
                return new ComparePredicate(column, CompareOp.Equal, AttributeValue.OfBytes(AttributeType.Bytes, Convert.FromHexString(text)));
            case EventFields.SeverityText or EventFields.EventName:
                return text is null ? new ExistsPredicate(column) : new ComparePredicate(column, CompareOp.Equal, AttributeValue.Of(text));
            default:
                // Numbers; one that is 0 is no label.
                return text is null ? new ComparePredicate(column, CompareOp.NotEqual, AttributeValue.Of(0L))
                    : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? new ComparePredicate(column, CompareOp.Equal, AttributeValue.Of(number))
                    : new OrPredicate([]);
        }
    }

    private static bool IsHex(string text) => text.Length is 16 or 32 && text.All(char.IsAsciiHexDigit);

    private static string Escape(string text)
    {
        var escaped = new System.Text.StringBuilder(text.Length + 8);
        foreach (var c in text)
        {
            if (@"\.+*?()|[]{}^$".Contains(c))
            {
                escaped.Append('\\');
            }

            escaped.Append(c);
        }

        return escaped.ToString();
    }
}
