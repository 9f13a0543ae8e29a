using System.Buffers.Text;
using System.Text.Json;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Loki;

/// <summary>
/// Decodes the JSON form of a push into a <see cref="LogBatch"/>:
/// <c>{"streams":[{"stream":{"app":"web"},"values":[["ns","line",{"key":"value"}]]}]}</c>, or that of Loki before its first version, which senders to
/// <c>/api/prom/push</c> have: <c>{"streams":[{"labels":"{app=\"web\"}","entries":[{"ts":"2019-09-13T18:32:22.38Z","line":"…","structuredMetadata":{"key":"value"}}]}]}</c>.
/// </summary>
internal static class LokiJsonDecoder
{
    /// <summary>Adds the entries of <paramref name="body"/> to <paramref name="batch"/>.</summary>
    public static void Decode(ReadOnlySpan<byte> body, LogBatch batch, Rejections rejections, IngestLimits limits, long nowUnixNano)
    {
        using var line = new ByteWriter(4096);
        using var name = new ByteWriter(256);
        var count = new ItemCount(limits);
        var json = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = limits.MaxNestingDepth });
        try
        {
            Begin(ref json, JsonTokenType.StartObject);
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (!json.ValueTextEquals("streams"u8))
                {
                    json.Skip();
                    continue;
                }

                Begin(ref json, JsonTokenType.StartArray);
                while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                {
                    count.Take();
                    Stream(ref json, batch, rejections, limits, nowUnixNano, line, name, ref count);
                }
            }

            if (json.Read())
            {
                throw Unexpected(json);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The reader says InvalidOperation for text that is not valid UTF-8.
            throw new MalformedInputException($"JSON: {e.Message}", json.BytesConsumed, e);
        }
    }

    private static void Stream(
        ref Utf8JsonReader json, LogBatch batch, Rejections rejections, IngestLimits limits, long now, ByteWriter line, ByteWriter name, ref ItemCount count)
    {
        Want(json, JsonTokenType.StartObject);

        // Labels may come after the values: they are read first, by a reader of their own.
        var labels = json;
        var resource = -1;
        while (labels.Read() && labels.TokenType == JsonTokenType.PropertyName)
        {
            if (labels.ValueTextEquals("labels"u8))
            {
                Begin(ref labels, JsonTokenType.String);
                Copy(labels, line);
                resource = StreamLabels.Add(line.Written, batch, limits);
                continue;
            }

            if (!labels.ValueTextEquals("stream"u8))
            {
                labels.Skip();
                continue;
            }

            Begin(ref labels, JsonTokenType.StartObject);
            while (labels.Read() && labels.TokenType == JsonTokenType.PropertyName)
            {
                Copy(labels, name);
                Begin(ref labels, JsonTokenType.String);
                Copy(labels, line);
                LokiLabels.Add(name.Written, line.Written, batch, limits);
            }
        }

        resource = resource >= 0 ? resource : LokiLabels.EndStream(batch);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var old = json.ValueTextEquals("entries"u8);
            if (!old && !json.ValueTextEquals("values"u8))
            {
                json.Skip();
                continue;
            }

            Begin(ref json, JsonTokenType.StartArray);
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                count.Take();
                if (old)
                {
                    OldEntry(ref json, resource, batch, rejections, limits, now, line, name);
                }
                else
                {
                    Entry(ref json, resource, batch, rejections, limits, now, line, name);
                }
            }
        }
    }

    private static void OldEntry(
        ref Utf8JsonReader json, int resource, LogBatch batch, Rejections rejections, IngestLimits limits, long now, ByteWriter line, ByteWriter name)
    {
        var row = new LogRow { Resource = resource };
        string? wrong = null;
        line.Clear();
        Want(json, JsonTokenType.StartObject);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("ts"u8) || json.ValueTextEquals("timestamp"u8))
            {
                json.Read();
                row.TimeUnixNano = OldTime(json, name);
            }
            else if (json.ValueTextEquals("line"u8))
            {
                Begin(ref json, JsonTokenType.String);
                Copy(json, line);
            }
            else if (json.ValueTextEquals("structuredMetadata"u8))
            {
                Begin(ref json, JsonTokenType.StartObject);
                wrong = Metadata(ref json, ref row, batch, limits, name) ?? wrong;
            }
            else
            {
                json.Skip();
            }
        }

        LokiLabels.Close(ref row, line.Written, wrong, batch, rejections, limits, now);
    }

    private static long OldTime(in Utf8JsonReader json, ByteWriter text)
    {
        if (json.TokenType == JsonTokenType.String)
        {
            Copy(json, text);
            if (RecordTime.TryRead(text.Written, out var nanoseconds))
            {
                return nanoseconds;
            }
        }

        throw new MalformedInputException("ts: want a time as in RFC 3339", json.TokenStartIndex);
    }

    private static string? Metadata(ref Utf8JsonReader json, ref LogRow row, LogBatch batch, IngestLimits limits, ByteWriter name)
    {
        string? wrong = null;
        using var value = new ByteWriter(256);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            Copy(json, name);
            Begin(ref json, JsonTokenType.String);
            Copy(json, value);
            wrong = LokiLabels.AddMetadata(name.Written, value.Written, ref row, batch, limits) ?? wrong;
        }

        return wrong;
    }

    private static void Entry(
        ref Utf8JsonReader json, int resource, LogBatch batch, Rejections rejections, IngestLimits limits, long now, ByteWriter line, ByteWriter name)
    {
        var row = new LogRow { Resource = resource };
        string? wrong = null;
        Want(json, JsonTokenType.StartArray);
        json.Read();
        row.TimeUnixNano = Time(json);
        Begin(ref json, JsonTokenType.String);
        Copy(json, line);
        json.Read();
        if (json.TokenType == JsonTokenType.StartObject)
        {
            wrong = Metadata(ref json, ref row, batch, limits, name);
            json.Read();
        }

        Want(json, JsonTokenType.EndArray);
        LokiLabels.Close(ref row, line.Written, wrong, batch, rejections, limits, now);
    }

    private static long Time(in Utf8JsonReader json)
    {
        if (json.TokenType is JsonTokenType.String or JsonTokenType.Number && !json.HasValueSequence
            && Utf8Parser.TryParse(json.ValueSpan, out long nanoseconds, out var used) && used == json.ValueSpan.Length && nanoseconds >= 0)
        {
            return nanoseconds;
        }

        throw new MalformedInputException("timestamp: want nanoseconds since 1970 as text", json.TokenStartIndex);
    }

    private static void Copy(in Utf8JsonReader json, ByteWriter target)
    {
        target.Clear();
        JsonText.Append(json, target);
    }

    private static void Begin(ref Utf8JsonReader json, JsonTokenType type)
    {
        json.Read();
        Want(json, type);
    }

    private static void Want(in Utf8JsonReader json, JsonTokenType type)
    {
        if (json.TokenType != type)
        {
            throw Unexpected(json);
        }
    }

    private static MalformedInputException Unexpected(in Utf8JsonReader json) => new($"push body: {json.TokenType} is not expected", json.TokenStartIndex);
}
