using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using Sightglass.Core.Model;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Journald;

/// <summary>
/// Decodes entries of the journal. A container's name, the unit of a service, the identifier or the command is the service; fields keep their names but for the underscores
/// before them, which no label of LogQL begins with.
/// </summary>
internal sealed class JournalDecoder(RecordOptions options) : IMessageDecoder
{
    private static readonly FieldMap Fields = new(
        ("MESSAGE", FieldRole.Message),
        ("PRIORITY", FieldRole.SyslogLevel),
        ("CONTAINER_NAME", FieldRole.Service),
        ("HOSTNAME", FieldRole.Host),
        ("TRACE_ID", FieldRole.TraceId),
        ("SPAN_ID", FieldRole.SpanId),
        ("MONOTONIC_TIMESTAMP", FieldRole.Ignored),
        ("SEQNUM", FieldRole.Ignored),
        ("SEQNUM_ID", FieldRole.Ignored),
        ("SOURCE_MONOTONIC_TIMESTAMP", FieldRole.Ignored),
        ("SYSLOG_TIMESTAMP", FieldRole.Ignored));

    public RecordWriter Writer { get; } = new(Fields, options);

    /// <summary>The cursor of the last entry that was decoded, or null.</summary>
    public string? LastCursor { get; private set; }

    public void Add(ReadOnlySpan<byte> message, IngestSource source, long now)
    {
        Writer.Begin(now);
        string? wrong = null;
        var fields = 0;
        while (message.Length > 0)
        {
            if (!Next(ref message, out var name, out var value))
            {
                wrong = "a field is cut off or has no name";
                break;
            }

            fields++;
            Field(name, value);
        }

        if (fields > 0 && wrong is null)
        {
            Writer.Service("journald"u8, int.MaxValue - 1);
            wrong = Writer.HasBody || Writer.Row.TimeUnixNano != 0 ? Writer.End() : "neither MESSAGE nor a time";
        }

        if (wrong is not null)
        {
            source.Reject("invalid_entry", 1, $"journal entry: {wrong}");
        }
    }

    public void Dispose() => Writer.Dispose();

    private static bool Next(ref ReadOnlySpan<byte> entry, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = value = default;
        var end = entry.IndexOf((byte)'\n');
        var line = end < 0 ? entry : entry[..end];
        var rest = end < 0 ? default : entry[(end + 1)..];
        var equals = line.IndexOf((byte)'=');
        if (equals > 0)
        {
            name = line[..equals];
            value = line[(equals + 1)..];
            entry = rest;
            return true;
        }

        if (!JournalFraming.IsName(line) || rest.Length < sizeof(ulong) || BinaryPrimitives.ReadUInt64LittleEndian(rest) is var size && size > (ulong)(rest.Length - sizeof(ulong)))
        {
            return false;
        }

        name = line;
        value = rest.Slice(sizeof(ulong), (int)BinaryPrimitives.ReadUInt64LittleEndian(rest));
        rest = rest[(sizeof(ulong) + value.Length)..];
        entry = rest.Length > 0 ? rest[1..] : rest;
        return true;
    }

    private void Field(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual("__CURSOR"u8))
        {
            LastCursor = Encoding.UTF8.GetString(value);
        }
        else if (name.SequenceEqual("__REALTIME_TIMESTAMP"u8))
        {
            if (Writer.Row.TimeUnixNano == 0)
            {
                Time(value);
            }
        }
        else if (name.SequenceEqual("_SOURCE_REALTIME_TIMESTAMP"u8))
        {
            // When it was written, where __REALTIME_TIMESTAMP is when the journal got it.
            Time(value);
        }
        else
        {
            if (name.SequenceEqual("_SYSTEMD_UNIT"u8) && value.EndsWith(".service"u8))
            {
                Writer.Service(value[..^".service".Length], 10);
            }
            else if (name.SequenceEqual("SYSLOG_IDENTIFIER"u8))
            {
                Writer.Service(value, 11);
            }
            else if (name.SequenceEqual("_COMM"u8))
            {
                Writer.Service(value, 12);
            }

            Writer.Field(name.TrimStart((byte)'_'), AttributeType.String, 0, value);
        }
    }

    private void Time(ReadOnlySpan<byte> microseconds)
    {
        if (Utf8Parser.TryParse(microseconds, out long value, out var used) && used == microseconds.Length
            && RecordTime.TryCombine(value / 1_000_000, value % 1_000_000 * 1000, out var time))
        {
            Writer.Row.TimeUnixNano = time;
        }
    }
}
