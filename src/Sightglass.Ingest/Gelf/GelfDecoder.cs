using Sightglass.Core.Errors;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Gelf;

/// <summary>Decodes GELF messages, JSON objects: <c>short_message</c> is the line, fields of one's own lose their underscore.</summary>
internal sealed class GelfDecoder(RecordOptions options) : IMessageDecoder
{
    private static readonly FieldMap Fields = new(
        ("version", FieldRole.Ignored),
        ("timestamp", FieldRole.Time),
        ("short_message", FieldRole.Message),
        ("message", FieldRole.Message),
        ("level", FieldRole.SyslogLevel),
        ("host", FieldRole.Host),
        ("service.name", FieldRole.Service),
        ("service_name", FieldRole.Service),
        ("service", FieldRole.Service),
        ("application_name", FieldRole.Service),
        ("application", FieldRole.Service),
        ("app", FieldRole.Service),
        ("container_name", FieldRole.Service),
        ("tag", FieldRole.Service),
        ("facility", FieldRole.Service),
        ("trace_id", FieldRole.TraceId),
        ("TraceId", FieldRole.TraceId),
        ("span_id", FieldRole.SpanId),
        ("SpanId", FieldRole.SpanId));

    private readonly JsonRecord _json = new() { PrefixToDrop = (byte)'_' };

    public RecordWriter Writer { get; } = new(Fields, options);

    public void Add(ReadOnlySpan<byte> message, IngestSource source, long now)
    {
        if (TryAdd(message, now) is { } wrong)
        {
            source.Reject("invalid_message", 1, $"GELF message: {wrong}");
        }
    }

    /// <summary>Adds a message; null, or why it is refused.</summary>
    public string? TryAdd(ReadOnlySpan<byte> message, long now)
    {
        message = message.Trim("\r\n \0"u8);
        if (message.Length == 0)
        {
            return null;
        }

        Writer.Begin(now);
        try
        {
            _json.ReadWhole(message, options.Limits.MaxNestingDepth, Writer);
        }
        catch (MalformedInputException e)
        {
            return e.Message;
        }

        if (!Writer.HasBody)
        {
            // Unless it is there and was refused.
            Writer.Wrong("short_message is missing");
        }

        Writer.Service("gelf"u8, int.MaxValue - 1);
        return Writer.End();
    }

    public void Dispose()
    {
        Writer.Dispose();
        _json.Dispose();
    }
}

/// <summary>Messages of GELF over TCP end with a zero byte (or a line feed, which some senders write).</summary>
internal sealed class GelfFraming : IFraming
{
    /// <summary>There is no state.</summary>
    public static GelfFraming Instance { get; } = new();

    public byte Delimiter => 0;

    public Frame Next(ReadOnlySpan<byte> buffer, bool ended, int maxBytes)
    {
        // A line feed inside of a message stands between tokens only where the sender indents it: then the first byte after it is no brace.
        var from = 0;
        while (true)
        {
            var end = buffer[from..].IndexOfAny((byte)0, (byte)'\n');
            if (end < 0)
            {
                return ended ? new Frame(0, buffer.Length, buffer.Length) : default;
            }

            end += from;
            if (buffer[end] == 0 || (end > 0 && buffer[end - 1] == '}' && end + 1 < buffer.Length && buffer[end + 1] == '{'))
            {
                return new Frame(0, end, end + 1);
            }

            from = end + 1;
        }
    }
}
