using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;

namespace Sightglass.TestKit;

/// <summary>
/// The contract of the event store taken literally over rows in memory: slow, plain, and right. Queries are tested against it, and
/// engines can be compared with it. Pages are small on purpose.
/// </summary>
public sealed class InMemoryEventStore : IEventStore
{
    private const int RowsPerPage = 7;

    private readonly Lock _gate = new();
    private readonly Dictionary<Hash128, EventStream> _streams = [];
    private readonly List<EventRow> _logs = [];
    private readonly List<EventRow> _spans = [];

    /// <summary>Plans that were run, for tests of what is pushed down.</summary>
    public List<EventPlan> Plans { get; } = [];

    /// <inheritdoc/>
    public AppendResult Append(LogBatch batch)
    {
        lock (_gate)
        {
            foreach (ref readonly var row in batch.Rows)
            {
                var fields = new Dictionary<string, AttributeValue>(StringComparer.Ordinal)
                {
                    [EventFields.Time] = AttributeValue.Of(row.TimeUnixNano),
                    [EventFields.Flags] = AttributeValue.Of(row.Flags),
                    [EventFields.DroppedAttributes] = AttributeValue.Of(row.DroppedAttributes),
                    [EventFields.ObservedTime] = AttributeValue.Of(row.ObservedTimeUnixNano),
                    [EventFields.SeverityNumber] = AttributeValue.Of((long)row.SeverityNumber),
                };
                AddText(fields, EventFields.SeverityText, batch.Text(row.SeverityText));
                AddText(fields, EventFields.EventName, batch.Text(row.EventName));
                AddId(fields, EventFields.TraceId, row.TraceId);
                AddId(fields, EventFields.SpanId, row.SpanId);
                if (row.BodyType != AttributeType.None)
                {
                    fields[EventFields.Body] = row.BodyType is AttributeType.String or AttributeType.Bytes or AttributeType.Composite
                        ? AttributeValue.From(row.BodyType, 0, batch.Text(TextRef.Unpack(row.BodyBits)))
                        : AttributeValue.From(row.BodyType, row.BodyBits, default);
                }

                _logs.Add(new EventRow(row.TimeUnixNano, Stream(batch, row.Resource), Scope(batch, row.Scope, fields), fields, Attributes(batch, row.Attributes)));
            }

            return AppendResult.All(batch.Count);
        }
    }

    /// <inheritdoc/>
    public AppendResult Append(SpanBatch batch)
    {
        lock (_gate)
        {
            foreach (ref readonly var row in batch.Rows)
            {
                var fields = new Dictionary<string, AttributeValue>(StringComparer.Ordinal)
                {
                    [EventFields.Time] = AttributeValue.Of(row.StartUnixNano),
                    [EventFields.Flags] = AttributeValue.Of(row.Flags),
                    [EventFields.DroppedAttributes] = AttributeValue.Of(row.DroppedAttributes),
                    [EventFields.DroppedEvents] = AttributeValue.Of(row.DroppedEvents),
                    [EventFields.DroppedLinks] = AttributeValue.Of(row.DroppedLinks),
                    [EventFields.Kind] = AttributeValue.Of((long)row.Kind),
                    [EventFields.Duration] = AttributeValue.Of(row.EndUnixNano - row.StartUnixNano),
                    [EventFields.StatusCode] = AttributeValue.Of((long)row.StatusCode),
                };
                AddText(fields, EventFields.Name, batch.Text(row.Name));
                AddText(fields, EventFields.TraceState, batch.Text(row.TraceState));
                AddText(fields, EventFields.StatusMessage, batch.Text(row.StatusMessage));
                AddId(fields, EventFields.TraceId, row.TraceId);
                AddId(fields, EventFields.SpanId, row.SpanId);
                AddId(fields, EventFields.ParentSpanId, row.ParentSpanId);
                AddBytes(fields, EventFields.Events, batch.Text(row.Events));
                AddBytes(fields, EventFields.Links, batch.Text(row.Links));
                _spans.Add(new EventRow(row.StartUnixNano, Stream(batch, row.Resource), Scope(batch, row.Scope, fields), fields, Attributes(batch, row.Attributes)));
            }

            return AppendResult.All(batch.Count);
        }
    }

