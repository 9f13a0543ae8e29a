using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Elastic;

/// <summary>Fields of the Elastic Common Schema, and what Filebeat, Fluent Bit, Logstash and Vector write besides.</summary>
internal static class ElasticFields
{
    public static FieldMap Map { get; } = new(
        ("@timestamp", FieldRole.Time),
        ("timestamp", FieldRole.Time),
        ("message", FieldRole.Message),
        ("log", FieldRole.Message),
        ("msg", FieldRole.Message),
        ("MESSAGE", FieldRole.Message),
        ("event.original", FieldRole.Message),
        ("log.level", FieldRole.Level),
        ("level", FieldRole.Level),
        ("severity", FieldRole.Level),
        ("log.syslog.severity.name", FieldRole.Level),
        ("service.name", FieldRole.Service),
        ("service_name", FieldRole.Service),
        ("service", FieldRole.Service),
        ("fields.service", FieldRole.Service),
        ("kubernetes.labels.app", FieldRole.Service),
        ("kubernetes.container.name", FieldRole.Service),
        ("kubernetes.container_name", FieldRole.Service),
        ("container.name", FieldRole.Service),
        ("container_name", FieldRole.Service),
        ("app", FieldRole.Service),
        ("application", FieldRole.Service),
        ("process.name", FieldRole.Service),
        ("event.dataset", FieldRole.Service),
        ("host.name", FieldRole.Host),
        ("host.hostname", FieldRole.Host),
        ("hostname", FieldRole.Host),
        ("host", FieldRole.Host),
        ("agent.hostname", FieldRole.Host),
        ("trace.id", FieldRole.TraceId),
        ("trace_id", FieldRole.TraceId),
        ("span.id", FieldRole.SpanId),
        ("span_id", FieldRole.SpanId));
}
