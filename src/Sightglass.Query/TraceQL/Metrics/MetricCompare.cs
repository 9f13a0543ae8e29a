using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.TraceQL.Evaluation;
using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL.Metrics;

/// <summary>
/// <c>compare({…}, n, start, end)</c>: how often each attribute has which values among the spans that a condition selects, and among the others.
/// </summary>
internal sealed class MetricCompare(IEventStore store, QueryLimits limits, MetricGrid grid)
{
    private const int DefaultValues = 10;

    // Values of one attribute that are counted; later ones are in its total only.
    private const int MaxValues = 1_000;

    private const string MetaLabel = "__meta_type";

    private static readonly (string Name, string Field, TraceValueType Type)[] Intrinsics =
    [
        ("name", EventFields.Name, TraceValueType.String),
        ("statusMessage", EventFields.StatusMessage, TraceValueType.String),
        ("status", EventFields.StatusCode, TraceValueType.Status),
        ("kind", EventFields.Kind, TraceValueType.Kind),
    ];

    private readonly Dictionary<(bool IsSelection, string Name), Counts> _counts = [];
    private readonly Dictionary<(bool IsSelection, EventStream Stream), List<(Counts Counts, double[]? Values)>> _ofStream = [];
    private long _points;

    /// <summary>Spans that were counted.</summary>
    public long Spans { get; private set; }

    /// <summary>How often an attribute is there, and has which value, by interval.</summary>
    private sealed class Counts(int points)
    {
        private readonly Dictionary<byte[], double[]> _values = new(new MetricKeyComparer());

        public double[] Total { get; } = new double[points];

        public int Count => _values.Count;

        public IEnumerable<KeyValuePair<byte[], double[]>> Values => _values;

        public double[]? Of(ReadOnlySpan<byte> key)
        {
            var lookup = _values.GetAlternateLookup<ReadOnlySpan<byte>>();
            return lookup.TryGetValue(key, out var values) ? values
                : _values.Count == MaxValues ? null
                : _values[key.ToArray()] = new double[Total.Length];
        }
    }

    /// <summary>The series; null where a condition is not about single spans.</summary>
    /// <exception cref="LimitExceededException">There are too many points.</exception>
    public List<MetricSeries>? Run(StageNode spans, MetricsFunctionNode function, CancellationToken cancellation)
    {
        if (spans is not SpanFilterNode filter || ExactPredicates.Of(filter.Condition) is not { } all || ExactPredicates.Of(function.Selection!.Condition) is not { } selection)
        {
            return null;
        }

        var parameters = function.Parameters;
        var (start, end) = parameters.Count == 3 && parameters[1].Whole > 0 && parameters[2].Whole > 0
            ? (Math.Max(parameters[1].Whole, grid.StartUnixNano), Math.Min(parameters[2].Whole, grid.EndUnixNano))
            : (grid.StartUnixNano, grid.EndUnixNano);
        Add(all.And(new NotPredicate(selection)), isSelection: false, grid.StartUnixNano, grid.EndUnixNano, cancellation);
        Add(all.And(selection), isSelection: true, start, end, cancellation);

        // What the condition selects at other times than asked for is of the others.
        Add(all.And(selection), isSelection: false, grid.StartUnixNano, Math.Min(start, grid.EndUnixNano), cancellation);
        Add(all.And(selection), isSelection: false, Math.Max(end, grid.StartUnixNano), grid.EndUnixNano, cancellation);
        return Series(parameters.Count > 0 ? (int)Math.Clamp(parameters[0].Whole, 1, MaxValues) : DefaultValues);
    }

    private List<MetricSeries> Series(int most)
    {
        var series = new List<MetricSeries>();
        foreach (var ((isSelection, name), counts) in _counts)
        {
            var meta = isSelection ? "selection" : "baseline";
            series.Add(MetricSeries.Of([(MetaLabel, TraceValue.Of(meta + "_total")), (name, TraceValue.Nil)], counts.Total, []));
            foreach (var (key, values) in counts.Values.OrderByDescending(static v => v.Value.Sum()).Take(most))
            {
                series.Add(MetricSeries.Of([(MetaLabel, TraceValue.Of(meta)), (name, MetricKey.Read(key)[0])], values, []));
            }
        }

        return series;
    }

