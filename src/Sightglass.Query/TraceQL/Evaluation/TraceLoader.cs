using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL.Evaluation;

/// <summary>Reads whole traces with the attributes that a query names.</summary>
internal sealed class TraceLoader
{
    // Behind the attributes come these, in this order.
    private static readonly string[] Fields =
    [
        EventFields.TraceId, EventFields.SpanId, EventFields.ParentSpanId, EventFields.Name, EventFields.Duration, EventFields.Kind,
        EventFields.StatusCode, EventFields.StatusMessage,
    ];

    private readonly IEventStore _store;
    private readonly QueryLimits _limits;
    private readonly string[] _attributes;
    private readonly List<ColumnRef> _columns;
    private readonly bool _repeated;

    public TraceLoader(IEventStore store, QueryLimits limits, IReadOnlyList<AttributeField> fields)
    {
        _store = store;
        _limits = limits;
        _attributes = [.. fields.Where(static f => f.Scope is FieldScope.Any or FieldScope.Span).Select(static f => f.Name).Distinct(StringComparer.Ordinal)];
        _repeated = fields.Any(FieldEvaluator.IsRepeated);
        _columns = [.. Fields.Select(ColumnRef.Field), .. _attributes.Select(static a => new ColumnRef(ColumnScope.Attribute, a))];
        if (_repeated)
        {
            _columns.Add(ColumnRef.Field(EventFields.Events));
            _columns.Add(ColumnRef.Field(EventFields.Links));
        }
    }

    /// <summary>Bytes of the spans that were read, roughly.</summary>
    public long InspectedSpans { get; private set; }

    /// <summary>The traces, in the order of the ids; one without spans in the range is left out.</summary>
    public IEnumerable<TraceData> Load(IReadOnlyList<TraceId> ids, long minUnixNano, long maxUnixNano, CancellationToken cancellation)
    {
        var spans = new Dictionary<TraceId, List<SpanData>>();
        var plan = new EventPlan
        {
            Signal = EventSignal.Spans,
            MinTimeUnixNano = minUnixNano,
            MaxTimeUnixNano = maxUnixNano,
            Where = new OrPredicate([.. ids.Select(static id => new ComparePredicate(ColumnRef.Field(EventFields.TraceId), CompareOp.Equal, AttributeValue.OfBytes(AttributeType.Bytes, Convert.FromHexString(id.ToString()))))]),
            Columns = _columns,
        };
        using var cursor = _store.Query(plan, cancellation);
        while (cursor.Next())
        {
            cancellation.ThrowIfCancellationRequested();
            var page = cursor.Page;
            InspectedSpans += page.Count;
            for (var row = 0; row < page.Count; row++)
            {
                var id = TraceId.FromBytes(page.Columns[0].Bytes(row));
                if (!spans.TryGetValue(id, out var list))
                {
                    spans.Add(id, list = []);
                }

                if (list.Count >= _limits.MaxSpansPerTrace)
                {
                    throw new LimitExceededException(nameof(_limits.MaxSpansPerTrace), _limits.MaxSpansPerTrace, list.Count + 1, $"spans of trace {id}");
                }

                list.Add(Span(page, row));
            }
        }

        return ids.Where(spans.ContainsKey).Select(id => new TraceData(id, spans[id]));
    }

    private SpanData Span(EventPage page, int row)
    {
        var columns = page.Columns;
        var attributes = new Dictionary<string, TraceValue>(StringComparer.Ordinal);
        for (var i = 0; i < _attributes.Length; i++)
        {
            var column = columns[Fields.Length + i];
            if (column.TypeOf(row) != AttributeType.None)
            {
                attributes.Add(_attributes[i], SpanData.ValueOf(column.Value(row)));
            }
        }

        var repeated = Fields.Length + _attributes.Length;
        return new SpanData
        {
            SpanId = Hex(columns[1], row),
            ParentId = Hex(columns[2], row),
            Name = columns[3].Text(row),
            StartUnixNano = page.TimesUnixNano[row],
            DurationNano = columns[4].Bits(row),
            Kind = columns[5].Bits(row),
            Status = columns[6].Bits(row),
            StatusMessage = columns[7].Text(row),
            Stream = page.Streams[row],
            Scope = page.Scopes[row],
            Attributes = attributes,
            Events = _repeated ? Copy(columns[repeated], row) : [],
            Links = _repeated ? Copy(columns[repeated + 1], row) : [],
        };
    }

    private static string Hex(EventColumn column, int row) => column.TypeOf(row) == AttributeType.Bytes ? Convert.ToHexStringLower(column.Bytes(row)) : string.Empty;

    private static byte[] Copy(EventColumn column, int row) => column.TypeOf(row) == AttributeType.Bytes ? column.Bytes(row).ToArray() : [];
}
