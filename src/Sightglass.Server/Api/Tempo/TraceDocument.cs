using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;

namespace Sightglass.Server.Api.Tempo;

/// <summary>A stored span with everything that was sent, as OTLP has it.</summary>
internal sealed record StoredSpan
{
    public required byte[] TraceId { get; init; }

    public required byte[] SpanId { get; init; }

    public required byte[] ParentSpanId { get; init; }

    public required string TraceState { get; init; }

    public required string Name { get; init; }

    public required long Kind { get; init; }

    public required long StartUnixNano { get; init; }

    public required long EndUnixNano { get; init; }

    public required IReadOnlyList<EventAttribute> Attributes { get; init; }

    public required long DroppedAttributes { get; init; }

    /// <summary>OTLP <c>Span.Event</c> messages, each with a length before it.</summary>
    public required byte[] Events { get; init; }

    public required long DroppedEvents { get; init; }

    /// <summary>OTLP <c>Span.Link</c> messages, each with a length before it.</summary>
    public required byte[] Links { get; init; }

    public required long DroppedLinks { get; init; }

    public required long StatusCode { get; init; }

    public required string StatusMessage { get; init; }

    public required long Flags { get; init; }
}

/// <summary>A whole trace: its spans by resource and by instrumentation scope, each in order of their start.</summary>
/// <param name="Resources">Streams with their scopes; a null scope is one that was not sent.</param>
internal sealed record TraceDocument(IReadOnlyList<(EventStream Resource, IReadOnlyList<(EventScope? Scope, IReadOnlyList<StoredSpan> Spans)> Scopes)> Resources)
{
    private static readonly string[] Fields =
    [
        EventFields.SpanId, EventFields.ParentSpanId, EventFields.TraceState, EventFields.Name, EventFields.Kind, EventFields.Duration,
        EventFields.DroppedAttributes, EventFields.Events, EventFields.DroppedEvents, EventFields.Links, EventFields.DroppedLinks,
        EventFields.StatusCode, EventFields.StatusMessage, EventFields.Flags,
    ];

    /// <summary>Reads a trace; null when it is not there. Times are nanoseconds, the end exclusive.</summary>
    public static TraceDocument? Load(IEventStore store, QueryLimits limits, TraceId id, long minUnixNano, long maxUnixNano, CancellationToken cancellation)
    {
        var idBytes = Convert.FromHexString(id.ToString());
        var plan = new EventPlan
        {
            Signal = EventSignal.Spans,
            MinTimeUnixNano = minUnixNano,
            MaxTimeUnixNano = maxUnixNano,
            Where = new ComparePredicate(ColumnRef.Field(EventFields.TraceId), CompareOp.Equal, AttributeValue.OfBytes(AttributeType.Bytes, idBytes)),
            Columns = [.. Fields.Select(ColumnRef.Field)],
            AllAttributes = true,
            Order = EventOrder.TimeAscending,
        };
        var resources = new Dictionary<EventStream, List<(EventScope? Scope, List<StoredSpan> Spans)>>();
        var order = new List<EventStream>();
        var count = 0;
        using var cursor = store.Query(plan, cancellation);
        while (cursor.Next())
        {
            cancellation.ThrowIfCancellationRequested();
            var page = cursor.Page;
            if ((count += page.Count) > limits.MaxSpansPerTrace)
            {
                throw new LimitExceededException(nameof(limits.MaxSpansPerTrace), limits.MaxSpansPerTrace, count, $"spans of trace {id}");
            }

            for (var row = 0; row < page.Count; row++)
            {
                var stream = page.Streams[row];
                if (!resources.TryGetValue(stream, out var scopes))
                {
                    resources.Add(stream, scopes = []);
                    order.Add(stream);
                }

                var scope = page.Scopes[row];
                var at = scopes.FindIndex(s => Same(s.Scope, scope));
                if (at < 0)
                {
                    at = scopes.Count;
                    scopes.Add((scope, []));
                }

                scopes[at].Spans.Add(Span(page, row, idBytes));
            }
        }

        return count == 0
            ? null
            : new TraceDocument([.. order.Select(stream => (stream, (IReadOnlyList<(EventScope?, IReadOnlyList<StoredSpan>)>)[.. resources[stream].Select(static s => (s.Scope, (IReadOnlyList<StoredSpan>)s.Spans))]))]);
    }

    // Stores may make an object for each part or page; what is in it decides.
    private static bool Same(EventScope? a, EventScope? b) =>
        ReferenceEquals(a, b) || (a is not null && b is not null && a.Name == b.Name && a.Version == b.Version && a.SchemaUrl == b.SchemaUrl && a.Attributes.SequenceEqual(b.Attributes));

    private static StoredSpan Span(EventPage page, int row, byte[] traceId)
    {
        var attributes = new List<EventAttribute>();
        foreach (var (key, column) in page.Attributes)
        {
            if (column.TypeOf(row) != AttributeType.None)
            {
                attributes.Add(new EventAttribute(key, column.Value(row)));
            }
        }

        var columns = page.Columns;
        var start = page.TimesUnixNano[row];
        return new StoredSpan
        {
            TraceId = traceId,
            SpanId = Bytes(columns[0], row),
            ParentSpanId = Bytes(columns[1], row),
            TraceState = columns[2].Text(row),
            Name = columns[3].Text(row),
            Kind = Number(columns[4], row),
            StartUnixNano = start,
            EndUnixNano = start + Number(columns[5], row),
            Attributes = attributes,
            DroppedAttributes = Number(columns[6], row),
            Events = Bytes(columns[7], row),
            DroppedEvents = Number(columns[8], row),
            Links = Bytes(columns[9], row),
            DroppedLinks = Number(columns[10], row),
            StatusCode = Number(columns[11], row),
            StatusMessage = columns[12].Text(row),
            Flags = Number(columns[13], row),
        };
    }

    private static byte[] Bytes(EventColumn column, int row) => column.TypeOf(row) == AttributeType.Bytes ? column.Bytes(row).ToArray() : [];

    private static long Number(EventColumn column, int row) => column.TypeOf(row) == AttributeType.Int ? column.Bits(row) : 0;
}
