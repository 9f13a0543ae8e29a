using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Query.Syntax;
using Sightglass.Query.TraceQL.Syntax;
using Sightglass.Query.TraceQL.Tree;
using Sightglass.Query.TraceQL.Validation;

namespace Sightglass.Query.TraceQL;

/// <summary>What rules need of the language without a store.</summary>
public static class TraceQLRules
{
    /// <summary>Checks that a query parses and is one that gives numbers.</summary>
    /// <exception cref="QueryException">It does not, or is not.</exception>
    public static void Check(string query) => WindowOf(query);

    /// <summary>Checks that a text selects spans and nothing else: <c>{ … }</c>, or several such with operators between.</summary>
    /// <exception cref="QueryException">It does not.</exception>
    public static void CheckSpans(string query)
    {
        var parsed = Parse(query, QueryLimits.Default);
        if (parsed.Body is not (SpanFilterNode or SpansetOperationNode) || parsed.Hints.Count > 0)
        {
            throw new QueryException(QueryErrorKind.BadData, "want spans without a pipeline, such as { resource.service.name = \"shop\" }");
        }
    }

    /// <summary>The time that a metrics query is about at one moment, as its hint <c>with(window=5m)</c> says; null without it.</summary>
    /// <exception cref="QueryException">The query does not parse, is no metrics query, or the hint is no time of a second or more.</exception>
    public static TimeSpan? WindowOf(string query)
    {
        foreach (var (name, value) in ParseMetrics(query, QueryLimits.Default).Hints)
        {
            if (name == "window")
            {
                return value is { Type: TraceValueType.Duration, Whole: >= 1_000_000_000 }
                    ? TimeSpan.FromTicks(value.Whole / 100)
                    : throw new QueryException(QueryErrorKind.BadData, $"window: got {value}, want a duration of 1s or more");
            }
        }

        return null;
    }

    /// <summary>
    /// The comparison at the end of a metrics query: what is compared, the operator, the number (of a duration in seconds), and the hints behind it with the
    /// space before them; null where it ends with none.
    /// </summary>
    /// <exception cref="QueryException">The query does not parse, or is no metrics query.</exception>
    public static (string Compared, string Operator, double Number, bool IsDuration, string Hints)? Comparison(string query)
    {
        ParseMetrics(query, QueryLimits.Default);
        var tokens = TraceQLLexer.Read(query);
        // What is behind the comparison is hints: with(window=10m).
        var with = tokens.FindIndex(static t => t.IsWord("with"));
        var end = with >= 0 ? with : tokens.FindIndex(static t => t.Kind == TraceQLTokenKind.End);
        end = end >= 0 ? end : tokens.Count;
        if (end < 2 || tokens[end - 1].Kind is not (TraceQLTokenKind.Integer or TraceQLTokenKind.Float or TraceQLTokenKind.Duration))
        {
            return null;
        }

        var isNegative = tokens[end - 2].Is("-");
        var at = end - (isNegative ? 3 : 2);
        if (at < 0 || tokens[at] is not { Kind: TraceQLTokenKind.Symbol, Text: "=" or "!=" or "<" or "<=" or ">" or ">=" } comparison)
        {
            return null;
        }

        var (value, isDuration) = (tokens[end - 1].Value, tokens[end - 1].Kind == TraceQLTokenKind.Duration);
        var number = (isDuration ? value.Whole / 1e9 : value.Number) * (isNegative ? -1 : 1);
        var (compared, hints) = (query[..comparison.Position].TrimEnd(), with >= 0 ? " " + query[tokens[with].Position..] : string.Empty);
        try
        {
            ParseMetrics(compared + hints, QueryLimits.Default);
            return (compared, comparison.Text, number, isDuration, hints);
        }
        catch (QueryException)
        {
            // Arithmetic with a comparison in it: not one of the whole.
            return null;
        }
    }

    internal static TraceQuery Parse(string query, QueryLimits limits)
    {
        var parsed = TraceQLParser.Parse(query, limits);
        new TraceQLValidator(query).Check(parsed);
        return parsed;
    }

    internal static TraceQuery ParseMetrics(string query, QueryLimits limits)
    {
        var parsed = Parse(query, limits);
        return QueryFields.FirstMetric(parsed.Body) is not null ? parsed : throw new QueryException(QueryErrorKind.BadData, $"{SourcePosition.Describe(query, 0)}: not a metrics query", 0);
    }
}
