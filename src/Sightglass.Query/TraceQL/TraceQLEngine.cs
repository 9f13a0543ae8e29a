using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.TraceQL.Evaluation;
using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL;

/// <summary>
/// Searches traces with TraceQL. The store finds candidates by what it can test of the query; the query then runs on each candidate's
/// whole trace. Thread-safe.
/// </summary>
/// <param name="store">Where the spans are.</param>
/// <param name="limits">Bounds on a query.</param>
public sealed partial class TraceQLEngine(IEventStore store, QueryLimits limits)
{
    // Traces read at once: few at first, to stop soon after the limit, and more and more of them for a search that goes on, to make each pass over the
    // store worth it.
    private const int FirstTraces = 32;
    private const int MostTraces = 1024;

    /// <summary>How far before and after the searched range spans of a found trace are looked for.</summary>
    public static readonly TimeSpan TraceReach = TimeSpan.FromHours(1);

    /// <summary>Checks a query without running it.</summary>
    /// <exception cref="QueryException">The query does not parse, makes no sense or is not supported.</exception>
    public void Check(string query) => Parse(query);

    /// <summary>Finds traces, newest first.</summary>
    /// <exception cref="QueryException">The query does not parse, makes no sense or is not supported.</exception>
    public TraceSearchResult Search(TraceSearch search, CancellationToken cancellation)
    {
        var query = Parse(search.Query);
        if (search.Limit > limits.MaxTraces)
        {
            throw new LimitExceededException(nameof(limits.MaxTraces), limits.MaxTraces, search.Limit, "traces of one search");
        }

        var fields = new List<AttributeField>();
        QueryFields.Collect(query.Body, fields);
        var loader = new TraceLoader(store, limits, fields);
        var plan = new EventPlan
        {
            Signal = EventSignal.Spans,
            MinTimeUnixNano = search.MinUnixNano,
            MaxTimeUnixNano = search.MaxUnixNano,
            Where = SpanPredicates.Of(query.Body) ?? EventPredicate.True,
            Columns = [ColumnRef.Field(EventFields.TraceId)],
            Order = EventOrder.TimeDescending,
        };

        var found = new List<FoundTrace>();
        var seen = new HashSet<TraceId>();
        var batch = new List<TraceId>();
        var atOnce = FirstTraces;
        using (var cursor = store.Query(plan, cancellation))
        {
            while (found.Count < search.Limit && cursor.Next())
            {
                cancellation.ThrowIfCancellationRequested();
                var column = cursor.Page.Columns[0];
                for (var row = 0; row < cursor.Page.Count; row++)
                {
                    var id = TraceId.FromBytes(column.Bytes(row));
                    if (seen.Add(id))
                    {
                        batch.Add(id);
                        if (batch.Count == atOnce)
                        {
                            atOnce = Math.Min(atOnce * 4, MostTraces);
                            Run(query, search, loader, fields, batch, found, cancellation);
                        }
                    }
                }
            }
        }

        Run(query, search, loader, fields, batch, found, cancellation);
        return new TraceSearchResult(
            [.. found.OrderByDescending(static t => t.StartUnixNano).ThenBy(static t => t.TraceId.ToString(), StringComparer.Ordinal).Take(search.Limit)],
            seen.Count,
            loader.InspectedSpans);
    }

    private TraceQuery Parse(string query)
    {
        var parsed = TraceQLRules.Parse(query, limits);
        return QueryFields.FirstMetric(parsed.Body) is { } metric
            ? throw new QueryException(QueryErrorKind.BadData, $"{Query.Syntax.SourcePosition.Describe(query, metric.Position)}: this is a metrics query, not one of traces", metric.Position)
            : parsed;
    }

    private static void Run(TraceQuery query, TraceSearch search, TraceLoader loader, List<AttributeField> fields, List<TraceId> batch, List<FoundTrace> found, CancellationToken cancellation)
    {
        if (batch.Count == 0 || found.Count >= search.Limit)
        {
            return;
        }

        var reach = TraceReach.Ticks * 100;
        var min = search.MinUnixNano > long.MinValue + reach ? search.MinUnixNano - reach : long.MinValue;
        var max = search.MaxUnixNano < long.MaxValue - reach ? search.MaxUnixNano + reach : long.MaxValue;
        foreach (var trace in loader.Load(batch, min, max, cancellation))
        {
            var spansets = new SpansetEvaluator(trace).Run(query.Body);
            if (spansets.Count > 0)
            {
                found.Add(Found(trace, spansets, fields, search.SpansPerSpanset));
            }
        }

        batch.Clear();
    }

    private static FoundTrace Found(TraceData trace, List<Spanset> spansets, List<AttributeField> fields, int spansPerSpanset)
    {
        var services = new SortedDictionary<string, (int Spans, int Errors)>(StringComparer.Ordinal);
        foreach (var span in trace.Spans)
        {
            var service = span.Resource("service.name").Text ?? string.Empty;
            var (spans, errors) = services.GetValueOrDefault(service);
            services[service] = (spans + 1, errors + (span.Status == 2 ? 1 : 0));
        }

        return new FoundTrace(
            trace.Id,
            trace.RootService,
            trace.RootName,
            trace.StartUnixNano,
            trace.DurationNano,
            spansets.ConvertAll(set => new FoundSpanset(
                [.. set.Spans.Take(spansPerSpanset == 0 ? int.MaxValue : spansPerSpanset).Select(s => new FoundSpan(s.SpanId, s.Name, s.StartUnixNano, s.DurationNano, Attributes(s, trace, fields)))],
                set.Spans.Count,
                [.. set.Labels.Select(static l => new EventAttribute(l.Name, ValueOf(l.Value)))])),
            services);
    }

    private static List<EventAttribute> Attributes(SpanData span, TraceData trace, List<AttributeField> fields)
    {
        var attributes = new List<EventAttribute>();
        foreach (var field in fields)
        {
            // The answer has these of its own.
            if (field.Intrinsic is Intrinsic.Name or Intrinsic.Duration or Intrinsic.SpanId or Intrinsic.TraceId)
            {
                continue;
            }

            var value = FieldEvaluator.Evaluate(field, span, trace);
            var key = field.Name;
            if (value.Type != TraceValueType.Nil && !attributes.Exists(a => a.Key == key))
            {
                attributes.Add(new EventAttribute(key, ValueOf(value)));
            }
        }

        return attributes;
    }

    private static AttributeValue ValueOf(TraceValue value) => value.Type switch
    {
        TraceValueType.Int or TraceValueType.Duration => AttributeValue.Of(value.Whole),
        TraceValueType.Float => AttributeValue.Of(value.Number),
        TraceValueType.Bool => AttributeValue.Of(value.IsTrue),
        _ => AttributeValue.Of(value.ToString()),
    };
}
