using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL.Parsers;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.LogQL.Filters;

/// <summary>How a line is tested.</summary>
internal enum LineTestKind
{
    Contains,
    Regex,
    Pattern,
    Ip,
}

/// <summary>One test of a line.</summary>
/// <param name="Kind">How.</param>
/// <param name="Text">Substring, expression, pattern or network as written.</param>
internal sealed record LineTest(LineTestKind Kind, string Text)
{
    public Re2? Expression { get; init; }

    public LinePattern? Pattern { get; init; }

    public IpMatcher? Ip { get; init; }

    public bool Matches(ReadOnlySpan<char> line) => Kind switch
    {
        LineTestKind.Contains => line.IndexOf(Text) >= 0,
        LineTestKind.Regex => Expression!.Regex.IsMatch(line),
        LineTestKind.Pattern => Pattern!.Test(line),
        _ => Ip!.MatchesAnywhere(line),
    };
}

/// <summary><c>|=</c>, <c>!=</c>, <c>|~</c>, <c>!~</c>, <c>|&gt;</c> and <c>!&gt;</c> with the alternatives that follow them by <c>or</c>.</summary>
internal sealed class LineFilterStage(bool negated, IReadOnlyList<LineTest> tests) : LogStage
{
    /// <summary>The store's condition with the same meaning, or null when it has none.</summary>
    public EventPredicate? Predicate
    {
        get
        {
            var body = ColumnRef.Field(EventFields.Body);
            var terms = new List<EventPredicate>();
            foreach (var test in tests)
            {
                switch (test.Kind)
                {
                    case LineTestKind.Contains when test.Text.Length == 0:
                        terms.Add(EventPredicate.True);
                        break;
                    case LineTestKind.Contains:
                        terms.Add(new ContainsPredicate(body, test.Text));
                        break;
                    case LineTestKind.Regex:
                        terms.Add(new MatchesPredicate(body, test.Expression!));
                        if (test.Expression!.Regex.IsMatch(string.Empty))
                        {
                            // A record without a body is an empty line.
                            terms.Add(new NotPredicate(new ExistsPredicate(body)));
                        }

                        break;
                    default:
                        return null;
                }
            }

            EventPredicate any = terms.Count == 1 ? terms[0] : new OrPredicate(terms);
            return negated ? new NotPredicate(any) : any;
        }
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var symbol = tests[0].Kind switch { LineTestKind.Regex => "~", LineTestKind.Pattern => ">", _ => "=" };
        return $"{(negated ? '!' : '|')}{symbol} {string.Join(" or ", tests.Select(static t => t.Kind == LineTestKind.Ip ? $"ip({QuotedText.Quote(t.Text)})" : QuotedText.Quote(t.Text)))}";
    }

    /// <inheritdoc/>
    public override bool Process(LogEntry entry)
    {
        var line = entry.Line;
        foreach (var test in tests)
        {
            if (test.Matches(line))
            {
                return !negated;
            }
        }

        return negated;
    }
}
