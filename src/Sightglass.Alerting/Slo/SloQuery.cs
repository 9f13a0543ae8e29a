using System.Text;
using System.Text.RegularExpressions;
using Sightglass.Alerting.Rules;
using Sightglass.Core.Errors;
using Sightglass.Query.LogQL;
using Sightglass.Query.PromQL;
using Sightglass.Query.TraceQL;

namespace Sightglass.Alerting.Slo;

/// <summary>
/// A query of an indicator that is asked over windows of different length: either it says where the window stands (<c>{{.window}}</c>), or it is plain
/// PromQL without ranges and every selector in it gets one.
/// </summary>
public sealed partial record SloQuery
{
    private readonly string _text;
    private readonly string _function;
    private readonly bool _placed;

    private SloQuery(string text, RuleLanguage language, string function, bool placed)
    {
        _text = text;
        Language = language;
        _function = function;
        _placed = placed;
    }

    /// <summary>Its language.</summary>
    public RuleLanguage Language { get; }

    /// <summary>Makes one of events.</summary>
    /// <param name="text">The query.</param>
    /// <param name="language">Its language.</param>
    /// <param name="counters">Whether it selects counters that only go up; else each sample is a number of events.</param>
    /// <exception cref="QueryException">It is no such query.</exception>
    public static SloQuery Parse(string text, RuleLanguage language, bool counters)
    {
        if (text.Length > SloLimits.MaxQueryLength)
        {
            throw new QueryException(QueryErrorKind.BadData, $"{text.Length} characters, limit MaxQueryLength is {SloLimits.MaxQueryLength}");
        }

        if (language == RuleLanguage.TraceQL)
        {
            TraceQLRules.CheckSpans(text);
            return new SloQuery(text, language, string.Empty, placed: false);
        }

        var placed = Placeholder().IsMatch(text);
        var query = new SloQuery(text, language, counters ? "rate" : "sum_over_time", placed);
        if (language == RuleLanguage.LogQL)
        {
            LogQLRules.Check(placed ? query.Over("5m") : throw new QueryException(QueryErrorKind.BadData, "a LogQL query has to say where its range stands: [{{.window}}]"));
            return query;
        }

        var parsed = PromQLParser.Parse(placed ? query.Over("5m") : text);
        if (parsed.Type != PromQLType.Vector)
        {
            throw new QueryException(QueryErrorKind.BadData, $"got a {parsed.Type.ToString().ToLowerInvariant()}, want a query whose value is a vector");
        }

        if (!placed)
        {
            _ = PromQLParser.Parse(Ranged(text, parsed, query._function, "5m"));
        }

        return query;
    }

    /// <summary>How many events a value of 1 over a window is; null where the query itself says how it counts.</summary>
    public double? EventsOf(TimeSpan window) => _placed || Language == RuleLanguage.LogQL ? null : _function == "rate" ? window.TotalSeconds : 1;

    /// <summary>The query over a window, as text.</summary>
    public string Over(string window) => Language == RuleLanguage.TraceQL ? $"({_text} | count_over_time())" : _placed ? Placeholder().Replace(_text, window) : Ranged(_text, PromQLParser.Parse(_text), _function, window);

    /// <summary>The same spans, of those only for which a condition holds.</summary>
    /// <exception cref="QueryException">The query is not one pair of braces.</exception>
    public SloQuery And(string condition)
    {
        var inner = _text.Trim();
        if (!inner.StartsWith('{') || inner.IndexOf('}', StringComparison.Ordinal) != inner.Length - 1)
        {
            throw new QueryException(QueryErrorKind.BadData, $"want one pair of braces to add {condition} to; or say with errors or good which spans are meant");
        }

        inner = inner[1..^1].Trim();
        return Parse(inner.Length == 0 ? $"{{ {condition} }}" : $"{{ ({inner}) && {condition} }}", Language, counters: true);
    }

    /// <summary>The query over a window without the sums around it: the series that are added up.</summary>
    public string Parts(string window)
    {
        if (Language != RuleLanguage.PromQL)
        {
            return Over(window);
        }

        var expression = PromQLParser.Parse(Over(window));
        while (expression is ParenExpression or AggregateExpression { Operator: AggregateOperator.Sum })
        {
            expression = expression is ParenExpression paren ? paren.Inner : ((AggregateExpression)expression).Inner;
        }

        return expression.ToString();
    }

    [GeneratedRegex(@"\{\{\s*\.window\s*\}\}")]
    private static partial Regex Placeholder();

    private static string Ranged(string text, PromQLExpression expression, string function, string window)
    {
        var result = new StringBuilder(text);
        foreach (var selector in Selectors(expression).OrderByDescending(static s => s.Span.Start))
        {
            if (selector.Shift != TimeShift.None)
            {
                throw new QueryException(QueryErrorKind.BadData, "a selector with offset or @ has to say where its range stands: [{{.window}}]", selector.Span.Start);
            }

            result.Insert(selector.Span.End, $"[{window}])").Insert(selector.Span.Start, function + "(");
        }

        return result.ToString();
    }

    private static IEnumerable<VectorSelector> Selectors(PromQLExpression expression) => expression switch
    {
        VectorSelector selector => [selector],
        MatrixSelector or SubqueryExpression => throw new QueryException(QueryErrorKind.BadData, "a range of fixed length; write [{{.window}}] in its place, or no range", expression.Span.Start),
        _ => expression.Children.SelectMany(Selectors),
    };
}
