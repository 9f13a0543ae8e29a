using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.TraceQL.Evaluation;
using Sightglass.Query.TraceQL.Syntax;
using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL;

/// <summary>Names and values of the fields of spans, as editors offer them. Thread-safe. Times are nanoseconds, the end exclusive.</summary>
/// <param name="store">Where the spans are.</param>
/// <param name="limits">Bounds on a query.</param>
public sealed class TraceTags(IEventStore store, QueryLimits limits)
{
    private static readonly string[] Intrinsics =
    [
        "duration", "event:name", "event:timeSinceStart", "instrumentation:name", "instrumentation:version", "kind", "link:spanID", "link:traceID",
        "name", "rootName", "rootServiceName", "span:id", "span:parentID", "status", "statusMessage", "trace:id", "traceDuration",
    ];

    /// <summary>Names by scope: resource, span, instrumentation, intrinsic. A null scope gives all of them.</summary>
    /// <exception cref="QueryException">There is no such scope.</exception>
    public IReadOnlyList<(string Scope, IReadOnlyList<string> Names)> Names(string? scope, long minUnixNano, long maxUnixNano, CancellationToken cancellation)
    {
        var found = new List<(string, IReadOnlyList<string>)>();
        foreach (var name in scope is null ? ["resource", "span", "instrumentation", "intrinsic"] : new[] { scope })
        {
            found.Add((name, name switch
            {
                "resource" => store.AttributeKeys(EventSignal.Spans, ColumnScope.Resource, minUnixNano, maxUnixNano, cancellation),
                "span" => store.AttributeKeys(EventSignal.Spans, ColumnScope.Attribute, minUnixNano, maxUnixNano, cancellation),
                "instrumentation" => store.AttributeKeys(EventSignal.Spans, ColumnScope.Scope, minUnixNano, maxUnixNano, cancellation),
                "intrinsic" => Intrinsics,
                "event" or "link" => throw new QueryException(QueryErrorKind.BadData, $"not supported yet: names of scope {name}"),
                _ => throw new QueryException(QueryErrorKind.BadData, $"unknown scope {name}"),
            }));
        }

        return found;
    }

    /// <summary>
    /// Values of a field (<c>.a</c>, <c>resource.a</c>, <c>name</c>; a bare name that is no intrinsic is an attribute of any scope) on spans
    /// that may satisfy a filter: what the store cannot test of the filter does not narrow the values.
    /// </summary>
    /// <exception cref="QueryException">The field or the filter does not parse.</exception>
    public IReadOnlyList<(string Type, string Value)> Values(string tag, string? filter, long minUnixNano, long maxUnixNano, int limit, CancellationToken cancellation)
    {
        var field = Field(tag);
        if (Fixed(field) is { } keywords)
        {
            return keywords;
        }

        var where = filter is null ? EventPredicate.True : SpanPredicates.Of(TraceQLParser.Parse(filter, limits).Body) ?? EventPredicate.True;
        var values = new HashSet<AttributeValue>();
        foreach (var column in Columns(field))
        {
            if (where == EventPredicate.True)
            {
                values.UnionWith(store.ColumnValues(EventSignal.Spans, column, minUnixNano, maxUnixNano, limit, cancellation));
            }
            else
            {
                Collect(column, where, minUnixNano, maxUnixNano, limit, values, cancellation);
            }
        }

        return
        [
            .. values.Where(static v => v.Type is not (AttributeType.None or AttributeType.Composite))
                .Select(v => (Type(v, field), v.Type == AttributeType.Bytes ? Convert.ToHexStringLower(v.Bytes) : v.ToString()))
                .Distinct().OrderBy(static v => v.Item2, StringComparer.Ordinal).Take(limit),
        ];
    }

    private void Collect(ColumnRef column, EventPredicate where, long min, long max, int limit, HashSet<AttributeValue> values, CancellationToken cancellation)
    {
        var plan = new EventPlan
        {
            Signal = EventSignal.Spans,
            MinTimeUnixNano = min,
            MaxTimeUnixNano = max,
            Where = where.And(new ExistsPredicate(column)),
            Columns = [column],
        };
        using var cursor = store.Query(plan, cancellation);
        while (values.Count < limit && cursor.Next())
        {
            for (var row = 0; row < cursor.Page.Count; row++)
            {
                values.Add(cursor.Page.Columns[0].Value(row));
            }
        }
    }

    private AttributeField Field(string tag)
    {
        // Older clients send attributes without a scope.
        var bare = !tag.StartsWith('.') && tag.Contains('.', StringComparison.Ordinal) && tag.Split('.')[0] is not ("span" or "resource" or "event" or "link" or "instrumentation" or "parent");
        foreach (var text in bare ? [$".\"{tag}\""] : new[] { tag, "." + tag })
        {
            try
            {
                if (TraceQLParser.Parse($"{{}} | select({text})", limits).Body is PipelineNode { Stages: [_, SelectNode { Fields: [var field] }] })
                {
                    return field;
                }
            }
            catch (QueryException)
            {
                // The next form.
            }
        }

        throw new QueryException(QueryErrorKind.BadData, $"{tag} names no field of a span");
    }

    private static List<(string, string)>? Fixed(AttributeField field) => field.Intrinsic switch
    {
        Intrinsic.Status => [("keyword", "error"), ("keyword", "ok"), ("keyword", "unset")],
        Intrinsic.Kind => [("keyword", "client"), ("keyword", "consumer"), ("keyword", "internal"), ("keyword", "producer"), ("keyword", "server"), ("keyword", "unspecified")],
        _ => null,
    };

    private static List<ColumnRef> Columns(AttributeField field) => (field.Scope, field.Intrinsic) switch
    {
        (FieldScope.Any, _) => [new ColumnRef(ColumnScope.Attribute, field.Name), new ColumnRef(ColumnScope.Resource, field.Name)],
        (FieldScope.Span, _) => [new ColumnRef(ColumnScope.Attribute, field.Name)],
        (FieldScope.Resource, _) or (_, Intrinsic.RootService) => [new ColumnRef(ColumnScope.Resource, field.Scope == FieldScope.Resource ? field.Name : "service.name")],
        (FieldScope.Instrumentation, _) => [new ColumnRef(ColumnScope.Scope, field.Name)],
        (_, Intrinsic.Name or Intrinsic.RootName) => [ColumnRef.Field(EventFields.Name)],
        (_, Intrinsic.StatusMessage) => [ColumnRef.Field(EventFields.StatusMessage)],
        (_, Intrinsic.InstrumentationName) => [ColumnRef.Field(EventFields.ScopeName)],
        (_, Intrinsic.InstrumentationVersion) => [ColumnRef.Field(EventFields.ScopeVersion)],

        // Ids and durations are not worth a list.
        _ => [],
    };

    private static string Type(AttributeValue value, AttributeField field) => value.Type switch
    {
        AttributeType.Int => field.Intrinsic == Intrinsic.None ? "int" : "duration",
        AttributeType.Double => "float",
        AttributeType.Bool => "bool",
        _ => "string",
    };
}
