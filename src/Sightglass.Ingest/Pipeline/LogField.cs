using System.Text;

namespace Sightglass.Ingest.Pipeline;

/// <summary>Where a field of a record is.</summary>
internal enum LogFieldKind
{
    Attribute,
    Resource,
    Body,
    Level,
    SeverityText,
    TraceId,
    SpanId,
    EventName,
}

/// <summary>A field of a record by its name: an attribute, else of the resource or stream; <c>resource.</c> before the name is of the latter only.</summary>
internal readonly record struct LogField(LogFieldKind Kind, byte[] Key, string Name)
{
    private const string ResourcePrefix = "resource.";

    public static LogField Of(string name) => name switch
    {
        "body" => new(LogFieldKind.Body, [], name),
        "level" => new(LogFieldKind.Level, [], name),
        "severity_text" => new(LogFieldKind.SeverityText, [], name),
        "trace_id" => new(LogFieldKind.TraceId, [], name),
        "span_id" => new(LogFieldKind.SpanId, [], name),
        "event_name" => new(LogFieldKind.EventName, [], name),
        _ when name.StartsWith(ResourcePrefix, StringComparison.Ordinal) => new(LogFieldKind.Resource, Encoding.UTF8.GetBytes(name[ResourcePrefix.Length..]), name),
        _ => new(LogFieldKind.Attribute, Encoding.UTF8.GetBytes(name), name),
    };
}
