using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL.Filters;
using Sightglass.Query.LogQL.Syntax;
using Sightglass.Query.LogQL.Tree;
using Sightglass.Query.LogQL.View;

namespace Sightglass.Query.LogQL;

/// <summary>Queries that name what is to be deleted or kept for another time: a stream selector, for deletions with line filters.</summary>
public static class LogQLDeletion
{
    /// <summary>The streams and rows that a query of deletion names.</summary>
    /// <exception cref="QueryException">It does not parse, or is more than a selector with line filters that the store can decide.</exception>
    public static (Func<EventStream, bool> Streams, EventPredicate Where) Filter(string query)
    {
        if (LogQLParser.Parse(query, QueryLimits.Default) is not LogNode node)
        {
            throw new QueryException(QueryErrorKind.BadData, "a deletion takes a stream selector with line filters, got a metric query");
        }

        var where = EventPredicate.True;
        foreach (var stage in node.Stages)
        {
            where = stage is LineFilterStage { Predicate: { } exact }
                ? where.And(exact)
                : throw new QueryException(QueryErrorKind.BadData, "a deletion takes a stream selector and line filters by text or regular expression; parsers, label filters, ip() and patterns are not supported");
        }

        var matchers = node.Matchers;
        return (stream => LokiStream.Of(stream).Matches(matchers), where);
    }

    /// <summary>The conditions of a selector.</summary>
    /// <exception cref="QueryException">It does not parse, or is more than a selector.</exception>
    public static IReadOnlyList<LabelMatcher> Matchers(string selector) =>
        LogQLParser.Parse(selector, QueryLimits.Default) is LogNode { Stages.Count: 0, Matchers: { } matchers }
            ? matchers
            : throw new QueryException(QueryErrorKind.BadData, "want a stream selector such as {service_name=\"shop\"}");

    /// <summary>The streams that a selector is for.</summary>
    /// <exception cref="QueryException">It does not parse, or is more than a selector.</exception>
    public static Func<EventStream, bool> Streams(string selector) =>
        LogQLParser.Parse(selector, QueryLimits.Default) is LogNode { Stages.Count: 0, Matchers: { } matchers }
            ? stream => LokiStream.Of(stream).Matches(matchers)
            : throw new QueryException(QueryErrorKind.BadData, "want a stream selector such as {service_name=\"shop\"}");
}
