using System.Buffers.Binary;
using System.IO.Compression;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Bodies;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Fluent;

/// <summary>
/// Decodes messages of the forward protocol in its four modes: Message <c>[tag, time, record]</c>, Forward <c>[tag, [[time, record], …]]</c>, PackedForward
/// <c>[tag, bytes]</c> and CompressedPackedForward. Not thread-safe.
/// </summary>
internal sealed class FluentDecoder(RecordOptions options) : IDisposable
{
    private static readonly FieldMap Fields = new(
        ("message", FieldRole.Message),
        ("log", FieldRole.Message),
        ("msg", FieldRole.Message),
        ("MESSAGE", FieldRole.Message),
        ("level", FieldRole.Level),
        ("severity", FieldRole.Level),
        ("log_level", FieldRole.Level),
        ("log.level", FieldRole.Level),
        ("service.name", FieldRole.Service),
        ("service_name", FieldRole.Service),
        ("service", FieldRole.Service),
        ("kubernetes.labels.app", FieldRole.Service),
        ("kubernetes.container_name", FieldRole.Service),
        ("container_name", FieldRole.Service),
        ("app", FieldRole.Service),
        ("application", FieldRole.Service),
        ("hostname", FieldRole.Host),
        ("host", FieldRole.Host),
        ("kubernetes.host", FieldRole.Host),
        ("trace_id", FieldRole.TraceId),
        ("traceId", FieldRole.TraceId),
        ("span_id", FieldRole.SpanId),
        ("spanId", FieldRole.SpanId));

    private readonly RecordWriter _writer = new(Fields, options);
    private readonly FluentRecord _record = new(options.Limits.MaxNestingDepth);
    private readonly JsonRecord _json = new();
    private readonly ByteWriter _chunk = new(64);

    /// <summary>Writes to <paramref name="batch"/> from here on.</summary>
    public void Use(LogBatch batch) => _writer.Use(batch);

    /// <summary>
    /// Adds the events of one message. The result is the <c>chunk</c> that the sender wants back once they are stored, or empty; it is valid until the next call.
    /// </summary>
    /// <exception cref="MalformedInputException">It is none of the four modes; nothing of it was added.</exception>
    public ReadOnlySpan<byte> Message(ReadOnlySpan<byte> message, Rejections rejections, long now)
    {
        var reader = new MessagePackReader(message);
        var parts = reader.ReadArray();
        if (parts is < 2 or > 4)
        {
            throw new MalformedInputException($"forward message of {parts} parts, want 2 to 4");
        }

        var tag = reader.ReadBytes();
        var at = reader;
        reader.Skip();
        var single = at.Peek() is not (MessagePackType.Array or MessagePackType.Text or MessagePackType.Bytes);
        var record = reader;
        if (single)
        {
            if (parts < 3)
            {
                throw new MalformedInputException("forward message without a record");
            }

            reader.Skip();
        }

        var compression = ReadOnlySpan<byte>.Empty;
        _chunk.Truncate(0);
        if (!reader.AtEnd && parts == (single ? 4 : 3) && !reader.TryReadNil())
        {
            Options(ref reader, out compression);
        }

        if (single)
        {
            Event(tag, ref at, ref record, rejections, now);
        }
        else if (at.Peek() == MessagePackType.Array)
        {
            for (var left = at.ReadArray(); left > 0; left--)
            {
                Entry(tag, ref at, rejections, now);
            }
        }
        else
        {
            Packed(tag, at.ReadBytes(), compression, rejections, now);
        }

        return _chunk.Written;
    }

    /// <summary>Adds events as Fluentd's HTTP input takes them: a JSON object, or an array of them, or several one after the other.</summary>
    /// <exception cref="MalformedInputException">It does not parse.</exception>
    public void Json(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> body, long? time, Rejections rejections, long now)
    {
        var count = new ItemCount(options.Limits);
        var json = new System.Text.Json.Utf8JsonReader(body, new System.Text.Json.JsonReaderOptions { MaxDepth = options.Limits.MaxNestingDepth, AllowMultipleValues = true });
        try
        {
            var depth = 0;
            while (json.Read())
            {
                switch (json.TokenType)
                {
                    case System.Text.Json.JsonTokenType.StartArray when depth == 0:
                        depth++;
                        break;
                    case System.Text.Json.JsonTokenType.EndArray when depth == 1:
                        depth--;
                        break;
                    case System.Text.Json.JsonTokenType.StartObject:
                        count.Take();
                        var start = (int)json.TokenStartIndex;
                        Begin(tag, time ?? 0, now);
                        _json.Read(ref json, body, _writer);
                        End(tag, body[start..(int)json.BytesConsumed], rejections);
                        break;
                    default:
                        throw new MalformedInputException("JSON: want an object or an array of objects", json.TokenStartIndex);
                }
            }
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException)
        {
            throw new MalformedInputException($"JSON: {e.Message}", json.BytesConsumed, e);
        }
    }

    /// <summary>Adds one record, or an array of them, as Fluentd's HTTP input takes them in MessagePack.</summary>
    /// <exception cref="MalformedInputException">It does not parse.</exception>
    public void Binary(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> body, long? time, Rejections rejections, long now)
    {
        var reader = new MessagePackReader(body);
        var records = reader.Peek() == MessagePackType.Array ? reader.ReadArray() : 1;
        for (; records > 0; records--)
        {
            var record = reader;
            reader.Skip();
            Add(tag, time ?? 0, ref record, rejections, now);
        }
    }

    public void Dispose()
    {
        _writer.Dispose();
        _record.Dispose();
        _json.Dispose();
        _chunk.Dispose();
    }

