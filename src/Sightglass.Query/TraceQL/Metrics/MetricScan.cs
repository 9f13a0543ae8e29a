using System.Collections.Concurrent;
using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.TraceQL.Evaluation;
using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL.Metrics;

/// <summary>
/// Fills a table with the spans that a query selects. Where that can be said of each span alone the store selects them, and counts those that are not told
/// apart; else whole traces are read.
/// </summary>
internal sealed class MetricScan(IEventStore store, QueryLimits limits)
{
    private const double NanosecondsPerSecond = 1e9;

    // Traces read at once: each time is a pass over the store, and all their spans are held.
    private const int TracesAtOnce = 4096;

    // Parts of the range that exemplars are looked for in.
    private const int ExemplarParts = 20;

    /// <summary>Adds the spans of a pipeline up.</summary>
    /// <param name="spans">The pipeline before the metrics function.</param>
    /// <param name="table">Where to.</param>
    /// <param name="exemplars">Exemplars wanted.</param>
    /// <param name="cancellation">Stops it.</param>
    public void Run(StageNode spans, MetricTable table, int exemplars, CancellationToken cancellation)
    {
        if (spans is SpanFilterNode filter && ExactPredicates.Of(filter.Condition) is { } where && SpanColumns.For(table.Function) is { } columns)
        {
            Columns(where, columns, table, cancellation);
            if (exemplars > 0)
            {
                Exemplars(where, columns, table, exemplars, cancellation);
            }

            return;
        }

        Traces(spans, table, exemplars, cancellation);
    }

    /// <summary>The bucket of a value; null where it has none.</summary>
    private static int? BucketOf(double value, bool isFloat) =>
        double.IsFinite(value) && (isFloat ? value > 0 : value >= 2) ? Log2Buckets.ExponentOf(value) : null;

    private void Columns(EventPredicate where, SpanColumns columns, MetricTable table, CancellationToken cancellation)
    {
        var plan = Plan(where, columns, table.Grid) with
        {
            // Values are mostly different from span to span: a table of them in the store would be as long as the answer.
            Fold = table.Function.Of is null ? Fold(columns, table.Grid) : null,
        };
        var divisor = IsTime(table.Function.Of) && !table.HasBuckets ? NanosecondsPerSecond : 1;
        using var key = new ByteWriter(256);
        using var cursor = store.Query(plan, cancellation);
        while (cursor.Next())
        {
            cancellation.ThrowIfCancellationRequested();
            var page = cursor.Page;
            for (var row = 0; row < page.Count; row++)
            {
                Add(columns, page, row, key, table, divisor);
            }
        }
    }

    private static int Add(SpanColumns columns, EventPage page, int row, ByteWriter key, MetricTable table, double divisor)
    {
        double value = 0;
        var isFloat = false;
        if (table.Function.Of is not null)
        {
            value = columns.ValueOf(page, row, out isFloat);
            if (double.IsNaN(value))
            {
                return -1;
            }
        }

        key.Clear();
        columns.WriteKey(page, row, key);
        if (table.HasBuckets)
        {
            if (BucketOf(value, isFloat) is not { } bucket)
            {
                return -1;
            }

            MetricKey.Write(key, TraceValueType.Int, bucket);
        }

        var series = table.SeriesOf(key.Written);
        table.Add(series, table.Grid.Of(page.TimesUnixNano[row]), value / divisor, page.WeightOf(row));
        return series;
    }

    private static EventPlan Plan(EventPredicate where, SpanColumns columns, MetricGrid grid) => new()
    {
        Signal = EventSignal.Spans,
        MinTimeUnixNano = grid.StartUnixNano + 1,
        MaxTimeUnixNano = grid.EndUnixNano + 1,
        Where = where,
        Columns = columns.Columns,
    };

    private static EventFold Fold(SpanColumns columns, MetricGrid grid)
    {
        var names = columns.ResourceNames;
        var standing = new ConcurrentDictionary<string, EventStream>(StringComparer.Ordinal);
        return new EventFold
        {
            OriginUnixNano = grid.StartUnixNano + 1,
            WidthNano = grid.Count == 1 ? 0 : grid.StepNano,
            Streams = stream => standing.GetOrAdd(KeyOf(stream, names), stream),
            Scopes = columns.ReadsScope ? static scope => scope : static _ => null,
        };
    }

    private static string KeyOf(EventStream stream, string[] names)
    {
        var key = new StringBuilder();
        foreach (var attribute in stream.Attributes)
        {
            if (Array.IndexOf(names, attribute.Key) >= 0)
            {
                key.Append(attribute.Key).Append('\u0001').Append((int)attribute.Value.Type).Append('\u0001').Append(attribute.Value.ToString()).Append('\0');
            }
        }

        return key.ToString();
    }

    // From all over the range, a few of each part of it.
    private void Exemplars(EventPredicate where, SpanColumns columns, MetricTable table, int most, CancellationToken cancellation)
    {
        using var key = new ByteWriter(256);
        var grid = table.Grid;
        var parts = Math.Min(most, ExemplarParts);
        var traces = new HashSet<TraceId>();
        var width = Math.Max(1, (grid.EndUnixNano - grid.StartUnixNano) / parts);
        for (var part = 0; part < parts; part++)
        {
            var plan = Plan(where, columns, grid) with
            {
                MinTimeUnixNano = grid.StartUnixNano + 1 + (width * part),
                MaxTimeUnixNano = Math.Min(grid.EndUnixNano + 1, grid.StartUnixNano + 1 + (width * (part + 1))),
                Columns = [.. columns.Columns, ColumnRef.Field(EventFields.TraceId), ColumnRef.Field(EventFields.SpanId), ColumnRef.Field(EventFields.Duration)],
                Limit = (most + parts - 1) / parts,
            };
            using var cursor = store.Query(plan, cancellation);
            while (cursor.Next())
            {
                for (var row = 0; row < cursor.Page.Count && traces.Count < most; row++)
                {
                    Exemplar(columns, cursor.Page, row, key, table, traces);
                }
            }
        }
    }