    /// <summary>Takes out the rows that a plan asks for.</summary>
    public void Delete(EventPlan plan)
    {
        lock (_gate)
        {
            (plan.Signal == EventSignal.Logs ? _logs : _spans).RemoveAll(r =>
                r.TimeUnixNano >= plan.MinTimeUnixNano && r.TimeUnixNano < plan.MaxTimeUnixNano && plan.Streams?.Invoke(r.Stream) != false && RowPredicate.Holds(plan.Where, r));
        }
    }

    /// <inheritdoc/>
    public IEventCursor Query(EventPlan plan, CancellationToken cancellation)
    {
        lock (_gate)
        {
            Plans.Add(plan);
            var rows = Rows(plan.Signal, plan.MinTimeUnixNano, plan.MaxTimeUnixNano)
                .Where(r => plan.Streams?.Invoke(r.Stream) != false && RowPredicate.Holds(plan.Where, r));
            rows = plan.Order switch
            {
                EventOrder.TimeAscending => rows.OrderBy(static r => r.TimeUnixNano),
                EventOrder.TimeDescending => rows.Reverse().OrderByDescending(static r => r.TimeUnixNano),
                _ => rows,
            };
            return new Cursor(plan, [.. rows.Take((int)Math.Min(plan.Limit, int.MaxValue))]);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<EventStream> Streams(EventSignal signal, long minTimeUnixNano, long maxTimeUnixNano, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return [.. Rows(signal, minTimeUnixNano, maxTimeUnixNano).Select(static r => r.Stream).Distinct()];
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> AttributeKeys(EventSignal signal, ColumnScope scope, long minTimeUnixNano, long maxTimeUnixNano, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return
            [
                .. Rows(signal, minTimeUnixNano, maxTimeUnixNano)
                    .SelectMany(r => scope switch
                    {
                        ColumnScope.Resource => r.Stream.Attributes.Select(static a => a.Key),
                        ColumnScope.Scope => r.Scope?.Attributes.Select(static a => a.Key) ?? [],
                        _ => r.Attributes.Keys,
                    })
                    .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
            ];
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<AttributeValue> ColumnValues(EventSignal signal, ColumnRef column, long minTimeUnixNano, long maxTimeUnixNano, int limit, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return [.. Rows(signal, minTimeUnixNano, maxTimeUnixNano).Select(r => r.Value(column)).Where(static v => v.Type != AttributeType.None).Distinct().Take(limit)];
        }
    }

    private IEnumerable<EventRow> Rows(EventSignal signal, long min, long max) =>
        (signal == EventSignal.Logs ? _logs : _spans).Where(r => r.TimeUnixNano >= min && r.TimeUnixNano < max);

    private EventStream Stream(EventBatch batch, int resource)
    {
        var entry = batch.Resources[resource];
        var attributes = List(batch, entry.Attributes);
        var schema = Encoding.UTF8.GetString(batch.Text(entry.SchemaUrl));
        var id = Hash128.Compute(Encoding.UTF8.GetBytes($"{entry.Kind} {schema} {string.Join('\n', attributes.Select(static a => $"{a.Key} {a.Value.Type} {a.Value}"))}"));
        if (!_streams.TryGetValue(id, out var stream))
        {
            _streams.Add(id, stream = new EventStream(id, entry.Kind, attributes, schema));
        }

        return stream;
    }

    private static EventScope? Scope(EventBatch batch, int scope, Dictionary<string, AttributeValue> fields)
    {
        if (scope < 0)
        {
            return null;
        }

        var entry = batch.Scopes[scope];
        AddText(fields, EventFields.ScopeName, batch.Text(entry.Name));
        AddText(fields, EventFields.ScopeVersion, batch.Text(entry.Version));
        return new EventScope(
            Encoding.UTF8.GetString(batch.Text(entry.Name)),
            Encoding.UTF8.GetString(batch.Text(entry.Version)),
            Encoding.UTF8.GetString(batch.Text(entry.SchemaUrl)),
            List(batch, entry.Attributes));
    }

    private static List<EventAttribute> List(EventBatch batch, AttributeRange range) =>
        [.. Attributes(batch, range).Select(static a => new EventAttribute(a.Key, a.Value)).OrderBy(static a => a.Key, StringComparer.Ordinal)];

    private static Dictionary<string, AttributeValue> Attributes(EventBatch batch, AttributeRange range)
    {
        var attributes = new Dictionary<string, AttributeValue>(StringComparer.Ordinal);
        for (var i = range.Start; i < range.Start + range.Count; i++)
        {
            var type = batch.AttributeTypeOf(i);
            attributes[Encoding.UTF8.GetString(batch.AttributeKey(i))] = type is AttributeType.String or AttributeType.Bytes or AttributeType.Composite
                ? AttributeValue.From(type, 0, batch.AttributeBytes(i))
                : AttributeValue.From(type, batch.AttributeBits(i), default);
        }

        return attributes;
    }

    private static void AddText(Dictionary<string, AttributeValue> fields, string name, ReadOnlySpan<byte> text)
    {
        if (text.Length > 0)
        {
            fields[name] = AttributeValue.Of(Encoding.UTF8.GetString(text));
        }
    }

    private static void AddBytes(Dictionary<string, AttributeValue> fields, string name, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > 0)
        {
            fields[name] = AttributeValue.OfBytes(AttributeType.Bytes, bytes.ToArray());
        }
    }

    private static void AddId(Dictionary<string, AttributeValue> fields, string name, TraceId id)
    {
        if (!id.IsEmpty)
        {
            AddBytes(fields, name, Convert.FromHexString(id.ToString()));
        }
    }

    private static void AddId(Dictionary<string, AttributeValue> fields, string name, ulong id)
    {
        if (id != 0)
        {
            AddBytes(fields, name, Convert.FromHexString(id.ToString("x16", System.Globalization.CultureInfo.InvariantCulture)));
        }
    }

    private sealed class Cursor(EventPlan plan, List<EventRow> rows) : IEventCursor
    {
        private int _at;

        public EventPage Page { get; } = new();

        public bool Next()
        {
            Page.TimesUnixNano.Clear();
            Page.Streams.Clear();
            Page.Scopes.Clear();
            Page.Columns.Clear();
            Page.Attributes.Clear();
            var page = rows.Skip(_at).Take(RowsPerPage).ToList();
            _at += page.Count;
            Page.Columns.AddRange(plan.Columns.Select(c => Fill(page, r => r.Value(c))));
            if (plan.AllAttributes)
            {
                Page.Attributes.AddRange(page.SelectMany(static r => r.Attributes.Keys).Distinct(StringComparer.Ordinal)
                    .Select(k => (k, Fill(page, r => r.Value(new ColumnRef(ColumnScope.Attribute, k))))));
            }

            foreach (var row in page)
            {
                Page.TimesUnixNano.Add(row.TimeUnixNano);
                Page.Streams.Add(row.Stream);
                Page.Scopes.Add(row.Scope);
            }

            return page.Count > 0;
        }

        public void Dispose()
        {
        }

        private static EventColumn Fill(List<EventRow> page, Func<EventRow, AttributeValue> value)
        {
            var column = new EventColumn();
            foreach (var row in page)
            {
                var v = value(row);
                switch (v.Type)
                {
                    case AttributeType.String:
                        column.Add(v.Type, Encoding.UTF8.GetBytes(v.Text));
                        break;
                    case AttributeType.Bytes or AttributeType.Composite:
                        column.Add(v.Type, v.Bytes);
                        break;
                    default:
                        column.Add(v.Type, v.Bits);
                        break;
                }
            }

            return column;
        }
    }
}
