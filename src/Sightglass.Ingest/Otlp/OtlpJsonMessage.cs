namespace Sightglass.Ingest.Otlp;

/// <summary>How a field of OTLP/JSON is written in protobuf.</summary>
internal enum OtlpJsonKind
{
    Text,
    Base64,
    HexId,
    Varint,
    ZigZag,
    Fixed64,
    SignedFixed64,
    Fixed32,
    Double,
    Bool,
    Enum,
    Message,
}

/// <summary>A field: its number, its kind, and the message where it is one.</summary>
internal sealed record OtlpJsonField(int Number, OtlpJsonKind Kind, OtlpJsonMessage? Message);

/// <summary>A message of OTLP's JSON form: its fields by their names (lowerCamelCase, or as in the <c>.proto</c> files).</summary>
public sealed class OtlpJsonMessage
{
    private readonly Dictionary<string, OtlpJsonField> _fields = new(StringComparer.Ordinal);

    private OtlpJsonMessage()
    {
    }

    /// <summary><c>ExportMetricsServiceRequest</c></summary>
    public static OtlpJsonMessage Metrics { get; }

    /// <summary><c>ExportLogsServiceRequest</c></summary>
    public static OtlpJsonMessage Logs { get; }

    /// <summary><c>ExportTraceServiceRequest</c></summary>
    public static OtlpJsonMessage Traces { get; }

    static OtlpJsonMessage()
    {
        var value = new OtlpJsonMessage();
        var pair = Of(("key", 1, OtlpJsonKind.Text)).With("value", 2, value);
        value.Add("stringValue", 1, OtlpJsonKind.Text).Add("boolValue", 2, OtlpJsonKind.Bool).Add("intValue", 3, OtlpJsonKind.Varint)
            .Add("doubleValue", 4, OtlpJsonKind.Double).With("arrayValue", 5, new OtlpJsonMessage().With("values", 1, value))
            .With("kvlistValue", 6, new OtlpJsonMessage().With("values", 1, pair)).Add("bytesValue", 7, OtlpJsonKind.Base64);
        var resource = Of(("droppedAttributesCount", 2, OtlpJsonKind.Varint)).With("attributes", 1, pair);
        var scope = Of(("name", 1, OtlpJsonKind.Text), ("version", 2, OtlpJsonKind.Text), ("droppedAttributesCount", 4, OtlpJsonKind.Varint)).With("attributes", 3, pair);
        Metrics = Export("resourceMetrics", "scopeMetrics", "metrics", Metric(pair), resource, scope);
        Logs = Export("resourceLogs", "scopeLogs", "logRecords", LogRecord(pair, value), resource, scope);
        Traces = Export("resourceSpans", "scopeSpans", "spans", Span(pair), resource, scope);
    }