    private static void Exemplar(SpanColumns columns, EventPage page, int row, ByteWriter key, MetricTable table, HashSet<TraceId> traces)
    {
        var (trace, span, duration) = (page.Columns[^3], page.Columns[^2], page.Columns[^1]);
        if (trace.TypeOf(row) != AttributeType.Bytes || !traces.Add(TraceId.FromBytes(trace.Bytes(row))))
        {
            return;
        }

        var (value, isFloat) = ((double)duration.Bits(row), false);
        var divisor = table.Function.Of is null || IsTime(table.Function.Of) ? NanosecondsPerSecond : 1;
        if (table.Function.Of is not null)
        {
            value = columns.ValueOf(page, row, out isFloat);
        }

        key.Clear();
        columns.WriteKey(page, row, key);
        if (table.HasBuckets)
        {
            if (BucketOf(value, isFloat) is not { } bucket)
            {
                return;
            }

            MetricKey.Write(key, TraceValueType.Int, bucket);
        }

        if (!double.IsNaN(value))
        {
            var id = span.TypeOf(row) == AttributeType.Bytes ? Convert.ToHexStringLower(span.Bytes(row)) : string.Empty;
            table.Add(table.SeriesOf(key.Written), new TraceExemplar(TraceId.FromBytes(trace.Bytes(row)), id, page.TimesUnixNano[row], value / divisor));
        }
    }

    private void Traces(StageNode spans, MetricTable table, int exemplars, CancellationToken cancellation)
    {
        var fields = new List<AttributeField>();
        QueryFields.Collect(spans, fields);
        foreach (var node in table.Function.Of is null ? table.Function.By : [.. table.Function.By, table.Function.Of])
        {
            QueryFields.Collect(node, fields);
        }

        var loader = new TraceLoader(store, limits, fields);
        var reach = TraceQLEngine.TraceReach.Ticks * 100;
        var (min, max) = (table.Grid.StartUnixNano - reach, table.Grid.EndUnixNano + reach);
        var candidates = Candidates(spans, min, max, cancellation);
        using var key = new ByteWriter(256);
        var kept = 0;
        foreach (var ids in candidates.Chunk(TracesAtOnce))
        {
            foreach (var trace in loader.Load(ids, min, max, cancellation))
            {
                var first = true;
                foreach (var span in new SpansetEvaluator(trace).Run(spans).SelectMany(static s => s.Spans))
                {
                    if (span.StartUnixNano > table.Grid.StartUnixNano && span.StartUnixNano <= table.Grid.EndUnixNano && Add(span, trace, key, table) is (var series, var value) && series >= 0 && first && kept < exemplars)
                    {
                        first = false;
                        kept++;
                        table.Add(series, new TraceExemplar(trace.Id, span.SpanId, span.StartUnixNano, value));
                    }
                }
            }
        }
    }

    // Traces that have a span for each of the query's conditions. What the query is about may lie in the range while what it is found by does not.
    private HashSet<TraceId> Candidates(StageNode spans, long min, long max, CancellationToken cancellation)
    {
        HashSet<TraceId>? candidates = null;
        foreach (var where in SpanPredicates.All(spans).DefaultIfEmpty(EventPredicate.True))
        {
            var found = new HashSet<TraceId>();
            var plan = new EventPlan { Signal = EventSignal.Spans, MinTimeUnixNano = min, MaxTimeUnixNano = max, Where = where, Columns = [ColumnRef.Field(EventFields.TraceId)] };
            using var cursor = store.Query(plan, cancellation);
            while (cursor.Next())
            {
                cancellation.ThrowIfCancellationRequested();
                var column = cursor.Page.Columns[0];
                for (var row = 0; row < cursor.Page.Count; row++)
                {
                    var id = TraceId.FromBytes(column.Bytes(row));
                    if (candidates is null || candidates.Contains(id))
                    {
                        found.Add(id);
                    }
                }
            }

            candidates = found;
        }

        return candidates!;
    }

    private static (int Series, double Value) Add(SpanData span, TraceData trace, ByteWriter key, MetricTable table)
    {
        var (number, isFloat, divisor) = (0.0, false, 1.0);
        if (table.Function.Of is { } of)
        {
            var value = FieldEvaluator.Evaluate(of, span, trace);
            if (!value.IsNumeric || double.IsNaN(value.Number))
            {
                return (-1, 0);
            }

            (number, isFloat, divisor) = (value.Number, value.Type == TraceValueType.Float, value.Type == TraceValueType.Duration ? NanosecondsPerSecond : 1);
        }

        key.Clear();
        foreach (var by in table.Function.By)
        {
            MetricKey.Write(key, FieldEvaluator.Evaluate(by, span, trace));
        }

        if (table.HasBuckets)
        {
            if (BucketOf(number, isFloat) is not { } bucket)
            {
                return (-1, 0);
            }

            MetricKey.Write(key, TraceValueType.Int, bucket);
        }

        var series = table.SeriesOf(key.Written);
        table.Add(series, table.Grid.Of(span.StartUnixNano), number / divisor, 1);
        return (series, table.Function.Of is null ? span.DurationNano / NanosecondsPerSecond : number / divisor);
    }

    /// <summary>Whether a field is a time, which answers have in seconds.</summary>
    public static bool IsTime(FieldNode? node) => node is AttributeField { Intrinsic: Intrinsic.Duration or Intrinsic.TraceDuration or Intrinsic.EventTimeSinceStart };
}