    private void Options(scoped ref MessagePackReader reader, out ReadOnlySpan<byte> compression)
    {
        compression = default;
        for (var pairs = reader.ReadMap(); pairs > 0; pairs--)
        {
            var key = reader.ReadBytes();
            if (key.SequenceEqual("chunk"u8) && !reader.TryReadNil())
            {
                _chunk.Write(reader.ReadBytes());
            }
            else if (key.SequenceEqual("compressed"u8) && reader.Peek() == MessagePackType.Text)
            {
                compression = reader.ReadBytes();
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void Packed(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> entries, ReadOnlySpan<byte> compression, Rejections rejections, long now)
    {
        if (compression.Length == 0 || compression.SequenceEqual("text"u8))
        {
            Entries(tag, entries, rejections, now);
            return;
        }

        var most = options.Limits.MaxDecompressedBodyBytes;
        using var plain = new ByteWriter(64 << 10);
        if (compression.SequenceEqual("gzip"u8))
        {
            Gunzip(entries, plain, most);
        }
        else if (compression.SequenceEqual("zstd"u8))
        {
            if (!Zstd.TryDecompressStream(entries, plain, most, out var tooLarge))
            {
                throw tooLarge ? TooLarge(most) : new MalformedInputException("forward message: invalid or truncated zstd data");
            }
        }
        else
        {
            throw new MalformedInputException($"forward message: compression \"{System.Text.Encoding.UTF8.GetString(compression)}\" is not supported, want gzip or zstd");
        }

        Entries(tag, plain.Written, rejections, now);
    }

    private static void Gunzip(ReadOnlySpan<byte> entries, ByteWriter plain, int most)
    {
        using var memory = new ReadOnlyMemoryStream(entries.ToArray());
        using var stream = new GZipStream(memory, CompressionMode.Decompress);
        try
        {
            while (stream.Read(plain.GetSpan(16 << 10)) is > 0 and var read)
            {
                plain.Advance(read);
                if (plain.Length > most)
                {
                    throw TooLarge(most);
                }
            }
        }
        catch (InvalidDataException e)
        {
            throw new MalformedInputException("forward message: invalid or truncated gzip data", -1, e);
        }
    }

    private static MalformedInputException TooLarge(int most) => new($"forward message: more than {most} bytes when decompressed, the limit {nameof(IngestLimits.MaxDecompressedBodyBytes)}");

    private void Entries(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> entries, Rejections rejections, long now)
    {
        // Looked at to the end before the first of them counts: a message is taken whole or not at all.
        var check = new MessagePackReader(entries);
        while (!check.AtEnd)
        {
            check.Skip();
        }

        var reader = new MessagePackReader(entries);
        while (!reader.AtEnd)
        {
            Entry(tag, ref reader, rejections, now);
        }
    }

    private void Entry(ReadOnlySpan<byte> tag, ref MessagePackReader reader, Rejections rejections, long now)
    {
        var entry = reader;
        reader.Skip();
        try
        {
            if (entry.ReadArray() < 2)
            {
                throw new MalformedInputException("an entry without time and record");
            }

            // Fluent Bit 2 writes [[time, metadata], record].
            var time = entry;
            if (entry.Peek() == MessagePackType.Array)
            {
                time.ReadArray();
            }

            entry.Skip();
            Event(tag, ref time, ref entry, rejections, now);
        }
        catch (MalformedInputException e)
        {
            rejections.Add("invalid_entry", $"entry: {e.Message}");
        }
    }

    private void Event(ReadOnlySpan<byte> tag, ref MessagePackReader time, ref MessagePackReader record, Rejections rejections, long now) =>
        Add(tag, Time(ref time), ref record, rejections, now);

    private void Add(ReadOnlySpan<byte> tag, long unixNano, ref MessagePackReader record, Rejections rejections, long now)
    {
        var source = record;
        Begin(tag, unixNano, now);
        try
        {
            _record.Read(ref record, _writer);
            End(tag, _writer.HasBody ? default : _record.Json(ref source), rejections);
        }
        catch (MalformedInputException e)
        {
            rejections.Add("invalid_entry", $"entry: {e.Message}");
        }
    }

    private void Begin(ReadOnlySpan<byte> tag, long unixNano, long now)
    {
        _writer.Begin(now);
        _writer.Row.TimeUnixNano = unixNano;
        _writer.Attribute("tag"u8, tag);
    }

    private void End(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> otherwise, Rejections rejections)
    {
        _writer.Service(tag, int.MaxValue - 1);
        if (_writer.End(otherwise) is { } wrong)
        {
            rejections.Add("invalid_entry", $"entry: {wrong}");
        }
    }

    // Seconds, or EventTime: seconds and nanoseconds in an extension of type 0. Anything else is no time: the event is of now.
    private static long Time(ref MessagePackReader reader)
    {
        long time;
        switch (reader.Peek())
        {
            case MessagePackType.Int:
                var seconds = reader.ReadInt();
                return RecordTime.TryCombine(seconds, 0, out time) || RecordTime.TryEpoch(seconds, out time) ? time : 0;
            case MessagePackType.Float:
                return RecordTime.TryEpoch(default, reader.ReadFloat(), out time) ? time : 0;
            case MessagePackType.Extension:
                var bytes = reader.ReadExtension(out var type);
                return type == 0 && bytes.Length == 8 && RecordTime.TryCombine(BinaryPrimitives.ReadUInt32BigEndian(bytes), BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]), out time) ? time : 0;
            default:
                reader.Skip();
                return 0;
        }
    }
}