    internal OtlpJsonField? Find(ReadOnlySpan<char> name) =>
        _fields.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var field) ? field : null;

    private static OtlpJsonMessage Export(string resources, string scopes, string items, OtlpJsonMessage item, OtlpJsonMessage resource, OtlpJsonMessage scope)
    {
        var inner = Of(("schemaUrl", 3, OtlpJsonKind.Text)).With("scope", 1, scope).With(items, 2, item);
        var outer = Of(("schemaUrl", 3, OtlpJsonKind.Text)).With("resource", 1, resource).With(scopes, 2, inner);
        return new OtlpJsonMessage().With(resources, 1, outer);
    }

    private static OtlpJsonMessage LogRecord(OtlpJsonMessage pair, OtlpJsonMessage value) => Of(
        ("timeUnixNano", 1, OtlpJsonKind.Fixed64), ("observedTimeUnixNano", 11, OtlpJsonKind.Fixed64), ("severityNumber", 2, OtlpJsonKind.Enum),
        ("severityText", 3, OtlpJsonKind.Text), ("droppedAttributesCount", 7, OtlpJsonKind.Varint), ("flags", 8, OtlpJsonKind.Fixed32),
        ("traceId", 9, OtlpJsonKind.HexId), ("spanId", 10, OtlpJsonKind.HexId), ("eventName", 12, OtlpJsonKind.Text))
        .With("body", 5, value).With("attributes", 6, pair);

    private static OtlpJsonMessage Span(OtlpJsonMessage pair) => Of(
        ("traceId", 1, OtlpJsonKind.HexId), ("spanId", 2, OtlpJsonKind.HexId), ("traceState", 3, OtlpJsonKind.Text), ("parentSpanId", 4, OtlpJsonKind.HexId),
        ("flags", 16, OtlpJsonKind.Fixed32), ("name", 5, OtlpJsonKind.Text), ("kind", 6, OtlpJsonKind.Enum), ("startTimeUnixNano", 7, OtlpJsonKind.Fixed64),
        ("endTimeUnixNano", 8, OtlpJsonKind.Fixed64), ("droppedAttributesCount", 10, OtlpJsonKind.Varint), ("droppedEventsCount", 12, OtlpJsonKind.Varint),
        ("droppedLinksCount", 14, OtlpJsonKind.Varint))
        .With("attributes", 9, pair)
        .With("events", 11, Of(("timeUnixNano", 1, OtlpJsonKind.Fixed64), ("name", 2, OtlpJsonKind.Text), ("droppedAttributesCount", 4, OtlpJsonKind.Varint)).With("attributes", 3, pair))
        .With("links", 13, Of(
            ("traceId", 1, OtlpJsonKind.HexId), ("spanId", 2, OtlpJsonKind.HexId), ("traceState", 3, OtlpJsonKind.Text),
            ("droppedAttributesCount", 5, OtlpJsonKind.Varint), ("flags", 6, OtlpJsonKind.Fixed32)).With("attributes", 4, pair))
        .With("status", 15, Of(("message", 2, OtlpJsonKind.Text), ("code", 3, OtlpJsonKind.Enum)));

    private static OtlpJsonMessage Metric(OtlpJsonMessage pair)
    {
        var exemplar = Of(
            ("timeUnixNano", 2, OtlpJsonKind.Fixed64), ("asDouble", 3, OtlpJsonKind.Double), ("asInt", 6, OtlpJsonKind.SignedFixed64),
            ("spanId", 4, OtlpJsonKind.HexId), ("traceId", 5, OtlpJsonKind.HexId)).With("filteredAttributes", 7, pair);
        var number = Point(8, 7, pair).Add("asDouble", 4, OtlpJsonKind.Double).Add("asInt", 6, OtlpJsonKind.SignedFixed64).With("exemplars", 5, exemplar);
        var histogram = Point(10, 9, pair).Add("count", 4, OtlpJsonKind.Fixed64).Add("sum", 5, OtlpJsonKind.Double).Add("bucketCounts", 6, OtlpJsonKind.Fixed64)
            .Add("explicitBounds", 7, OtlpJsonKind.Double).Add("min", 11, OtlpJsonKind.Double).Add("max", 12, OtlpJsonKind.Double).With("exemplars", 8, exemplar);
        var buckets = Of(("offset", 1, OtlpJsonKind.ZigZag), ("bucketCounts", 2, OtlpJsonKind.Varint));
        var exponential = Point(10, 1, pair).Add("count", 4, OtlpJsonKind.Fixed64).Add("sum", 5, OtlpJsonKind.Double).Add("scale", 6, OtlpJsonKind.ZigZag)
            .Add("zeroCount", 7, OtlpJsonKind.Fixed64).With("positive", 8, buckets).With("negative", 9, buckets).With("exemplars", 11, exemplar)
            .Add("min", 12, OtlpJsonKind.Double).Add("max", 13, OtlpJsonKind.Double).Add("zeroThreshold", 14, OtlpJsonKind.Double);
        var summary = Point(8, 7, pair).Add("count", 4, OtlpJsonKind.Fixed64).Add("sum", 5, OtlpJsonKind.Double)
            .With("quantileValues", 6, Of(("quantile", 1, OtlpJsonKind.Double), ("value", 2, OtlpJsonKind.Double)));
        return Of(("name", 1, OtlpJsonKind.Text), ("description", 2, OtlpJsonKind.Text), ("unit", 3, OtlpJsonKind.Text))
            .With("gauge", 5, Points(number)).With("sum", 7, Points(number)).With("histogram", 9, Points(histogram))
            .With("exponentialHistogram", 10, Points(exponential)).With("summary", 11, Points(summary)).With("metadata", 12, pair);
    }

    private static OtlpJsonMessage Point(int flags, int attributes, OtlpJsonMessage pair) =>
        Of(("startTimeUnixNano", 2, OtlpJsonKind.Fixed64), ("timeUnixNano", 3, OtlpJsonKind.Fixed64), ("flags", flags, OtlpJsonKind.Varint)).With("attributes", attributes, pair);

    private static OtlpJsonMessage Points(OtlpJsonMessage point) =>
        Of(("aggregationTemporality", 2, OtlpJsonKind.Enum), ("isMonotonic", 3, OtlpJsonKind.Bool)).With("dataPoints", 1, point);

    private static OtlpJsonMessage Of(params ReadOnlySpan<(string Name, int Number, OtlpJsonKind Kind)> fields)
    {
        var message = new OtlpJsonMessage();
        foreach (var (name, number, kind) in fields)
        {
            message.Add(name, number, kind);
        }

        return message;
    }

    private OtlpJsonMessage Add(string name, int number, OtlpJsonKind kind) => Add(name, new OtlpJsonField(number, kind, null));

    private OtlpJsonMessage With(string name, int number, OtlpJsonMessage message) => Add(name, new OtlpJsonField(number, OtlpJsonKind.Message, message));

    private OtlpJsonMessage Add(string name, OtlpJsonField field)
    {
        _fields[name] = field;
        _fields[string.Concat(name.Select(static c => char.IsAsciiLetterUpper(c) ? $"_{char.ToLowerInvariant(c)}" : c.ToString()))] = field;
        return this;
    }
}