    private void Add(EventPredicate where, bool isSelection, long start, long end, CancellationToken cancellation)
    {
        if (start >= end)
        {
            return;
        }

        var plan = new EventPlan
        {
            Signal = EventSignal.Spans,
            MinTimeUnixNano = start + 1,
            MaxTimeUnixNano = end + 1,
            Where = where,
            Columns = [.. Intrinsics.Select(static i => ColumnRef.Field(i.Field))],
            AllAttributes = true,
        };
        using var key = new ByteWriter(256);
        using var cursor = store.Query(plan, cancellation);
        while (cursor.Next())
        {
            cancellation.ThrowIfCancellationRequested();
            var page = cursor.Page;
            Spans += page.Count;
            for (var i = 0; i < Intrinsics.Length; i++)
            {
                Column(page, page.Columns[i], CountsOf(isSelection, Intrinsics[i].Name), Intrinsics[i].Type, key);
            }

            foreach (var (name, column) in page.Attributes)
            {
                Column(page, column, CountsOf(isSelection, FieldText.Of(new AttributeField(0, FieldScope.Span, name))), TraceValueType.Attribute, key);
            }

            for (var row = 0; row < page.Count; row++)
            {
                Stream(page.Streams[row], isSelection, grid.Of(page.TimesUnixNano[row]), key);
            }
        }
    }

    private void Column(EventPage page, EventColumn column, Counts counts, TraceValueType intrinsic, ByteWriter key)
    {
        for (var row = 0; row < page.Count; row++)
        {
            var type = column.TypeOf(row);
            if (type is AttributeType.None or AttributeType.Bytes or AttributeType.Composite && intrinsic is not (TraceValueType.Status or TraceValueType.Kind))
            {
                continue;
            }

            key.Clear();
            if (type == AttributeType.String)
            {
                MetricKey.Write(key, column.Bytes(row));
            }
            else
            {
                MetricKey.Write(key, intrinsic is TraceValueType.Status or TraceValueType.Kind ? intrinsic : SpanColumns.TypeOf(type), type == AttributeType.None ? 0 : column.Bits(row));
            }

            var interval = grid.Of(page.TimesUnixNano[row]);
            counts.Total[interval]++;
            if (ValuesOf(counts, key.Written) is { } values)
            {
                values[interval]++;
            }
        }
    }

    private void Stream(EventStream stream, bool isSelection, int interval, ByteWriter key)
    {
        if (!_ofStream.TryGetValue((isSelection, stream), out var known))
        {
            known = [];
            foreach (var attribute in stream.Attributes)
            {
                var value = SpanData.ValueOf(attribute.Value);
                if (value.Type != TraceValueType.Nil)
                {
                    key.Clear();
                    MetricKey.Write(key, value);
                    var counts = CountsOf(isSelection, FieldText.Of(new AttributeField(0, FieldScope.Resource, attribute.Key)));
                    known.Add((counts, ValuesOf(counts, key.Written)));
                }
            }

            _ofStream.Add((isSelection, stream), known);
        }

        foreach (var (counts, values) in known)
        {
            counts.Total[interval]++;
            if (values is not null)
            {
                values[interval]++;
            }
        }
    }

    private Counts CountsOf(bool isSelection, string name)
    {
        if (!_counts.TryGetValue((isSelection, name), out var counts))
        {
            _counts.Add((isSelection, name), counts = new Counts(grid.Count));
        }

        return counts;
    }

    private double[]? ValuesOf(Counts counts, ReadOnlySpan<byte> key)
    {
        var before = counts.Count;
        var values = counts.Of(key);
        _points += (counts.Count - before) * grid.Count;
        if (_points > limits.MaxSamples)
        {
            throw new LimitExceededException(nameof(limits.MaxSamples), limits.MaxSamples, _points, "points of the query");
        }

        return values;
    }
}
