using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL.Filters;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.Syntax;
using Sightglass.Query.LogQL.Tree;
using Sightglass.Query.LogQL.View;

namespace Sightglass.Query.LogQL;

/// <summary>Rows that a query of deletion names.</summary>
/// <param name="Streams">Their streams.</param>
/// <param name="Where">What the store can decide.</param>
/// <param name="Rows">Makes what decides the rest, for one thread; null when there is no rest.</param>
public sealed record LogQLRows(Func<EventStream, bool> Streams, EventPredicate Where, Func<EventRowFilter>? Rows);

/// <summary>Queries that name what is to be deleted or kept for another time: a stream selector, for deletions with any pipeline behind it.</summary>
public static class LogQLDeletion
{
    /// <summary>The streams and rows that a query of deletion names: the lines that it would answer.</summary>
    /// <exception cref="QueryException">It does not parse, or is a metric.</exception>
    public static LogQLRows Filter(string query)
    {
        var node = Parse(query);
        var (where, rest) = Split(node);
        var matchers = node.Matchers;

        // Stages keep what they work on, so every thread has its own.
        return new LogQLRows(stream => LokiStream.Of(stream).Matches(matchers), where, rest.Count == 0 ? null : () => RowsOf(Split(Parse(query)).Stages));
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

    private static LogNode Parse(string query) => LogQLParser.Parse(query, QueryLimits.Default) as LogNode
        ?? throw new QueryException(QueryErrorKind.BadData, "a deletion takes a stream selector with a pipeline, got a metric query");

    // As a query's plan has it: filters of the line before anything changes it are for the store.
    private static (EventPredicate Where, List<LogStage> Stages) Split(LogNode node)
    {
        var where = EventPredicate.True;
        var rest = new List<LogStage>();
        var pushing = true;
        foreach (var stage in node.Stages)
        {
            pushing &= stage is LineFilterStage or LabelFilterStage;
            if (pushing && ((stage as LineFilterStage)?.Predicate ?? (stage as LabelFilterStage)?.Weaker) is { } condition)
            {
                where = where.And(condition);
            }

            if (!pushing || stage is not LineFilterStage { Predicate: not null })
            {
                rest.Add(stage);
            }
        }

        return (where, rest);
    }

    private static EventRowFilter RowsOf(List<LogStage> stages)
    {
        var entry = new LogEntry();
        var needs = new LabelNeeds();
        needs.AddAll();
        var reader = new RowReader(entry, needs, needsLine: true, static () => []);
        return new EventRowFilter(reader.Columns, reader.AllAttributes, (page, row) =>
        {
            reader.Read(page, row);
            return stages.TrueForAll(stage => stage.Process(entry));
        });
    }
}
